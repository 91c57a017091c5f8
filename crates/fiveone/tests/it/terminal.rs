//! `fiveone query` as a person sees it in a terminal, through a pseudo-terminal that Python opens; and as
//! a program sees it that reads its output.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::Duration;

use fiveone_model::product::Product;
use fiveone_testkit::{TestStore, on_both};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};

use crate::gateway::{APP, Plan, TOKEN, TestGateway, text};

on_both!(
    a_terminal_redraws_one_line_and_counts_down,
    an_interrupted_query_cancels_its_task,
    p_54_a_task_is_cancelled_by_its_app_alone,
    questions_of_today_are_answered_in_the_terminal,
);

const PROGRAM: &str = env!("CARGO_BIN_EXE_fiveone");
/// Runs a program in a terminal of its own, with what is typed and shown on our pipes.
const TERMINAL: &str = "import os, pty, sys
ended = pty.spawn(['sh', '-c', 'stty cols 100 rows 40; exec \"$@\"', 'sh'] + sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(ended))";

/// A program that is typed to, and what it has shown.
struct Typist {
    process: Child,
    keys: ChildStdin,
    screen: Box<dyn AsyncRead + Unpin>,
    shown: Vec<u8>,
    seen: usize,
}

impl Typist {
    fn begin(mut command: Command, is_terminal: bool) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        if !is_terminal {
            command.stderr(Stdio::piped());
        }
        let mut process = command.spawn().expect("it starts");
        let keys = process.stdin.take().expect("piped");
        let screen: Box<dyn AsyncRead + Unpin> = match process.stderr.take() {
            Some(stderr) => Box::new(stderr),
            None => Box::new(process.stdout.take().expect("piped")),
        };
        Self { process, keys, screen, shown: Vec::new(), seen: 0 }
    }

    async fn typed(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).await.expect("it reads");
    }

    fn all(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    /// Reads on until this is shown; what was shown up to it.
    async fn until(&mut self, what: &str) -> String {
        loop {
            let fresh = String::from_utf8_lossy(&self.shown[self.seen..]).into_owned();
            if let Some(at) = fresh.find(what) {
                self.seen += at + what.len();
                return fresh[..at].to_owned();
            }
            assert!(self.more().await, "it never shows {what:?}:\n{}", self.all());
        }
    }

    async fn more(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let read = tokio::time::timeout(Duration::from_secs(60), self.screen.read(&mut bytes));
        let count = read.await.expect("it goes on").unwrap_or(0);
        self.shown.extend_from_slice(&bytes[..count]);
        count > 0
    }

    async fn end(mut self) -> (Option<i32>, String) {
        while self.more().await {}
        let code = self.process.wait().await.expect("an end").code();
        (code, self.all())
    }
}

fn query(gateway: &TestGateway, is_terminal: bool, words: &[&str]) -> Typist {
    let mut command = match is_terminal {
        true => {
            let mut command = Command::new("python3");
            command.args(["-c", TERMINAL, PROGRAM]);
            command
        }
        false => Command::new(PROGRAM),
    };
    command.args(["query", "fund", "990000"]).args(words);
    command.args(["--gateway", &gateway.address, "--app-id", APP, "--token-id", TOKEN]);
    command.env("TERM", "xterm-256color").env_remove("TERM_PROGRAM").env_remove("KITTY_WINDOW_ID");
    Typist::begin(command, is_terminal)
}

/// What the picture shows that was told last.
async fn read_captcha(typist: &mut Typist) -> String {
    typist.until("图片: ").await;
    let path = typist.until("\n").await;
    let picture = std::fs::read(path.trim()).expect("the picture that was told");
    std::fs::remove_file(path.trim()).expect("the picture that was told");
    fiveone_lab::answer_in(&picture).expect("a picture of the lab")
}

fn person(gateway: &TestGateway) -> String {
    text(&gateway.people(Product::Fund, "990000", 1)[0]["id_card"])
}

async fn a_terminal_redraws_one_line_and_counts_down(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("报告.xlsx");
    let out = file.to_str().unwrap();
    let mut typist = query(&gateway, true, &["--login", "1", "--out", out]);
    let told = typist.until("身份证号: ").await;
    assert!(told.contains("示范市") && told.contains("本人 18 位身份证号"), "{told}");
    let id_card = person(&gateway);
    typist.typed(&format!("{id_card}\n")).await;
    typist.until("密码: ").await;
    typist.typed("sms\n").await;
    read_captcha(&mut typist).await;
    typist.until("剩余 1:5").await;
    // Above what is being typed.
    typist.until("\x1b7\x1b[1A\r剩余 1:5").await;
    typist.typed("0000000\n").await;
    typist.until("验证码错误，请重新输入（第2次）").await;
    let code = read_captcha(&mut typist).await;
    typist.typed(&format!("{code}\n")).await;
    typist.until("短信验证码: ").await;
    let sms = gateway.last_sms(&id_card).await;
    typist.typed(&format!("{sms}\n")).await;
    let (ended, shown) = typist.end().await;
    assert_eq!(ended, Some(0), "{shown}");
    assert!(!shown.contains("密码: sms"), "a password is not shown");
    assert!(shown.contains("\x1b[2K") && shown.contains("合计"), "{shown}");
    assert!(shown.contains("报告已写入"), "{shown}");
    assert!(std::fs::read(&file).unwrap().starts_with(b"PK"));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    gateway.assert_nothing_is_left().await;
}

