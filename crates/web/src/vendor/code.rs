//! fundUserCode and securityUserCode: a captcha or SMS code from the person (P-50, P-51), or that they
//! want no more of it (P-54).

use bytes::Bytes;
use fiveone_engine::{Answered, Cancelling, Code};
use fiveone_model::question::AnswerForm;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use crate::state::log_fault;

/// Hands the code to the engine. Status 0 means taken, not correct: the next poll tells.
pub(super) async fn submit(call: &Call<'_>) -> Result<Bytes, Refusal> {
    let tid = call.params.filled("tid").unwrap_or_default();
    let code = call.params.filled("code").unwrap_or_default();
    let data = if tid.is_empty() {
        refused("缺少参数 tid")
    } else if code.is_empty() && call.params.filled("cancel") == Some("true") {
        match call.api.engine.cancel(&call.app.app.id, tid).await {
            Ok(cancelling) => render_cancel(&cancelling),
            Err(fault) => {
                log_fault(&fault);
                json!({ "message": "接口调用异常", "status": -1 })
            }
        }
    } else {
        let form = match call.app.app.wants_challenges {
            true => AnswerForm::Structured,
            false => AnswerForm::Typed,
        };
        let code = Code { text: code, form, question: None };
        match call.api.engine.answer(&call.app, call.product, tid, code).await {
            Ok(answered) => render(answered),
            Err(fault) => {
                log_fault(&fault);
                json!({ "message": "接口调用异常", "status": -1 })
            }
        }
    };
    Ok(Bytes::from(data.to_string()))
}

fn refused(complaint: &str) -> Value {
    json!({ "message": format!("参数错误：{complaint}"), "status": -2 })
}

fn render(answered: Answered) -> Value {
    match answered {
        Answered::Accepted => json!({ "message": "成功", "status": 0 }),
        Answered::NotWaiting => refused("任务当前不在等待输入验证码"),
        Answered::Malformed => refused("code 不能为空、过长或含控制字符，并须是所问的内容"),
        Answered::Unknown => refused("tid 不存在"),
        Answered::NotYours => json!({ "message": "权限认证失败", "status": -9 }),
    }
}

fn render_cancel(cancelling: &Cancelling) -> Value {
    match cancelling {
        Cancelling::Cancelled => json!({ "message": "成功", "status": 0 }),
        Cancelling::Ended => refused("任务已经结束"),
        Cancelling::TooLate => refused("已经开始读取，不能取消"),
        Cancelling::Unknown => refused("tid 不存在"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_54_every_outcome_of_cancelling_has_its_status() {
        let all =
            [Cancelling::Cancelled, Cancelling::Ended, Cancelling::TooLate, Cancelling::Unknown];
        let said = all.map(|one| render_cancel(&one)["status"].to_string()).join(" ");
        assert_eq!(said, "0 -2 -2 -2");
    }

    #[test]
    fn p_50_every_outcome_has_its_status() {
        let all = [
            Answered::Accepted,
            Answered::NotWaiting,
            Answered::Malformed,
            Answered::Unknown,
            Answered::NotYours,
        ];
        insta::assert_snapshot!(all.map(|one| render(one).to_string()).join("\n"), @r#"
        {"message":"成功","status":0}
        {"message":"参数错误：任务当前不在等待输入验证码","status":-2}
        {"message":"参数错误：code 不能为空、过长或含控制字符，并须是所问的内容","status":-2}
        {"message":"参数错误：tid 不存在","status":-2}
        {"message":"权限认证失败","status":-9}
        "#);
    }
}
