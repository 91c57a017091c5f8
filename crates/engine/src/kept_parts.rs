//! What a link's earlier task has read, for one that reads the rest: a section that could not be read is
//! tried again without the others.

use fiveone_model::area::AreaCode;
use fiveone_model::product::Product;
use fiveone_model::task::{Stage, TaskId};
use fiveone_store::{LinkPart, NewTask, SectionRow, Store};

use crate::seal::{DeploymentKeys, TaskKey};
use crate::{Fault, sections};

/// What an earlier task has read, and for whom.
pub struct KeptParts {
    pub(crate) task: TaskId,
    product: Product,
    area: AreaCode,
    /// Digests of the identity number and of the account.
    who: (Option<String>, Option<String>),
    key: TaskKey,
    rows: Vec<SectionRow>,
}

impl KeptParts {
    /// What a product of a link keeps: of its newest task, when that has read a part, else of the one before it.
    pub(crate) async fn of(
        store: &Store,
        keys: &DeploymentKeys,
        part: &LinkPart,
    ) -> Result<Option<Self>, Fault> {
        for id in [&part.task, &part.kept].into_iter().flatten() {
            let Some(task) = store.read.task(id).await? else { continue };
            let is_part = matches!(&task.stage, Stage::Done { missing } if !missing.is_empty());
            let (true, Some(wrapped)) = (is_part, &task.data_key) else { continue };
            return Ok(Some(Self {
                key: keys.task_key(id.as_str(), wrapped)?,
                rows: store.read.sections(id).await?,
                who: store.read.digests_of(id).await?,
                product: task.product,
                area: task.area,
                task: task.id,
            }));
        }
        Ok(None)
    }

    /// The same sealed for a new task; nothing for another account, whose records they are not, and for a
    /// login that tells no account.
    pub(crate) fn sealed_for(
        &self,
        new: &NewTask,
        key: &TaskKey,
    ) -> Result<Vec<SectionRow>, Fault> {
        let (person, account) = &self.who;
        let is_theirs = account.is_some()
            && (account, person) == (&new.login_digest, &new.person)
            && (self.product, &self.area) == (new.product, &new.area);
        if !is_theirs {
            return Ok(Vec::new());
        }
        self.rows.iter().map(|row| sections::seal_anew(&self.key, key, row)).collect()
    }
}
