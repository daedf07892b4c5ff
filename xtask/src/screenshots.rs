//! `cargo xtask screenshots`: the pages as they look, from a real run.

use std::fs::{self, DirBuilder};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context as _, bail};

use crate::processes::{Event, Process};
use crate::{http, workspace};

/// Take pictures of the pages of a bridge and of a fleet, with headless Chromium, into docs.
///
/// Stand-in Engines are behind both; nothing of this machine's own is in the pictures.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// Where the pictures go.
    #[arg(long, value_name = "DIR", default_value_os_t = workspace::root().join("docs"))]
    into: PathBuf,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    workspace::run(&mut workspace::cargo(
        "build --locked --package bridge --package bridge-tls --package probe",
    ))?;
    let stand_in = "build --locked --package testkit --bin stand-in-engine";
    workspace::run(&mut workspace::cargo(stand_in))?;
    let (events, inbox) = mpsc::channel();
    let stage = Stage::set(&events).with_context(|| said(&inbox))?;
    for (name, page, height) in [("bridge.png", stage.bridge, 900), ("fleet.png", stage.fleet, 760)]
    {
        picture(page, height, &options.into.join(name), &stage.scratch.0)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A bridge and a probe that have something to show.
struct Stage {
    /// Where the page of the bridge is.
    bridge: SocketAddr,
    /// Where the page of the fleet is.
    fleet: SocketAddr,
    scratch: Scratch,
    _processes: Vec<Process>,
    /// An Engine that says nothing.
    _silent: TcpListener,
    /// Somebody who listens to events.
    _client: TcpStream,
}

impl Stage {
    fn set(events: &Sender<Event>) -> anyhow::Result<Self> {
        let scratch = Scratch::create()?;
        let mut processes = Vec::new();
        let mut start = |name: &'static str, arguments: &[String]| -> anyhow::Result<()> {
            let mut command = Command::new(workspace::target()?.join("debug").join(name));
            // Settings of whoever takes the picture aren't part of it.
            command.env_clear().env("HOME", &scratch.0).args(arguments);
            let process = Process::start(name, &mut command, events)
                .with_context(|| format!("cannot start `{}`", workspace::show(&command)))?;
            processes.push(process);
            Ok(())
        };
        let any = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).context("no free port")?;
        let engine = any.local_addr()?.port();
        drop(any);
        let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        let [front, tls, bridge, fleet, dead] = free_addresses()?;

        start("stand-in-engine", &[format!("--listen=tcp://0.0.0.0:{engine}")])?;
        let upstream = format!("--upstream=tcp://127.0.0.1:{engine}");
        let access = ["--access=monitor".into(), format!("--admin=tcp://{bridge}")];
        let listen = |address| format!("--listen=tcp://{address}");
        start("bridge", &[&[listen(front), upstream.clone()][..], &access].concat())?;
        let certificates = format!("--cert-dir={}", scratch.0.join("certs").display());
        let serve = ["serve".into(), listen(tls), upstream, certificates, "--server-days=9".into()];
        start("bridge-tls", &serve)?;
        answers(front, "/version")?;
        let client = scratch.0.join("certs/client");
        let files = ["ca.pem", "cert.pem", "key.pem"].map(|name| client.join(name));
        until("certificates are there", || files.iter().all(|file| file.exists()))?;

        let silent_address = silent.local_addr()?;
        let alive = (1..=5).map(|number| format!("tcp://127.10.0.{number}:{engine}"));
        let others = [
            format!("tcp://{front}"),
            format!("https://{tls}"),
            format!("tcp://{dead}"),
            format!("tcp://{silent_address}"),
        ];
        let certificates = format!("--cert-dir={}", client.display());
        let every = ["--timeout=1s".into(), "--interval=500ms".into()];
        let serve = [format!("--serve=tcp://{fleet}"), certificates];
        // Without TLS, though there are certificates.
        let plain = |target: String| target.replace("tcp://", "http://");
        let targets: Vec<_> = alive.chain(others).map(plain).collect();
        start("probe", &[&serve[..], &every, &targets].concat())?;

        for line in [
            "POST /v1.51/containers/create",
            "DELETE /v1.51/containers/database",
            "POST /v1.51/containers/web/exec",
            "GET /v1.51/containers/json",
            "GET /v1.51/images/json",
            "GET /v1.51/info",
            "POST /v1.51/images/create",
        ] {
            let mut answer = Vec::new();
            ask(front, line, "Connection: close\r\n")?.read_to_end(&mut answer)?;
        }
        let client = ask(front, "GET /v1.51/events", "")?;
        answers(fleet, "/readyz")?;
        answers(bridge, "/readyz")?;
        // The sparklines want a past.
        thread::sleep(Duration::from_secs(12));
        Ok(Self { bridge, fleet, scratch, _processes: processes, _silent: silent, _client: client })
    }
}

/// What the programs have printed.
fn said(inbox: &Receiver<Event>) -> String {
    let lines = inbox.try_iter().filter_map(|event| match event {
        Event::Line(name, line) => Some(format!("{name}: {line}\n")),
        Event::Ended(_) | Event::Stop => None,
    });
    format!("the pages can't be shown; the programs said:\n{}", lines.collect::<String>())
}

fn free_addresses<const N: usize>() -> anyhow::Result<[SocketAddr; N]> {
    let listeners = [(); N].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    for (address, listener) in addresses.iter_mut().zip(listeners) {
        *address = listener.and_then(|listener| listener.local_addr()).context("no free port")?;
    }
    Ok(addresses)
}

fn ask(address: SocketAddr, line: &str, headers: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).context("the bridge doesn't listen")?;
    write!(stream, "{line} HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n{headers}\r\n")?;
    Ok(stream)
}

fn answers(address: SocketAddr, path: &str) -> anyhow::Result<()> {
    until(&format!("http://{address}{path} answers 200"), || http::get_tcp(address, path).is_ok())
}

fn until(what: &str, holds: impl Fn() -> bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + READY;
    while !holds() {
        if Instant::now() >= deadline {
            bail!("not within {READY:?}: {what}");
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn picture(page: SocketAddr, height: u16, file: &Path, home: &Path) -> anyhow::Result<()> {
    workspace::run(
        Command::new("chromium")
            .env("HOME", home)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", home.join("chromium").display()))
            .arg(format!("--window-size=1280,{height}"))
            .arg("--virtual-time-budget=3000")
            .arg(format!("--screenshot={}", file.display()))
            .arg(format!("http://{page}/"))
            // It misses the desktop, at length.
            .stderr(Stdio::null()),
    )
}

/// A folder of this task's own, removed with it.
struct Scratch(PathBuf);

impl Scratch {
    fn create() -> anyhow::Result<Self> {
        let path = env::temp_dir().join(format!("docker-api-screenshots-{}", process::id()));
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("cannot create folder `{}`", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left lies in the folder for temporary files.
        drop(fs::remove_dir_all(&self.0));
    }
}

const READY: Duration = Duration::from_secs(20);
