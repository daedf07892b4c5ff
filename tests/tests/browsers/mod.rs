//! What a page does in a real browser, and what the Engine gets of it.
//!
//! The browser is driven by `scripts/browser.js`. Every scenario is played twice, first with
//! `--no-browser-guard`: it proves that the page does do what the guard is to stop.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "to a test a panic is an answer"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::engine::Recorded;
use testkit::process::finish;
use testkit::stream::get;
use testkit::{Bridge, StandIn, binary, requires_docker, sdk, skip};

/// A browser of Debian's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Browser {
    /// `chromium` or `firefox`.
    pub(crate) name: &'static str,
    /// What it is called in `PATH`, the best name first.
    pub(crate) executables: &'static [&'static str],
    /// Whether a page may send any `User-Agent`.
    pub(crate) lets_pages_disguise: bool,
}

/// What came of a scenario.
struct Played {
    /// What the page saw without the guard.
    open: Value,
    /// What it saw with it.
    guarded: Value,
}

/// The same before stand-in Engines.
struct PlayedBeforeEngines {
    played: Played,
    open: Vec<Recorded>,
    guarded: Vec<Recorded>,
}

impl Browser {
    pub(crate) fn shows_a_typed_address(self) {
        let Some(seen) = self.play("typed") else { return };
        for host in ["127.0.0.1", "localhost", "nas.lan"] {
            let text = seen.played.guarded[host].as_str().unwrap();
            assert!(text.contains("28.5.2"), "{host}: {text}");
        }
        let text = seen.played.guarded["evil.example"].as_str().unwrap();
        assert!(text.contains("rule 3") && text.contains("--allow-host"), "{text}");
        assert!(seen.played.open["evil.example"].as_str().unwrap().contains("28.5.2"));

        let versions: Vec<_> =
            seen.guarded.iter().filter(|request| request.path == "/version").collect();
        assert_eq!(versions.len(), 3, "{versions:?}");
        for request in versions {
            assert_eq!(request.header("connection"), Some("close"), "{request:?}");
            assert!(request.header("accept-language").is_some(), "{request:?}");
            let agent = request.header("user-agent").unwrap_or_default();
            assert!(agent.starts_with("Mozilla/"), "{request:?}");
            let site = request.header("sec-fetch-site");
            let plain = request.header("host").unwrap_or_default().starts_with("nas.lan");
            assert_eq!(site, if plain { None } else { Some("none") }, "{request:?}");
        }
    }

    pub(crate) fn keeps_a_rebound_page_from_reading_and_writing(self) {
        let Some(seen) = self.play("rebound") else { return };
        assert_eq!(paths(&seen.guarded), [""; 0], "{:#}", seen.played.guarded);
        for (by, saw) in seen.played.guarded.as_object().unwrap() {
            let rule = match by.as_str() {
                "get" | "emptyLanguage" | "anyLanguage" | "asNode" => {
                    "403 {\"message\":\"browser guard, rule 3:"
                }
                _ => "403 {\"message\":\"browser guard, rule 1:",
            };
            assert!(saw.as_str().unwrap().starts_with(rule), "{by}: {saw}");
        }

        assert!(
            seen.played.open["get"].as_str().unwrap().contains("28.5.2"),
            "{:#}",
            seen.played.open
        );
        assert_eq!(seen.open.len(), 7, "{:?}", paths(&seen.open));
        let of = |by: &str| find(&seen.open, by);
        assert_eq!(of("by=any").header("accept-language"), Some("*"));
        assert_eq!(of("by=empty").header("accept-language"), Some(""));
        assert_eq!(of("by=node").header("sec-fetch-mode"), None, "no page can set it");
        let disguised = of("by=disguised").header("user-agent").unwrap();
        assert_eq!(disguised == "curl/8", self.lets_pages_disguise, "{disguised}");
        assert_eq!(of("by=get").header("origin"), None);
        assert!(of("by=post").header("origin").unwrap().starts_with("http://evil.example:"));
    }

