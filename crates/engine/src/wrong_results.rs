//! What persons say is wrong with what was read, before they decide about it.

use fiveone_model::area::AreaCode;
use fiveone_model::link::WrongReason;
use fiveone_model::product::Product;
use fiveone_model::report::Section;
use fiveone_model::task::Stage;
use fiveone_store::WrongCount;

use crate::links::Link;
use crate::{Console, Fault, LinkPages};

impl LinkPages {
    /// Notes that a section of the product whose turn it is is wrong; `false` when there is no result to say
    /// it of.
    ///
    /// # Errors
    /// The store failed.
    pub async fn say_wrong(
        &self,
        link: &Link,
        section: Section,
        reason: WrongReason,
    ) -> Result<bool, Fault> {
        let made = &link.row.made;
        let is_over = link.row.end.is_some() || link.is_expired;
        let task = link.row.turn().and_then(|turn| turn.task.as_ref());
        let (Some(task), false) = (task, is_over) else { return Ok(false) };
        let Some(task) = self.store.read.task(task).await? else { return Ok(false) };
        let is_done = matches!(task.stage, Stage::Done { .. });
        if !is_done || !Section::of(task.product).contains(&section) {
            return Ok(false);
        }
        let (of, what) = ((task.product, &task.area), (section, reason));
        self.store.write.say_wrong(&made.id, of, what, self.time.now()).await?;
        metrics::counter!(
            crate::metric::WRONG_RESULTS,
            "product" => task.product.as_str(),
            "area" => task.area.as_str().to_owned(),
            "section" => section.as_str(),
            "reason" => reason.as_str()
        )
        .increment(1);
        Ok(true)
    }

    /// What the person of a link found wrong with a product.
    ///
    /// # Errors
    /// The store failed.
    pub async fn said_wrong(
        &self,
        link: &Link,
        product: Product,
    ) -> Result<Vec<(Section, WrongReason)>, Fault> {
        Ok(self.store.read.said_wrong(&link.row.made.id, product).await?)
    }
}

impl Console {
    /// What persons found wrong with what was read at an area.
    ///
    /// # Errors
    /// The store failed.
    pub async fn wrong_results(
        &self,
        product: Product,
        area: &AreaCode,
    ) -> Result<Vec<WrongCount>, Fault> {
        Ok(self.0.0.wiring.store.read.wrong_results(product, area).await?)
    }
}
