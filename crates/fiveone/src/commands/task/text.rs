//! A task as text for the operator's terminal.

use fiveone_engine::{LoggedSteps, TaskRecord};
use fiveone_model::clock::{Millis, shanghai_text};
use fiveone_model::ledger::yuan;
use fiveone_model::report::Section;

use super::{failure, missing, money_state, progress};

/// All of it, without the last line's end.
pub(super) fn of(record: &TaskRecord) -> String {
    let TaskRecord { task, history, callbacks, .. } = record;
    let progress = progress(record);
    let (code, msg) = (task.stage.code(progress).number(), task.stage.msg(progress));
    let mut lines = vec![
        format!("task      {}", task.id),
        format!("app       {}", task.app_id),
        format!("portal    {} {}, login method {}", task.product, task.area, task.login_type),
        format!("stage     {}: {code} {msg}", task.stage.name().as_str()),
    ];
    if let Some(failure) = failure(&task.stage) {
        lines.push(format!("failure   {}: {}", failure.kind.as_str(), failure.reason));
    }
    lines.push(format!(
        "money     ¥{} {}",
        yuan(history.hold.amount_fen),
        money_state(&history.hold)
    ));
    for (state, attempts) in callbacks {
        lines.push(format!("callback  {state}, attempts: {attempts}"));
    }
    lines.push("times".to_owned());
    for (at, what) in times(record) {
        lines.push(format!("  {}  {what}", shanghai_text(at)));
    }
    lines.push("sections".to_owned());
    lines.extend(sections(record));
    if !record.run_log.is_empty() {
        lines.push("requests to the portal".to_owned());
        lines.extend(record.run_log.iter().flat_map(requests));
    }
    lines.join("\n")
}

/// What happened and what is to come, in order.
fn times(record: &TaskRecord) -> Vec<(Millis, String)> {
    let TaskRecord { task, history, sections, .. } = record;
    let mut times = vec![(task.created_at, "admitted".to_owned())];
    for question in &history.questions {
        times.push((question.asked_at, format!("asked for {}", question.kind.as_str())));
        times.extend(question.answered_at.map(|at| (at, "answered".to_owned())));
    }
    for summary in sections.iter().filter(|summary| summary.row_count.is_some()) {
        times.push((summary.stored_at, format!("{} stored", summary.section.as_str())));
    }
    match history.finished_at {
        Some(at) => times.push((at, "ended".to_owned())),
        None => times.push((task.due_at, "must have ended".to_owned())),
    }
    match task.wiped_at {
        Some(at) => times.push((at, "wiped".to_owned())),
        None => times.extend(history.wipe_after.map(|at| (at, "to be wiped".to_owned()))),
    }
    times.sort_by_key(|(at, _)| *at);
    times
}

fn sections(record: &TaskRecord) -> Vec<String> {
    let mut lines = Vec::new();
    for summary in &record.sections {
        let section = summary.section.as_str();
        lines.push(match summary.row_count {
            Some(rows) => format!("  {section}, rows: {rows}"),
            None => format!("  {section}: not offered by the portal"),
        });
        match &summary.findings {
            Some(findings) => {
                lines.extend(findings.iter().map(|finding| format!("    {finding}")));
            }
            None => lines.push("    findings do not open with this deployment key".to_owned()),
        }
    }
    let missing = missing(&record.task.stage);
    lines.extend(missing.iter().map(|section| format!("  {}: not read", section.as_str())));
    if record.sections.is_empty() {
        let why = if record.task.wiped_at.is_some() { "  all wiped" } else { "  none stored" };
        lines.insert(0, why.to_owned());
    }
    lines
}

