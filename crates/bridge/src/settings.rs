//! What was typed and what the environment says become what the bridge runs with.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use docker_api_core::accounts;
use docker_api_core::address::{ListenAddress, UpstreamAddress};
use docker_api_core::guard::{AllowedHost, AllowedOrigin, Guard};
use docker_api_core::listen::{Allowed, ListenSettings, UnixFile};
use docker_api_core::logging::{LogFormat, LogLevel};
use docker_api_core::run::{Front, Settings};
use docker_api_core::transport::Keepalive;
use docker_api_core::upstream::{Retry, UpstreamSettings, sockets_here};
use docker_api_core::variables::Variables;
use tracing::warn;

use crate::args::{Args, Line};
use crate::check;
use crate::failure::Failure;
use crate::from_socat;
use crate::not_yet;
use crate::sources::Sources;

/// A checked start: nothing in it is left to decide.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) settings: Settings,
    pub(crate) log_level: LogLevel,
    pub(crate) log_format: LogFormat,
    pub(crate) no_color: bool,
    pub(crate) shown: Shown,
    /// One line each, to be logged.
    pub(crate) warnings: Vec<String>,
    /// socat's words in our own flags.
    pub(crate) equivalent: Option<String>,
}

/// Settings that the running types no longer tell apart, for `--check` and the log.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    pub(crate) allow_host: Vec<String>,
    pub(crate) allow_origin: Vec<String>,
}

impl Plan {
    /// Flags before variables before defaults.
    pub(crate) fn new(line: Line) -> Result<Self, Failure> {
        let ours = |name: &str| name.starts_with("BRIDGE_") || OTHERS.contains(&name);
        let variables = Variables::from_process(ours).map_err(|error| Failure::variable(&error))?;
        Self::from(line, &variables)
    }

    fn from(line: Line, variables: &Variables) -> Result<Self, Failure> {
        let Line { args, socat } = line;
        let from = Sources { variables };
        let mut warnings = variables.review(&KNOWN).map_err(|error| Failure::variable(&error))?;
        warnings.extend(of_later_versions(variables));
        refuse_guarded_access(variables)?;

        let hosts =
            from.list::<AllowedHost>(&args.allow_host, "allow-host", "BRIDGE_ALLOW_HOST")?;
        let origins =
            from.list::<AllowedOrigin>(&args.allow_origin, "allow-origin", "BRIDGE_ALLOW_ORIGIN")?;
        let no_guard = args.no_browser_guard
            || variables
                .switch(&["BRIDGE_NO_BROWSER_GUARD"])
                .map_err(|error| Failure::variable(&error))?
                .unwrap_or(false);
        let shown = Shown {
            allow_host: hosts.iter().map(ToString::to_string).collect(),
            allow_origin: origins.iter().map(ToString::to_string).collect(),
        };
        let guard = (!no_guard).then(|| Guard::new(hosts, origins, &machine_name()));

        let upstream = from.upstream(&args)?;
        let listeners = from.listeners(&args, &upstream)?;
        let log_level = from.log_level(&args)?;
        let mut plan = Self {
            settings: Settings {
                front: Front::Listen { listeners, once: false },
                other_sockets: sockets_here(&upstream, |name| {
                    Some(PathBuf::from(variables.get(&[name])?.1))
                }),
                upstream: UpstreamSettings {
                    address: upstream,
                    version: None,
                    connect_timeout: from
                        .duration_above_zero(
                            args.connect_timeout.as_ref(),
                            "connect-timeout",
                            "BRIDGE_CONNECT_TIMEOUT",
                        )?
                        .unwrap_or(CONNECT_TIMEOUT),
                    retry: Retry::Never,
                    nodelay: true,
                    keepalive: Some(Keepalive::default()),
                },
                guard,
                allow_from: from.list::<Allowed>(
                    &args.allow_from,
                    "allow-from",
                    "BRIDGE_ALLOW_FROM",
                )?,
                max_connections: from.one(
                    args.max_connections.as_ref(),
                    "max-connections",
                    &["BRIDGE_MAX_CONNECTIONS"],
                    count,
                )?,
                grace: from
                    .duration(
                        args.shutdown_grace.as_ref(),
                        "shutdown-grace",
                        "BRIDGE_SHUTDOWN_GRACE",
                    )?
                    .unwrap_or(SHUTDOWN_GRACE),
                idle: None,
            },
            log_level,
            log_format: from
                .one(args.log_format.as_ref(), "log-format", &["BRIDGE_LOG_FORMAT"], log_format)?
                .unwrap_or_default(),
            no_color: variables.get(&["NO_COLOR"]).is_some(),
            shown,
            warnings: Vec::new(),
            equivalent: None,
        };
        if let Some(socat) = socat {
            from_socat::apply(socat, &args, &mut plan)?;
        }
        warnings.append(&mut plan.warnings);
        plan.warnings = warnings;
        Ok(plan)
    }

