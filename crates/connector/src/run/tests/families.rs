//! Families of which the lab has no portal yet, each through login, base record and one list.

use fiveone_model::{failure::FailureKind, product::Product, report::Section};
use serde_json::{Value as Json, json};

use super::scripted::{Body, Route, Visit, get, post};

const ID: &str = "990102199001011237";
const MODULUS: &str = "<form><input name=username><input id=modulus name=modulus value=\
    c6cc8c8b1f0e1b3a5d7f9a2b4c6d8e0f1a3c5e7092b4d6f81a3c5e7092b4d6f9></form>";

/// Reads sections and compares them whole.
async fn reads(product: Product, area: &str, routes: Vec<Route>, expect: &[(Section, Json)]) {
    let (mut visit, ended) = Visit::log_in(product, area, routes).await;
    assert_eq!(ended, Ok(()), "{area}: {}", visit.explain());
    for (section, expect) in expect {
        assert_eq!(visit.read(*section).await, *expect, "{area} {section:?}");
    }
}

/// What a refused login ends in.
async fn refuses(product: Product, area: &str, routes: Vec<Route>, expect: FailureKind) {
    let (mut visit, ended) = Visit::log_in(product, area, routes).await;
    let kind = ended.map_err(|failure| failure.kind);
    assert_eq!(kind, Err(expect), "{area}: {}", visit.explain());
}

fn bill(day: &str, amount: f64) -> Json {
    json!({ "note": "汇缴", "balance": 1000, "payArriveDate": day, "inAmount": amount, "outAmount": 0 })
}

#[tokio::test]
async fn wt_web_personal_of_siping() {
    let login = |answer: &str| {
        vec![
            get("/wt-web/login", MODULUS),
            get("/wt-web/captcha", Body::Picture),
            post("/wt-web/login", &["captcha=8k3f", "a001=62220001", "logintype=1"], answer),
        ]
    };
    let mut routes = login("<html>欢迎您 <a>安全退出</a></html>");
    routes.push(post(
        "/person/bgcx",
        &[],
        json!({ "success": true, "results": [{ "a001": "62220001", "a002": "张三", "a008": ID, "a004": "示范公司",
            "a011": "5000", "a044": "1,000.00", "mc": "正常", "a077": "201707" }] }),
    ));
    routes.push(post(
        "/personal/jcmxlist",
        &["pageNum=1"],
        json!({ "totalcount": 2, "results": [
            { "rq": "2017-06-15", "jfje": "0.00", "dfje": "100.00", "ye": "1000", "zy": "汇缴" },
            { "rq": "2017-07-15", "jfje": "0.00", "dfje": "200.00", "ye": "1000", "zy": "汇缴" }] }),
    ));
    let base = json!({ "employeeName": "张三", "houseFundStatus": "正常", "idCard": ID, "payUntilDate": "2017-07",
        "companyName": "示范公司", "monthPayBaseAmount": 5000, "houseFundBalance": 1000, "houseFundAccount": "62220001" });
    let bills = json!([bill("2017-07-15", 200.0), bill("2017-06-15", 100.0)]);
    let expect = [(Section::Base, base), (Section::Bills, round(bills))];
    reads(Product::Fund, "220300", routes, &expect).await;
    let wrong = login(&format!("{MODULUS}<span id=in_error>密码不正确</span>"));
    refuses(Product::Fund, "220300", wrong, FailureKind::WrongCredentials).await;
}

/// Amounts as the report renders them: whole ones without a fraction.
fn round(json: Json) -> Json {
    serde_json::from_str(&json.to_string().replace(".0,", ",").replace(".0}", "}")).unwrap()
}

