//! The attacks, as data: each tries to have the Engine do what a role may not.
//!
//! What is forbidden always has `{marker}` in its target, so that whatever comes of it can be told
//! apart: a request at the Engine, an event, an answer. Placeholders:
//!
//! | in the text | stands for |
//! | --- | --- |
//! | `{marker}` | a word of the same length, one for each attack and run |
//! | `{tag}` | a path that tags an image as the marker says: with POST, a change without a body |
//! | `{smuggled}` | a whole such request |
//! | `{smuggled-hex}` | its length, as the size of a chunk |
//! | `{rest}` | the number of bytes behind the first empty line |
//! | `{create}` | the body that creates a container, for a request with `Content-Length: {create-length}` |
//! | `{stopped}` | a container that was created, but not started |

mod chunks;
mod encodings;
mod framing;
mod heads;
mod http2;
mod lookalikes;
mod methods;
mod pipelines;
mod request_lines;
mod segments;
mod sizes;
mod targets;
mod upgrades;
mod versions;

use std::sync::{Arc, LazyLock};

use crate::CANARY;

/// One attack.
#[derive(Clone, Debug)]
pub(crate) struct Attack {
    /// What kind it is: the name of its file here.
    pub(crate) family: &'static str,
    /// What it tries.
    pub(crate) name: String,
    /// The roles under which it must do nothing.
    pub(crate) roles: &'static [&'static str],
    raw: Arc<[u8]>,
    needs_stopped: bool,
}

impl Attack {
    /// All that is sent, with this marker.
    pub(crate) fn bytes(&self, marker: &str) -> Vec<u8> {
        assert_eq!(marker.len(), MARKER.len(), "{marker}");
        replace(&self.raw, MARKER, marker)
    }

    /// The container that must be there before, if there must be one.
    pub(crate) fn stopped(&self, marker: &str) -> Option<String> {
        self.needs_stopped.then(|| STOPPED.replace(MARKER, marker))
    }

    /// Whether it waits behind a stream of events: Go doesn't see the end of such a client either.
    pub(crate) fn waits_behind_events(&self) -> bool {
        self.raw.starts_with(b"GET /events")
    }

    /// How it is called in messages.
    pub(crate) fn title(&self) -> String {
        format!("{}: {}", self.family, self.name)
    }

    fn new(family: &'static str, name: &str, raw: &[u8]) -> Self {
        let raw: Arc<[u8]> = expand(raw).into();
        let needs_stopped = contains(&raw, STOPPED);
        Self { family, name: name.to_owned(), roles: ALL, raw, needs_stopped }
    }

    fn under(mut self, roles: &'static [&'static str]) -> Self {
        self.roles = roles;
        self
    }
}

/// All of them.
pub(crate) fn all() -> Vec<Attack> {
    static ATTACKS: LazyLock<Vec<Attack>> = LazyLock::new(written_down);
    ATTACKS.clone()
}

fn written_down() -> Vec<Attack> {
    [
        chunks::attacks(),
        encodings::attacks(),
        framing::attacks(),
        heads::attacks(),
        http2::attacks(),
        lookalikes::attacks(),
        methods::attacks(),
        pipelines::attacks(),
        request_lines::attacks(),
        segments::attacks(),
        sizes::attacks(),
        targets::attacks(),
        upgrades::attacks(),
        versions::attacks(),
    ]
    .concat()
}

/// Those that must do nothing under a role.
pub(crate) fn under(role: &str) -> Vec<Attack> {
    let attacks: Vec<Attack> =
        all().into_iter().filter(|attack| attack.roles.contains(&role)).collect();
    assert!(!attacks.is_empty(), "{role}");
    attacks
}

/// Attacks that were written down whole: a name, and what is sent.
fn whole(family: &'static str, attacks: &[(&str, &[u8])]) -> Vec<Attack> {
    attacks.iter().map(|(name, raw)| Attack::new(family, name, raw)).collect()
}

/// Attacks by the target alone, which is their name too.
fn by_target(family: &'static str, method: &str, targets: &[&[u8]]) -> Vec<Attack> {
    targets
        .iter()
        .map(|target| {
            let name = format!("{method} {}", target.escape_ascii());
            let raw = [
                method.as_bytes(),
                b" ",
                target,
                b" HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            ];
            Attack::new(family, &name, &raw.concat())
        })
        .collect()
}

fn expand(raw: &[u8]) -> Vec<u8> {
    let canary = CANARY.as_bytes();
    let create_length = CREATE.len().to_string();
    let smuggled_hex = format!("{:x}", SMUGGLED.len());
    let mut text = raw.to_owned();
    for (name, value) in [
        ("{smuggled}", SMUGGLED),
        ("{smuggled-hex}", smuggled_hex.as_bytes()),
        ("{tag}", TAG.as_bytes()),
        ("{create}", CREATE.as_bytes()),
        ("{create-length}", create_length.as_bytes()),
        ("{stopped}", STOPPED.as_bytes()),
        ("{canary}", canary),
    ] {
        text = replace(&text, name, value);
    }
    let head = text.windows(4).position(|window| window == b"\r\n\r\n");
    let rest = head.map_or(0, |at| text.len() - at - 4);
    replace(&text, "{rest}", rest.to_string())
}

fn replace(text: &[u8], name: &str, value: impl AsRef<[u8]>) -> Vec<u8> {
    // Each placeholder begins so.
    let (mut rest, mut replaced) = (text, Vec::with_capacity(text.len()));
    while let Some(at) = rest.iter().position(|&byte| byte == b'{') {
        replaced.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        if let Some(behind) = rest.strip_prefix(name.as_bytes()) {
            replaced.extend_from_slice(value.as_ref());
            rest = behind;
        } else {
            replaced.push(b'{');
            rest = &rest[1..];
        }
    }
    replaced.extend_from_slice(rest);
    replaced
}

/// Whether those bytes hold that text.
pub(crate) fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// As long as what takes its place, so that lengths within attacks hold.
const MARKER: &str = "{marker}";
const STOPPED: &str = "stopped-{marker}";
const TAG: &str = "/images/docker-api-test/tag?repo={marker}";
const SMUGGLED: &[u8] =
    b"POST /images/docker-api-test/tag?repo={marker} HTTP/1.1\r\nHost: docker\r\n\
      Content-Length: 0\r\nConnection: close\r\n\r\n";
const CREATE: &str = r#"{"Image":"docker-api-test","Cmd":["true"]}"#;

/// What most attacks are for.
const ALL: &[&str] = &["read-only", "monitor", "tecnativa", "linuxserver"];
/// Those that may do less than `read-only`: no logs, no waiting, no OPTIONS.
const LESS: &[&str] = &["monitor", "tecnativa", "linuxserver"];
/// And one that may have its connection taken over, by attach and exec.
const OR_HIJACKS: &[&str] = &["read-only", "monitor", "tecnativa", "linuxserver", "hijacks"];
/// And one that may start containers.
const OR_STARTS: &[&str] = &["read-only", "monitor", "tecnativa", "linuxserver", "starts"];
