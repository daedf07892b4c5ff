//! What was typed and what the environment says become what the bridge runs with.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use docker_api_core::accounts;
use docker_api_core::address::{ListenAddress, UnixPath, UpstreamAddress};
use docker_api_core::gate::MakeGate;
use docker_api_core::guard::{AllowedHost, AllowedOrigin, Guard};
use docker_api_core::listen::{Allowed, ListenSettings, UnixFile};
use docker_api_core::logging::{self, LogFormat, LogLevel};
use docker_api_core::machine;
use docker_api_core::run::{Front, Settings};
use docker_api_core::transport::Keepalive;
use docker_api_core::upstream::{Retry, UpstreamSettings, sockets_here};
use docker_api_core::variables::Variables;
use tracing::warn;

use crate::{Failure, Flags, Program, Sources, later, values};

/// A checked start: nothing in it is left to decide.
#[derive(Debug)]
pub struct Plan {
    /// What the bridge runs with.
    pub settings: Settings,
    /// Which lines are logged.
    pub log_level: LogLevel,
    /// How they look.
    pub log_format: LogFormat,
    /// Nothing is coloured.
    pub no_color: bool,
    /// For people to see.
    pub shown: Shown,
    /// One line each, to be logged.
    pub warnings: Vec<String>,
}

/// Settings that the running types no longer tell apart, for `--check` and the log.
#[derive(Debug, Default)]
pub struct Shown {
    /// `--allow-host`.
    pub allow_host: Vec<String>,
    /// `--allow-origin`.
    pub allow_origin: Vec<String>,
}

impl Plan {
    /// Flags before variables before defaults.
    ///
    /// # Errors
    /// The first setting that can't be what it says.
    pub fn new(program: &Program, flags: &Flags, variables: &Variables) -> Result<Self, Failure> {
        let from = Sources { variables };
        let mut warnings = program.review(variables)?;
        warnings.extend(later::warnings(program, variables));
        later::refuse_guarded_access(program, variables)?;

        let (guard, shown) = from.guard(flags)?;
        let upstream = from.upstream(flags)?;
        let listeners = from.listeners(program, flags, &upstream)?;
        Ok(Self {
            settings: Settings {
                front: Front::Listen { listeners, once: false },
                gate: MakeGate::default(),
                tls: None,
                policy: None,
                record: None,
                user: from
                    .one(flags.user.as_ref(), "user", &["BRIDGE_USER"], values::user)?
                    .unwrap_or_default(),
                in_container: is_container(variables),
                other_sockets: sockets_here(&upstream, |name| {
                    Some(PathBuf::from(variables.get(&[name])?.1))
                }),
                upstream: from.dialling(flags, upstream)?,
                guard,
                allow_from: from.list::<Allowed>(
                    &flags.allow_from,
                    "allow-from",
                    &["BRIDGE_ALLOW_FROM"],
                )?,
                max_connections: from.one(
                    flags.max_connections.as_ref(),
                    "max-connections",
                    &["BRIDGE_MAX_CONNECTIONS"],
                    values::count,
                )?,
                grace: from
                    .duration(
                        flags.shutdown_grace.as_ref(),
                        "shutdown-grace",
                        "BRIDGE_SHUTDOWN_GRACE",
                    )?
                    .unwrap_or(SHUTDOWN_GRACE),
                exit_when_stale: from
                    .one(None, "", &["BRIDGE_STALE_SOCKET"], values::exit_when_stale)?
                    .unwrap_or(false),
                idle: None,
            },
            log_level: from.log_level(flags)?,
            log_format: from
                .one(
                    flags.log_format.as_ref(),
                    "log-format",
                    &["BRIDGE_LOG_FORMAT"],
                    values::log_format,
                )?
                .unwrap_or_default(),
            no_color: variables.get(&["NO_COLOR"]).is_some(),
            shown,
            warnings,
        })
    }

    /// Starts logging, with a line for each word and variable that means nothing here.
    pub fn start_logging(&self) {
        logging::init(self.log_level.clone(), self.log_format, self.no_color);
        for warning in &self.warnings {
            warn!("{warning}");
        }
    }
}

