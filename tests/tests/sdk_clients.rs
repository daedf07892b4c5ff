//! SDKs of other languages get from a bridge what they get from the Engine's own socket.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "to a test a panic is an answer"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use bollard::container::{AttachContainerResults, LogOutput};
use bollard::errors::Error;
use bollard::exec::StartExecResults;
use bollard::models::{ContainerCreateBody, ExecConfig};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, EventsOptionsBuilder,
    ListContainersOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder,
    StartContainerOptions, WaitContainerOptions,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures_util::{Stream, StreamExt as _};
use serde_json::{Value, json};
use testkit::process::finish;
use testkit::{Dockerd, Subject, image, requires_docker, sdk, subject};
use tokio::io::AsyncWriteExt as _;

#[test]
fn docker_py_gets_the_same_through_the_bridge() {
    let engine = requires_docker!();
    let Some(got) = same_of_script(&engine, "docker_py.py", sdk::python) else { return };
    assert_eq!(got["ping"], json!(true));
    assert_eq!(got["list"], json!([["sdk-docker_py", "created", ["true"]]]));
    assert_eq!(got["run"], json!(["err", "late", "out"]));
    assert_eq!(got["attach"], json!(["one\ntwo\nlate\n", 5]));
    assert_eq!(got["exec"], json!([3, "out\nlate\n", "err\n", "input\nlate\n", 4]));
    assert_eq!(got["logs"], json!([TICKS, true]));
    assert_eq!(got["missing"], json!("No such container: sdk-docker_py-missing"));
    assert_eq!(got["events"], events(5));
}

#[test]
fn dockerode_gets_the_same_through_the_bridge() {
    let engine = requires_docker!();
    let Some(got) = same_of_script(&engine, "dockerode.js", sdk::node) else { return };
    assert_eq!(got["ping"], json!("OK"));
    assert_eq!(got["list"], json!([[["/sdk-dockerode"], "created", "true"]]));
    assert_eq!(got["run"], json!({ "out": "out\nlate\n", "err": "err\n", "code": 6 }));
    assert_eq!(got["attach"], json!({ "out": "one\ntwo\nlate\n", "err": "", "code": 5 }));
    assert_eq!(
        got["exec"],
        json!([
            { "out": "out\nlate\n", "err": "err\n", "code": 3 },
            { "out": "input\nlate\n", "err": "", "code": 4 },
        ])
    );
    assert_eq!(got["logs"], json!([TICKS, true]));
    let message = "No such container: sdk-dockerode-missing";
    assert_eq!(got["missing"], json!([404, { "message": message }]));
    assert_eq!(got["events"], events(5));
}

#[test]
fn bollard_gets_the_same_through_the_bridge() {
    let engine = requires_docker!();
    let got = subject::same(engine.socket(), |subject| {
        let _removed = Removed { engine: &engine, name: "sdk-bollard" };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bollard = Bollard::connect(subject, "sdk-bollard").await;
            tokio::time::timeout(WHOLE_DEADLINE, bollard.drive()).await.expect("in time")
        })
    });
    assert_eq!(got["ping"], json!("OK"));
    assert_eq!(got["list"], json!([[["/sdk-bollard"], "created"]]));
    assert_eq!(got["attach"], json!(["one\ntwo\nlate\n", "", 5]));
    assert_eq!(got["exec"], json!([["out\nlate\n", "err\n", 3], ["input\nlate\n", "", 4]]));
    assert_eq!(got["logs"], json!([TICKS, true]));
    assert_eq!(got["missing"], json!("No such container: sdk-bollard-missing"));
    assert_eq!(got["events"], events(4));
}

