//! A new deployment key: everything that an older one sealed is sealed anew, in small transactions,
//! while nodes run. What is done stays done; whoever is interrupted begins again and passes over it.

use std::collections::BTreeMap;

use fiveone_store::{SealedColumn, SealedValue, Store};

use crate::Fault;
use crate::seal::DeploymentKeys;

/// Values sealed anew in one transaction.
const BATCH: i64 = 200;

/// The sealed values of a store, and the keys at hand.
pub struct KeyRotation {
    store: Store,
    keys: DeploymentKeys,
}

/// How many values each key seals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SealedCounts {
    /// The number of the key that seals what is new.
    pub newest: u8,
    /// For each column, how many values are under each key that is at hand.
    pub under: BTreeMap<&'static str, BTreeMap<u8, u64>>,
    /// For each column, how many values open with none of the keys.
    pub unreadable: BTreeMap<&'static str, u64>,
}

impl SealedCounts {
    /// Values that open, and not with the newest key alone.
    #[must_use]
    pub fn old(&self) -> u64 {
        let all = self.under.values().flatten();
        all.filter(|(number, _)| **number != self.newest).map(|(_, count)| count).sum()
    }
}

/// Where a value belongs.
fn row_of(column: SealedColumn, key: &[String]) -> String {
    let key = key.join(":");
    match column {
        SealedColumn::KeptKey => format!("kept_key:{key}"),
        SealedColumn::AppToken | SealedColumn::FormerToken => format!("app:{key}"),
        SealedColumn::TaskKey => format!("task:{key}"),
        SealedColumn::Evidence => format!("evidence:{key}"),
        SealedColumn::OperatorTotp => format!("operator:{key}"),
        SealedColumn::LinkPrefill => format!("link:{key}"),
    }
}

impl KeyRotation {
    /// The rotation of a store's deployment key. It needs no running node.
    #[must_use]
    pub fn new(store: Store, keys: DeploymentKeys) -> Self {
        Self { store, keys }
    }

    /// Opens every value, and counts the keys that seal them.
    ///
    /// # Errors
    /// The store failed.
    pub async fn status(&self) -> Result<SealedCounts, Fault> {
        let mut counts = SealedCounts { newest: self.keys.newest(), ..SealedCounts::default() };
        for column in SealedColumn::ALL {
            let mut after: Option<Vec<String>> = None;
            loop {
                let values = self.store.read.sealed_values(column, after.as_deref(), BATCH).await?;
                let Some(last) = values.last() else { break };
                after = Some(last.key.clone());
                for SealedValue { key, sealed } in &values {
                    let name = column.as_str();
                    let is_readable = self.keys.open(sealed, &row_of(column, key)).is_ok();
                    match DeploymentKeys::number_of(sealed).filter(|_| is_readable) {
                        Some(number) => {
                            *counts.under.entry(name).or_default().entry(number).or_default() += 1;
                        }
                        None => *counts.unreadable.entry(name).or_default() += 1,
                    }
                }
            }
        }
        Ok(counts)
    }

    /// Seals everything with the newest key that another one seals; returns how many values. What opens
    /// with none of the keys stays as it is.
    ///
    /// # Errors
    /// The store failed, or the system gives no random bytes; what was sealed anew stays so.
    pub async fn rotate(&self) -> Result<u64, Fault> {
        self.rotate_batches(usize::MAX).await
    }

    /// The same, and ends after so many transactions.
    async fn rotate_batches(&self, batches: usize) -> Result<u64, Fault> {
        let (mut count, mut left) = (0, batches);
        for column in SealedColumn::ALL {
            let mut after: Option<Vec<String>> = None;
            loop {
                let values = self.store.read.sealed_values(column, after.as_deref(), BATCH).await?;
                let Some(last) = values.last() else { break };
                after = Some(last.key.clone());
                let mut anew = Vec::new();
                for value in values {
                    if let Some(sealed) = self.seal_anew(column, &value)? {
                        anew.push((value, sealed));
                    }
                }
                if anew.is_empty() {
                    continue;
                }
                if left == 0 {
                    return Ok(count);
                }
                left -= 1;
                count += self.store.write.reseal(column, &anew).await?;
            }
        }
        Ok(count)
    }

