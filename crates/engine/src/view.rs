//! What a poll shows of a task.

use fiveone_model::clock::Millis;
use fiveone_model::finding::Finding;
use fiveone_model::question::OpenQuestion;
use fiveone_model::report::{Content, Section};
use fiveone_model::state_code::StateCode;
use fiveone_model::task::TaskId;

/// The answer to a poll.
#[derive(Debug)]
pub enum Shown {
    /// -2: there is no such task, or it is of the other product (P-43).
    Unknown,
    /// -9: the task is another app's.
    NotYours,
    /// Top-level 3: the result was there and is gone (retention, erasure).
    Gone,
    /// Top-level 3: the result is there and cannot be opened.
    Unreadable,
    /// The task.
    Task(Box<TaskView>),
}

/// A task as its app may see it.
#[derive(Debug)]
pub struct TaskView {
    /// Its id.
    pub tid: TaskId,
    /// `data.code`
    pub code: StateCode,
    /// `data.msg`
    pub msg: String,
    /// What the person is asked now.
    pub question: Option<OpenQuestion>,
    /// The offered sections that could not be read (P-44).
    pub fail: Vec<Section>,
    /// When the records were read (`createTime`); `None` until something was.
    pub crawled_at: Option<Millis>,
    /// What has been read so far, in the documents' order.
    pub sections: Vec<(Section, Content)>,
    /// What is odd about what has been read (P-47); `None` until something was, and for apps that
    /// have not switched it on.
    pub findings: Option<Vec<(Section, Vec<Finding>)>>,
    /// Whether it will never change again.
    pub is_final: bool,
}