#[tokio::test]
async fn hfmis_wt_of_yueyang() {
    let login = |message: &str| {
        vec![
            get("/hfmis_wt/captcha.jpg", Body::Picture),
            post(
                "/hfmis_wt/login",
                &["captcha=8k3f", "usertype=2"],
                json!({ "code": 0, "message": message }),
            ),
        ]
    };
    let mut routes = login("登入成功");
    routes
        .push(get("/personal/ace/main/grcx_index", "<script>var spcode = \"62220001\";</script>"));
    routes.push(get(
        "/common/zhfw/invoke/01A003",
        json!({ "code": 0, "dataset": { "rows": [{ "GRZH": "62220001", "XM": "张三", "ZJHM": ID, "DWMC": "示范公司",
            "GRZHYE": "1000.00", "GZJS": "5000", "GRZHZTMC": "正常", "JTDZ": "null" }] } }),
    ));
    routes.push(post(
        "/common/zhfw/invoke/020102",
        &["grzh=62220001", "pagenum=0", "recordstartindex=0"],
        json!({ "code": 0, "dataset": { "rows": [
            { "QRRQ": "2017-07-15", "CLLXMC": "汇缴", "SR": "100.00", "ZC": "0.00", "GRZHYE": "1000.00" }] } }),
    ));
    let base = json!({ "employeeName": "张三", "houseFundStatus": "正常", "idCard": ID, "companyName": "示范公司",
        "monthPayBaseAmount": 5000, "houseFundBalance": 1000, "houseFundAccount": "62220001" });
    let expect =
        [(Section::Base, base), (Section::Bills, round(json!([bill("2017-07-15", 100.0)])))];
    reads(Product::Fund, "430600", routes, &expect).await;
    refuses(Product::Fund, "430600", login("密码错误"), FailureKind::WrongCredentials).await;
}

#[tokio::test]
async fn ispobs_of_suining() {
    let login = |message: &str| {
        vec![
            get("/globalController/CreateVerifyImg.do", Body::Picture),
            post(
                "/loginController/grLoginVerify.do",
                &["VERIFYCODE=8k3f", "USERPWD=9F6E6800CFAE7749EB6C486619254B9C"],
                json!({ "MSG": message }),
            ),
        ]
    };
    let (_, ended) = Visit::log_in(Product::Fund, "510900", login("登录成功")).await;
    // The digest above is that of another password: nothing else is known to the portal.
    assert_eq!(ended.map_err(|failure| failure.kind), Err(FailureKind::PortalChanged));
    let login = |message: &str| {
        vec![
            get("/globalController/CreateVerifyImg.do", Body::Picture),
            post("/loginController/grLoginVerify.do", &["YHLX=1"], json!({ "MSG": message })),
        ]
    };
    let mut routes = login("登录成功");
    routes.push(post(
        "/grQueryController/grzhxxcx.do",
        &[],
        json!({ "DATA": [{ "GRZH": "62220001", "XINGMING": "张三", "ZJHM": ID, "TOTALBALANCE": "1000.00",
            "CURSTATUSDISP": "正常", "DWMC": "示范公司" }] }),
    ));
    routes.push(post(
        "/grQueryController/grzhmxcx.do",
        &["pageindex=1"],
        json!({ "rows": [{ "CALINTERDATE": "2017-07-15", "ABSTRACT": "汇缴", "PAYMONEYIN": 100, "PAYMONEYOUT": 0,
            "TOTALBALANCE": 1000 }], "total": 1 }),
    ));
    let base = json!({ "employeeName": "张三", "houseFundStatus": "正常", "idCard": ID, "companyName": "示范公司",
        "houseFundBalance": 1000, "houseFundAccount": "62220001" });
    let expect =
        [(Section::Base, base), (Section::Bills, round(json!([bill("2017-07-15", 100.0)])))];
    reads(Product::Fund, "510900", routes, &expect).await;
    refuses(Product::Fund, "510900", login("用户密码错误"), FailureKind::WrongCredentials).await;
}

