//! The effective settings, as `--check` prints them and the log has them.

use std::io::{self, Write as _};

use docker_api_core::address::ListenAddress;
use docker_api_core::exit::Exit;
use docker_api_core::listen::Allowed;
use docker_api_core::run::{Front, User};

use crate::{Failure, Loaded, Plan};

/// Prints what was asked for instead of a bridge. A reader that has left is no error.
pub fn print(text: &str) -> Result<Exit, Failure> {
    match writeln!(io::stdout(), "{}", text.trim_end()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::other(format!("cannot print: standard output: {error}")))
        }
        _ => Ok(Exit::Ok),
    }
}

/// A setting and its value, for people.
pub type Row = (&'static str, String);

/// One setting a line, `more` behind those that all bridges have; and what each role may do, where
/// requests are judged.
pub fn table(plan: &Plan, more: impl IntoIterator<Item = Row>, access: &Loaded) -> String {
    let head = "the settings are right; this would run:".to_owned();
    let rows = columns(plan, more).map(|row| format!("  {row}"));
    let warnings = plan.warnings.iter().map(|warning| format!("warning: {warning}"));
    let listeners = match &plan.settings.front {
        Front::Listen { listeners, .. } => listeners.as_slice(),
        Front::Stdio => &[],
    };
    let rights = Some(access.rights(listeners)).filter(|rights| !rights.is_empty());
    let lines = std::iter::once(head).chain(rows).chain(warnings).chain(rights);
    lines.collect::<Vec<_>>().join("\n")
}

/// The same of a bridge that runs.
pub fn running(plan: &Plan, more: impl IntoIterator<Item = Row>) -> String {
    columns(plan, more).collect::<Vec<_>>().join("\n")
}

fn columns(plan: &Plan, more: impl IntoIterator<Item = Row>) -> impl Iterator<Item = String> {
    let rows = rows(plan).into_iter().chain(more);
    rows.map(|(name, value)| format!("{name:<16} {value}"))
}

/// All settings in one line, `more` behind those that all bridges have.
pub fn line(plan: &Plan, more: impl IntoIterator<Item = Row>) -> String {
    let rows = rows(plan).into_iter().chain(more);
    rows.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("; ")
}

fn rows(plan: &Plan) -> Vec<Row> {
    let settings = &plan.settings;
    let listen = match &settings.front {
        Front::Listen { listeners, .. } => {
            let shown = listeners.iter().enumerate().map(|(index, one)| {
                match plan.access.own_role(index) {
                    Some(role) => format!("{}={role}", one.address),
                    None => one.address.to_string(),
                }
            });
            list(shown, "nowhere")
        }
        Front::Stdio => "standard input and output".into(),
    };
    let file = match &settings.front {
        Front::Listen { listeners, .. } => {
            listeners.iter().find(|one| matches!(one.address, ListenAddress::Unix(_)))
        }
        Front::Stdio => None,
    };
    let file = file.map(|one| match one.file.group {
        Some(group) => format!("mode {:04o}, group {group}", one.file.mode),
        None => format!("mode {:04o}", one.file.mode),
    });
    let allowed = |one: &Allowed| match one {
        Allowed::Name(name) => name.clone(),
        Allowed::Network(network) => network.to_string(),
    };
    let mut rows = vec![
        ("listen", listen),
        ("upstream", settings.upstream.address.to_string()),
        ("browser guard", if settings.guard.is_some() { "on" } else { "off" }.into()),
        ("allow from", list(settings.allow_from.iter().map(allowed), "everyone")),
        ("allow host", list(plan.shown.allow_host.iter().cloned(), "none")),
        ("allow origin", list(plan.shown.allow_origin.iter().cloned(), "none")),
        (
            "max connections",
            settings
                .max_connections
                .map_or_else(|| "from the descriptor limit".into(), |most| most.to_string()),
        ),
        ("connect timeout", format!("{:?}", settings.upstream.connect_timeout)),
        ("shutdown grace", format!("{:?}", settings.grace)),
    ];
    rows.splice(2..2, plan.access.rows());
    rows.extend(settings.admin.as_ref().map(|admin| ("admin", admin.address.to_string())));
    let user = match settings.user {
        User::Nonroot => None,
        User::Root => Some("root".to_owned()),
        User::Named(uid, None) => Some(uid.to_string()),
        User::Named(uid, Some(gid)) => Some(format!("{uid}:{gid}")),
    };
    rows.extend(user.map(|user| ("user", user)));
    rows.extend(file.map(|file| ("unix listener", file)));
    if let Some(idle) = settings.idle {
        rows.push(("idle", format!("{idle:?}")));
    }
    if matches!(settings.front, Front::Listen { once: true, .. }) {
        rows.push(("serves", "one connection, then ends (socat without `fork`)".into()));
    }
    rows
}

/// What a list holds, or the word for an empty one.
pub fn list(items: impl Iterator<Item = String>, none: &str) -> String {
    let all: Vec<_> = items.collect();
    if all.is_empty() { none.into() } else { all.join(", ") }
}
