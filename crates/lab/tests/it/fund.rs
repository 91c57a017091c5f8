//! The three housing-fund families.

use num_bigint::BigUint;
use serde_json::{Value, json};

use crate::browser::{Browser, between, encode, lab, number, person, rows, sorted, told, truth};

/// The page's own `encryptedString`: little-endian blocks without padding.
fn rsa(modulus: &str, exponent: &str, text: &str) -> String {
    let n = BigUint::parse_bytes(modulus.as_bytes(), 16).unwrap();
    let e = BigUint::parse_bytes(exponent.as_bytes(), 16).unwrap();
    let size = 2 * (modulus.len() / 4 - 1);
    let block = |b: &[u8]| format!("{:x}", BigUint::from_bytes_le(b).modpow(&e, &n));
    text.as_bytes().chunks(size).map(block).collect::<Vec<_>>().join(" ")
}

fn wt_web_login(
    browser: &mut Browser,
    name: &str,
    password: &str,
    force: &str,
) -> crate::browser::Answer {
    let page = browser.get("grlogin").text();
    let modulus = between(&page, "id=\"modulus\" value=\"", "\"");
    let exponent = between(&page, "id=\"exponent\" value=\"", "\"");
    let code = browser.get("captcha?0.5").picture_answer();
    let secret = rsa(modulus, exponent, password);
    browser.post(
        "grlogin",
        &[("username", name), ("password", &secret), ("captcha", &code), ("force", force)],
    )
}

