//! Credentials are readable nowhere: words planted in passwords and answers are looked for in the
//! database, its log files, our logs and the memory of the process after the tasks have ended.

use std::path::Path;

use fiveone_model::product::Product;
use fiveone_testkit::TestStore;
use serde_json::Value;

use crate::gateway::{login_fields, read_picture, text};
use crate::process::{Deployment, Gateway};
use crate::vendor_client::{FUND, code};

/// Finds `needle` in bytes, as it is and in the encodings a form or a log might have given it.
fn find(place: &str, bytes: &[u8], needles: &[String]) -> Vec<String> {
    needles
        .iter()
        .filter(|needle| {
            let plain = needle.as_bytes();
            let wide: Vec<u8> = plain.iter().flat_map(|byte| [*byte, 0]).collect();
            let hex = hex::encode(plain).into_bytes();
            [plain, &wide, &hex].iter().any(|form| memmem(bytes, form))
        })
        .map(|needle| format!("{needle} in {place}"))
        .collect()
}

fn memmem(bytes: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return false };
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == first) {
        let start = from + at;
        if bytes[start + 1..].starts_with(rest) {
            return true;
        }
        from = start + 1;
    }
    false
}

fn find_in_files(folder: &Path, needles: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let bytes = std::fs::read(&path).expect("a file");
            found.extend(find(&path.display().to_string(), &bytes, needles));
        }
    }
    found
}

/// Everything the process may write to: its heap, its stacks, its anonymous maps.
fn find_in_memory(id: u32, needles: &[String]) -> Vec<String> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let maps = std::fs::read_to_string(format!("/proc/{id}/maps")).expect("maps");
    let mut memory = std::fs::File::open(format!("/proc/{id}/mem")).expect("memory");
    let (mut found, mut read) = (Vec::new(), 0);
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
        if !rights.starts_with("rw") {
            continue;
        }
        let Some((start, end)) = range.split_once('-') else { continue };
        let start = u64::from_str_radix(start, 16).expect("an address");
        let end = u64::from_str_radix(end, 16).expect("an address");
        let mut bytes = vec![0; usize::try_from(end - start).expect("a size")];
        if memory.seek(SeekFrom::Start(start)).is_ok() && memory.read_exact(&mut bytes).is_ok() {
            read += bytes.len();
            found.extend(find(&format!("memory {line}"), &bytes, needles));
        }
    }
    assert!(read > 1_000_000, "the memory was not read");
    found
}

/// A canary nobody else has.
fn canary(name: &str) -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("random bytes");
    format!("Kanarie{name}{}", hex::encode(bytes))
}

/// Creates a task; its tid, and the tokenKey of the call, which is a digest of the password (P-13).
async fn create(
    deployment: &Deployment,
    gateway: &Gateway,
    number: usize,
    password: &str,
) -> (String, String) {
    let people = fiveone_lab::people(&deployment.lab.world(), Product::Fund.as_str(), "990000", 16);
    let fields = login_fields(&people[number], password);
    let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let mut signed = vec![("area_code", "990000"), ("login_type", "1")];
    signed.extend(&fields);
    let url = "http://api.tcredit.com/identity/createFundSearchTaskB";
    let token_key = gateway.client.token_key(url, &signed);
    let data = gateway.client.create(FUND, "990000", "1", &fields).await;
    assert_eq!(data["success"], true, "{data}");
    (text(&data["tid"]), token_key)
}

/// Answers every captcha until the task has ended; `wrong` is typed instead when given.
async fn finish(gateway: &Gateway, tid: &str, wrong: Option<&str>) -> Value {
    let mut last = Value::Null;
    loop {
        let data = gateway
            .client
            .wait_for(FUND, tid, |data| {
                let is_new = code(data) == 10004 && data["base64_image_bytes"] != last;
                is_new || code(data) >= 40001
            })
            .await;
        if code(&data) >= 40001 {
            return data;
        }
        last = data["base64_image_bytes"].clone();
        let right = read_picture(&text(&last));
        gateway.client.user_code(FUND, tid, wrong.unwrap_or(&right)).await;
    }
}

#[tokio::test]
async fn what_a_person_types_is_readable_nowhere_and_p_13_its_digest_neither() {
    let deployment = Deployment::new(TestStore::sqlite().await, "").await;
    let gateway = deployment.gateway().await;
    let mut canaries = Vec::new();
    for (number, password) in
        ["good", "wrong", "partial", "changedlogin", "locked", "down", "lost", "captcha3"]
            .iter()
            .enumerate()
    {
        let canary = canary(password);
        let password = format!("{password}:{canary}");
        let (tid, token_key) = create(&deployment, &gateway, number, &password).await;
        finish(&gateway, &tid, None).await;
        canaries.extend([canary, token_key]);
    }
    // A code nobody could read either.
    let answer = canary("Code");
    let (tid, _) = create(&deployment, &gateway, 9, "good:x").await;
    finish(&gateway, &tid, Some(&answer)).await;
    canaries.push(answer);
    deployment.settle().await;
    let id = gateway.process.id().expect("it runs");
    let mut found = find_in_memory(id, &canaries);

    // And one whose process dies while it waits for the person.
    let waiting = canary("Waiting");
    let (tid, token_key) = create(&deployment, &gateway, 10, &format!("good:{waiting}")).await;
    gateway.client.wait_for(FUND, &tid, |data| code(data) == 10004).await;
    canaries.extend([waiting, token_key]);
    gateway.kill().await;

    let database = deployment.store.url().strip_prefix("sqlite:").expect("a file").to_owned();
    found.extend(find_in_files(Path::new(&database).parent().expect("a folder"), &canaries));
    found.extend(find_in_files(deployment.folder.path(), &canaries));
    assert!(deployment.log_text().contains("run begins"), "the log tells of the runs");
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_search_itself_finds() {
    let needle = "Kanarie1234".to_owned();
    let wide: Vec<u8> = needle.bytes().flat_map(|byte| [byte, 0]).collect();
    for bytes in [b"xxKanarie1234yy".to_vec(), wide, hex::encode(&needle).into_bytes()] {
        assert_eq!(find("here", &bytes, std::slice::from_ref(&needle)).len(), 1);
    }
    assert_eq!(find("here", b"Kanarie123", &[needle]), Vec::<String>::new());
}

#[tokio::test]
async fn a_gateways_memory_goes_into_no_core_dump_and_into_no_swap_where_that_is_allowed() {
    let deployment = Deployment::new(TestStore::sqlite().await, "").await;
    let gateway = deployment.gateway().await;
    let id = gateway.process.id().expect("it runs");
    let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).expect("limits");
    let limit = |name: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).expect("a limit");
        line.split_whitespace().next().expect("a number").to_owned()
    };
    assert_eq!(limit("Max core file size"), "1", "less than a page, and for a program, too");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
    let is_locked = !status.lines().any(|line| line.split_whitespace().eq(["VmLck:", "0", "kB"]));
    let may_lock = limit("Max locked memory") == "unlimited";
    assert_eq!(is_locked, may_lock);
    assert_eq!(deployment.log_text().contains("memory may be written to a disk"), !may_lock);
    gateway.kill().await;
}
