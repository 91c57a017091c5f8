//! `cargo run -p xtask -- picture`: runs `fiveone query` beside a demonstration, as a person of the
//! model city, and draws its terminal as `docs/query.svg`. Nothing in the picture is made up.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};

const PROGRAM: &str = "target/debug/fiveone";
const PICTURE: &str = "docs/query.svg";
/// The login of a person of the model city: method, identity number, password.
const TYPED: [(&str, &str); 3] =
    [("登录方式: ", "1"), ("身份证号: ", "991300199305020000"), ("密码: ", "good")];
/// Lines and columns that are drawn of a report.
const LINES_MAX: usize = 46;
const COLUMNS_MAX: usize = 100;
/// The size of a cell and the margin around all.
const CELL_X: usize = 8;
const CELL_Y: usize = 18;
const MARGIN: usize = 16;

pub(crate) fn run() -> anyhow::Result<()> {
    let built = Command::new("cargo").args(["build", "--quiet", "-p", "fiveone"]).status()?;
    ensure!(built.success(), "fiveone does not build");
    let (mut demo, gateway) = start_demo()?;
    let transcript = query(&gateway);
    demo.kill()?;
    demo.wait()?;
    std::fs::write(PICTURE, svg(&transcript?))?;
    eprintln!("{PICTURE}");
    Ok(())
}

/// A demonstration on free ports, and its gateway's address.
fn start_demo() -> anyhow::Result<(Child, String)> {
    let mut demo = Command::new(PROGRAM)
        .args(["demo", "--listen", "127.0.0.1:0", "--lab", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut gateway = None;
    for line in BufReader::new(demo.stdout.take().context("no output")?).lines() {
        let line = line?;
        if let Some(rest) = line.trim().strip_prefix("gateway") {
            gateway = rest.trim().split("/identity").next().map(str::to_owned);
        }
        if line.starts_with("Ctrl-C") {
            break;
        }
    }
    Ok((demo, gateway.context("the demonstration names no gateway")?))
}

/// What a terminal shows of one query: what is printed, and what is typed.
fn query(gateway: &str) -> anyhow::Result<String> {
    let mut process = Command::new(PROGRAM)
        .args(["query", "fund", "990000", "--gateway", gateway])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut keyboard = process.stdin.take().context("no input")?;
    let mut report = process.stdout.take().context("no output")?;
    let report = std::thread::spawn(move || {
        let mut text = String::new();
        report.read_to_string(&mut text).map(|_| text)
    });
    for (_, typed) in TYPED {
        writeln!(keyboard, "{typed}")?;
    }
    let mut screen = Vec::new();
    for byte in BufReader::new(process.stderr.take().context("no questions")?).bytes() {
        screen.push(byte?);
        if screen.ends_with("图片验证码: ".as_bytes()) {
            let text = String::from_utf8_lossy(&screen).into_owned();
            let path = text.rsplit("图片: ").next().and_then(|rest| rest.lines().next());
            let answer = read_captcha(Path::new(path.context("no picture")?))?;
            writeln!(keyboard, "{answer}")?;
            screen.extend(format!("{answer}\n").bytes());
        }
    }
    process.wait()?;
    let mut text = String::from_utf8(screen)?;
    for (prompt, typed) in TYPED {
        let shown = if prompt.starts_with("密码") { "" } else { typed };
        text = text.replacen(prompt, &format!("{prompt}{shown}\n"), 1);
    }
    let report = report.join().map_err(|_| anyhow::anyhow!("the reader ended"))??;
    Ok(format!("$ fiveone query fund 990000\n{text}{report}"))
}

/// The simulated portals write what stands in their pictures beside them.
fn read_captcha(path: &Path) -> anyhow::Result<String> {
    let reader = png::Decoder::new(BufReader::new(std::fs::File::open(path)?)).read_info()?;
    std::fs::remove_file(path)?;
    let texts = &reader.info().uncompressed_latin1_text;
    let answer = texts.iter().find(|text| text.keyword == "answer");
    Ok(answer.context("the picture does not say its answer")?.text.clone())
}

/// The columns a character takes in a terminal.
const fn columns(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' => 2,
        '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' => 2,
        _ => 1,
    }
}

fn svg(transcript: &str) -> String {
    let lines: Vec<&str> = transcript.lines().collect();
    let mut shown: Vec<&str> = lines.iter().copied().take(LINES_MAX).collect();
    if lines.len() > LINES_MAX {
        shown.push("…");
    }
    let width = COLUMNS_MAX * CELL_X + 2 * MARGIN;
    let height = shown.len() * CELL_Y + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"ui-monospace, Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace\" \
         font-size=\"13.3\" fill=\"#d8dee9\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1d2129\"/>\n"
    );
    for (row, line) in shown.iter().enumerate() {
        draw_line(&mut svg, row, line);
    }
    svg.push_str("</svg>\n");
    svg
}

/// One line: half blocks as rectangles, and runs of characters of one width as text of an exact
/// length, so that columns stand below each other in any font.
fn draw_line(svg: &mut String, row: usize, line: &str) {
    let top = row * CELL_Y + MARGIN;
    let x_of = |column: usize| column * CELL_X + MARGIN;
    let mut column = 0;
    let mut characters = line.chars().peekable();
    while let Some(first) = characters.next() {
        let start = column;
        column += columns(first);
        if column > COLUMNS_MAX {
            return;
        }
        let half = CELL_Y / 2;
        let block = match first {
            '█' => Some((0, CELL_Y)),
            '▀' => Some((0, half)),
            '▄' => Some((half, half)),
            _ => None,
        };
        if let Some((from, height)) = block {
            let (x, y) = (x_of(start), top + from);
            svg.push_str(&format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{CELL_X}\" height=\"{height}\"/>\n"
            ));
            continue;
        }
        let mut run = String::from(first);
        while let Some(next) = characters
            .next_if(|next| columns(*next) == columns(first) && !matches!(next, '█' | '▀' | '▄'))
        {
            column += columns(next);
            run.push(next);
        }
        if run.trim().is_empty() {
            continue;
        }
        let (x, y) = (x_of(start), top + CELL_Y * 3 / 4);
        let length = (column - start) * CELL_X;
        let text = run.replace('&', "&amp;").replace('<', "&lt;");
        svg.push_str(&format!(
            "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\" \
             xml:space=\"preserve\">{text}</text>\n"
        ));
    }
}