#[tokio::test]
async fn olbh_of_handan() {
    let page = "<input type=hidden name=_csrf value=t1><img id=person_pic src=pic.do><input name=verifyCode>";
    let login = |answer: &str| {
        vec![
            get("/olbh/index", page),
            get("/olbh/pic.do", Body::Picture),
            post("/olbh/auth", &["_csrf=t1", "verifyCode=8k3f", "loginType=person"], answer),
        ]
    };
    let mut routes = login("<html><input type=hidden name=_csrf value=t2><a>安全退出</a></html>");
    routes.push(post(
        "/olbh/qryPersonInfo.do",
        &["_csrf=t2"],
        json!({ "recode": "000000", "accnum": "62220001", "accname": "张三", "certinum": ID, "unitaccname": "示范公司",
            "bal": "1000.00", "basenum": "5000", "indiaccstate": "0", "lpaym": "201707" }),
    ));
    routes.push(post(
        "/olbh/qryPersonAccDetails.do",
        &["_csrf=t2", "currentPage=1"],
        json!({ "recode": "000000", "totalnum": "1", "result": [{ "transdate": "2017-07-15", "summary": "汇缴",
            "damt": "0.00", "camt": "100.00", "balance": "1000.00" }] }),
    ));
    let base = json!({ "employeeName": "张三", "houseFundStatus": "正常", "idCard": ID, "payUntilDate": "2017-07",
        "companyName": "示范公司", "monthPayBaseAmount": 5000, "houseFundBalance": 1000, "houseFundAccount": "62220001" });
    let expect =
        [(Section::Base, base), (Section::Bills, round(json!([bill("2017-07-15", 100.0)])))];
    reads(Product::Fund, "130400", routes, &expect).await;
    let wrong = login(&format!("{page}<span class=err>身份证号或密码不正确</span>"));
    refuses(Product::Fund, "130400", wrong, FailureKind::WrongCredentials).await;
}

#[tokio::test]
async fn summer_ydpx_of_kunming() {
    let login = |answer: &str| {
        vec![
            get("/kmnbp/index.jsp", "<form><input name=certinum></form>"),
            get("/kmnbp/vericode.jsp", Body::Picture),
            post("/kmnbp/per.login", &["vericode=8k3f", "certinum="], answer),
        ]
    };
    let pool = "<form><textarea name=DATAlISTGHOST>abc</textarea><textarea name=_DATAPOOL_>def</textarea></form>\
        <script>var poolSelect = {\"_IS\":\"-42\",'$page':'/ydpx/70000002/x.ydpx',\"_PROCID\":\"P\"};</script>";
    let mut routes = login("<p>欢迎您</p>");
    routes.push(get("/kmnbp/init.summer", pool));
    routes.push(post(
        "/kmnbp/command.summer",
        &["_IS=-42", "begdate="],
        json!({ "returnCode": "0", "message": "", "data": {} }),
    ));
    routes.push(post(
        "/kmnbp/command.summer",
        &["_IS=-42", "_DATAPOOL_=def"],
        json!({ "returnCode": "0", "data": { "accnum": "62220001", "accname": "张三", "certinum": ID, "balance": "1000.00",
            "unitaccname": "示范公司", "peraccstate": "0" } }),
    ));
    routes.push(post(
        "/kmnbp/dynamictable",
        &["dynamicTable_page=/ydpx/70000002/x.ydpx", "dynamicTable_nextPage=1", "DATAlISTGHOST=abc"],
        json!({ "returnCode": "0", "data": { "totalCount": 1, "data": [
            { "transdate": "2017-07-15", "amt1": "0.00", "amt2": "100.00", "amt3": "1000.00" }] } }),
    ));
    let base = json!({ "employeeName": "张三", "houseFundStatus": "正常", "idCard": ID, "companyName": "示范公司",
        "houseFundBalance": 1000, "houseFundAccount": "62220001" });
    let bills = json!([{ "balance": 1000, "payArriveDate": "2017-07-15", "inAmount": 100, "outAmount": 0 }]);
    let expect = [(Section::Base, base), (Section::Bills, bills)];
    reads(Product::Fund, "530100", routes, &expect).await;
    let wrong = login("<span class=WTLoginError>密码错误请重试</span>");
    refuses(Product::Fund, "530100", wrong, FailureKind::WrongCredentials).await;
}

fn pay(month: &str) -> Json {
    json!({ "payMonthly": month, "salary": "5000.00", "payCompany": 1000, "payPerson": 400 })
}