    /// The value under the newest key; `None` when it is so already, or does not open.
    fn seal_anew(
        &self,
        column: SealedColumn,
        value: &SealedValue,
    ) -> Result<Option<Vec<u8>>, Fault> {
        if DeploymentKeys::number_of(&value.sealed) == Some(self.keys.newest()) {
            return Ok(None);
        }
        let row = row_of(column, &value.key);
        let Ok(plain) = self.keys.open(&value.sealed, &row) else { return Ok(None) };
        self.keys.seal(&plain, &row).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fiveone_connector::Evidence;
    use fiveone_model::area::AreaCode;
    use fiveone_model::product::Product;
    use fiveone_store::{EvidenceRow, NewTask};
    use fiveone_testkit::{TestStore, build, on_both};

    use super::*;
    use crate::evidence::{PortalChange, PortalEvidence};
    use crate::time::Standing;
    use crate::wiring::tests::{NOW, TOKEN};
    use crate::{Accounts, Ledger};

    on_both!(everything_is_sealed_anew_also_after_a_stop_in_the_middle);

    const TASKS: u32 = 250;

    fn keys(numbers: &[u8]) -> DeploymentKeys {
        let line = |number: &u8| format!("{number}:{}\n", hex::encode([*number; 32]));
        DeploymentKeys::parse(&numbers.iter().map(line).collect::<String>()).unwrap()
    }

    async fn fill(store: &Store, keys: &DeploymentKeys) {
        let accounts = Accounts::new(store.clone(), keys.clone(), Arc::new(Standing(NOW)));
        assert!(accounts.create(build::app("a"), TOKEN).await.unwrap());
        accounts.topup(&build::app_id("a"), 1_000_000, "").await.unwrap();
        let tasks = (1..=TASKS).map(|number| {
            let data_key = keys.new_task_key(build::task_id(number).as_str()).unwrap().1;
            NewTask { data_key, ..build::new_task("a", number) }
        });
        store.write.admit(&tasks.collect::<Vec<_>>(), NOW).await.unwrap();
        let area = AreaCode::parse("210300").unwrap();
        let [step, path, page] = [const { String::new() }; 3];
        let evidence = Evidence { step, path, reason: "why".to_owned(), page };
        let change = PortalChange::new(evidence, Vec::new());
        let place = (Product::Fund, &area, None);
        let sealed = crate::evidence::seal(keys, place, &change).unwrap();
        let (product, version) = (Product::Fund, "v".to_owned());
        let row = EvidenceRow { product, area, section: None, version, sealed, seen_at: NOW };
        store.write.keep_evidence(&row).await.unwrap();
    }

    /// How many of all values open with these keys.
    async fn readable(store: &Store, keys: &DeploymentKeys) -> u64 {
        let rotation = KeyRotation::new(store.clone(), keys.clone());
        rotation.status().await.unwrap().under.values().flatten().map(|(_, count)| count).sum()
    }

    async fn everything_is_sealed_anew_also_after_a_stop_in_the_middle(store: TestStore) {
        let (old, both, new) = (keys(&[1]), keys(&[2, 1]), keys(&[2]));
        fill(&store, &old).await;
        let all = 1 + 1 + u64::from(TASKS) + 1;
        assert_eq!((readable(&store, &old).await, readable(&store, &new).await), (all, 0));
        let rotation = KeyRotation::new((*store).clone(), both.clone());
        assert_eq!(rotation.status().await.unwrap().old(), all);

        // Killed after three transactions: the books, the token and a first part of the tasks.
        assert_eq!(rotation.rotate_batches(3).await.unwrap(), 202);
        assert_eq!(readable(&store, &both).await, all, "nodes with both keys read all");
        assert_eq!(readable(&store, &new).await, 202);
        let again = KeyRotation::new((*store).clone(), both);
        assert_eq!(again.rotate().await.unwrap(), all - 202);
        assert_eq!(again.rotate().await.unwrap(), 0);
        let status = again.status().await.unwrap();
        assert_eq!((status.newest, status.old(), status.unreadable.len()), (2, 0, 0));

        // The old key is gone, and nothing with it.
        assert_eq!((readable(&store, &new).await, readable(&store, &old).await), (all, 0));
        let time = Arc::new(Standing(NOW));
        let ledger = Ledger::new((*store).clone(), new.clone(), time);
        assert_eq!(ledger.verify(&[]).await.unwrap().findings, []);
        let area = AreaCode::parse("210300").unwrap();
        let kept = PortalEvidence::new(&store, new.clone()).of(Product::Fund, &area).await.unwrap();
        assert_eq!(kept[0].change.as_ref().map(|change| change.reason.as_str()), Some("why"));
        let status = KeyRotation::new((*store).clone(), old).status().await.unwrap();
        let unreadable: u64 = status.unreadable.values().sum();
        assert_eq!(unreadable, all, "and it is told");
    }
}
