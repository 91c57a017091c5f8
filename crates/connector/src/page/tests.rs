use super::{message, script, *};

#[test]
fn charset_is_found_where_it_is_told() {
    let decode = |bytes: &[u8], kind: Option<&str>| charset::decode(bytes, kind, None, None);
    let gbk = encoding_rs::GBK.encode("登录 公积金").0.into_owned();
    assert_eq!(decode(&gbk, None), "登录 公积金", "invalid UTF-8 falls back to GB18030");
    assert_eq!(decode(&gbk, Some("text/html; charset=GB2312")), "登录 公积金");
    assert_eq!(
        decode(&gbk, Some("text/html; charset=utf-8")),
        "登录 公积金",
        "a lie is not believed"
    );
    assert_eq!(decode("登录".as_bytes(), Some("text/html; charset=ISO-8859-1")), "登录");
    let mut page = b"<html><head><meta charset=gb2312><title>".to_vec();
    page.extend(&gbk);
    assert!(decode(&page, Some("text/html")).ends_with("公积金"));
    // Two Chinese characters and nothing else prove UTF-8 against what is told.
    let told = Some("text/html; charset=GBK");
    assert_eq!(decode("<b>登录</b>".as_bytes(), told), "<b>登录</b>");
    assert_ne!(decode("登".as_bytes(), told), "登", "one is not enough");
    let mut broken = "登录".as_bytes().to_vec();
    broken.push(0xff);
    assert_ne!(decode(&broken, told), "登录\u{fffd}", "nor two beside something broken");
    assert_ne!(decode("é登录".as_bytes(), told), "é登录", "nor two among others");
}

#[test]
fn only_alerts_that_run_count() {
    let check = |script: &str, expect: &[&str]| {
        let page = Page::of(&format!("<html><script>{script}</script></html>"));
        assert_eq!(script::alerts(page.html()), expect, "{script}");
    };
    check("alert('密码输入错误');history.back();", &["密码输入错误"]);
    check("function check(){ if(!f.pwd.value){ alert('密码错误'); return false } }", &[]);
    check("$(function(){ alert(\"验证码输入有误\"); });", &["验证码输入有误"]);
    check("window.onload = function(){ alert('a') }", &["a"]);
    check("$('#b').click(function(){ alert('密码错误') });", &[]);
    check("// alert('密码错误')\n/* alert('x') */ var u='http://a/b'; alert('锁定')", &["锁定"]);
    check("var o = { bad: function(){ alert('密码错误') } }; alert('ok')", &["ok"]);
}

#[test]
fn hidden_texts_are_not_seen() {
    let page = Page::of(
        "<body><div style='display: none'>密码错误</div><!-- 验证码错误 --><script>var a='锁定'</script>\
         <span id=pwd_tip>请输入密码</span><p>欢迎<b>您</b></p></body>",
    );
    assert_eq!(page.visible(), "请输入密码 欢迎您");
    assert_eq!(message::of(&page), ["请输入密码"]);
}

#[test]
fn labels_take_the_value_that_is_theirs() {
    let check = |html: &str, label: &str, expect: &str| {
        let page = Page::of(&format!("<body><div id=x>{html}</div></body>"));
        let scope = [page.html().root_element()];
        let found = Labels::find(&scope, &[label, "性别"]);
        let values = found.known().filter(|(own, _)| *own == normal(label));
        let text = values.flat_map(|(_, values)| values.to_vec()).collect::<Vec<_>>().join("|");
        assert_eq!(text, expect, "{html}");
    };
    check("<table><tr><td>姓 名：</td><td>张三&nbsp;</td></tr></table>", "姓名", "张三");
    check(
        "<table><tr><td>帐户余额</td><td><input value='1,234.50'></td></tr></table>",
        "账户余额",
        "1,234.50",
    );
    check("<li>月缴额：123.00</li>", "月缴额", "123.00");
    check("<li><span>姓名：</span>张三</li>", "姓名", "张三");
    check(
        "<div><label>姓名</label><select><option>甲<option selected>乙</select></div>",
        "姓名",
        "乙",
    );
    check(
        "<table><tr><td><b>姓名</b></td><td></td><td>性别</td><td>男</td></tr></table>",
        "姓名",
        "",
    );
    check("<table><tr><td>姓名</td><td>性别</td><td>男</td></tr></table>", "姓名", "");
    check("<table><tr><td>姓名</td></tr><tr><td>李四</td></tr></table>", "姓名", "");
    check("<dl><dt>姓名<dd>王五</dl>", "姓名", "王五");
}