#[tokio::test]
async fn yinhai_dto_of_guigang() {
    let page = "<form action=j_spring_security_check><input name=c_username><input name=c_password>\
        <input type=hidden name=tok value=7><img id=codeimg src=code.jpg></form>";
    let routes = vec![
        get("/login.jsp", page),
        get("/code.jpg", Body::Picture),
        post("/j_spring_security_check", &["checkCode=8k3f", "tok=7"], "<html>loading</html>"),
        get(
            "/indexAction.do",
            Body::Cookie("userid=u1; Path=/", "<title>贵港市社会保险网上大厅</title>".to_owned()),
        ),
        Route {
            method: "GET",
            path: "privateHomeAction!query.do",
            with: &["userid=u1"],
            answer: json!({ "success": true, "fieldData": { "aab069": "示范公司", "aae240yb": "88.50" } }).into(),
        },
        get(
            "queryInsuranceInfoAction!toSearchPersonInfo.do",
            json!({ "success": true, "fieldData": { "info": { "aac001": "77", "aac002": ID, "aac003": "张三", "aac004": "1" } } }),
        ),
        Route {
            method: "GET",
            path: "queryPersPayAction!queryPayment.do",
            with: &["dto['aae002']=2018", "dto['aae140']=110"],
            answer: json!({ "success": true, "lists": { "dg_payment": { "total": null, "list": [
                { "aae002": "201801", "aic020": "5000.00", "dwjfhtcje": "1000", "grjnje": "400" }] } } })
            .into(),
        },
        get(
            "queryPersPayAction!queryPayment.do",
            json!({ "success": true, "msgBox": { "msg": "对不起，你查询的月份没有缴费信息" } }),
        ),
    ];
    let base = json!({ "name": "张三", "sex": "男", "idcard": ID, "personalNo": "77", "company": "示范公司",
        "medicalBankBalance": "88.50" });
    let expect = [
        (Section::Base, base),
        (Section::Oldage, json!([pay("2018-01")])),
        (Section::Birth, json!([])),
    ];
    reads(Product::Insurance, "450800", routes, &expect).await;
}

#[tokio::test]
async fn unieap_of_rizhao() {
    let page = "<script>setEsgStyle()</script><form><input name=j_username><input name=jcaptcha_response>\
        <img id=jcaptcha src=jcaptcha></form>";
    let login = |answer: &str| {
        vec![
            get("/logAction.do", page),
            get("/jcaptcha", Body::Picture),
            post("/j_unieap_security_check.do", &["jcaptcha_response=8k3f", "logtype=1"], answer),
        ]
    };
    let rows = |rows: Json| json!({ "header": {}, "body": { "dataStores": { "": { "rowSet": { "primary": rows } } } } });
    let mut routes = login("<frameset><frame name=mianFrame src=a></frameset>");
    routes.push(post(
        "/rpc.do",
        &["pq.vpq_gg_ac01"],
        rows(json!([{ "AAC001": "77", "AAC002": ID, "AAC003": "张三", "AAC006": 631_123_200_000_i64, "AAC011": "21" }])),
    ));
    routes.push(post(
        "/rpc.do",
        &["pq.vpq_yl_sj", "[VPQ_YL_SJ_AAE003] >= '200001'"],
        rows(json!([{ "VPQ_YL_SJ_AAE003": "201801", "VPQ_YL_SJ_BAC121": "5000.00", "VPQ_YL_SJ_DWYI": 1000,
            "VPQ_YL_SJ_GRYJ": 400, "VPQ_YL_SJ_AAE114": "1" }])),
    ));
    routes.push(post("/rpc.do", &["pq.vpq_gs_ac20"], rows(json!([]))));
    let base = json!({ "name": "张三", "idcard": ID, "birthday": "1990-01-01", "personalNo": "77", "education": "大学" });
    let mut row = pay("2018-01");
    row["status"] = json!("已缴费");
    let expect =
        [(Section::Base, base), (Section::Oldage, json!([row])), (Section::Injury, json!([]))];
    reads(Product::Insurance, "371100", routes, &expect).await;
    let wrong = login(&format!("{page}<script>alert('用户名不存在或密码错误')</script>"));
    refuses(Product::Insurance, "371100", wrong, FailureKind::WrongCredentials).await;
}

