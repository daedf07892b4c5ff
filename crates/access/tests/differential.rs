//! A path is read as a real dockerd reads it: generated ones are sent to it, and what it answers says
//! which route it took, and which name it found in the path.
//!
//! `DIFFERENTIAL_CASES=100000 DIFFERENTIAL_SEED=7` fuzzes with as many, drawn from that seed.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

use std::collections::BTreeMap;

use docker_api_access::{Judgement, Operation, Policy, Request, Verdict};
use testkit::stream::Response;
use testkit::{Dockerd, Endpoint, Stream, requires_docker};

#[test]
fn generated_paths_are_read_as_dockerd_reads_them() {
    let engine = requires_docker!();
    let policy = Policy::parse("policy.toml", POLICY).expect("a policy");
    let role = policy.role("everything").expect("a role");
    let mut asker = Asker::new(&engine);
    let cases = set("DIFFERENTIAL_CASES").unwrap_or(CASES);
    // Of 0 nothing else comes.
    let mut random = Random(set("DIFFERENTIAL_SEED").unwrap_or(SEED).max(1));
    let (mut differences, mut seen) = (Vec::new(), BTreeMap::<&str, u64>::new());
    for _ in 0..cases {
        let (method, path) = random.request();
        let target = format!("{path}?since=1&until=2");
        let request = Request { method: method.as_bytes(), target: target.as_bytes(), grpc: false };
        let ours = role.judge(&request);
        let theirs = asker.ask(method, &target);
        *seen.entry(class(&theirs)).or_default() += 1;
        if let Some(difference) = difference(method, &path, &ours, &theirs) {
            let shown = theirs.text();
            differences
                .push(format!("{method} {path}: {difference}; dockerd: {} {shown}", theirs.status));
        }
    }
    let count = differences.len();
    assert!(differences.is_empty(), "{count} of {cases}:\n{}", differences.join("\n"));
    for class in ["routed", "named", "page not found", "redirect"] {
        assert!(seen.get(class).is_some_and(|&n| n > cases / 100), "{class}: {seen:?}");
    }
}

fn set(variable: &str) -> Option<u64> {
    Some(std::env::var(variable).ok()?.parse().expect("a number in the variable"))
}

/// What dockerd made of it.
fn class(answer: &Response) -> &'static str {
    match answer.status {
        301 => "redirect",
        404 if answer.header("content-length") == Some(NOT_FOUND_LENGTH) => "page not found",
        400 if answer.header("content-type") != Some("application/json") => "malformed",
        _ if name(answer).is_some() => "named",
        _ => "routed",
    }
}

/// In what the readings differ, if they do. To refuse what dockerd would take is no difference where
/// it could be read in two ways.
fn difference(method: &str, path: &str, ours: &Judgement<'_>, theirs: &Response) -> Option<String> {
    let operation = ours.operation.map_or("none", Operation::name);
    if matches!(ours.verdict, Verdict::Bad(_)) {
        let decoded = decoded(path);
        let refused = decoded.contains("//") || REFUSED.iter().any(|old| decoded.starts_with(old));
        return (!refused).then(|| "a route to them, and refused by us".to_owned());
    }
    match class(theirs) {
        "redirect" => {
            let location = theirs.header("location").unwrap_or_default();
            let same = matches!(&ours.verdict, Verdict::Redirect(clean) if clean == location);
            (!same).then(|| format!("{location} to them, and to us {:?}", ours.verdict))
        }
        "malformed" => Some(format!("malformed to them, and to us {operation}")),
        // The contract's own reading: where the Engine has no HEAD, it is asked as if it had.
        "page not found" if method == "HEAD" => None,
        "page not found" => {
            let known = ours.operation.filter(|operation| !NEWER.contains(&operation.name()));
            known.map(|operation| format!("nothing to them, and to us {operation}"))
        }
        _ => {
            let Some(operation) = ours.operation else {
                return Some("a route to them, and nothing to us".to_owned());
            };
            let name = name(theirs)?;
            let found = names(operation, method, &decoded(path));
            (!found.contains(&name))
                .then(|| format!("the name {name:?} to them, and to us {operation} of {found:?}"))
        }
    }
}

/// The name that dockerd says it looked for.
fn name(answer: &Response) -> Option<String> {
    let text = answer.text();
    let answer: serde_json::Value = serde_json::from_str(&text).ok()?;
    let message = answer["message"].as_str()?;
    MESSAGES.iter().find_map(|(begin, end)| {
        let name = message.strip_prefix(begin)?.strip_suffix(end)?;
        Some(name.strip_suffix(":latest").unwrap_or(name).to_owned())
    })
}

/// What stands for the name in an operation's routes, if the path is theirs.
fn names(operation: Operation, method: &str, path: &str) -> Vec<String> {
    let path = match path.strip_prefix("/v").and_then(|rest| rest.split_once('/')) {
        Some((version, rest))
            if version.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()) =>
        {
            rest
        }
        _ => path.trim_start_matches('/'),
    };
    let rows = include_str!("../operations.tsv").lines().filter(|row| !row.starts_with('#'));
    rows.map(|row| row.split('\t').collect::<Vec<_>>())
        .filter(|row| row[0] == operation.name() && (row[1] == method || method == "HEAD"))
        .filter_map(|row| {
            let (begin, rest) = row[2].trim_start_matches('/').split_once('{')?;
            let (_, end) = rest.split_once('}')?;
            path.strip_prefix(begin)?.strip_suffix(end).map(str::to_owned)
        })
        .collect()
}

