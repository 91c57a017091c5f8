//! fundUserCode and securityUserCode: a captcha or SMS code from the person (P-50, P-51).

use bytes::Bytes;
use fiveone_engine::Answered;
use fiveone_model::challenge::ANSWER_CHARS_MAX;
use serde_json::{Value, json};

use super::call::Call;
use crate::error::{Refusal, log_fault};

/// Hands the code to the engine. Status 0 means taken, not correct: the next poll tells.
pub(super) async fn submit(call: &Call<'_>) -> Result<Bytes, Refusal> {
    let data = match answer(call) {
        Err(complaint) => refused(&complaint),
        Ok((tid, code)) => {
            let engine = &call.house.engine;
            match engine.answer(&call.app, call.product, tid, code).await {
                Ok(answered) => render(answered),
                Err(fault) => {
                    log_fault(&fault);
                    json!({ "message": "接口调用异常", "status": -1 })
                }
            }
        }
    };
    Ok(Bytes::from(data.to_string()))
}

/// The two parameters, or what is wrong with them.
fn answer<'a>(call: &'a Call<'_>) -> Result<(&'a str, &'a str), String> {
    let tid = call.params.filled("tid").ok_or("缺少参数 tid")?;
    let code = call.params.filled("code").ok_or("缺少参数 code")?;
    if code.chars().count() > ANSWER_CHARS_MAX {
        return Err(format!("参数 code 过长，最多 {ANSWER_CHARS_MAX} 个字符"));
    }
    if code.chars().any(char::is_control) {
        return Err("参数 code 含有不允许的控制字符".to_owned());
    }
    Ok((tid, code))
}

fn refused(complaint: &str) -> Value {
    json!({ "message": format!("参数错误：{complaint}"), "status": -2 })
}

fn render(answered: Answered) -> Value {
    match answered {
        Answered::Accepted => json!({ "message": "成功", "status": 0 }),
        Answered::NotWaiting => refused("任务当前不在等待输入验证码"),
        Answered::Unknown => refused("tid 不存在"),
        Answered::OtherApps => json!({ "message": "权限认证失败", "status": -9 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_50_every_outcome_has_its_status() {
        let all =
            [Answered::Accepted, Answered::NotWaiting, Answered::Unknown, Answered::OtherApps];
        insta::assert_snapshot!(all.map(|one| render(one).to_string()).join("\n"), @r#"
        {"message":"成功","status":0}
        {"message":"参数错误：任务当前不在等待输入验证码","status":-2}
        {"message":"参数错误：tid 不存在","status":-2}
        {"message":"权限认证失败","status":-9}
        "#);
    }
}