#[tokio::test]
async fn ylz_of_quanzhou() {
    let page = "<form id=default action=login.do><input name=aac003><input name=ysc002><input name=randCode>\
        <img id=checkImg src=img.do></form>";
    let info = "<table><tr><td>姓名</td><td>张三</td><td>身份证号</td><td>990102199001011237</td></tr>\
        <tr><td>当前状态</td><td>正常参保</td><td>邮政编码</td><td>362000</td></tr></table>";
    let table = "<table id=ylzps><tr><th>缴费年月</th><th>单位名称</th><th>险种类型</th><th>个人缴费</th><th>单位缴费</th>\
        <th>划入账户</th><th>缴费基数</th></tr><tr><td>201801</td><td>示范公司</td><td>养老</td><td>400</td><td>1000</td>\
        <td>0</td><td>5000.00</td></tr></table>";
    let routes = vec![
        get("/loginPage.html", page),
        get("/img.do", Body::Picture),
        post("/login.do", &["randCode=8k3f", "aac003=张三"], "<p>ok</p>"),
        get("/queryPersonInfo.html", info),
        get("/corpPersion.html", "<script>u='queryCorpPersionInsu.do?aae140=11'</script>"),
        post("/queryCorpPersionPerFund.do", &["aae140=11", "ylzps_p_=1", "ylzps_tr_=true"], table),
        get("/birth.html", "<script>u='queryBirInsu.do?aae140=51'</script>"),
        post(
            "/queryBirthPerFund.do",
            &["aae140=51"],
            "<div>查无缴费信息</div><table id=ylzps><tr><td>查无缴费信息</td></tr></table>",
        ),
    ];
    let base = json!({ "name": "张三", "idcard": ID, "residenceZipcode": "362000", "payStatus": "正常参保" });
    let mut row = pay("2018-01");
    row["company"] = json!("示范公司");
    let expect =
        [(Section::Base, base), (Section::Oldage, json!([row])), (Section::Birth, json!([]))];
    reads(Product::Insurance, "350500", routes, &expect).await;
}

#[tokio::test]
async fn ncm_of_zhanjiang() {
    let login = |answer: Json| {
        vec![
            get("/ggfw/app/index.html", "<form><input name=LOGINID><input name=PASSWORD1></form>"),
            get("/ImageCheck.jpg", Body::Picture),
            post("/ajaxlogin.do", &["IMAGCHECK=8k3f", "OPERTYPE2=3"], answer),
        ]
    };
    let mut routes = login(json!({ "flag": "1", "message": "" }));
    routes.push(post(
        "/ajax.do",
        &["JbgrxxcxAction.query", ID],
        json!({ "flag": "1", "datas": { "ncm_gt_个人基本资料": { "params": { "证件号码": ID, "姓名": "张三", "性别": "男" } } } }),
    ));
    routes.push(post(
        "/ajax.do",
        &["ZbgrjfqkcxAction.query", "\"险种类型\":\"10\""],
        json!({ "flag": "1", "datas": { "ncm_glt_个人已缴历史明细": { "params": { "rowsCount": 1 }, "dataset": [
            { "缴费年月": "201801", "缴费基数": "5000.00", "单位缴费金额": "1000", "个人缴费金额": "400" }] } } }),
    ));
    let base = json!({ "name": "张三", "sex": "男", "idcard": ID });
    let expect = [(Section::Base, base), (Section::Oldage, json!([pay("2018-01")]))];
    reads(Product::Insurance, "440800", routes, &expect).await;
    let wrong = login(json!({ "flag": "0", "message": "用户名或密码错误" }));
    refuses(Product::Insurance, "440800", wrong, FailureKind::WrongCredentials).await;
}