#[test]
fn tables_have_their_spans_worked_out() {
    let page = Page::of(
        "<table id=t><tr><th rowspan=2>月份<th colspan=2>缴费</tr><tr><th>单位<th>个人</tr>\
         <tr><td>201801<td>10<td><input type=text value=20></tr><tr><td>&nbsp;<td><td></tr></table>",
    );
    let grids = grids(&[page.html().root_element()]);
    assert_eq!(grids.len(), 1);
    assert_eq!(grids[0].rows[1].headers(), ["月份", "单位", "个人"]);
    assert_eq!(grids[0].rows[2].cells, ["201801", "10", "20"]);
    assert!(grids[0].rows[3].is_blank());
}

#[test]
fn script_values_are_read_as_they_are_written() {
    let check = |script: &str, name: &str, expect: &str| {
        let found = script::value(&[script.to_owned()], name);
        assert_eq!(found.map(|value| prober::text_of(&value)).as_deref(), Some(expect), "{script}");
    };
    check("var appversion='1.0.5';", "appversion", "1.0.5");
    check("x({\"basemny\":\"3500.00\"})", "basemny", "3500.00");
    check("var poolSelect = {_A:'x\"y', \"b\": 1};", "poolSelect", r#"{"_A":"x\"y","b":1}"#);
    check("if(a=='q'){ a = 'r' }", "a", "r");
    check("grzh: 12345,", "grzh", "12345");
}

#[test]
fn advice_is_no_message_and_errors_are_marked_as_such() {
    let page = |class: &str, text: &str| Page::of(&format!("<p class={class}>{text}</p>"));
    let advice = "温馨提示：连续输错密码五次账号将被锁定，请妥善保管您的密码";
    let check = |class: &str, text: &str, messages: &[&str], errors: &[&str]| {
        let page = page(class, text);
        let found = (message::of(&page), message::errors(&page));
        let expect =
            [messages, errors].map(|texts| texts.iter().map(|t| (*t).to_owned()).collect());
        assert_eq!(found, expect.into(), "{class} {text}");
    };
    check("tip", "密码错误", &["密码错误"], &[]);
    check("error", "密码错误", &["密码错误"], &["密码错误"]);
    check("error", "", &[], &[]);
    check("'error notice'", "密码错误", &[], &[]);
    check("preferred", "密码错误", &[], &[]);
    check("multiple", "密码错误", &[], &[]);
    check("'preferred error'", "密码错误", &["密码错误"], &["密码错误"]);
    // Advice to everybody; a short one is about this answer.
    for beginning in ["温馨提示", "友情提示", "重要提示", "使用说明"] {
        check("error", &advice.replace("温馨提示", beginning), &[], &[]);
    }
    check("tip", "温馨提示：密码错误", &["温馨提示：密码错误"], &[]);
    let other = advice.replace("温馨提示", "提示");
    check("tip", &other, &[&other], &[]);
}

#[test]
fn only_pages_to_do_something_at_have_standing_texts() {
    let check = |page: &str, text: &str, expect: bool| {
        let mut standing = Standing::default();
        standing.remember(&Page::of(page));
        assert_eq!(standing.has(text), expect, "{page}");
    };
    check("<p>密码错误请找回</p><input name=id>", "密码错误请找回", true);
    check("<p>密码 错误\u{3000}请找回</p><input name=id>", "密码错误请找回", true);
    check("<p>密码错误请找回</p><input name=id>", "密码错误", false);
    check(r#"{"msg":"请先登录"}"#, "请先登录", true);
    // A page about maintenance is an answer, and comes again as one.
    check("<p>系统维护中</p>", "系统维护中", false);
}

#[test]
fn units_in_brackets_are_no_part_of_a_label() {
    for label in
        ["缴存基数(元)", "缴存基数（元）", "缴存基数[元]", "缴存基数【元】", "缴存基数〔单位：元〕"]
    {
        assert_eq!(normal(label), normal("缴存基数"), "{label}");
    }
    for (label, other) in [("余额[个人]", "余额"), ("[元]余额", "余额"), ("余额[元", "余额")]
    {
        assert_ne!(normal(label), normal(other), "{label}");
    }
}

#[test]
fn the_ratios_of_both_have_one_label() {
    for label in
        ["个人/单位缴存比例", "缴存比例(个人/单位)", "缴存比例（个人／单位）", "个人/单位比例"]
    {
        assert_eq!(normal(label), "个人/单位比例", "{label}");
    }
    for label in ["个人/单位", "个人/单位月缴额", "单位比例", "单位/个人比例", "比例"]
    {
        assert_ne!(normal(label), "个人/单位比例", "{label}");
    }
}

#[test]
fn a_page_that_ends_in_a_table_is_cut() {
    let check = |text: &str, is_cut: bool| assert_eq!(Page::of(text).is_cut(), is_cut, "{text}");
    let head = "<html><body><table><tr><th>日期</th></tr>";
    check(&format!("{head}<tr><td>2017-01-01</td><td>33"), true);
    check(&format!("{head}<tr><td>2017-01-01</td>"), true);
    check(&format!("{head}<tr><td>2017-01-01</td></tr></table></body></html>"), false);
    check("<table><tr><td>a</td></tr></table><table><tr><td>b", true);
    // An answer of its own, and pages whose authors closed nothing.
    check("<table><tr><td>a</td></tr></table>", false);
    check("<div><table><tr><td>a</div>", false);
    check("<TABLE><TR><TD>a</BODY></HTML>", false);
    check("<form>no table", false);
    check("{\"html\":\"<table><tr><td>a\"}", false);
}

#[test]
fn pages_are_spoken_of_by_words_and_by_what_turns_them() {
    for (page, expect) in [
        ("<table><tr><td>2018-01-01</td></tr></table>", false),
        ("<p>网页浏览</p>", false),
        ("<p>共3页</p>", true),
        ("<p>第 1 页</p>", true),
        ("<a>下一页</a>", true),
        ("<div class=pageBar></div>", true),
        ("<input type=hidden name=totalPages>", true),
    ] {
        assert_eq!(Page::of(page).speaks_of_pages(), expect, "{page}");
    }
}

#[test]
fn a_cell_holds_what_its_script_writes() {
    for (cell, value) in [
        ("<script>document.write('5000.00')</script>", "5000.00"),
        (
            "<script type=text/javascript> document.writeln( \"2018-01\" ); </script>&nbsp;",
            "2018-01",
        ),
        ("<script>document.write(base)</script>", ""),
        ("7<script>document.write('5000.00')</script>", "7"),
    ] {
        let page = Page::of(&format!("<table><tr><td>{cell}</td></tr></table>"));
        let cells = page.html().root_element().descendent_elements();
        let cell_of_table =
            cells.into_iter().find(|element| element.value().name() == "td").unwrap();
        assert_eq!(cell_value(cell_of_table), value, "{cell}");
    }
}

#[test]
fn a_page_deeper_than_any_is_not_walked_down() {
    for depth in [20_000, 200_000] {
        let page =
            Page::of(&format!("{}密码错误{}", "<span class=error>".repeat(depth), "</span>"));
        assert_eq!(page.visible(), "");
        assert_eq!(page.messages(), Vec::<String>::new());
        assert!(!page.has_records());
    }
    let page = Page::of(&format!("{}密码错误", "<div class=error>".repeat(100)));
    assert_eq!(page.visible().trim(), "密码错误");
}

/// Texts and tables as deep and as many as strangers like are walked once: each of these took the square
/// or the cube of its size.
#[test]
fn pages_of_any_shape_are_walked_once() {
    let visible =
        |text: &str| format!("{}{text}{}", "<b class=msg>".repeat(300), "</b>".repeat(300));
    let page = Page::of(&visible("密码错误").repeat(40));
    assert_eq!(page.messages(), vec!["密码错误"; 300 * 40], "each of them says it");
    let long = "密码错误".repeat(20_000);
    assert_eq!(Page::of(&visible(&long)).messages(), Vec::<String>::new());

    let nested = |text: &str| format!("{}{text}{}", "<span>".repeat(300), "</span>".repeat(300));
    let page = Page::of(&nested("姓名：张三").repeat(20));
    let labels = Labels::find(&element::whole(page.html()), &["姓名"]);
    let known: Vec<_> = labels.known().collect();
    assert_eq!(known, [("姓名", &vec!["张三".to_owned(); 20][..])]);

    let page = Page::of(&"<table><tr><td>1</table>".repeat(20_000));
    let tables = scraper::Selector::parse("table").expect("a selector");
    let found: Vec<_> = page.select(&tables).collect();
    assert_eq!(grids(&found).len(), 20_000);
    assert_eq!(outermost(found).len(), 20_000);
    let page = Page::of(&"<i id=x>1</i>".repeat(20_000));
    assert_eq!(by_name(&element::whole(page.html()), "x").len(), 20_000);

    let brackets = "if(x){f('{'){[".repeat(20_000);
    assert_eq!(Page::of(&format!("<script>{brackets}</script>")).alerts(), Vec::<String>::new());
    let unclosed = ["x=[".repeat(50_000)];
    assert_eq!(script::value(&unclosed, "x"), None);
}

/// The cells of the only table of a page.
fn cells_of(body: &str) -> Vec<Vec<String>> {
    let page = Page::of(body);
    let grids = grids(&[page.html().root_element()]);
    grids.into_iter().flat_map(|grid| grid.rows).map(|row| row.cells).collect()
}

#[test]
fn cells_that_nobody_sees_stand_in_no_column_that_has_no_head() {
    let head = "<tr><th>年月</th><th>金额</th></tr>";
    let expect = [["年月", "金额"], ["202401", "5.00"]];
    for hidden in ["<td style='display:none'>77</td>", "<td class='hid'>77</td>"] {
        let page = format!(
            "<style>.tab{{float:left}} .hid {{ display: none }}</style>\
             <table>{head}<tr>{hidden}<td>202401</td><td>5.00</td></tr></table>"
        );
        assert_eq!(cells_of(&page), expect, "{page}");
    }
    // With a head of their own they are a column as others.
    let whole = "<table><tr><th hidden>序号</th><th>年月</th></tr>\
                 <tr><td hidden>1</td><td>202401</td></tr></table>";
    assert_eq!(cells_of(whole), [["序号", "年月"], ["1", "202401"]]);
}

#[test]
fn rows_that_a_sheet_of_the_page_hides_are_not_there() {
    let page = |sheet: &str| {
        format!(
            "<style>{sheet}</style><table><tr><th>年月</th><th>金额</th></tr>\
             <tr class='row hid'><td>202401</td><td>1.00</td></tr>\
             <tr><td>202402</td><td>2.00</td></tr></table>"
        )
    };
    let shown = ["年月", "202402"].map(str::to_owned);
    let first = |page: String| {
        cells_of(&page).into_iter().map(|mut row| row.swap_remove(0)).collect::<Vec<_>>()
    };
    for sheet in [".hid{display:none}", "/* x */ tr.hid { color: red; display : none }"] {
        assert_eq!(first(page(sheet)), shown, "{sheet}");
    }
    for sheet in
        [".hidden{display:none}", "@media print { .hid {display:none} }", ".a .hid{display:none}"]
    {
        assert_eq!(first(page(sheet)).len(), 3, "{sheet}");
    }
}

#[test]
fn what_is_cut_for_display_is_read_whole_from_its_title() {
    let cells = cells_of(
        "<table><tr><td title='中国石油天然气股份有限公司'>中国石油天然...</td>\
         <td><span title='甲市乙公司'>甲市乙…</span></td>\
         <td title='点击查看'>丙公司...</td><td title='说明'>丁公司</td></tr></table>",
    );
    assert_eq!(cells, [["中国石油天然气股份有限公司", "甲市乙公司", "丙公司...", "丁公司"]]);
}