    pub(crate) fn keeps_every_write_of_another_site_out(self) {
        let Some(seen) = self.play("crossSite") else { return };
        assert_eq!(paths(&seen.guarded), [""; 0], "{:#}", seen.played.guarded);
        for host in ["127.0.0.1", "nas.lan"] {
            for kind in CROSS_SITE_KINDS {
                let request = find(&seen.open, &format!("{kind}-{host}"));
                let method = if kind == "preflight" { "OPTIONS" } else { "POST" };
                assert_eq!(request.method, method, "{request:?}");
                let origin = request.header("origin").unwrap_or_default();
                if kind == "sandboxedForm" {
                    assert_eq!(origin, "null");
                } else {
                    assert!(origin.starts_with("http://attacker.example:"), "{request:?}");
                }
            }
        }
    }

    pub(crate) fn sends_nothing_behind_an_image_on_its_connection(self) {
        let Some(seen) = self.play("imageThenPost") else { return };
        // Without the guard the write goes where the image came from, or nothing is shown.
        assert_eq!(seen.played.open["nas.lan"]["sameConnection"], json!(true));
        assert_eq!(find(&seen.open, "by=post-nas.lan").method, "POST");
        assert_eq!(find(&seen.open, "by=post-127.0.0.1").method, "POST");

        assert_eq!(seen.played.guarded["nas.lan"]["sameConnection"], json!(false));
        assert_eq!(paths(&seen.guarded), ["/_ping?by=image-nas.lan"]);
        assert_eq!(seen.guarded[0].header("connection"), Some("close"));
    }

    pub(crate) fn opens_no_websocket_of_any_page(self) {
        let Some(seen) = self.play("webSocket") else { return };
        assert_eq!(paths(&seen.guarded), [""; 0]);
        assert_eq!(seen.open.len(), 3, "{:?}", paths(&seen.open));
        for request in &seen.open {
            assert_eq!(request.header("upgrade"), Some("websocket"), "{request:?}");
            assert!(request.header("origin").is_some(), "{request:?}");
        }
    }

