use super::*;

fn parse(text: &str) -> Result<Config, Mistakes> {
    Config::parse(text, [])
}

fn with_variables(variables: &[(&str, &str)]) -> Result<Config, Mistakes> {
    Config::parse("", variables.iter().map(|(name, value)| ((*name).into(), (*value).into())))
}

fn mistakes(text: &str) -> String {
    parse(text).expect_err("mistakes").to_string()
}

#[test]
fn the_default_file_holds_every_option_with_its_default() {
    let from_file = parse(DEFAULT_FILE).expect("no mistakes");
    let from_nothing = parse("").expect("no mistakes");
    assert_eq!(format!("{from_file:?}"), format!("{from_nothing:?}"));

    let mut document = Document::read(DEFAULT_FILE, []);
    Config::of(&mut document);
    let mut asked = document.asked().to_vec();
    asked.sort();
    assert_eq!(document.given(), asked);
}

#[test]
fn every_option_of_the_default_file_has_a_comment() {
    let mut has_comment = false;
    for line in DEFAULT_FILE.lines() {
        match line.chars().next() {
            Some('#') => has_comment = true,
            Some('[') | None => has_comment = false,
            Some(_) => assert!(has_comment, "{line}"),
        }
    }
}

#[test]
fn all_mistakes_are_told_at_once_with_lines_and_suggestions() {
    let text = r#"
[server]
lissten = "0.0.0.0:80"
listen = "localhost"
body_bytes_max = "much"
tls_cert = "cert.pem"
public_bases = ["ftp://x"]

[stroe]
url = "mysql://root:secret@x/y"

[store]
url = "mysql://root:secret@x/y"

[engine]
captcha_for = 120
tick_every = "9s"
running_max = 0
report_for = 1.5

[portals]
"fund/210300" = "not an address"
"found/210300" = "http://127.0.0.1/"

[callbacks]
to_private = "yes"

[log]
format = "xml"
filter = "a=b=c"
"#;
    insta::assert_snapshot!(mistakes(text), @r#"
    line 3: unknown option server.lissten; did you mean server.listen?
    line 4: server.listen must be an IP address and a port, such as "0.0.0.0:8051"
    line 5: server.body_bytes_max must be a whole number from 1024 to 1048576
    line 6: server.tls_cert needs server.tls_key beside it
    line 7: server.public_bases must be a list of http or https addresses without query
    line 9: unknown section [stroe]; did you mean store?
    line 13: store.url must be "sqlite:PATH" or "postgres://USER:PASSWORD@HOST/DATABASE"
    line 16: engine.captcha_for must be a duration such as "90s", from 1s to 1h
    line 17: engine.tick_every must be at most half of engine.lease_for
    line 18: engine.running_max must be a whole number from 1 to 10000
    line 19: engine.report_for must be a duration such as "90s", from 1s to 3650d, and is a fraction
    line 22: portals.fund/210300 must be "fund/AREA" or "insurance/AREA" and an http or https address
    line 23: portals.found/210300 must be "fund/AREA" or "insurance/AREA" and an http or https address
    line 26: callbacks.to_private must be true or false
    line 29: log.format must be "json" or "text"
    line 30: log.filter must be a level, or directives such as "info,fiveone_engine=debug"
    "#);
    assert!(!mistakes(text).contains("secret"), "values are not repeated");
}

#[test]
fn broken_toml_is_told_with_its_lines() {
    insta::assert_snapshot!(mistakes("[server\nlisten = \"0.0.0.0:80\"\n\n[store]\nurl = \n"), @r"
    line 1: unclosed table, expected `]`
    line 5: string values must be quoted, expected literal string
    ");
}

#[test]
fn variables_override_the_file() {
    let variables = [
        ("FIVEONE_SERVER_LISTEN", "0.0.0.0:80"),
        ("FIVEONE_SERVER_PUBLIC_BASES", "https://a.cn, http://b.cn/x/identity"),
        ("FIVEONE_STORE_URL", "postgres://localhost/fiveone"),
        ("FIVEONE_ENGINE_RUNNING_MAX", "7"),
        ("FIVEONE_CALLBACKS_TO_PRIVATE", "true"),
        ("FIVEONE_PORTALS_FUND_330000S", "http://127.0.0.1:9000/wt-web/"),
        ("FIVEONE_DEPLOYMENT_KEY", "1:00"),
        ("FIVEONE_CONFIG", "x.toml"),
        ("FIVEONE_TEST_POSTGRES", "x"),
        ("PATH", "/bin"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config =
        Config::parse("[server]\nlisten = \"127.0.0.1:1\"", variables).expect("no mistakes");
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:80");
    assert_eq!(
        config.server.web.public_bases,
        ["https://a.cn/identity/", "http://b.cn/x/identity/"]
    );
    assert_eq!(config.store.url, "postgres://localhost/fiveone");
    assert_eq!(config.engine.running_max, 7);
    assert!(config.engine.callbacks_to_private);
    let bases: Vec<_> = config.portals.bases.into_iter().collect();
    let base = ("fund/330000S".to_owned(), "http://127.0.0.1:9000/wt-web/".to_owned());
    assert_eq!(bases, [base]);
}

#[test]
fn former_names_are_taken_and_never_beside_the_new() {
    let config = parse("[engine]\nill_after_failures = 7\nill_for = \"3m\"").unwrap();
    assert_eq!(config.engine.unhealthy_after_failures, 7);
    assert_eq!(config.engine.unhealthy_for_ms, 180_000);
    assert_eq!(
        mistakes("[engine]\nill_for = \"3m\"\nunhealthy_for = \"3m\""),
        "line 2: engine.ill_for is the former name of engine.unhealthy_for: give one of them"
    );
}

#[test]
fn unknown_variables_are_refused() {
    let mistakes = with_variables(&[
        ("FIVEONE_SERVER_LISTN", "x"),
        ("FIVEONE_X", ""),
        ("FIVEONE_LOG_FORMAT", "y"),
    ]);
    insta::assert_snapshot!(mistakes.expect_err("mistakes"), @r#"
    FIVEONE_LOG_FORMAT: log.format must be "json" or "text"
    FIVEONE_SERVER_LISTN: unknown option server.listn; did you mean server.listen?
    FIVEONE_X: unknown option x
    "#);
}

#[test]
fn the_variable_with_the_deployment_key_can_have_any_name() {
    let config = Config::parse(
        "[keys]\ndeployment_key_env = \"FIVEONE_SECRET\"",
        [("FIVEONE_SECRET".to_owned(), "1:00".to_owned())],
    );
    assert_eq!(config.expect("no mistakes").keys.variable, "FIVEONE_SECRET");
}

#[test]
fn a_password_in_the_store_address_is_not_shown() {
    let config = parse("[store]\nurl = \"postgres://u:hunter2@h/d\"").expect("no mistakes");
    assert!(!format!("{config:?}").contains("hunter2"));
}
