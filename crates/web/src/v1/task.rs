//! A task as `/v1` tells it.

use std::borrow::Cow;

use fiveone_engine::{OwnTask, Resolved, TaskLine};
use fiveone_model::clock::rfc3339;
use fiveone_model::failure::FailureKind;
use fiveone_model::ledger::yuan;
use fiveone_model::report::Section;
use fiveone_model::task::{CrawlProgress, Stage, StageName};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::question::Question;
use super::words::words;

words!(
    ProductWord,
    "What kind of records: the housing fund, or the five social insurances.",
    fiveone_model::product::Product::ALL.iter().map(|product| product.as_str()).collect()
);
words!(
    Status,
    "Where a task is; `done` and `failed` are its ends.",
    StageName::ALL.iter().map(|stage| stage.as_str()).collect()
);
words!(
    FailureWord,
    "Why a task ended without a report.",
    FailureKind::ALL.iter().map(|kind| kind.as_str()).collect()
);
words!(SectionWord, "A part of a report.", SECTIONS.iter().map(|(_, word)| *word).collect());

/// Sections and their words in `/v1`.
const SECTIONS: [(Section, &str); 8] = [
    (Section::Base, "base"),
    (Section::Bills, "bills"),
    (Section::Loans, "loans"),
    (Section::Oldage, "pension"),
    (Section::Medical, "medical"),
    (Section::Birth, "maternity"),
    (Section::Injury, "injury"),
    (Section::Unemploy, "unemployment"),
];

/// The word of a section.
pub(super) fn section_word(section: Section) -> &'static str {
    SECTIONS.iter().find(|(own, _)| *own == section).map_or("base", |(_, word)| word)
}

/// A task: one person's records being fetched once.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Task {
    #[serde(flatten)]
    summary: TaskSummary,
    /// What the person is asked now; answered by POST …/answers.
    question: Option<Question>,
    /// What has been read so far.
    sections: Vec<SectionRead>,
}

/// A task without its question and sections.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TaskSummary {
    /// Its id, 32 hex digits.
    id: String,
    product: ProductWord,
    /// The area's code.
    area: String,
    /// Which of the area's logins.
    login: u32,
    status: Status,
    /// The state code of the ten interfaces, such as 10004 or 40001.
    code: u32,
    /// What the code means, in Chinese.
    message: String,
    created_at: String,
    /// When it ends at the latest.
    deadline: String,
    ended_at: Option<String>,
    /// Until when its report is kept.
    kept_until: Option<String>,
    /// Of a task that is done: the offered sections that could not be read.
    missing: Vec<SectionWord>,
    failure: Option<Failure>,
    /// What is held for it, or was taken, in yuan.
    price: String,
    /// Whether it was paid for; null while it is under way.
    paid: Option<bool>,
    /// Whether its report was erased.
    erased: bool,
}

/// A section that has been read.
#[derive(Debug, Serialize, JsonSchema)]
struct SectionRead {
    name: SectionWord,
    /// How many rows it has.
    rows: i64,
    read_at: String,
}

/// Why a task ended without a report.
#[derive(Debug, Serialize, JsonSchema)]
struct Failure {
    kind: FailureWord,
    /// What to tell the person, in Chinese; blank once it was erased.
    reason: String,
}

impl TaskSummary {
    /// A task of a list.
    pub(super) fn of(line: &TaskLine) -> Self {
        let has_read = usize::from(line.task.crawled_at.is_some());
        Self::at(line, &line.task.stage, CrawlProgress::of_stored(has_read))
    }

    fn at(line: &TaskLine, stage: &Stage, progress: CrawlProgress) -> Self {
        let task = &line.task;
        let (missing, failure) = match stage {
            Stage::Done { missing } => (missing.as_slice(), None),
            Stage::Failed(failure) => (&[] as &[_], Some(failure)),
            _ => (&[] as &[_], None),
        };
        Self {
            id: task.id.to_string(),
            product: ProductWord(task.product.as_str()),
            area: task.area.to_string(),
            login: task.login_type,
            status: Status(stage.name().as_str()),
            code: stage.code(progress).number(),
            message: stage.msg(progress),
            created_at: rfc3339(task.created_at),
            deadline: rfc3339(task.due_at),
            ended_at: line.ended_at.map(rfc3339),
            kept_until: line.kept_until.map(rfc3339),
            missing: missing.iter().map(|section| SectionWord(section_word(*section))).collect(),
            failure: failure.map(|failure| Failure {
                kind: FailureWord(failure.kind.as_str()),
                reason: failure.reason.clone(),
            }),
            price: yuan(line.price_fen),
            paid: line.resolved.map(|resolved| resolved == Resolved::Captured),
            erased: task.wiped_at.is_some(),
        }
    }
}

impl Task {
    /// A task as its app sees it.
    pub(super) fn of(own: &OwnTask) -> Self {
        let progress = CrawlProgress::of_stored(own.sections.len());
        Self {
            summary: TaskSummary::at(&own.line, &own.stage, progress),
            question: own.question.as_ref().map(Question::of),
            sections: own
                .sections
                .iter()
                .map(|(section, rows, read_at)| SectionRead {
                    name: SectionWord(section_word(*section)),
                    rows: *rows,
                    read_at: rfc3339(*read_at),
                })
                .collect(),
        }
    }
}