async fn an_interrupted_query_cancels_its_task(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    // While the password is typed: the terminal is as it was.
    let mut typist = query(&gateway, true, &["--login", "1"]);
    typist.until("身份证号: ").await;
    typist.typed(&format!("{}\n", person(&gateway))).await;
    typist.until("密码: ").await;
    typist.typed("\x03").await;
    let (ended, shown) = typist.end().await;
    assert_eq!(ended, Some(130), "{shown}");
    assert!(!shown.contains("tid"), "there was no task: {shown}");

    let id_card = format!("id_card={}", person(&gateway));
    let given = ["--login", "1", "--set", &id_card, "--set", "password=good"];
    let mut typist = query(&gateway, true, &given);
    read_captcha(&mut typist).await;
    typist.until("剩余").await;
    typist.typed("\x03").await;
    let (ended, shown) = typist.end().await;
    assert_eq!(ended, Some(130), "{shown}");
    let (_, told) = shown.split_once("任务已取消，没有收费（tid ").expect(&shown);
    let tid = told.split_once('）').unwrap().0;
    let data = gateway.wait_for(Product::Fund, tid, &["5"]).await;
    assert_eq!(text(&data["code"]), "50002", "{data}");
    assert!(text(&data["msg"]).contains("任务已取消"), "{data}");
    assert_eq!(gateway.is_captured(tid).await, Some(false));
    gateway.assert_nothing_is_left().await;
}

async fn p_54_a_task_is_cancelled_by_its_app_alone(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    gateway.wait_for(Product::Fund, &tid, &["10004"]).await;
    let cancel = async |client: &crate::vendor_client::Client, tid: &str| {
        let sent = [("cancel", "true"), ("tid", tid)];
        client.call("fundUserCode", &sent).await.data()["status"].as_i64()
    };
    let other = gateway.second_app("app2", "TOKEN002").await;
    assert_eq!(cancel(&other, &tid).await, Some(-2));
    assert_eq!(cancel(&gateway.client, "00").await, Some(-2));
    assert_eq!(gateway.client.result(crate::vendor_client::FUND, &tid).await["code"], "10004");
    assert_eq!(cancel(&gateway.client, &tid).await, Some(0));
    assert_eq!(cancel(&gateway.client, &tid).await, Some(0), "twice is well");
    gateway.assert_nothing_is_left().await;
    // One that has ended otherwise.
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    gateway.finish(Product::Fund, &tid, &text(&person["id_card"])).await;
    assert_eq!(cancel(&gateway.client, &tid).await, Some(-2));
}

async fn questions_of_today_are_answered_in_the_terminal(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    for wants_challenges in [false, true] {
        gateway.change_app(|app| app.wants_challenges = wants_challenges).await;
        for way in ["4", "5", "6", "7", "8"] {
            let id_card = format!("id_card={}", person(&gateway));
            let given = ["--login", way, "--set", &id_card, "--set", "password=good"];
            let count = if way == "6" { 2 } else { given.len() };
            let mut typist = query(&gateway, false, &given[..count]);
            typist.until("图片: ").await;
            typist.until("\n").await;
            let puzzle = gateway.lab.last_puzzle().unwrap();
            match way {
                "4" => typist.typed(&format!("{puzzle}\n")).await,
                "5" => typist.typed(&format!("{}\n", cells(&puzzle))).await,
                "7" => typist.typed("2\n").await,
                _ => assert!(gateway.lab.tap(&person(&gateway), "ok")),
            }
            let (ended, shown) = typist.end().await;
            assert_eq!(ended, Some(0), "{way} {wants_challenges}: {shown}");
            assert!(!shown.contains('\x1b'), "plain lines where there is no terminal: {shown}");
        }
    }
    gateway.assert_nothing_is_left().await;
}

/// Points as a person names them who sees the grid.
fn cells(points: &str) -> String {
    let cell = |point: &str| {
        let (x, y) = point.split_once(',').unwrap();
        let [x, y] = [x, y].map(|at| at.parse::<u32>().unwrap() / 25);
        format!("{}{}", char::from_u32(u32::from('A') + x).unwrap(), y + 1)
    };
    points.split(';').map(cell).collect::<Vec<_>>().join(" ")
}
