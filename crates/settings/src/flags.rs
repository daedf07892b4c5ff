//! The flags that all bridges take.

#![allow(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    rustdoc::broken_intra_doc_links,
    reason = "these comments are the help text, which terminals show as it is"
)]

use clap_complete::Shell;

// A doc comment would become the description of the whole program.
#[derive(Clone, Debug, Default, clap::Args)]
#[expect(missing_docs, reason = "see above")]
pub struct Flags {
    /// Where clients connect: tcp://HOST:PORT, unix:///PATH, or fd://NAME from systemd
    ///
    /// tcp://[::]:2375 is every interface, IPv4 and IPv6. A role behind it is this listener's
    /// alone: tcp://172.17.0.1:2375=monitor. May be given several times.
    /// [env: BRIDGE_LISTEN] [default: tcp://127.0.0.1:2375]
    #[arg(short, long, value_name = "ADDRESS[=ROLE]", help_heading = "Addresses")]
    pub listen: Vec<String>,

    /// The Engine: unix:///PATH or tcp://HOST:PORT
    ///
    /// [env: BRIDGE_UPSTREAM, SOCKET_PATH, DOCKER_HOST if it is unix://]
    /// [default: unix:///var/run/docker.sock]
    #[arg(short, long, value_name = "ADDRESS", help_heading = "Addresses")]
    pub upstream: Option<String>,

    /// Mode of a unix:// listener, in octal
    ///
    /// [env: BRIDGE_SOCKET_MODE] [default: 0660]
    #[arg(long, value_name = "OCTAL", help_heading = "Addresses")]
    pub socket_mode: Option<String>,

    /// Group of a unix:// listener, by name or number
    ///
    /// [env: BRIDGE_SOCKET_GROUP] [default: the upstream socket's group]
    #[arg(long, value_name = "GROUP", help_heading = "Addresses")]
    pub socket_group: Option<String>,

    /// What clients may do: full, read-only, monitor, or a role of the policy
    ///
    /// full is open access. tecnativa and linuxserver read the variables of these socket proxies.
    /// [env: BRIDGE_ACCESS] [default: full]
    #[arg(short, long, value_name = "ROLE", help_heading = "What clients may do")]
    pub access: Option<String>,

    /// Roles of your own: a TOML file, read again on SIGHUP
    ///
    /// [env: BRIDGE_POLICY]
    #[arg(long, value_name = "FILE", help_heading = "What clients may do")]
    pub policy: Option<String>,

    /// Which requests get a line in the log, where requests are judged: all, denied or none
    ///
    /// [env: BRIDGE_LOG_REQUESTS] [default: all]
    #[arg(long, value_name = "WHICH", help_heading = "What clients may do")]
    pub log_requests: Option<String>,

    /// Allow everything, record it, and write a policy that allows just that
    ///
    /// It is written on SIGTERM, SIGINT and SIGUSR1, with one role, learned. [env: BRIDGE_LEARN]
    #[arg(long, value_name = "FILE", help_heading = "What clients may do")]
    pub learn: Option<String>,

    /// Who may connect: a network or a name; others are closed at accept
    ///
    /// 10.0.0.0/8, 192.168.1.7, traefik. Names are resolved again at most every 5 s. May be given
    /// several times. [env: BRIDGE_ALLOW_FROM] [default: everyone]
    #[arg(long, value_name = "CIDR|NAME", help_heading = "Who may connect")]
    pub allow_from: Vec<String>,

    /// One more host name that a web browser may use to get here
    ///
    /// Addresses, localhost and names that nobody can register need none. May be given several
    /// times. [env: BRIDGE_ALLOW_HOST]
    #[arg(long, value_name = "NAME", help_heading = "Who may connect")]
    pub allow_host: Vec<String>,

    /// A web application that hands its users' headers on, such as https://portainer.example
    ///
    /// May be given several times. [env: BRIDGE_ALLOW_ORIGIN]
    #[arg(long, value_name = "ORIGIN", help_heading = "Who may connect")]
    pub allow_origin: Vec<String>,

    /// Let web pages talk to the Engine
    ///
    /// [env: BRIDGE_NO_BROWSER_GUARD]
    #[arg(long, help_heading = "Who may connect")]
    pub no_browser_guard: bool,

    /// Connections at a time; past it, newcomers wait
    ///
    /// [env: BRIDGE_MAX_CONNECTIONS] [default: what the descriptor limit carries]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Limits")]
    pub max_connections: Option<String>,

    /// How long dialling the Engine may take
    ///
    /// [env: BRIDGE_CONNECT_TIMEOUT] [default: 10s]
    #[arg(long, value_name = "DURATION", help_heading = "Limits")]
    pub connect_timeout: Option<String>,

    /// How long open connections may go on after SIGTERM or SIGINT
    ///
    /// A second signal cuts them at once. [env: BRIDGE_SHUTDOWN_GRACE] [default: 8s]
    #[arg(long, value_name = "DURATION", help_heading = "Limits")]
    pub shutdown_grace: Option<String>,

    /// error, warn, info, debug or trace, or by part: info,core=debug
    ///
    /// [env: BRIDGE_LOG, LOG_LEVEL] [default: info]
    #[arg(long, value_name = "LEVEL", help_heading = "Logs")]
    pub log_level: Option<String>,

    /// text or json, on standard error, times in UTC
    ///
    /// [env: BRIDGE_LOG_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Logs")]
    pub log_format: Option<String>,

    /// Whom to become after start, if started as root: UID[:GID], or root to stay
    ///
    /// By names or numbers. [env: BRIDGE_USER] [default: 65532 with the upstream socket's group, if
    /// that reaches the socket]
    #[arg(long, value_name = "UID[:GID]", help_heading = "Rights")]
    pub user: Option<String>,

    /// Health, metrics and a page for people: tcp://HOST:PORT or unix:///PATH
    ///
    /// :9376 is port 9376 of this machine alone. [env: BRIDGE_ADMIN] [default: off]
    #[arg(long, value_name = "ADDRESS", help_heading = "Addresses")]
    pub admin: Option<String>,

    /// Check the settings, print what would run, exit
    #[arg(long)]
    pub check: bool,

    /// Ask the running bridge whether it and the Engine answer: one line, exit 0 or 1
    ///
    /// In a container it needs no other flag. Elsewhere it asks the bridge with the same
    /// --listen, as root or as that bridge's user.
    #[arg(long)]
    pub health: bool,

    /// Print completions for a shell, exit
    #[arg(long, value_name = "SHELL", value_enum)]
    pub completions: Option<Shell>,
}
