//! What was typed and what the environment says become what the bridge runs with.

mod listeners;

use std::path::{Path, PathBuf};
use std::time::Duration;

use docker_api_core::address::{ListenAddress, UnixPath, UpstreamAddress};
use docker_api_core::gate::MakeGate;
use docker_api_core::guard::{AllowedHost, AllowedOrigin, Guard};
use docker_api_core::listen::{Allowed, ListenSettings};
use docker_api_core::logging::{self, LogFormat, LogLevel};
use docker_api_core::machine;
use docker_api_core::run::{Front, Settings};
use docker_api_core::transport::Keepalive;
use docker_api_core::upstream::{Retry, UpstreamSettings, sockets_here};
use docker_api_core::variables::Variables;
use tracing::warn;

use crate::{
    AccessSettings, Certificates, Failure, Flags, Loaded, Named, Program, Sources, values,
};

/// A checked start: nothing in it is left to decide.
#[derive(Debug)]
pub struct Plan {
    /// What the bridge runs with.
    pub settings: Settings,
    /// What clients may do. The settings' gate is open until it is loaded.
    pub access: AccessSettings,
    /// Which lines are logged.
    pub log_level: LogLevel,
    /// How they look.
    pub log_format: LogFormat,
    /// Nothing is coloured.
    pub no_color: bool,
    /// Keeps web pages out of the admin address.
    pub admin_guard: Guard,
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

/// What keeps web pages out.
struct Guards {
    /// Of the Engine; `None`: nothing does.
    front: Option<Guard>,
    /// Of the admin address.
    admin: Guard,
    shown: Shown,
}

impl Plan {
    /// Listens once more beside each listener for which `also` says where, unless another is there
    /// already: with its role.
    pub fn listen_beside(&mut self, also: impl Fn(&ListenAddress) -> Option<ListenAddress>) {
        let Front::Listen { listeners, .. } = &mut self.settings.front else { return };
        for index in 0..listeners.len() {
            let Some(address) = also(&listeners[index].address) else { continue };
            if listeners.iter().all(|one| one.address != address) {
                listeners.push(ListenSettings { address, ..listeners[index].clone() });
                self.access.add_listener_like(index);
            }
        }
    }

    /// Flags before variables before defaults.
    ///
    /// # Errors
    /// The first setting that can't be what it says.
    pub fn new(program: &Program, flags: &Flags, variables: &Variables) -> Result<Self, Failure> {
        let from = Sources { variables };
        let warnings = program.review(variables)?;

        let Guards { front: guard, admin: admin_guard, shown } = from.guards(flags)?;
        let upstream = from.upstream(flags)?;
        let access = from.role(flags.access.as_ref(), "access", &["BRIDGE_ACCESS"])?;
        let access = access.unwrap_or_else(Named::full);
        let (listeners, roles) = from.listeners(program, flags, &upstream, &access)?;
        let admin = from.admin(flags, from.unix_file(flags, &upstream)?)?;
        Ok(Self {
            access: AccessSettings::read(&from, flags, access, roles)?,
            settings: Settings {
                front: Front::Listen { listeners, once: false },
                gate: MakeGate::default(),
                tls: None,
                admin,
                asked_for: None,
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
            admin_guard,
            shown,
            warnings,
        })
    }

    /// Reads the policy and finds the roles; what there is to warn of is added.
    ///
    /// # Errors
    /// When the policy can't be read, or a role isn't there.
    pub fn load_access(&mut self, certificates: Certificates<'_>) -> Result<Loaded, Failure> {
        self.access.load(certificates, &mut self.warnings)
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
    fn guards(&self, flags: &Flags) -> Result<Guards, Failure> {
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
        let machine = machine::name();
        let admin = Guard::new(hosts.clone(), Vec::new(), &machine);
        Ok(Guards { front: (!off).then(|| Guard::new(hosts, origins, &machine)), admin, shown })
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
    use docker_api_core::address::HostPort;

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

    fn listen(plan: &Plan) -> Vec<(String, &str)> {
        let Front::Listen { listeners, .. } = &plan.settings.front else { panic!("{plan:?}") };
        let addresses = listeners.iter().map(|one| one.address.to_string());
        addresses.zip(plan.access.listeners.iter().map(|named| &*named.role)).collect()
    }

    #[test]
    fn a_listener_has_its_own_role_or_that_of_all() {
        let plan = plan(
            &Flags::default(),
            [("BRIDGE_LISTEN", "127.0.0.1:1=monitor,127.0.0.1:2"), ("BRIDGE_ACCESS", "read-only")],
        )
        .unwrap();
        let wanted =
            [("tcp://127.0.0.1:1".into(), "monitor"), ("tcp://127.0.0.1:2".into(), "read-only")];
        assert_eq!(listen(&plan), wanted);
    }

    #[test]
    fn a_listener_beside_others_has_their_role_and_is_there_once() {
        let listeners = "127.0.0.1:1=monitor,127.0.0.1:2,/run/x.sock";
        let mut plan = plan(&Flags::default(), [("BRIDGE_LISTEN", listeners)]).unwrap();
        plan.listen_beside(|address| {
            let ListenAddress::Tcp(at) = address else { return None };
            Some(ListenAddress::Tcp(HostPort { port: 3, ..at.clone() }))
        });
        let beside = listen(&plan).split_off(3);
        assert_eq!(beside, [("tcp://127.0.0.1:3".into(), "monitor")]);
    }

    #[test]
    fn a_profile_listens_where_its_variables_say_unless_the_flag_says_otherwise() {
        let all = |access, config| {
            [
                ("BRIDGE_ACCESS", access),
                ("BRIDGE_LISTEN", "tcp://[::]:2375"),
                ("BIND_CONFIG", config),
                ("DISABLE_IPV6", "1"),
            ]
        };
        let flag = Flags { listen: vec!["/flag.sock".into()], ..Flags::default() };
        for (flags, access, config, wanted) in [
            (Flags::default(), "tecnativa", "", "tcp://0.0.0.0:2375"),
            (Flags::default(), "linuxserver", ":::9 v4v6", "tcp://0.0.0.0:9"),
            (Flags::default(), "tecnativa", "unix@/run/p.sock", "unix:///run/p.sock"),
            (Flags::default(), "full", ":9", "tcp://[::]:2375"),
            (flag, "tecnativa", ":9 nonsense", "unix:///flag.sock"),
        ] {
            let plan = plan(&flags, all(access, config)).unwrap();
            assert_eq!(listen(&plan), [(wanted.into(), access)]);
        }
        let error = plan(&Flags::default(), all("tecnativa", ":9 ssl")).unwrap_err().to_string();
        assert!(error.starts_with("bad setting: BIND_CONFIG: `ssl` is not known"), "{error}");
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