    /// A line for each word and variable that means nothing here.
    pub(crate) fn log_warnings(&self) {
        for warning in &self.warnings {
            warn!("{warning}");
        }
    }

    /// Says, once it listens, what runs.
    pub(crate) fn summary(&self) -> Vec<String> {
        let equivalent = self.equivalent.as_ref();
        let equivalent = equivalent.map(|flags| format!("socat's words mean: {flags}"));
        equivalent.into_iter().chain([check::line(self)]).collect()
    }
}

impl Sources<'_> {
    fn upstream(&self, args: &Args) -> Result<UpstreamAddress, Failure> {
        let parse = |text: &str| text.parse().map_err(|e| format!("{e}"));
        let named = self.one(
            args.upstream.as_ref(),
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
        args: &Args,
        upstream: &UpstreamAddress,
    ) -> Result<Vec<ListenSettings>, Failure> {
        let file = self.unix_file(args, upstream)?;
        let mut addresses = self.many(&args.listen, "listen", "BRIDGE_LISTEN", |text| {
            if text.contains('=') {
                return Err(format!(
                    "`{text}` names a role, and this version has open access only (write the \
                     address without `=`)"
                ));
            }
            ListenAddress::parse(text, 2375).map_err(|error| error.to_string())
        })?;
        if addresses.is_empty() {
            addresses = ListenAddress::parse("tcp://127.0.0.1:2375", 2375)
                .map(|address| vec![address])
                .map_err(|error| Failure::other(error.to_string()))?;
        }
        let settings =
            |address| ListenSettings { file: file.clone(), ..ListenSettings::new(address) };
        Ok(addresses.into_iter().map(settings).collect())
    }

    fn unix_file(&self, args: &Args, upstream: &UpstreamAddress) -> Result<UnixFile, Failure> {
        let mode =
            self.one(args.socket_mode.as_ref(), "socket-mode", &["BRIDGE_SOCKET_MODE"], mode)?;
        let group = self.one(
            args.socket_group.as_ref(),
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

    fn log_level(&self, args: &Args) -> Result<LogLevel, Failure> {
        let ours = self.one(args.log_level.as_ref(), "log-level", &["BRIDGE_LOG"], |text| {
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

fn refuse_guarded_access(variables: &Variables) -> Result<(), Failure> {
    let later =
        |name: &str| Failure::setting(name, format!("not in this version: {}", not_yet::OPEN));
    match variables.get(&["BRIDGE_ACCESS"]) {
        Some((_, "full")) | None => {}
        Some((name, _)) => return Err(later(name)),
    }
    match variables.get(&["BRIDGE_POLICY"]) {
        Some((name, _)) => Err(later(name)),
        None => Ok(()),
    }
}

/// Variables of later versions that do no harm by doing nothing.
fn of_later_versions(variables: &Variables) -> Vec<String> {
    let names = ["BRIDGE_ADMIN", "BRIDGE_LEARN", "BRIDGE_LOG_REQUESTS", "BRIDGE_USER"];
    let set = names.into_iter().filter(|name| variables.get(&[name]).is_some());
    set.filter_map(not_yet::variable).collect()
}

fn group_of(upstream: &UpstreamAddress) -> Option<u32> {
    let UpstreamAddress::Unix(path) = upstream else { return None };
    Some(fs::metadata(path.as_file()?).ok()?.gid())
}

fn machine_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(format!("`{text}` is not a number of connections (write 1 or more)")),
    }
}

pub(crate) fn mode(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o777 && text.len() <= 4 => Ok(mode),
        _ => Err(format!("`{text}` is not a mode in octal (write 0660)")),
    }
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("`{text}` is not a log format (write text or json)")),
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const SHUTDOWN_GRACE: Duration = Duration::from_secs(8);

/// Variables that are not called `BRIDGE_…` but are read.
const OTHERS: [&str; 4] = ["DOCKER_HOST", "LOG_LEVEL", "NO_COLOR", "SOCKET_PATH"];

/// Every `BRIDGE_…` that is read, or will be.
const KNOWN: [&str; 19] = [
    "BRIDGE_ACCESS",
    "BRIDGE_ADMIN",
    "BRIDGE_ALLOW_FROM",
    "BRIDGE_ALLOW_HOST",
    "BRIDGE_ALLOW_ORIGIN",
    "BRIDGE_CONNECT_TIMEOUT",
    "BRIDGE_LEARN",
    "BRIDGE_LISTEN",
    "BRIDGE_LOG",
    "BRIDGE_LOG_FORMAT",
    "BRIDGE_LOG_REQUESTS",
    "BRIDGE_MAX_CONNECTIONS",
    "BRIDGE_NO_BROWSER_GUARD",
    "BRIDGE_POLICY",
    "BRIDGE_SHUTDOWN_GRACE",
    "BRIDGE_SOCKET_GROUP",
    "BRIDGE_SOCKET_MODE",
    "BRIDGE_UPSTREAM",
    "BRIDGE_USER",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn plan<const N: usize>(args: Args, pairs: [(&str, &str); N]) -> Result<Plan, Failure> {
        Plan::from(Line { args, socat: None }, &pairs.into_iter().collect())
    }

    #[test]
    fn a_flag_beats_its_variable() {
        let args = Args { upstream: Some("/flag.sock".into()), ..Args::default() };
        let plan = plan(args, [("BRIDGE_UPSTREAM", "/variable.sock")]).unwrap();
        assert_eq!(plan.settings.upstream.address.to_string(), "unix:///flag.sock");
    }

    #[test]
    fn the_upstream_variables_stand_in_their_order() {
        let all = [("DOCKER_HOST", "unix:///h.sock"), ("SOCKET_PATH", "/s.sock")];
        let of = |plan: Plan| plan.settings.upstream.address.to_string();
        assert_eq!(of(plan(Args::default(), all).unwrap()), "unix:///s.sock");
        assert_eq!(of(plan(Args::default(), [all[0]]).unwrap()), "unix:///h.sock");
        let tcp = [("DOCKER_HOST", "tcp://127.0.0.1:2375")];
        assert_eq!(of(plan(Args::default(), tcp).unwrap()), "unix:///var/run/docker.sock");
    }

    #[test]
    fn a_setting_that_would_restrict_access_is_never_dropped() {
        for pair in [("BRIDGE_ACCESS", "read-only"), ("BRIDGE_POLICY", "/p.toml")] {
            assert!(plan(Args::default(), [pair]).is_err());
        }
        assert!(plan(Args::default(), [("BRIDGE_ACCESS", "full")]).is_ok());
        assert!(plan(Args::default(), [("BRIDGE_LISTEN", "tcp://127.0.0.1:1=monitor")]).is_err());
    }

    #[test]
    fn a_bad_value_names_where_it_stands() {
        for (pair, part) in [
            (("BRIDGE_CONNECT_TIMEOUT", "10"), "BRIDGE_CONNECT_TIMEOUT: `10` is not a duration"),
            (("BRIDGE_MAX_CONNECTIONS", "0"), "`0` is not a number of connections"),
            (("BRIDGE_SOCKET_MODE", "999"), "`999` is not a mode in octal"),
            (("BRIDGE_LOG_FORMAT", "xml"), "`xml` is not a log format"),
            (("BRIDGE_ALLOW_ORIGIN", "null"), "BRIDGE_ALLOW_ORIGIN: `null`"),
            (("LOG_LEVEL", "loud"), "LOG_LEVEL: `loud` is not a log level"),
        ] {
            let failure = plan(Args::default(), [pair]).unwrap_err().to_string();
            assert!(failure.contains(part), "{failure}");
        }
    }
}