/// What a script prints of the Engine, at its socket and through a bridge. `None`: skipped.
fn same_of_script(
    engine: &Dockerd,
    name: &str,
    interpreter: impl Fn(&Path) -> Option<Command>,
) -> Option<Value> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name);
    interpreter(&script)?;
    let container = format!("sdk-{}", name.split('.').next().unwrap_or_default());
    Some(subject::same(engine.socket(), |subject| {
        let once = || {
            let _removed = Removed { engine, name: &container };
            let mut command = interpreter(&script).expect("it was there before");
            command
                .envs(subject.endpoint().docker_variables())
                .arg(subject.endpoint().to_string())
                .args([image::IMAGE, &container]);
            finish(command, WHOLE_DEADLINE)
        };
        let mut output = once();
        if !output.status.success() && subject.name() == "direct" {
            // On a busy machine dockerd 20.10 has lost what an exec said; a bridge gets no second try.
            output = once();
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{subject}: {}\n{stderr}", output.status);
        serde_json::from_slice::<Value>(&output.stdout).expect("one line of JSON")
    }))
}

/// A container that isn't there at the end, whatever a client did.
struct Removed<'a> {
    engine: &'a Dockerd,
    name: &'a str,
}

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        // As it should be, there is none.
        let _ignored =
            finish(self.engine.docker(&["rm", "--force", self.name]), Duration::from_secs(30));
    }
}

/// bollard, and the name of its containers.
struct Bollard {
    docker: Docker,
    name: &'static str,
}

impl Bollard {
    async fn connect(subject: &Subject, name: &'static str) -> Self {
        let host = subject.endpoint().to_string();
        let docker = match subject.endpoint().certificates() {
            None => Docker::connect_with_host(&host),
            Some(folder) => Docker::connect_with_ssl(
                &host,
                &folder.join("key.pem"),
                &folder.join("cert.pem"),
                &folder.join("ca.pem"),
                WHOLE_DEADLINE.as_secs(),
                API_DEFAULT_VERSION,
            ),
        }
        .unwrap();
        Self { docker: docker.negotiate_version().await.unwrap(), name }
    }

    async fn drive(&self) -> Value {
        let filters = [("container", vec![self.name])].into();
        let now = UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
        let since = format!("{now:.6}");
        let options = EventsOptionsBuilder::default().since(&since).filters(&filters).build();
        let watch = async {
            let mut events = Box::pin(self.docker.events(Some(options)));
            let (mut actions, mut destroyed) = (Vec::new(), 0);
            while destroyed < 4 {
                let event = events.next().await.expect("no end of events").unwrap();
                let action = event.action.expect("an action");
                destroyed += usize::from(action == "destroy");
                if COUNTED.contains(&&*action) {
                    actions.push(action);
                }
            }
            actions.sort();
            actions
        };
        let drive = async {
            json!({
                "ping": self.docker.ping().await.unwrap(),
                "version": self.docker.version().await.unwrap().version,
                "list": self.list().await,
                "attach": self.attach().await,
                "exec": self.exec().await,
                "logs": self.logs().await,
                "missing": self.missing().await,
            })
        };
        let (actions, mut got) = tokio::join!(watch, drive);
        got["events"] = json!(actions);
        got
    }

    async fn list(&self) -> Value {
        self.create(&["true"], false).await;
        let filters = [("name", vec![self.name])].into();
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let listed = self.docker.list_containers(Some(options)).await.unwrap();
        self.remove().await;
        listed.iter().map(|found| json!([found.names, found.state])).collect()
    }

    /// What a container says after its input has ended.
    async fn attach(&self) -> Value {
        self.create(&["sh", "-c", "cat; sleep 1; echo late; exit 5"], true).await;
        let options = AttachContainerOptionsBuilder::default()
            .stdin(true)
            .stdout(true)
            .stderr(true)
            .stream(true)
            .build();
        let attached = self.docker.attach_container(self.name, Some(options)).await.unwrap();
        let AttachContainerResults { output, mut input } = attached;
        self.start().await;
        input.write_all(b"one\ntwo\n").await.unwrap();
        input.shutdown().await.unwrap();
        let (out, err, _) = collect(output).await;
        let code = self.wait(self.name).await;
        self.remove().await;
        json!([out, err, code])
    }