    pub(crate) fn runs_no_page_that_an_engine_serves(self) {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("engine.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        thread::spawn(move || serve_typeless_page(&listener));
        let path = "/containers/x/logs?stdout=1";
        let Some(seen) = self.play_before(&socket, &socket, "logPage", path) else { return };
        assert_ran(&seen.open, true);
        assert_ran(&seen.guarded, false);
    }

    pub(crate) fn runs_no_page_in_the_log_of_a_container(self) {
        let engine = requires_docker!();
        let name = format!("browser-guard-{}-{}", self.name, std::process::id());
        let created = format!("{name}-by-page");
        let page = typeless_page(&created);
        // With a terminal the log has no frames between its bytes.
        let container = engine.container(&["--tty", "--name", &name], &["echo", &page]);
        engine.run(&["wait", container.id()]);
        let exists = || {
            let filter = format!("name={created}");
            !engine.run(&["ps", "--all", "--quiet", "--filter", &filter]).is_empty()
        };
        let path = format!("/containers/{name}/logs?stdout=1");
        let seen = self.play_before(engine.socket(), engine.socket(), "logPage", &path);
        let Some(seen) = seen else { return };
        // From API 1.42 on logs have a type, and no browser runs them anyway.
        let typeless = get(&engine.endpoint(), &path).header("content-type").is_none();
        let ran = exists();
        if ran {
            engine.run(&["rm", "--force", &created]);
        }
        assert_eq!(ran, typeless, "without the guard");
        assert_ran(&seen.open, typeless);
        assert_ran(&seen.guarded, false);
    }

    /// Plays a scenario before two stand-in Engines. `None`: skipped.
    fn play(self, scenario: &str) -> Option<PlayedBeforeEngines> {
        let (open, guarded) = (StandIn::start(), StandIn::start());
        let played = self.play_before(open.socket(), guarded.socket(), scenario, "")?;
        // Browsers ask for it when they like.
        let requests = |engine: &StandIn| {
            let mut requests = engine.requests();
            requests.retain(|request| request.path != "/favicon.ico");
            requests
        };
        Some(PlayedBeforeEngines { played, open: requests(&open), guarded: requests(&guarded) })
    }

    fn play_before(
        self,
        open: &Path,
        guarded: &Path,
        scenario: &str,
        path: &str,
    ) -> Option<Played> {
        let executable = self.require()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/browser.js");
        let mut command = sdk::node(&script)?;
        let open = Bridge::builder().upstream(open).arg("--no-browser-guard").start();
        let guarded = Bridge::start(guarded);
        let home = tempfile::tempdir().unwrap();
        let config = json!({
            "browser": self.name,
            "executable": executable,
            "scenario": scenario,
            "path": path,
            "open": open.addr().port(),
            "guarded": guarded.addr().port(),
        });
        // Profiles, caches and all else that browsers write.
        command.env("HOME", home.path()).env("TMPDIR", home.path()).arg(config.to_string());
        let one_at_a_time = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let output = finish(command, WHOLE_DEADLINE);
        drop(one_at_a_time);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{scenario}:\n{stderr}\n{}", guarded.logs());
        let seen: Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
        Some(Played { open: seen["open"].clone(), guarded: seen["guarded"].clone() })
    }

    fn require(self) -> Option<PathBuf> {
        let path = self.executables.iter().find_map(|name| binary::in_path(name));
        if path.is_none() {
            skip::skip(&format!("no {} in PATH", self.executables[0]));
        }
        path
    }
}

/// Whether the page in a log ran, typed, linked and framed: its script sets the title.
#[track_caller]
fn assert_ran(seen: &Value, ran: bool) {
    let seen = seen.as_object().unwrap();
    assert_eq!(seen.len(), 6);
    for (how, title) in seen {
        assert_eq!(title == "it ran", ran, "{how}: {title}");
    }
}

/// A page whose script creates a container, and has done so before the page has loaded.
fn typeless_page(name: &str) -> String {
    format!(
        "<!DOCTYPE html><html><head><title>it did not run</title><script>document.title='it ran';\
         var r=new XMLHttpRequest();r.open('POST','/containers/create?name={name}',false);\
         r.setRequestHeader('Content-Type','application/json');\
         r.send('{{\"Image\":\"{}\"}}')</script></head><body>log</body></html>",
        testkit::image::IMAGE
    )
}

/// An Engine that says of no answer what type it is, as 20.10 does of logs.
fn serve_typeless_page(listener: &UnixListener) {
    let answer =
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", typeless_page("by-page"));
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        let mut lines = BufReader::new(&stream).lines();
        // The bridge's greeting has no request.
        if lines.any(|line| line.is_ok_and(|line| line.is_empty())) {
            drop(lines);
            // A browser may go away.
            let _ignored = stream.write_all(answer.as_bytes());
        }
    }
}

fn paths(requests: &[Recorded]) -> Vec<&str> {
    requests.iter().map(|request| request.path.as_str()).collect()
}

/// The request whose target ends like this; panics if there is none.
#[track_caller]
fn find<'a>(requests: &'a [Recorded], end: &str) -> &'a Recorded {
    requests
        .iter()
        .find(|request| request.path.ends_with(end))
        .unwrap_or_else(|| panic!("no {end} among {:?}", paths(requests)))
}

/// Browsers take a core and half a gigabyte each.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
const CROSS_SITE_KINDS: [&str; 9] =
    ["form", "plainForm", "sandboxedForm", "noCors", "cors", "preflight", "xhr", "beacon", "ping"];
/// Above the script's own, so that it can stop its browser.
const WHOLE_DEADLINE: Duration = Duration::from_secs(120);