fn wt_web_bills(browser: &mut Browser, account: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for page in 1.. {
        let answer = browser
            .get(&format!(
                "jcr/jcrxxcxzhmxcx.service?ffbm=01&ywfl=01&ywlb=02&blqd=wt_02&ksrq=2007-12-07\
                 &jsrq=2017-12-07&grxx={account}&pageNum={page}&pageSize=10"
            ))
            .json();
        let rows = answer["results"].as_array().unwrap();
        found.extend(rows.iter().map(|row| {
            let word = row["gjhtqywlx"].as_str().unwrap();
            let side = if word.contains("提取") { "outAmount" } else { "inAmount" };
            let mut bill = json!({
                "note": word,
                side: number(row["fse"].as_str().unwrap()),
                "balance": number(row["yue"].as_str().unwrap()),
            });
            let day = row["jzrq"].as_str().unwrap();
            if !day.contains("-02-30") {
                bill["payArriveDate"] = day.into();
            }
            bill
        }));
        if found.len() >= usize::try_from(answer["totalcount"].as_u64().unwrap()).unwrap() {
            return found;
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn wt_web_shows_every_account_and_page() {
    let lab = lab().await;
    for (area, quirks) in [("210300", [7, 8, 10, 24]), ("630100", [2, 3, 5, 6])] {
        for index in quirks {
            let someone = person(&lab, "fund", area, index);
            let mut browser = Browser::new(&lab, &format!("fund/{area}"));
            let name = someone["login"]["id_card"].as_str().unwrap();
            let mut landed = wt_web_login(&mut browser, name, "good", "");
            if let Some(to) = landed.headers.get("location").cloned() {
                landed = browser.get(&to);
            }
            assert!(landed.text().contains("退出服务大厅"), "{area} {index}");
            let form = [("ffbm", "01"), ("ywfl", "01"), ("ywlb", "99"), ("cxlx", "01")];
            let base = browser.post("jcr/jcrkhxxcx_mh.service", &form).json();
            let expected = truth(&lab, "fund", area, &someone, "good");
            assert_eq!(base["data"]["zjhm"], expected["baseInfo"]["idCard"]);
            assert_eq!(base["data"]["dwmc"], expected["baseInfo"]["companyName"]);
            let mut bills = Vec::new();
            for account in base["results"].as_array().unwrap() {
                bills.extend(wt_web_bills(&mut browser, account["grzh"].as_str().unwrap()));
            }
            assert_eq!(sorted(bills), told(&expected, "billInfos"), "{area} {index}");
        }
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wt_web_refuses_in_its_own_words() {
    let lab = lab().await;
    let someone = person(&lab, "fund", "630100", 0);
    let name = someone["login"]["id_card"].as_str().unwrap();
    let texts = [
        ("wrong", "个人密码错误</span>"),
        ("anything", "个人密码错误</span>"),
        ("unknown", "用户名无效</span>"),
        ("format", "密码格式不正确</span>"),
        ("quota", "今日登陆次数已达上限</span>"),
        ("captcha", "验证码错误</span>"),
        ("blocked", "拦截"),
        ("relogin", "id=\"qzdl\""),
    ];
    for (password, text) in texts {
        let mut browser = Browser::new(&lab, "fund/630100");
        let page = wt_web_login(&mut browser, name, password, "").text();
        assert!(page.contains(text), "{password}: {page}");
    }
    let mut browser = Browser::new(&lab, "fund/630100");
    assert_eq!(wt_web_login(&mut browser, name, "captcha", "").status, 200);
    assert_eq!(wt_web_login(&mut browser, name, "captcha", "").status, 302);
    assert_eq!(wt_web_login(&mut browser, name, "relogin", "force").status, 302);
    for _ in 0..5 {
        wt_web_login(&mut browser, name, "wrong", "");
    }
    let page = wt_web_login(&mut browser, name, "good", "").text();
    assert!(page.contains("用户已锁定"), "{page}");
    lab.stop().await;
}

/// The hidden inputs of the login answer.
fn hidden(page: &str) -> Vec<(String, String)> {
    page.split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|part| {
            let (name, rest) = part.split_once('"').unwrap();
            let value = between(rest, "value=\"", "\"");
            (name.to_owned(), crate::browser::unescape(value))
        })
        .collect()
}

fn wscx_post(browser: &mut Browser, path: &str, form: &[(String, String)]) -> String {
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    browser.send("POST", path, &encode(&form, true)).unwrap().gbk()
}

fn wscx_login(browser: &mut Browser, area: &str, someone: &Value, password: &str) -> String {
    let folder = "zfbzgl/zfbzsq";
    if area == "371100" {
        let code = browser.get(&format!("{folder}/image.jsp")).picture_answer();
        let id_card = someone["id_card"].as_str().unwrap();
        let form =
            [("sfzh", id_card), ("password", password), ("cxyd", "当前年度"), ("yzm", &code)];
        let body = encode(&form, true);
        return browser.send("POST", &format!("{folder}/login_hidden.jsp"), &body).unwrap().gbk();
    }
    let account = someone["login"]["account"].as_str().unwrap();
    let form = [("zh", account), ("pass", password), ("cxyd", "当前年度"), ("dbname", "gjjmx9")];
    browser.get(&format!("{folder}/login_hidden.jsp?{}", encode(&form, true))).gbk()
}

#[tokio::test(flavor = "multi_thread")]
async fn wscx_speaks_gbk_and_wants_its_form_back() {
    let lab = lab().await;
    for area in ["371100", "610300"] {
        for index in [1, 2, 3, 5, 7, 9, 10] {
            let someone = person(&lab, "fund", area, index);
            let mut browser = Browser::new(&lab, &format!("fund/{area}"));
            let form = hidden(&wscx_login(&mut browser, area, &someone, "good"));
            let expected = truth(&lab, "fund", area, &someone, "good");
            let base = wscx_post(&mut browser, "zfbzgl/gjjxxcx/gjjxx_cx.jsp", &form);
            let cells: Vec<String> = rows(&base, "td").into_iter().flatten().collect();
            let place = cells.iter().position(|cell| cell == "所在单位：").unwrap();
            assert_eq!(json!(cells[place + 1]), expected["baseInfo"]["companyName"]);
            let bills = wscx_bills(&mut browser, area, &form);
            assert_eq!(bills, told(&expected, "billInfos"), "{area} {index}");
            let mut form = form;
            form[2].1.push('错');
            let lost = wscx_post(&mut browser, "zfbzgl/gjjmxcx/gjjmx_cx.jsp", &form);
            assert!(lost.contains("会话已超时"));
        }
    }
    lab.stop().await;
}

fn wscx_bills(browser: &mut Browser, area: &str, form: &[(String, String)]) -> Vec<String> {
    let path = "zfbzgl/gjjmxcx/gjjmx_cx.jsp";
    let first = wscx_post(browser, path, form);
    let options = between(&first, "name=\"cxydone\">", "</select>").to_owned();
    let mut found = Vec::new();
    for year in options.split("<option value=\"").skip(1).map(|o| o.split('"').next().unwrap()) {
        for page in 1.. {
            let mut form = form.to_vec();
            form.retain(|field| field.0 != "cxyd");
            for (name, value) in [("cxyd", year), ("cxydone", year), ("cxydtwo", year)] {
                form.push((name.into(), value.into()));
            }
            form.push(("yss".into(), page.to_string()));
            let html = wscx_post(browser, path, &form);
            let table = between(&html, "class=\"mx\"", "</table>");
            for row in rows(table, "td").iter().skip(1).filter(|row| row[0] != "合计") {
                found.push(wscx_bill(area, row));
            }
            if between(&html, "name=\"totalpages\" value=\"", "\"") == page.to_string() {
                break;
            }
        }
    }
    let mut found = sorted(found);
    found.dedup();
    found
}

fn wscx_bill(area: &str, row: &[String]) -> Value {
    let (note, out, income, balance) = match area {
        "371100" => (&row[1], &row[2], &row[3], &row[4]),
        _ => (&row[5], &row[1], &row[2], &row[3]),
    };
    let mut bill = json!({
        "note": note,
        "outAmount": number(out),
        "inAmount": number(income),
        "balance": number(balance),
    });
    if !row[0].contains("-02-30") {
        bill["payArriveDate"] = row[0].as_str().into();
    }
    bill
}

#[tokio::test(flavor = "multi_thread")]
async fn wscx_bytes_are_really_gbk() {
    let lab = lab().await;
    let someone = person(&lab, "fund", "610300", 2);
    let mut browser = Browser::new(&lab, "fund/610300");
    let account = someone["login"]["account"].as_str().unwrap();
    let answer = browser.get(&format!("zfbzgl/wscx/login_hidden.jsp?zh={account}&pass=good"));
    assert_eq!(answer.headers["content-type"], "text/html;charset=GBK");
    assert!(String::from_utf8(answer.bytes.clone()).is_err());
    let name = truth(&lab, "fund", "610300", &someone, "good")["baseInfo"]["employeeName"].clone();
    assert!(name.as_str().unwrap().ends_with('喆'));
    assert!(answer.gbk().contains(name.as_str().unwrap()));
    let refused = browser.get(&format!("zfbzgl/wscx/login_hidden.jsp?zh={account}&pass=wrong"));
    assert!(refused.gbk().contains("alert(\"密码输入错误\")"));
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn netface_asks_for_a_picture_after_a_refusal() {
    let lab = lab().await;
    let someone = person(&lab, "fund", "140200", 7);
    let mut browser = Browser::new(&lab, "fund/140200");
    browser.ajax = true;
    let name = someone["login"]["account"].as_str().unwrap();
    let login = |browser: &mut Browser, password: &str, code: &str| {
        let form =
            [("username", name), ("password", password), ("loginType", "3"), ("vertcode", code)];
        browser.post("login.do?r=0.1", &form).json()
    };
    let refused = login(&mut browser, "wrong", "");
    let expected =
        json!({"success": false, "msg": "用户名/密码错误", "validVertCode": true, "fieldData": {}});
    assert_eq!(refused, expected);
    let code = browser.get("codeimg").picture_answer();
    assert_eq!(login(&mut browser, "wrong", &code)["msg"], "用户名或密码错误");
    let code = browser.get("codeimg").picture_answer();
    assert_eq!(login(&mut browser, "good", &code)["success"], true);
    let base = browser.get("per/queryPerInfo.do").text();
    let expected = truth(&lab, "fund", "140200", &someone, "good");
    let balance = between(&base, "id=\"accbal\">", "&nbsp;");
    assert_eq!(number(balance), expected["baseInfo"]["houseFundBalance"]);
    let mut found = Vec::new();
    for start in (0..).step_by(50) {
        let start = start.to_string();
        let form = [
            ("dto['startdate']", "2007-01-01"),
            ("dto['enddate']", "2017-12-07"),
            ("gridInfo['dataList_limit']", "50"),
            ("gridInfo['dataList_start']", &start),
        ];
        let answer = browser.post("per/queryPerDeposit!queryPerByYear.do", &form).json();
        let rows = answer["lists"]["dataList"]["list"].as_array().unwrap().clone();
        if rows.is_empty() {
            break;
        }
        found.extend(rows);
    }
    assert_eq!(found.len(), expected["billInfos"].as_array().unwrap().len());
    assert!(found.len() > 120);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn netface_of_chengdu_lists_its_years() {
    let lab = lab().await;
    let someone = person(&lab, "fund", "510100", 3);
    let mut browser = Browser::new(&lab, "fund/510100");
    browser.ajax = true;
    let id_card = someone["id_card"].as_str().unwrap();
    let form = [("aType", "4"), ("j_username", id_card), ("j_password", "good"), ("checkCode", "")];
    assert_eq!(browser.post("login.do", &form).json()["success"], true);
    let page = browser.get("per/depositRecordQueryAction.do?menuid=259597").text();
    let years: Vec<String> = serde_json::from_str(between(&page, "$.parseJSON('", "')")).unwrap();
    let mut found = Vec::new();
    for year in years {
        let path = "per/depositRecordQueryAction!queryAepositDetailInfo.do";
        let answer = browser.post(path, &[("dto['year']", &year)]).json();
        let rows = answer["lists"]["dataList"]["list"].as_array().unwrap();
        found.extend(rows.iter().map(|row| {
            json!({
                "companyName": row["corpname"],
                "payMonth": row["paybmnh"],
                "payArriveDate": row["acctime"],
                "inAmount": number(row["depmny"].as_str().unwrap()),
                "note": if row["bustype"] == "2" { "补缴" } else { "汇缴" },
            })
        }));
    }
    let expected = truth(&lab, "fund", "510100", &someone, "good");
    assert_eq!(sorted(found), told(&expected, "billInfos"));
    let base = browser.get("per/querPerInfo.do?menuid=259333").text();
    assert_eq!(
        json!(between(&base, "name=\"idcard1\" value=\"", "\"")),
        expected["baseInfo"]["idCard"]
    );
    assert_eq!(
        number(between(&base, "\"basemny\":\"", "\"")),
        expected["baseInfo"]["monthPayBaseAmount"]
    );
    lab.stop().await;
}