    async fn exec(&self) -> Value {
        self.create(&["sleep", "600"], false).await;
        self.start().await;
        let mut got = Vec::new();
        for (script, fed) in [
            ("echo out; echo err >&2; sleep 1; echo late; exit 3", None),
            ("cat; sleep 1; echo late; exit 4", Some("input\n")),
        ] {
            let config = ExecConfig {
                attach_stdin: Some(fed.is_some()),
                attach_stdout: Some(true),
                attach_stderr: Some(true),
                cmd: Some(["sh", "-c", script].map(str::to_owned).to_vec()),
                ..ExecConfig::default()
            };
            let exec = self.docker.create_exec(self.name, config).await.unwrap().id;
            let StartExecResults::Attached { output, mut input } =
                self.docker.start_exec(&exec, None).await.unwrap()
            else {
                panic!("not attached");
            };
            if let Some(fed) = fed {
                input.write_all(fed.as_bytes()).await.unwrap();
                input.shutdown().await.unwrap();
            }
            let (out, err, _) = collect(output).await;
            let code = self.docker.inspect_exec(&exec).await.unwrap().exit_code;
            got.push(json!([out, err, code]));
        }
        self.remove().await;
        got.into()
    }

    async fn logs(&self) -> Value {
        let script = "for n in 1 2 3 4 5; do echo tick $n; sleep 0.2; done";
        self.create(&["sh", "-c", script], false).await;
        self.start().await;
        let options = LogsOptionsBuilder::default().follow(true).stdout(true).stderr(true).build();
        let (out, _, pieces) = collect(self.docker.logs(self.name, Some(options))).await;
        self.remove().await;
        json!([out, pieces > 1])
    }

    async fn missing(&self) -> Value {
        self.wait(&format!("{}-missing", self.name)).await
    }

    /// The exit code, or what the Engine says instead.
    async fn wait(&self, name: &str) -> Value {
        let mut waited = self.docker.wait_container(name, None::<WaitContainerOptions>);
        match waited.next().await {
            Some(Ok(answer)) => answer.status_code.into(),
            Some(Err(Error::DockerContainerWaitError { code, .. })) => code.into(),
            Some(Err(Error::DockerResponseServerError { message, .. })) => message.into(),
            other => panic!("{other:?}"),
        }
    }

    async fn create(&self, command: &[&str], input: bool) {
        let config = ContainerCreateBody {
            image: Some(image::IMAGE.to_owned()),
            cmd: Some(command.iter().map(ToString::to_string).collect()),
            open_stdin: Some(input),
            stdin_once: Some(input),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::default().name(self.name).build();
        self.docker.create_container(Some(options), config).await.unwrap();
    }

    async fn start(&self) {
        self.docker.start_container(self.name, None::<StartContainerOptions>).await.unwrap();
    }

    async fn remove(&self) {
        let options = RemoveContainerOptionsBuilder::default().force(true).build();
        self.docker.remove_container(self.name, Some(options)).await.unwrap();
    }
}

/// Both outputs to their end, and in how many pieces they came.
async fn collect<E: std::fmt::Debug>(
    mut output: impl Stream<Item = Result<LogOutput, E>> + Unpin,
) -> (String, String, usize) {
    let (mut out, mut err, mut pieces) = (String::new(), String::new(), 0);
    while let Some(piece) = output.next().await {
        let piece = piece.unwrap();
        let to = if matches!(piece, LogOutput::StdErr { .. }) { &mut err } else { &mut out };
        to.push_str(&piece.to_string());
        pieces += 1;
    }
    (out, err, pieces)
}

/// What becomes of so many containers, of which the first is never started.
fn events(containers: usize) -> Value {
    let mut actions = vec!["create", "destroy"];
    actions.extend(["create", "start", "die", "destroy"].repeat(containers - 1));
    actions.sort_unstable();
    actions.into()
}

/// Others come and go as Engines like.
const COUNTED: [&str; 4] = ["create", "start", "die", "destroy"];
const TICKS: &str = "tick 1\ntick 2\ntick 3\ntick 4\ntick 5\n";
const WHOLE_DEADLINE: Duration = Duration::from_secs(90);
