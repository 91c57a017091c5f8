//! Tasks of all apps as operators look for them: the newest first, page by page, with filters.
//!
//! A page costs the same however many tasks there are: what an index finds is found by it, and for the
//! rest no more than [`LOOKED_AT_MAX`] rows are looked at; then the page tells how far it got.

use fiveone_model::api_key::MODEL_CITY;
use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::challenge::ChallengeKind;
use fiveone_model::clock::Millis;
use fiveone_model::failure::FailureKind;
use fiveone_model::product::Product;
use fiveone_model::state_code::StateCode;
use fiveone_model::task::{Stage, StageName, TaskId};

use crate::db::{Arg, Row};
use crate::overview::is_failure;
use crate::tasks::sql_list;
use crate::{Error, Mark, Reader, Resolved, app_id, corrupt, task_id};

/// Rows looked at for one page.
const LOOKED_AT_MAX: i64 = 5_000;

/// Which tasks are meant: those that fit all that is given.
#[derive(Debug, Clone, Default)]
pub struct TaskSearch {
    /// Of one app.
    pub app: Option<AppId>,
    /// Of one product.
    pub product: Option<Product>,
    /// Of one area.
    pub area: Option<AreaCode>,
    /// In one of these stages; any when it is empty.
    pub stages: Vec<StageName>,
    /// Showing this code.
    pub code: Option<StateCode>,
    /// Of the model city, or of all others.
    pub is_test: Option<bool>,
    /// Nobody works on them until an operator has looked.
    pub is_set_aside: bool,
    /// Admitted at this instant or later.
    pub from: Option<Millis>,
    /// Admitted before this instant.
    pub until: Option<Millis>,
}

/// A task of a list; nothing of it is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskListed {
    /// Its id.
    pub id: TaskId,
    /// Its app.
    pub app: AppId,
    /// Fund or insurance.
    pub product: Product,
    /// Its area.
    pub area: AreaCode,
    /// Where it is.
    pub stage: Stage,
    /// When it was admitted.
    pub created_at: Millis,
    /// When it ended.
    pub finished_at: Option<Millis>,
    /// Whether only its person may see its result.
    pub is_withheld: bool,
    /// What is held or was taken for it, in 分.
    pub price_fen: i64,
    /// What became of that; `None` while it is held.
    pub resolved: Option<Resolved>,
}

/// A page of what was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TasksFound {
    /// The tasks.
    pub tasks: Vec<TaskListed>,
    /// From where to go on; `None` when there are no more.
    pub next: Option<Mark>,
    /// Whether it ended before the page was full, since enough was looked at.
    pub is_partial: bool,
}

const COLUMNS: &str =
    "t.id, t.app_id, t.product, t.area, t.stage, t.detail, t.created_at, t.finished_at,
    t.withheld_until";

fn decode(row: &Row) -> Result<TaskListed, Error> {
    let id = task_id(row, 0, "task")?;
    let column = |column| corrupt("task", column, id.as_str());
    Ok(TaskListed {
        app: app_id(row, 1, "task")?,
        product: Product::parse(&row.text(2)?).ok_or_else(|| column("product"))?,
        area: AreaCode::parse(&row.text(3)?).ok_or_else(|| column("area"))?,
        stage: Stage::parse(&row.text(4)?, &row.text(5)?).ok_or_else(|| column("stage"))?,
        created_at: row.int(6)?,
        finished_at: row.maybe_int(7)?,
        is_withheld: row.maybe_int(8)?.is_some(),
        price_fen: row.int(9)?,
        resolved: Resolved::parse(&row.text(10)?),
        id,
    })
}

/// The conditions of a search: what an index finds, and the rest.
#[derive(Default)]
struct Conditions<'a> {
    found: Vec<String>,
    rest: Vec<String>,
    arguments: Vec<Arg<'a>>,
}

impl<'a> Conditions<'a> {
    fn place(&mut self, argument: impl Into<Arg<'a>>) -> usize {
        self.arguments.push(argument.into());
        self.arguments.len()
    }

    fn of(search: &'a TaskSearch, after: Option<&'a Mark>) -> Self {
        let mut all = Self::default();
        if let Some(mark) = after {
            let (at, id) = (all.place(mark.at), all.place(&mark.id));
            all.found.push(format!("(t.created_at, t.id) < (${at}, ${id})"));
        }
        for (instant, comparison) in [(search.from, ">="), (search.until, "<")] {
            if let Some(instant) = instant {
                let at = all.place(instant);
                all.found.push(format!("t.created_at {comparison} ${at}"));
            }
        }
        all.portal(search);
        all.stages(search);
        all
    }

    /// Of app and area one is found by an index: the app, which has fewer tasks.
    fn portal(&mut self, search: &'a TaskSearch) {
        if let Some(app) = &search.app {
            let at = self.place(app.as_str());
            self.found.push(format!("t.app_id = ${at}"));
        }
        if let Some(area) = &search.area {
            let at = self.place(area.as_str());
            let list = if search.app.is_none() { &mut self.found } else { &mut self.rest };
            list.push(format!("t.area = ${at}"));
        }
        if let Some(product) = search.product {
            let at = self.place(product.as_str());
            self.rest.push(format!("t.product = ${at}"));
        }
        match search.is_test {
            Some(true) if self.found.is_empty() => {
                self.found.push(format!("t.area = '{MODEL_CITY}'"))
            }
            Some(true) => self.rest.push(format!("t.area = '{MODEL_CITY}'")),
            Some(false) => self.rest.push(format!("t.area <> '{MODEL_CITY}'")),
            None => {}
        }
    }

