//! A client written from the two vendor documents alone: what an app had before there was fiveone.
//!
//! It uses none of our crates. It signs the documents' addresses and posts to the host it is given,
//! which is the only thing it knows of the gateway. The rules beyond the documents are tested with
//! [`Client::post`], which sends whatever it is told.

use std::collections::BTreeMap;

use md5::{Digest, Md5};
use serde_json::Value;

/// Where the documents say the interfaces are.
pub(crate) const DOCUMENTED: &str = "http://api.tcredit.com/identity/";

/// The names of one document's five interfaces.
#[derive(Clone, Copy)]
pub(crate) struct Document {
    pub(crate) cities: &'static str,
    pub(crate) city_params: &'static str,
    pub(crate) create: &'static str,
    pub(crate) result: &'static str,
    pub(crate) user_code: &'static str,
}

/// 个人公积金查询
pub(crate) const FUND: Document = Document {
    cities: "getFundCitysB",
    city_params: "getFundCityParamB",
    create: "createFundSearchTaskB",
    result: "getFundB",
    user_code: "fundUserCode",
};

/// 个人社保查询
pub(crate) const INSURANCE: Document = Document {
    cities: "getInsuranceCitysB",
    city_params: "getInsuranceCityParamB",
    create: "createInsuranceSearchTaskB",
    result: "getInsuranceB",
    user_code: "securityUserCode",
};

/// The envelope of every answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: i64,
    pub(crate) message: String,
    pub(crate) seq_num: String,
    pub(crate) data: Option<Value>,
}

impl Answer {
    /// The data of an answer with status 0.
    pub(crate) fn data(self) -> Value {
        match (self.status, self.data) {
            (0, Some(data)) => data,
            (status, _) => panic!("status {status} {}", self.message),
        }
    }
}

/// An app's access to the interfaces.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    host: String,
    app_id: String,
    token_id: String,
}

