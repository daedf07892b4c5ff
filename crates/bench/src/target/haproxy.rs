//! HAProxy, in four ways.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::Site;

/// Layer 4.
pub(super) fn tcp(program: &Path, site: &Site) -> anyhow::Result<Command> {
    run(program, site, "  mode tcp\n", "", "")
}

/// Layer 7, without rules.
pub(super) fn http(program: &Path, site: &Site) -> anyhow::Result<Command> {
    run(program, site, "  mode http\n", "", "")
}

/// The rules of tecnativa/docker-socket-proxy, in its order, and its way with connections.
pub(super) fn tecnativa(program: &Path, site: &Site) -> anyhow::Result<Command> {
    let mut rules = String::from("  http-request deny unless METH_GET || { env(POST) -m bool }\n");
    for (path, variable) in RULES {
        // Writing to a string can't fail.
        let _ = writeln!(
            rules,
            "  http-request allow if {{ path,url_dec -m reg -i ^(/v[\\d\\.]+)?/{path} }} \
             {{ env({variable}) -m bool }}"
        );
    }
    rules.push_str("  http-request deny\n");
    let mut command = run(program, site, "  mode http\n  option http-server-close\n", "", &rules)?;
    command.envs(["BUILD", "CONTAINERS", "EXEC", "POST"].map(|variable| (variable, "1")));
    Ok(command)
}

/// Layer 4 behind mutual TLS.
pub(super) fn tls(program: &Path, site: &Site) -> anyhow::Result<Command> {
    let certificates = site.certificates()?;
    let ssl = format!(
        " ssl crt {} ca-file {} verify required",
        certificates.both().display(),
        certificates.authority().display()
    );
    run(program, site, "  mode tcp\n", &ssl, "")
}

fn run(program: &Path, site: &Site, mode: &str, ssl: &str, rules: &str) -> anyhow::Result<Command> {
    let config = format!(
        "defaults\n{mode}  timeout connect 10s\n  timeout client 1h\n  timeout server 1h\n\
         frontend docker\n  bind {}{ssl} backlog 4096\n{rules}  default_backend engine\n\
         backend engine\n  server engine unix@{}\n",
        site.address(),
        site.upstream.display(),
    );
    let config = site.write("haproxy.cfg", &config)?;
    let mut command = site.command(program);
    command.arg("-db").arg("-f").arg(config);
    Ok(command)
}

/// Paths behind the version, and the variable that opens each.
const RULES: [(&str, &str); 26] = [
    (r"containers/[a-zA-Z0-9_.-]+/((stop)|(restart)|(kill))", "ALLOW_RESTARTS"),
    (r"containers/[a-zA-Z0-9_.-]+/start", "ALLOW_START"),
    (r"containers/[a-zA-Z0-9_.-]+/stop", "ALLOW_STOP"),
    ("auth", "AUTH"),
    ("build", "BUILD"),
    ("commit", "COMMIT"),
    ("configs", "CONFIGS"),
    ("containers", "CONTAINERS"),
    ("distribution", "DISTRIBUTION"),
    ("events", "EVENTS"),
    ("exec", "EXEC"),
    ("grpc", "GRPC"),
    ("images", "IMAGES"),
    ("info", "INFO"),
    ("networks", "NETWORKS"),
    ("nodes", "NODES"),
    ("_ping", "PING"),
    ("plugins", "PLUGINS"),
    ("secrets", "SECRETS"),
    ("services", "SERVICES"),
    ("session", "SESSION"),
    ("swarm", "SWARM"),
    ("system", "SYSTEM"),
    ("tasks", "TASKS"),
    ("version", "VERSION"),
    ("volumes", "VOLUMES"),
];