    /// Tasks that failed, and those under way, are found by indexes of their own.
    fn stages(&mut self, search: &'a TaskSearch) {
        let code = search.code.map(of_code);
        let mut stages = search.stages.clone();
        if let Some((of_code, detail)) = code {
            stages = if stages.is_empty() {
                of_code
            } else {
                of_code.into_iter().filter(|stage| stages.contains(stage)).collect()
            };
            self.rest.extend(detail);
            if stages.is_empty() {
                self.found.push("1 = 0".to_owned());
            }
        }
        let has_portal =
            search.app.is_some() || search.area.is_some() || search.is_test == Some(true);
        if search.is_set_aside {
            self.found.push("t.set_aside is not null".to_owned());
        } else if stages == [StageName::Failed] && !has_portal {
            self.found.push("t.stage = 'failed'".to_owned());
        } else if !stages.is_empty() {
            let condition = format!("t.stage in ({})", sql_list(&stages));
            if stages.iter().any(|stage| stage.is_final()) {
                self.rest.push(condition);
            } else {
                self.found.extend([condition, "t.finished_at is null".to_owned()]);
            }
        }
    }
}

/// The stages that show a code, and what their detail must be then.
fn of_code(code: StateCode) -> (Vec<StageName>, Option<String>) {
    let any = |conditions: Vec<String>| Some(format!("({})", conditions.join(" or ")));
    match code {
        StateCode::LOGGING_IN => (vec![StageName::Queued, StageName::LoggingIn], None),
        StateCode::LOGGED_IN => (vec![StageName::LoggedIn], None),
        StateCode::CRAWLING | StateCode::PARTLY_CRAWLED => (vec![StageName::Crawling], None),
        StateCode::STORING => (vec![StageName::Storing], None),
        StateCode::FINISHED => (vec![StageName::Done], any(vec!["t.detail = ''".to_owned()])),
        StateCode::PARTLY_FINISHED => {
            (vec![StageName::Done], any(vec!["t.detail <> ''".to_owned()]))
        }
        StateCode::AWAITING_SMS | StateCode::AWAITING_CAPTCHA => {
            let kinds = ChallengeKind::ALL.into_iter().filter(|kind| kind.code() == code);
            let kinds = kinds.map(|kind| format!("t.detail = '{}'", kind.as_str()));
            (vec![StageName::Asking], any(kinds.collect()))
        }
        _ => {
            let kinds = FailureKind::ALL.into_iter().filter(|kind| kind.code() == code);
            let kinds: Vec<_> = kinds.map(|kind| is_failure("t.detail", kind)).collect();
            (vec![StageName::Failed], any(kinds))
        }
    }
}

impl Reader {
    /// Up to `limit` tasks, the newest first, from after a mark.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn search_tasks(
        &self,
        search: &TaskSearch,
        after: Option<&Mark>,
        limit: i64,
    ) -> Result<TasksFound, Error> {
        let mut conditions = Conditions::of(search, after);
        let is_found_whole = conditions.rest.is_empty();
        let count = if is_found_whole { limit + 1 } else { LOOKED_AT_MAX };
        let looked_at_place = conditions.place(count);
        conditions.found.push("1 = 1".to_owned());
        let looked_at = |columns: &str, found: &[String]| {
            format!(
                "select {columns} from task t where {}
                 order by t.created_at desc, t.id desc limit ${looked_at_place}",
                found.join(" and ")
            )
        };
        let all = conditions.arguments.clone();
        let limit_place = conditions.place(limit + 1);
        conditions.rest.push("1 = 1".to_owned());
        // Each level has its limit, so that no more rows than these are joined.
        let sql = format!(
            "select {COLUMNS}, h.amount_fen, h.state from (
               select * from ({}) t where {}
               order by t.created_at desc, t.id desc limit ${limit_place}) t
             join hold h on h.task_id = t.id
             order by t.created_at desc, t.id desc",
            looked_at(COLUMNS, &conditions.found),
            conditions.rest.join(" and ")
        );
        let rows = self.db.fetch_all(&sql, &conditions.arguments).await?;
        let mut tasks = rows.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        let count = usize::try_from(limit).unwrap_or(usize::MAX);
        if tasks.len() > count {
            tasks.truncate(count);
            let next =
                tasks.last().map(|task| Mark { at: task.created_at, id: task.id.to_string() });
            return Ok(TasksFound { tasks, next, is_partial: false });
        }
        if is_found_whole {
            return Ok(TasksFound { tasks, next: None, is_partial: false });
        }
        let ids = looked_at("t.id, t.created_at", &conditions.found);
        let sql = format!("{ids} offset {}", LOOKED_AT_MAX - 1);
        let last = self.db.fetch_one(&sql, &all).await?;
        let next = last.map(|row| Ok::<_, Error>(Mark { at: row.int(1)?, id: row.text(0)? }));
        let next = next.transpose()?;
        Ok(TasksFound { tasks, is_partial: next.is_some(), next })
    }
}
