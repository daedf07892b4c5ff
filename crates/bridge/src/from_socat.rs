//! socat's words become the same settings that our own flags make. They beat variables.

use std::path::{self, Path, PathBuf};
use std::time::Duration;

use docker_api_core::accounts;
use docker_api_core::address::{HostPort, IpVersion, ListenAddress, UnixPath, UpstreamAddress};
use docker_api_core::listen::{Allowed, ListenSettings, UnixFile};
use docker_api_core::run::Front;
use docker_api_core::transport::Keepalive;
use docker_api_core::upstream::Retry;
use docker_api_settings::{Failure, Flags, Plan};

use crate::socat::{self, Dial, DialTo, Family, Listen, ListenAt, Socat, Times};

/// Puts socat's words into a plan that flags and variables have made.
pub(crate) fn apply(socat: Socat, flags: &Flags, plan: &mut Plan) -> Result<(), Failure> {
    plan.warnings.extend(socat.warnings);
    let settings = &mut plan.settings;
    settings.idle = socat.idle;
    settings.other_sockets = Vec::new();

    let Dial { to, connect_timeout, retry, nodelay, keepalive } = socat.upstream;
    let upstream = &mut settings.upstream;
    if let DialTo::Tcp { family, .. } = &to {
        upstream.version = version(*family);
    }
    upstream.address = upstream_address(to)?;
    upstream.retry = retry_of(&retry);
    upstream.nodelay = nodelay.unwrap_or(true);
    upstream.keepalive = keepalive_of(&keepalive);
    if let (None, Some(timeout)) = (&flags.connect_timeout, connect_timeout) {
        upstream.connect_timeout = timeout;
    }
    if flags.log_level.is_none() {
        match socat.verbosity {
            0..=2 => {}
            3 => plan.log_level = "debug".parse().unwrap_or_default(),
            _ => plan.log_level = "trace".parse().unwrap_or_default(),
        }
    }
    let listen = match socat.front {
        socat::Front::Stdio => {
            settings.front = Front::Stdio;
            // What comes there is relayed unseen.
            settings.guard = None;
            if !settings.allow_from.is_empty() {
                let typed = !flags.allow_from.is_empty();
                return Err(Failure::setting(
                    if typed { "--allow-from" } else { "BRIDGE_ALLOW_FROM" },
                    "nobody connects to standard input and output: leave it out, or listen on an \
                     address",
                ));
            }
            return plan.access.refuse_standard_input();
        }
        socat::Front::Listen(listen) => *listen,
    };
    if let Some(range) = listen.range {
        if !flags.allow_from.is_empty() {
            return Err(Failure::setting(
                "--allow-from",
                "`range=` among socat's words says the same; write one of them",
            ));
        }
        settings.allow_from = vec![Allowed::Network(range)];
    }
    if let (None, Some(most)) = (&flags.max_connections, listen.max_children) {
        settings.max_connections = Some(most);
    }
    let file = match &settings.front {
        Front::Listen { listeners, .. } => listeners.first().map(|one| one.file.clone()),
        Front::Stdio => None,
    };
    let once = !listen.fork;
    plan.access.have_one_listener();
    let listeners = vec![listener(listen, file.unwrap_or_default())?];
    settings.front = Front::Listen { listeners, once };
    Ok(())
}

/// `file` is what flags and variables say of unix sockets.
fn listener(listen: Listen, mut file: UnixFile) -> Result<ListenSettings, Failure> {
    let version = match &listen.at {
        ListenAt::Tcp { host: Some(_), family, .. } => version(*family),
        _ => None,
    };
    let address = match listen.at {
        ListenAt::Abstract { name } => ListenAddress::Unix(UnixPath::Abstract(name)),
        ListenAt::Tcp { host, port, family } => {
            let every = match family {
                Family::V4 => "0.0.0.0",
                Family::Any | Family::V6 => "::",
            };
            let host = host.unwrap_or_else(|| every.into());
            ListenAddress::Tcp(HostPort { host, port })
        }
        ListenAt::Unix { path, mode, user, group, unlink_early: _ } => {
            let account = |option: &str, error| {
                Failure::usage(format!("bad command line: UNIX-LISTEN: {option}: {error}"))
            };
            file.mode = mode.unwrap_or(file.mode);
            if let Some(user) = user {
                let id = accounts::user_id(&user).map_err(|error| account("user", error))?;
                file.user = Some(id);
            }
            if let Some(group) = group {
                let id = accounts::group_id(&group).map_err(|error| account("group", error))?;
                file.group = Some(id);
                file.group_required = true;
            }
            ListenAddress::Unix(UnixPath::File(absolute(&path)?))
        }
    };
    let defaults = ListenSettings::new(address);
    Ok(ListenSettings {
        backlog: listen
            .backlog
            .map_or(defaults.backlog, |most| i32::try_from(most).unwrap_or(i32::MAX)),
        version,
        v6_only: listen.v6only,
        reuse_port: listen.reuseport,
        nodelay: listen.nodelay.unwrap_or(true),
        keepalive: keepalive_of(&listen.keepalive),
        retry: retry_of(&listen.retry),
        file,
        ..defaults
    })
}

fn upstream_address(to: DialTo) -> Result<UpstreamAddress, Failure> {
    Ok(match to {
        DialTo::Abstract(name) => UpstreamAddress::Unix(UnixPath::Abstract(name)),
        DialTo::Tcp { host, port, family: _ } => UpstreamAddress::Tcp(HostPort { host, port }),
        DialTo::Unix(path) => UpstreamAddress::Unix(UnixPath::File(absolute(&path)?)),
    })
}

fn version(family: Family) -> Option<IpVersion> {
    match family {
        Family::Any => None,
        Family::V4 => Some(IpVersion::V4),
        Family::V6 => Some(IpVersion::V6),
    }
}

/// socat takes paths from where it stands.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    path::absolute(path)
        .map_err(|error| Failure::usage(format!("bad command line: {}: {error}", path.display())))
}

fn retry_of(retry: &socat::Retry) -> Retry {
    match retry.times {
        Times::None => Retry::Never,
        Times::Count(more) => Retry::Times(more, retry.interval),
        Times::Forever => Retry::Forever(retry.interval.max(Duration::from_millis(10))),
    }
}

/// On unless turned off: a bridge finds vanished clients where socat's default waits for ever.
fn keepalive_of(keepalive: &socat::Keepalive) -> Option<Keepalive> {
    let defaults = Keepalive::default();
    (keepalive.enabled != Some(false)).then(|| Keepalive {
        idle: keepalive.idle.unwrap_or(defaults.idle),
        interval: keepalive.interval.unwrap_or(defaults.interval),
        count: keepalive.count.unwrap_or(defaults.count),
    })
}