impl Client {
    /// The address that it posts to.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// A client that posts to `host`, e.g. `http://127.0.0.1:8051`.
    pub(crate) fn new(host: &str, app_id: &str, token_id: &str) -> Self {
        // Fails when another test was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            http: reqwest::Client::builder().no_proxy().build().expect("an HTTP client"),
            host: host.trim_end_matches('/').to_owned(),
            app_id: app_id.to_owned(),
            token_id: token_id.to_owned(),
        }
    }

    /// 验证密钥: MD5(url+tokenId+param), param 为形如 key=value 的字符串，逗号分隔，按 key 的字典序排列.
    pub(crate) fn token_key(&self, url: &str, params: &[(&str, &str)]) -> String {
        let sorted: BTreeMap<_, _> = params.iter().copied().collect();
        let pairs: Vec<_> = sorted.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let digest = Md5::digest(format!("{url}{}{}", self.token_id, pairs.join(",")));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Calls an interface as the documents say.
    pub(crate) async fn call(&self, interface: &str, params: &[(&str, &str)]) -> Answer {
        let token_key = self.token_key(&format!("{DOCUMENTED}{interface}"), params);
        let own = [("appId", self.app_id.as_str()), ("tokenKey", token_key.as_str())];
        let all = params.iter().copied().chain(own);
        let form: Vec<_> = all.map(|(k, v)| format!("{}={}", escape(k), escape(v))).collect();
        self.post(interface, "application/x-www-form-urlencoded", form.join("&")).await
    }

    /// Posts any body to an interface; whatever it is, the answer is HTTP 200 and an envelope.
    pub(crate) async fn post(
        &self,
        interface: &str,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let request = self.http.post(format!("{}/identity/{interface}", self.host));
        self.send(request.header("content-type", content_type).body(body)).await
    }

    /// A request to any path of the host, for what [`Client::post`] cannot say.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        self.http.request(method, format!("{}{path}", self.host))
    }

    /// Sends a request and reads the envelope; fails on any other form of answer.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        assert_eq!(header("content-type").as_deref(), Some("application/json;charset=UTF-8"));
        let request_id = header("x-request-id");
        let text = response.text().await.expect("a body");
        let Ok(Value::Object(mut envelope)) = serde_json::from_str(&text) else {
            panic!("not an envelope: {text}");
        };
        let answer = Answer {
            status: envelope["status"].as_i64().expect("status is an int"),
            message: envelope["message"].as_str().expect("message is a string").to_owned(),
            seq_num: envelope["seqNum"].as_str().expect("seqNum is a string").to_owned(),
            data: envelope.remove("data"),
        };
        assert_eq!(request_id.as_deref(), Some(answer.seq_num.as_str()));
        answer
    }

    /// 获取城市列表
    pub(crate) async fn cities(&self, document: Document) -> Value {
        self.call(document.cities, &[]).await.data()
    }

    /// 获取城市查询参数
    pub(crate) async fn city_params(&self, document: Document, area_code: &str) -> Value {
        self.call(document.city_params, &[("area_code", area_code)]).await.data()
    }

    /// 生成查询任务: its whole data, `success` or not.
    pub(crate) async fn create(
        &self,
        document: Document,
        area_code: &str,
        login_type: &str,
        fields: &[(&str, &str)],
    ) -> Value {
        let own = [("area_code", area_code), ("login_type", login_type)];
        let params: Vec<_> = own.iter().chain(fields).copied().collect();
        self.call(document.create, &params).await.data()
    }

    /// 获取查询数据
    pub(crate) async fn result(&self, document: Document, tid: &str) -> Value {
        self.call(document.result, &[("tid", tid)]).await.data()
    }

    /// 输入图片/短信码: `data.status`
    pub(crate) async fn user_code(&self, document: Document, tid: &str, code: &str) -> i64 {
        let data = self.call(document.user_code, &[("tid", tid), ("code", code)]).await.data();
        data["status"].as_i64().expect("data.status is an int")
    }

    /// Polls until `is_it` likes the data, and returns it.
    pub(crate) async fn wait_for(
        &self,
        document: Document,
        tid: &str,
        is_it: impl Fn(&Value) -> bool,
    ) -> Value {
        const POLLS_MAX: usize = 1500;
        let mut every = tokio::time::interval(std::time::Duration::from_millis(20));
        let mut last = Value::Null;
        for _ in 0..POLLS_MAX {
            every.tick().await;
            last = self.result(document, tid).await;
            if is_it(&last) {
                return last;
            }
        }
        panic!("{tid} stays {} {}", last["code"], last["msg"]);
    }

    /// Polls until the task has ended (40001, 40002, 5xxxx, or the samples' 0).
    pub(crate) async fn wait_for_end(&self, document: Document, tid: &str) -> Value {
        self.wait_for(document, tid, |data| matches!(code(data), 0 | 40001..)).await
    }
}

/// `data.code`, which the field table shows as a string and the sample as a number.
pub(crate) fn code(data: &Value) -> i64 {
    let code = &data["code"];
    let number = code.as_str().map_or_else(|| code.as_i64(), |digits| digits.parse().ok());
    number.unwrap_or_else(|| panic!("no code in {data}"))
}

/// URL-encodes a name or value of a form.
fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let escaped = text.bytes().map(|byte| match byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    escaped.collect()
}

#[test]
fn p_10_the_published_vectors_are_what_this_client_signs() {
    let client = Client::new("http://127.0.0.1:1", "ignored", "TOKEN001");
    let params = [("name", "张三"), ("idCard", "110101199001011234"), ("mobile", "13800138000")];
    let url = "https://api.tcredit.com/integration/jk13113";
    assert_eq!(client.token_key(url, &params), "c22964f261f8e89c65f1dd75a1970279");
    let url = format!("{DOCUMENTED}getFundCitysB");
    assert_eq!(client.token_key(&url, &[]), "5ee798e2a4d9eceea2604d9b2eeeb1ea");
}
