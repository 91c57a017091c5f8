//! createFundSearchTaskB and createInsuranceSearchTaskB (P-30 to P-33).

use bytes::Bytes;
use fiveone_engine::{AdmitError, CreateRequest};
use fiveone_model::login::{Credentials, FieldName};
use fiveone_model::task::TaskId;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::{Refusal, Status};
use crate::auth::seconds;
use crate::state::log_fault;

/// Said in place of a portal that would lock the account at one more wrong password.
const BRAKED: &str = "参数错误：该账号的登录多次被网站拒绝，为免被锁定，请稍后再试";

/// Said of a test that is none of the model city, and of the model city that is no test.
const WRONG_MODE: &str = "参数错误：示范市 990000 只供测试应用使用，测试应用也只能使用示范市";

/// Said of an Idempotency-Key that came with another request before.
const KEY_REUSED: &str = "参数错误：Idempotency-Key 已用于另一个请求";

/// Hands the request to the engine and tells what became of it.
pub(super) async fn create(call: &Call<'_>) -> Result<Bytes, Refusal> {
    let admitted = match request(call) {
        Ok(request) => call.api.engine.admit(&call.app, request).await,
        Err(complaint) => Err(AdmitError::Parameter(complaint.to_owned())),
    };
    if let Ok(tid) = &admitted {
        tracing::info!(tid = tid.as_str(), "admitted");
    }
    render(admitted).map(|data| Bytes::from(data.to_string()))
}

/// What the client asks for. Parameters that no city knows are passed over (P-30).
fn request(call: &Call<'_>) -> Result<CreateRequest, &'static str> {
    let filled = |name| call.params.filled(name);
    let mut credentials = Credentials::default();
    for field in FieldName::ALL {
        // As sent: a password may begin or end with a blank.
        if let Some(value) = call.params.get(field.as_str()) {
            credentials.set(field, value.to_owned());
        }
    }
    Ok(CreateRequest {
        product: call.product,
        area: filled("area_code").ok_or("缺少参数 area_code")?.to_owned(),
        login_type: filled("login_type").ok_or("缺少参数 login_type")?.to_owned(),
        credentials,
        idempotency_key: call.idempotency_key.clone()?,
        withheld: None,
        mode: call.app.app.mode(),
    })
}

fn render(admitted: Result<TaskId, AdmitError>) -> Result<Value, Refusal> {
    let failed = |status: i32, message: String| json!({ "success": false, "status": status, "message": message });
    match admitted {
        Ok(tid) => Ok(json!({ "tid": tid, "success": true })),
        Err(AdmitError::Parameter(complaint)) => Ok(failed(-2, format!("参数错误：{complaint}"))),
        Err(AdmitError::WrongMode) => Ok(failed(-2, WRONG_MODE.to_owned())),
        Err(AdmitError::KeyReused) => Ok(failed(-2, KEY_REUSED.to_owned())),
        Err(AdmitError::Braked { .. }) => Ok(failed(-2, BRAKED.to_owned())),
        Err(AdmitError::Fault(fault)) => {
            log_fault(&fault);
            Ok(failed(-1, "接口调用异常".to_owned()))
        }
        Err(AdmitError::EmployerLogin) => {
            Err(Refusal::because(Status::NoGrant, "未开通单位登录方式"))
        }
        Err(AdmitError::NoBalance) => Err(Status::NoBalance.into()),
        Err(AdmitError::Busy { wait_ms }) => Err(Refusal::busy(seconds(wait_ms))),
        Err(AdmitError::InProgress) => Err(Status::InProgress.into()),
    }
}

#[cfg(test)]
mod tests {
    use fiveone_engine::Fault;

    use super::*;

    fn data(admitted: Result<TaskId, AdmitError>) -> String {
        render(admitted).expect("status 0").to_string()
    }

    #[test]
    fn p_31_an_accepted_create_has_a_tid() {
        insta::assert_snapshot!(
            data(Ok(TaskId::from_random([0xab; 16]))),
            @r#"{"tid":"abababababababababababababababab","success":true}"#
        );
    }

    #[test]
    fn p_30_a_refused_parameter_is_minus_2_in_data() {
        insta::assert_snapshot!(
            data(Err(AdmitError::Parameter("缺少参数 area_code".to_owned()))),
            @r#"{"success":false,"status":-2,"message":"参数错误：缺少参数 area_code"}"#
        );
    }

    #[test]
    fn our_fault_is_minus_1_in_data_without_detail() {
        insta::assert_snapshot!(
            data(Err(AdmitError::Fault(Fault::Seal("key lost")))),
            @r#"{"success":false,"status":-1,"message":"接口调用异常"}"#
        );
    }

    #[test]
    fn p_04_a_create_can_be_refused_with_7_9_10_and_11() {
        for (error, status) in [
            (AdmitError::EmployerLogin, Status::NoGrant),
            (AdmitError::NoBalance, Status::NoBalance),
            (AdmitError::Busy { wait_ms: 1 }, Status::Busy),
            (AdmitError::InProgress, Status::InProgress),
        ] {
            assert_eq!(render(Err(error)).expect_err("no data").status, status);
        }
    }
}