impl Program {
    /// The Engine's socket, where variables alone say so; `None` where they can't be read, or name
    /// no socket file.
    pub fn engine_socket(&self) -> Option<PathBuf> {
        let variables = self.variables().ok()?;
        match (Sources { variables: &variables }).upstream(&Flags::default()).ok()? {
            UpstreamAddress::Unix(UnixPath::File(path)) => Some(path),
            UpstreamAddress::Tcp(_) | UpstreamAddress::Unix(UnixPath::Abstract(_)) => None,
        }
    }
}

impl Sources<'_> {
    fn guard(&self, flags: &Flags) -> Result<(Option<Guard>, Shown), Failure> {
        let hosts =
            self.list::<AllowedHost>(&flags.allow_host, "allow-host", &["BRIDGE_ALLOW_HOST"])?;
        let origins = self.list::<AllowedOrigin>(
            &flags.allow_origin,
            "allow-origin",
            &["BRIDGE_ALLOW_ORIGIN"],
        )?;
        let off = self.switch(flags.no_browser_guard, "BRIDGE_NO_BROWSER_GUARD")?;
        let shown = Shown {
            allow_host: hosts.iter().map(ToString::to_string).collect(),
            allow_origin: origins.iter().map(ToString::to_string).collect(),
        };
        Ok(((!off).then(|| Guard::new(hosts, origins, &machine::name())), shown))
    }

    fn dialling(
        &self,
        flags: &Flags,
        address: UpstreamAddress,
    ) -> Result<UpstreamSettings, Failure> {
        let timeout = self.duration_above_zero(
            flags.connect_timeout.as_ref(),
            "connect-timeout",
            "BRIDGE_CONNECT_TIMEOUT",
        )?;
        Ok(UpstreamSettings {
            address,
            version: None,
            connect_timeout: timeout.unwrap_or(CONNECT_TIMEOUT),
            retry: Retry::Never,
            nodelay: true,
            keepalive: Some(Keepalive::default()),
        })
    }

    fn upstream(&self, flags: &Flags) -> Result<UpstreamAddress, Failure> {
        let parse = |text: &str| text.parse().map_err(|e| format!("{e}"));
        let named = self.one(
            flags.upstream.as_ref(),
            "upstream",
            &["BRIDGE_UPSTREAM", "SOCKET_PATH"],
            parse,
        )?;
        let docker_host = || {
            let (name, text) = self.variables.get(&["DOCKER_HOST"])?;
            // tcp:// there is where a docker client goes, which may be this very bridge.
            text.starts_with("unix://")
                .then(|| parse(text).map_err(|why| Failure::setting(name, why)))
        };
        match named {
            Some(address) => Ok(address),
            None => docker_host()
                .unwrap_or_else(|| parse("unix:///var/run/docker.sock").map_err(Failure::usage)),
        }
    }

    fn listeners(
        &self,
        program: &Program,
        flags: &Flags,
        upstream: &UpstreamAddress,
    ) -> Result<Vec<ListenSettings>, Failure> {
        let file = self.unix_file(flags, upstream)?;
        let mut addresses = self.many(&flags.listen, "listen", &["BRIDGE_LISTEN"], |text| {
            if text.contains('=') {
                return Err(format!(
                    "`{text}` names a role, and this version has open access only (write the \
                     address without `=`)"
                ));
            }
            ListenAddress::parse(text, program.default_port).map_err(|error| error.to_string())
        })?;
        if addresses.is_empty() {
            addresses = ListenAddress::parse(program.default_listen, program.default_port)
                .map(|address| vec![address])
                .map_err(|error| Failure::other(error.to_string()))?;
        }
        let settings =
            |address| ListenSettings { file: file.clone(), ..ListenSettings::new(address) };
        Ok(addresses.into_iter().map(settings).collect())
    }

    fn unix_file(&self, flags: &Flags, upstream: &UpstreamAddress) -> Result<UnixFile, Failure> {
        let mode =
            self.one(flags.socket_mode.as_ref(), "socket-mode", &["BRIDGE_SOCKET_MODE"], |text| {
                values::mode(text, "0660")
            })?;
        let group = self.one(
            flags.socket_group.as_ref(),
            "socket-group",
            &["BRIDGE_SOCKET_GROUP"],
            |text| accounts::group_id(text).map_err(|error| error.to_string()),
        )?;
        Ok(UnixFile {
            mode: mode.unwrap_or(0o660),
            user: None,
            group_required: group.is_some(),
            group: group.or_else(|| group_of(upstream)),
        })
    }

    fn log_level(&self, flags: &Flags) -> Result<LogLevel, Failure> {
        let ours = self.one(flags.log_level.as_ref(), "log-level", &["BRIDGE_LOG"], |text| {
            text.parse().map_err(|error| format!("{error}"))
        })?;
        let level = match ours {
            Some(level) => Some(level),
            None => self.one(None, "log-level", &["LOG_LEVEL"], |text| {
                LogLevel::from_haproxy(text).map_err(|error| error.to_string())
            })?,
        };
        Ok(level.unwrap_or_default())
    }
}