fn requests(logged: &LoggedSteps) -> Vec<String> {
    let mut lines = vec![format!("  {}", logged.section.map_or("login", Section::as_str))];
    if logged.left_out > 0 {
        lines.push(format!("    earlier, not kept: {}", logged.left_out));
    }
    for step in &logged.steps {
        let mut line = format!("    {}: {} {}", step.step, step.method, step.path);
        if let Some(status) = step.status {
            line += &format!(" {status}, {} ms", step.ms);
        }
        if !step.captured.is_empty() {
            line += &format!(", captured {}", step.captured.join(" "));
        }
        if !step.outcome.is_empty() {
            line += &format!(", {}", step.outcome);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use fiveone_engine::{LoggedStep, SectionSummary};
    use fiveone_model::app::AppId;
    use fiveone_model::area::AreaCode;
    use fiveone_model::challenge::ChallengeKind;
    use fiveone_model::failure::{Failure, FailureKind};
    use fiveone_model::finding::{Finding, FindingKind};
    use fiveone_model::product::Product;
    use fiveone_model::task::{Stage, TaskId};
    use fiveone_store::{HoldRow, QuestionRow, Resolved, TaskHistory, TaskRow};

    use super::*;

    /// 2017-10-01 12:00:00 in Shanghai.
    const NOON: Millis = 1_506_830_400_000;

    fn record(stage: Stage) -> TaskRecord {
        let task = TaskRow {
            id: TaskId::from_random([0x9e; 16]),
            app_id: AppId::parse("loans").unwrap(),
            product: Product::Fund,
            area: AreaCode::parse("210300").unwrap(),
            login_type: 2,
            stage,
            fence: 1,
            node_id: None,
            data_key: None,
            created_at: NOON,
            due_at: NOON + 900_000,
            crawled_at: None,
            withheld_until: None,
            is_test: false,
            wiped_at: None,
        };
        let history = TaskHistory {
            leased_at: None,
            updated_at: NOON,
            finished_at: None,
            wipe_after: None,
            hold: HoldRow { amount_fen: 300, due_at: NOON + 900_000, resolved: None },
            questions: Vec::new(),
        };
        TaskRecord {
            task,
            history,
            sections: Vec::new(),
            callbacks: Vec::new(),
            stages: Vec::new(),
            run_log: Vec::new(),
        }
    }

    #[test]
    fn a_partial_report_tells_what_was_odd_and_what_was_not_read() {
        let mut record = record(Stage::Done { missing: vec![Section::Loans] });
        record.history.finished_at = Some(NOON + 9_000);
        record.history.wipe_after = Some(NOON + 604_809_000);
        record.history.hold.resolved = Some((Resolved::Captured, NOON + 9_000));
        record.history.questions = vec![QuestionRow {
            kind: ChallengeKind::Captcha,
            asked_at: NOON + 1_000,
            answered_at: Some(NOON + 4_000),
            closed_at: Some(NOON + 4_000),
        }];
        let summary = |section, row_count, at, findings| SectionSummary {
            section,
            row_count,
            stored_at: NOON + at,
            findings,
        };
        let odd = vec![
            Finding::of_field(FindingKind::Absent, "bindMobile").with_key("手机号码"),
            Finding::of_key(FindingKind::Unmapped, "备注").with_detail("text"),
        ];
        record.sections = vec![
            summary(Section::Base, Some(1), 6_000, Some(odd)),
            summary(Section::Bills, Some(24), 8_000, None),
        ];
        record.callbacks = vec![("pending".to_owned(), 2)];
        let step = |step: &str, path: &str, outcome: &str| LoggedStep {
            step: step.to_owned(),
            method: "GET".to_owned(),
            path: path.to_owned(),
            status: Some(200),
            ms: 41,
            captured: Vec::new(),
            outcome: outcome.to_owned(),
        };
        let entry = LoggedStep { captured: vec!["token".to_owned()], ..step("entry", "/in", "") };
        let changed = step("loans", "/loans", "changed: no rows");
        record.run_log = vec![
            LoggedSteps { section: None, at: NOON, left_out: 0, steps: vec![entry] },
            LoggedSteps {
                section: Some(Section::Loans),
                at: NOON,
                left_out: 7,
                steps: vec![changed],
            },
        ];
        assert_eq!(
            of(&record),
            "\
task      9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e
app       loans
portal    fund 210300, login method 2
stage     done: 40002 爬取结束,部分数据缺失：贷款信息
money     ¥3.00 captured
callback  pending, attempts: 2
times
  2017-10-01 12:00:00  admitted
  2017-10-01 12:00:01  asked for captcha
  2017-10-01 12:00:04  answered
  2017-10-01 12:00:06  baseInfo stored
  2017-10-01 12:00:08  billInfos stored
  2017-10-01 12:00:09  ended
  2017-10-08 12:00:09  to be wiped
sections
  baseInfo, rows: 1
    absent bindMobile `手机号码`
    unmapped `备注` (text)
  billInfos, rows: 24
    findings do not open with this deployment key
  loanInfos: not read
requests to the portal
  login
    entry: GET /in 200, 41 ms, captured token
  loanInfos
    earlier, not kept: 7
    loans: GET /loans 200, 41 ms, changed: no rows"
        );
    }

    #[test]
    fn a_task_under_way_and_a_failed_one_tell_where_they_stand() {
        assert_eq!(
            of(&record(Stage::Asking(ChallengeKind::Sms))),
            "\
task      9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e
app       loans
portal    fund 210300, login method 2
stage     asking: 10003 登录中，等待用户输入短信
money     ¥3.00 held
times
  2017-10-01 12:00:00  admitted
  2017-10-01 12:15:00  must have ended
sections
  none stored"
        );
        let failure = Failure::because(FailureKind::WrongCredentials, "密码错误");
        let mut failed = record(Stage::Failed(failure));
        failed.history.finished_at = Some(NOON + 2_000);
        failed.history.hold.resolved = Some((Resolved::Released, NOON + 2_000));
        failed.task.wiped_at = Some(NOON + 3_000);
        assert_eq!(
            of(&failed),
            "\
task      9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e
app       loans
portal    fund 210300, login method 2
stage     failed: 50004 登录失败,用户名密码输入错误：密码错误
failure   wrong_credentials: 密码错误
money     ¥3.00 released
times
  2017-10-01 12:00:00  admitted
  2017-10-01 12:00:02  ended
  2017-10-01 12:00:03  wiped
sections
  all wiped"
        );
    }
}