fn decoded(path: &str) -> String {
    let (mut rest, mut bytes) = (path.as_bytes(), Vec::new());
    while let [first, tail @ ..] = rest {
        if let (b'%', [high, low, tail @ ..]) = (first, tail) {
            let digits = [*high, *low].map(char::from).iter().collect::<String>();
            bytes.push(u8::from_str_radix(&digits, 16).expect("an escape"));
            rest = tail;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).expect("text")
}

/// Asks on one connection for as long as it holds.
struct Asker {
    endpoint: Endpoint,
    stream: Stream,
}

impl Asker {
    fn new(engine: &Dockerd) -> Self {
        let endpoint = engine.endpoint();
        let stream = endpoint.connect();
        Self { endpoint, stream }
    }

    fn ask(&mut self, method: &str, target: &str) -> Response {
        let request =
            format!("{method} {target} HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n");
        let answer = self.stream.exchange(request);
        // An error of a hijacked connection has no length, and the end of it is that of the answer.
        let kept = answer.header("content-length").is_some()
            || answer.header("transfer-encoding").is_some()
            || answer.status == 204;
        if !kept || answer.header("connection") == Some("close") {
            self.stream = self.endpoint.connect();
        }
        answer
    }
}

/// Marsaglia's xorshift: the same requests in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).expect("it is below")
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn request(&mut self) -> (&'static str, String) {
        let method = self.one(&["GET", "GET", "GET", "POST", "POST", "DELETE", "HEAD", "PUT"]);
        let mut path = String::from("/");
        if self.chance(40) {
            path += self.one(VERSIONS);
            path += "/";
        }
        path += self.one(SECTIONS);
        for _ in 0..self.below(5) {
            path += if self.chance(4) { "//" } else { "/" };
            path += if self.chance(30) { "zz-no" } else { self.one(WORDS) };
        }
        if self.chance(5) {
            path += "/";
        }
        let escaped = self.chance(40);
        let path = path
            .char_indices()
            .map(|(at, letter)| match letter {
                _ if at > 0 && escaped && self.chance(10) => {
                    let lower = self.chance(50);
                    let code = u32::from(letter);
                    if lower { format!("%{code:02x}") } else { format!("%{code:02X}") }
                }
                ' ' => "%20".to_owned(),
                letter => letter.to_string(),
            })
            .collect();
        (method, path)
    }
}

const SECTIONS: &[&str] = &[
    "containers",
    "containers",
    "containers",
    "containers",
    "images",
    "images",
    "exec",
    "volumes",
    "networks",
    "plugins",
    "services",
    "tasks",
    "nodes",
    "secrets",
    "configs",
    "swarm",
    "system",
    "info",
    "version",
    "_ping",
    "events",
    "build",
    "commit",
    "session",
    "grpc",
    "libpod",
    "debug",
    "Containers",
    "containersx",
    "container",
    "",
];

const WORDS: &[&str] = &[
    "json",
    "start",
    "stop",
    "exec",
    "attach",
    "ws",
    "archive",
    "logs",
    "top",
    "create",
    "get",
    "tag",
    "history",
    "wait",
    "kill",
    "checkpoints",
    "export",
    "changes",
    "stats",
    "resize",
    "rename",
    "update",
    "pause",
    "unpause",
    "restart",
    "connect",
    "disconnect",
    "enable",
    "set",
    "push",
    "df",
    "vars",
    "unlockkey",
    "containers",
    "v1.41",
    "jsonx",
    "JSON",
    "a;b",
    "a:b",
    "a b",
    "...",
    "a+b",
];

const VERSIONS: &[&str] =
    &["v1.41", "v1.41", "v1.40", "v1.24", "v1.41.0", "v1.23", "v1", "V1.41", "v1.x"];

/// What is around a name in dockerd's messages.
const MESSAGES: [(&str, &str); 6] = [
    ("No such container: ", ""),
    ("No such image: ", ""),
    ("No such exec instance: ", ""),
    ("get ", ": no such volume"),
    ("network ", " not found"),
    ("plugin \"", "\" not found"),
];

/// Versions that are refused on purpose.
const REFUSED: [&str; 2] = ["/v1.23/", "/v1/"];

/// Operations that dockerd 20.10 doesn't have.
const NEWER: &[&str] = &["ImageAttestations", "VolumeUpdate"];

const POLICY: &str = r#"
[roles.everything]
allow = ["class:read", "class:export", "class:registry", "class:lifecycle", "class:interact", "class:write", "class:debug"]
"#;

/// That of `{"message":"page not found"}` and a line feed, which the answer to a HEAD tells too.
const NOT_FOUND_LENGTH: &str = "29";
const CASES: u64 = 4000;
const SEED: u64 = 0x0d0c_4e12_7a91_5eed;