fn group_of(upstream: &UpstreamAddress) -> Option<u32> {
    let UpstreamAddress::Unix(path) = upstream else { return None };
    Some(fs::metadata(path.as_file()?).ok()?.gid())
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const SHUTDOWN_GRACE: Duration = Duration::from_secs(8);

/// As container engines tell it: Docker and Podman by a file, others and our images by systemd's
/// variable.
fn is_container(variables: &Variables) -> bool {
    variables.get(&["container"]).is_some()
        || ["/.dockerenv", "/run/.containerenv"].iter().any(|path| Path::new(path).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::program::tests::BRIDGE;

    fn plan<const N: usize>(flags: &Flags, pairs: [(&str, &str); N]) -> Result<Plan, Failure> {
        Plan::new(&BRIDGE, flags, &pairs.into_iter().collect())
    }

    #[test]
    fn a_flag_beats_its_variable() {
        let flags = Flags { upstream: Some("/flag.sock".into()), ..Flags::default() };
        let plan = plan(&flags, [("BRIDGE_UPSTREAM", "/variable.sock")]).unwrap();
        assert_eq!(plan.settings.upstream.address.to_string(), "unix:///flag.sock");
    }

    #[test]
    fn the_upstream_variables_stand_in_their_order() {
        let all = [("DOCKER_HOST", "unix:///h.sock"), ("SOCKET_PATH", "/s.sock")];
        let of = |plan: Plan| plan.settings.upstream.address.to_string();
        assert_eq!(of(plan(&Flags::default(), all).unwrap()), "unix:///s.sock");
        assert_eq!(of(plan(&Flags::default(), [all[0]]).unwrap()), "unix:///h.sock");
        let tcp = [("DOCKER_HOST", "tcp://127.0.0.1:2375")];
        assert_eq!(of(plan(&Flags::default(), tcp).unwrap()), "unix:///var/run/docker.sock");
    }

    #[test]
    fn a_setting_that_would_restrict_access_is_never_dropped() {
        for pair in [("BRIDGE_ACCESS", "read-only"), ("BRIDGE_POLICY", "/p.toml")] {
            assert!(plan(&Flags::default(), [pair]).is_err());
        }
        assert!(plan(&Flags::default(), [("BRIDGE_ACCESS", "full")]).is_ok());
        assert!(plan(&Flags::default(), [("BRIDGE_LISTEN", "tcp://127.0.0.1:1=monitor")]).is_err());
    }

    #[test]
    fn a_bad_value_names_where_it_stands() {
        for (pair, part) in [
            (("BRIDGE_CONNECT_TIMEOUT", "10"), "BRIDGE_CONNECT_TIMEOUT: `10` is not a duration"),
            (("BRIDGE_MAX_CONNECTIONS", "0"), "`0` is not a number of connections"),
            (("BRIDGE_SOCKET_MODE", "999"), "`999` is not a mode in octal"),
            (("BRIDGE_LOG_FORMAT", "xml"), "`xml` is not a log format"),
            (("BRIDGE_ALLOW_ORIGIN", "null"), "BRIDGE_ALLOW_ORIGIN: `null`"),
            (
                ("BRIDGE_STALE_SOCKET", "stop"),
                "BRIDGE_STALE_SOCKET: `stop` is not known (write exit",
            ),
            (("LOG_LEVEL", "loud"), "LOG_LEVEL: `loud` is not a log level"),
        ] {
            let failure = plan(&Flags::default(), [pair]).unwrap_err().to_string();
            assert!(failure.contains(part), "{failure}");
        }
    }
}
