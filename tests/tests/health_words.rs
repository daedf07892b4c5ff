//! Old health checks: under the names `sh`, `wget`, `curl` and `nc` a bridge asks what the check
//! asks, and exits as the original does.

#![expect(clippy::panic, clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;

use testkit::{
    Bridge, DEADLINE, Program, RudeEngine, StandIn, Transport, binary, ports, requires_tool,
};

/// A folder with one of our programs under the names of others.
struct Names {
    folder: tempfile::TempDir,
}

impl Names {
    fn of(program: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["sh", "wget", "curl", "nc", "socat", "something"] {
            symlink(binary::binary(program), folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    fn program(&self, name: &str) -> Program {
        Program::new(self.folder.path().join(name))
    }

    /// A check in its exec form: `["CMD", "wget", …]`.
    fn exec(&self, check: &str) -> Output {
        let mut words = words(check).into_iter();
        self.program(&words.next().unwrap()).args(words).run()
    }

    /// A check in its shell form: `["CMD-SHELL", "wget …"]`.
    fn shell(&self, check: &str) -> Output {
        self.program("sh").args(["-c", check]).run()
    }
}

/// The words of a check, as a compose file's list has them.
fn words(check: &str) -> Vec<String> {
    check.split(' ').map(|word| word.trim_matches('"').to_owned()).collect()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

/// A check, and what it exits with when all is well, when the Engine is gone behind the bridge, and
/// when nobody listens.
type Check = (&'static str, i32, i32, i32);

/// What both forms take.
const PLAIN: [Check; 21] = [
    ("wget -q --spider http://localhost:PORT/_ping", 0, 1, 1),
    ("wget --no-verbose --tries=1 --spider http://127.0.0.1:PORT/_ping", 0, 1, 1),
    ("wget --quiet --tries=1 --timeout=5 --spider http://localhost:PORT/_ping", 0, 1, 1),
    ("wget -qO- http://localhost:PORT/_ping", 0, 1, 1),
    ("wget -q -O /dev/null http://0.0.0.0:PORT/_ping", 0, 1, 1),
    ("wget -q -T 5 -t 1 -O /dev/null http://localhost:PORT/_ping", 0, 1, 1),
    ("wget -q --spider http://localhost:PORT/nothing-here", 1, 1, 1),
    ("curl -f http://localhost:PORT/_ping", 0, 52, 7),
    ("curl -fsS http://127.0.0.1:PORT/_ping", 0, 52, 7),
    ("curl --fail --silent --max-time 5 http://localhost:PORT/_ping", 0, 52, 7),
    ("curl -f -o /dev/null http://localhost:PORT/_ping", 0, 52, 7),
    ("curl -fI http://localhost:PORT/_ping", 0, 52, 7),
    ("curl -kf http://localhost:PORT/_ping", 0, 52, 7),
    ("curl -sf http://localhost:PORT/nothing-here", 22, 52, 7),
    ("curl -s http://localhost:PORT/nothing-here", 0, 52, 7),
    ("curl -s -o /dev/null -w \"%{http_code}\" http://localhost:PORT/_ping", 0, 52, 7),
    ("curl -s -o /dev/null -w \"%{http_code}\" http://localhost:PORT/nothing-here", 0, 52, 7),
    ("curl -s --max-time 1 http://localhost:PORT/delay?ms=9000", 28, 52, 7),
    ("nc -z localhost PORT", 0, 0, 1),
    ("nc -vz 127.0.0.1 PORT", 0, 0, 1),
    ("nc -w 3 -z localhost PORT", 0, 0, 1),
];

/// What only a shell takes.
const SHELL: [Check; 14] = [
    ("wget -q --spider http://localhost:PORT/_ping || exit 1", 0, 1, 1),
    ("wget -q --spider 'http://localhost:PORT/_ping' || exit 3", 0, 3, 3),
    ("wget --quiet --tries=1 --spider \"http://localhost:PORT/_ping\" || false", 0, 1, 1),
    ("wget -qO- http://localhost:PORT/_ping >/dev/null 2>&1 || exit 1", 0, 1, 1),
    ("wget -qO- http://localhost:PORT/_ping | grep -q OK", 0, 1, 1),
    ("wget -qO- http://localhost:PORT/version | grep -qF '\"ApiVersion\":' || exit 1", 0, 1, 1),
    ("curl -f http://localhost:PORT/_ping || exit 1", 0, 1, 1),
    ("curl -f http://localhost:PORT/_ping > /dev/null 2>&1 || exit 1", 0, 1, 1),
    ("curl -sf http://localhost:PORT/_ping 2>/dev/null || false", 0, 1, 1),
    ("curl -s -o /dev/null -w \"%{http_code}\" http://localhost:PORT/_ping | grep 200", 0, 1, 1),
    ("curl -s http://localhost:PORT/_ping | grep -i -e ok || exit 1", 0, 1, 1),
    ("curl -sI http://localhost:PORT/_ping | grep -E OK >/dev/null || exit 1", 0, 1, 1),
    ("curl -s http://localhost:PORT/_ping | grep -q nonsense", 1, 1, 1),
    ("nc -z localhost PORT || exit 1", 0, 0, 1),
];

fn on_port(check: &str, port: u16) -> String {
    check.replace("PORT", &port.to_string())
}

/// A bridge that is well, one whose Engine is gone, and a port where nobody listens.
struct Bridges {
    well: Bridge,
    gone: Bridge,
    _engine: StandIn,
}

/// Picks an exit code of a check.
type Column = fn(&Check) -> i32;

impl Bridges {
    fn start() -> Self {
        let engine = StandIn::start();
        let well = Bridge::builder().over(Transport::Tcp).upstream(engine.socket()).start();
        let nowhere = Path::new("/nonexistent/docker.sock");
        let gone = Bridge::builder().over(Transport::Tcp).upstream(nowhere).start();
        Self { well, gone, _engine: engine }
    }

    /// The port, and which column of a check it is.
    fn ports(&self) -> [(u16, Column); 3] {
        [
            (self.well.addr().port(), |check| check.1),
            (self.gone.addr().port(), |check| check.2),
            (ports::free_port(), |check| check.3),
        ]
    }
}

#[test]
fn every_form_exits_as_it_should_whatever_is_behind() {
    let (names, bridges) = (Names::of("bridge"), Bridges::start());
    for (port, expected) in bridges.ports() {
        for check in &PLAIN {
            let text = on_port(check.0, port);
            for output in [names.exec(&text), names.shell(&text)] {
                assert_eq!(code(&output), expected(check), "{text}: {output:?}");
            }
        }
        for check in &SHELL {
            let text = on_port(check.0, port);
            let output = names.shell(&text);
            assert_eq!(code(&output), expected(check), "{text}: {output:?}");
        }
    }
}

#[test]
fn the_originals_exit_and_print_the_same() {
    let sh = requires_tool!("sh");
    for tool in ["wget", "curl", "nc"] {
        requires_tool!(tool);
    }
    let (names, bridges) = (Names::of("bridge"), Bridges::start());
    // Once is enough for a wget that would try a closed connection twenty times.
    let once = tempfile::NamedTempFile::new().unwrap();
    fs::write(once.path(), "tries = 1\n").unwrap();
    for (port, _) in bridges.ports() {
        for (check, ..) in PLAIN.iter().chain(&SHELL) {
            let text = on_port(check, port);
            let original = Program::new(&sh).args(["-c", &text]);
            let original = original.env("WGETRC", once.path()).run();
            let ours = names.shell(&text);
            // GNU's has codes above 1 for what busybox's has 1 for.
            let most = if text.starts_with("wget") && !text.contains("exit") { 1 } else { 255 };
            assert_eq!(code(&ours), code(&original).min(most), "{text}: {ours:?}, {original:?}");
            if !text.contains("-sI") && !text.contains("-fI") {
                assert_eq!(
                    String::from_utf8_lossy(&ours.stdout),
                    String::from_utf8_lossy(&original.stdout),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn busyboxs_wget_exits_and_prints_the_same() {
    let busybox = requires_tool!("busybox");
    let (names, bridges) = (Names::of("bridge"), Bridges::start());
    for (port, _) in bridges.ports() {
        for check in ["-q --spider URL", "-qO- URL", "-q -O /dev/null URL", "-qO- URLx"] {
            let words = words(&check.replace("URL", &format!("http://127.0.0.1:{port}/_ping")));
            let original = Program::new(&busybox).arg("wget").args(&words).run();
            let ours = names.program("wget").args(&words).run();
            assert_eq!(code(&ours), code(&original), "{words:?}: {ours:?}, {original:?}");
            assert_eq!(ours.stdout, original.stdout, "{words:?}");
        }
    }
}

#[test]
fn the_engines_own_socket_is_asked_where_the_variables_say_it_is() {
    let (names, engine) = (Names::of("bridge"), StandIn::start());
    let curl = |socket: &Path| {
        names.program("curl").args(["-sS", "--unix-socket"]).arg(socket).arg("http://d/_ping")
    };
    let asked = curl(engine.socket()).env("SOCKET_PATH", engine.socket()).run();
    assert_eq!((code(&asked), asked.stdout.as_slice()), (0, &b"OK"[..]), "{asked:?}");
    let other = curl(engine.socket()).run();
    assert_eq!((code(&other), other.stdout.len()), (127, 0), "{other:?}");
    assert_eq!(engine.requests().len(), 1);
}

#[test]
fn an_answer_that_refuses_is_a_failure_but_to_a_curl_that_takes_any() {
    let (names, engine) = (Names::of("bridge"), RudeEngine::start());
    let bridge = Bridge::builder().over(Transport::Tcp).start_before(&engine);
    let port = bridge.addr().port();
    for (check, expected) in [
        ("wget -q --spider http://localhost:PORT/containers/json", 1),
        ("curl -f http://localhost:PORT/containers/json", 22),
        ("curl http://localhost:PORT/containers/json", 0),
    ] {
        let text = on_port(check, port);
        let denied = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}";
        let output = std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut client = engine.accept(DEADLINE);
                client.read_head();
                client.send(denied);
            });
            names.exec(&text)
        });
        assert_eq!(code(&output), expected, "{text}: {output:?}");
    }
}

#[test]
fn nothing_but_the_container_and_its_engine_is_ever_asked() {
    let names = Names::of("bridge");
    for check in [
        "curl -f http://192.0.2.1:2375/_ping",
        "wget -q --spider http://example.com/",
        "nc -z 192.0.2.1 2375",
        "curl --unix-socket /run/containerd/containerd.sock http://localhost/",
        "curl -f http://192.0.2.1:2375/_ping || exit 1",
    ] {
        let output = names.shell(check);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((code(&output), said.lines().count()), (127, 1), "{check}: {said}");
        assert!(said.contains("neither this container nor its Engine"), "{check}: {said}");
    }
}

#[test]
fn what_no_health_check_needs_is_refused_with_what_to_write_instead() {
    for program in ["bridge", "bridge-tls"] {
        let names = Names::of(program);
        let instead = format!(r#"write ["CMD", "/{program}", "--health"] as the health check"#);
        let marker = names.folder.path().join("marker");
        let touch = format!("touch {}", marker.display());
        let refused = [
            names.shell(&touch),
            names.shell(&format!("curl -s localhost:1 > {}", marker.display())),
            names.shell(&format!("curl -s localhost:1 || {touch}")),
            names.shell("echo $(id)"),
            names.program("sh").run(),
            names.program("sh").arg("-i").run(),
            names.exec("curl -X POST http://localhost:2375/containers/prune"),
            names.exec("curl -kf https://localhost:2376/_ping"),
            names.exec("wget http://localhost:2375/version"),
            names.exec("nc -l -p 2375"),
        ];
        for output in refused {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!((code(&output), output.stdout.len()), (127, 0), "{said}");
            assert!(said.lines().count() == 1 && said.trim_end().ends_with(&instead), "{said}");
        }
        assert!(!marker.exists());
    }
}

#[test]
fn a_bridge_with_tls_takes_the_names_too() {
    let (names, bridges) = (Names::of("bridge-tls"), Bridges::start());
    let port = bridges.well.addr().port();
    let asked = names.shell(&on_port("wget -qO- http://localhost:PORT/_ping || exit 1", port));
    assert_eq!((code(&asked), asked.stdout.as_slice()), (0, &b"OK"[..]), "{asked:?}");
}

#[test]
fn socat_alone_is_its_usage_and_1_and_with_words_it_serves() {
    let names = Names::of("bridge");
    let alone = names.program("socat").env("BRIDGE_LISTEN", "tcp://127.0.0.1:1").run();
    let said = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert_eq!((code(&alone), alone.stdout.len()), (1, 0), "{said}");
    assert!(said.contains("exactly 2 addresses required (there are 0)"), "{said}");
    assert!(
        said.contains("socat TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock"),
        "{said}"
    );

    let engine = StandIn::start();
    let port = ports::free_port();
    let served = names
        .program("socat")
        .arg(format!("TCP-LISTEN:{port},fork,bind=127.0.0.1"))
        .arg(format!("UNIX-CONNECT:{}", engine.socket().display()))
        .start();
    served.wait_for_log_containing("socat's words mean");
    let check = on_port("curl -fs http://127.0.0.1:PORT/_ping", port);
    testkit::eventually(DEADLINE, "it serves", || code(&names.exec(&check)) == 0);
}

#[test]
fn any_other_name_is_the_program_itself() {
    let names = Names::of("bridge");
    for name in ["something", "socat"] {
        let output = names.program(name).arg("--version").run();
        assert!(output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("bridge "), "{output:?}");
    }
    let path = binary::binary("bridge");
    assert!(Program::new(path).arg("--version").run().status.success());
}
