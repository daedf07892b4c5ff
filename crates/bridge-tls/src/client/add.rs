//! `bridge-tls client add`: a certificate for a client, and what the client does with it.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{self, Path, PathBuf};

use docker_api_access::Policy;
use docker_api_core::address::HostPort;
use docker_api_core::exit::Exit;
use docker_api_core::machine;
use docker_api_core::pki::clients::{NewClient, add_client};
use docker_api_core::pki::context::docker_context;
use docker_api_core::pki::{ClientName, SystemRandom};
use docker_api_settings::{Failure, Sources, check, command_line, values};
use time::OffsetDateTime;

use crate::args::Add;
use crate::command::prepare;
use crate::host::host;
use crate::new_file;
use crate::settings::{Ours, days};
use crate::shell::{exports, quoted};
use crate::tell;

/// Makes the certificate and says what to do with it.
///
/// # Errors
/// When the name is taken, a file is there already, or something can't be written.
pub(super) fn run(add: &Add) -> Result<Exit, Failure> {
    let name: ClientName =
        add.name.parse().map_err(|error| command_line::bad(&format!("{error}")))?;
    let (variables, Ours { dir, sans }) = prepare(&add.directory)?;
    let from = Sources { variables: &variables };
    let days = from.one(add.days.as_ref(), "days", &["CERT_EXPIRATION_DAYS"], days)?;
    let role = from.one(add.role.as_ref(), "role", &[], values::role)?;
    let machine = machine::name();
    let (host, guessed) = host(add.host.as_deref(), &sans, &machine)?;
    let outputs = Outputs::new(add)?;

    let now = OffsetDateTime::now_utc();
    let random = SystemRandom::default();
    let client = add_client(&dir, &name, role.as_deref(), days, now, &random)?;
    for warning in guessed.into_iter().chain(role.as_deref().and_then(misspelt)) {
        tell::warn(warning);
    }
    let role = role.map(|role| format!(", role {role}")).unwrap_or_default();
    let (serial, until) = (&client.serial, client.not_after.date());
    tell::note(format_args!("client {name}: serial {serial}{role}, until {until}"));
    let kept = dir.path.join("clients").join(name.as_str());
    outputs.write(&name, &host, &client).map_err(|failure| {
        Failure::other(format!(
            "{failure}; the client is added, its files are in {}",
            kept.display()
        ))
    })?;
    let steps = outputs.next_steps(&name, &host, &kept);
    if outputs.context == Some(Context::Stdout) {
        tell::note(steps);
        return Ok(Exit::Ok);
    }
    check::print(&steps)
}

/// The server's policy may define any role; one that is nearly built in is rarely meant.
fn misspelt(role: &str) -> Option<String> {
    let built_in = Policy::built_in();
    let near = built_in.near(role).filter(|near| *near != role)?;
    Some(format!("the server's policy has to define the role {role}: did you mean {near}?"))
}

/// Where the client's files go, besides the directory of certificates.
struct Outputs {
    out: Option<PathBuf>,
    context: Option<Context>,
}

/// Where a docker context goes.
#[derive(Debug, Eq, PartialEq)]
enum Context {
    File(PathBuf),
    Stdout,
}

impl Outputs {
    /// Refuses what would overwrite something, before anything is made.
    fn new(add: &Add) -> Result<Self, Failure> {
        let absolute = |flag: &str, text: &String| {
            path::absolute(text)
                .map_err(|why| Failure::setting(flag, format!("`{text}` is not a path: {why}")))
        };
        let out = add.out.as_ref().map(|text| absolute("--out", text)).transpose()?;
        for file in out.iter().flat_map(|out| FILES.map(|file| out.join(file))) {
            new_file::refuse_existing("--out", &file)?;
        }
        let context = match add.context.as_ref() {
            None => None,
            Some(dash) if dash == "-" => {
                if io::stdout().is_terminal() {
                    let why = "standard output is a terminal: name a file, or redirect it";
                    return Err(Failure::setting("--context", why));
                }
                Some(Context::Stdout)
            }
            Some(file) => {
                let file = absolute("--context", file)?;
                new_file::refuse_existing("--context", &file)?;
                Some(Context::File(file))
            }
        };
        Ok(Self { out, context })
    }

    fn write(&self, name: &ClientName, host: &HostPort, client: &NewClient) -> Result<(), Failure> {
        if let Some(out) = &self.out {
            client.write_to(out)?;
        }
        let Some(context) = &self.context else { return Ok(()) };
        let cannot = |what: &str, why: io::Error| {
            Failure::other(format!("cannot write the context: {what}: {why}"))
        };
        let tar = docker_context(name.as_str(), &host.to_string(), client)
            .map_err(|why| cannot("in memory", why))?;
        match context {
            Context::File(file) => new_file::write(file, 0o600, &tar)
                .map_err(|why| cannot(&file.display().to_string(), why)),
            Context::Stdout => {
                let mut stdout = io::stdout().lock();
                let written = stdout.write_all(&tar).and_then(|()| stdout.flush());
                written.map_err(|why| cannot("standard output", why))
            }
        }
    }

    /// What makes a shell or the docker CLI use the certificate.
    fn next_steps(&self, name: &ClientName, host: &HostPort, kept: &Path) -> String {
        let import = self.context.as_ref().map(|context| match context {
            Context::File(file) => {
                format!("docker context import {name} {}", quoted(&file.display().to_string()))
            }
            Context::Stdout => format!("docker context import {name} -"),
        });
        match (&self.out, import) {
            (None, Some(import)) => import,
            (Some(out), Some(import)) => format!("{}\n{import}", exports(host, out)),
            (out, None) => exports(host, out.as_deref().unwrap_or(kept)),
        }
    }
}

/// What `--out` receives.
const FILES: [&str; 3] = ["ca.pem", "cert.pem", "key.pem"];
