//! The same configuration in our own flags, for the log and for whoever moves over.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use super::values::family_of;
use super::{Dial, DialTo, Family, Front, Keepalive, Listen, ListenAt, Retry, Socat, Times};

impl Socat {
    /// A command line of `bridge`; what has no flag stands in parentheses behind it.
    pub(crate) fn equivalent(&self) -> String {
        let mut line = Line { flags: vec!["bridge".to_owned()], unflagged: Vec::new() };
        match &self.front {
            Front::Listen(listen) => line.listen(listen),
            Front::Stdio => line.unflagged("one client on standard input and output"),
        }
        line.dial(&self.upstream);
        if let Some(level) = self.log_level() {
            line.flag("--log-level", level);
        }
        line.duration("idle", self.idle);
        line.flags.extend(line.unflagged.into_iter().map(|text| format!("({text})")));
        line.flags.join(" ")
    }

    /// The log level that the number of `-d` asks for, where it is more than our default.
    pub(crate) fn log_level(&self) -> Option<&'static str> {
        match self.verbosity {
            0..=2 => None,
            3 => Some("debug"),
            _ => Some("trace"),
        }
    }
}

struct Line {
    flags: Vec<String>,
    unflagged: Vec<String>,
}

impl Line {
    fn listen(&mut self, listen: &Listen) {
        match &listen.at {
            ListenAt::Abstract { name } => self.unflagged(format!("ABSTRACT-LISTEN:{name}")),
            ListenAt::Tcp { host, port, family } => {
                let every = if *family == Family::V4 { "0.0.0.0" } else { "::" };
                self.flag("--listen", tcp(host.as_deref().unwrap_or(every), *port));
                self.family(host.as_deref(), *family);
            }
            ListenAt::Unix { path, mode, user, group, unlink_early } => {
                self.flag("--listen", unix(path));
                if let Some(mode) = mode {
                    self.flag("--socket-mode", format!("{mode:04o}"));
                }
                if let Some(group) = group {
                    self.flag("--socket-group", group);
                }
                self.option("user", user.as_ref());
                self.option("unlink-early", unlink_early.then_some(1));
            }
        }
        if let Some(net) = listen.range {
            self.flag("--allow-from", net);
        }
        if let Some(count) = listen.max_children {
            self.flag("--max-connections", count);
        }
        if !listen.fork {
            self.unflagged("no fork: one connection, then the end");
        }
        self.option("backlog", listen.backlog);
        self.option("reuseport", listen.reuseport.then_some(1));
        self.option("ipv6only", listen.v6only.map(u8::from));
        self.option("nodelay", listen.nodelay.map(u8::from));
        self.keepalive("", &listen.keepalive);
        self.retry("listen", &listen.retry);
    }

    fn dial(&mut self, dial: &Dial) {
        match &dial.to {
            DialTo::Abstract(name) => self.unflagged(format!("ABSTRACT-CONNECT:{name}")),
            DialTo::Tcp { host, port, family } => {
                self.flag("--upstream", tcp(host, *port));
                self.family(Some(host), *family);
            }
            DialTo::Unix(path) => self.flag("--upstream", unix(path)),
        }
        if let Some(timeout) = dial.connect_timeout {
            self.flag("--connect-timeout", words_of(timeout));
        }
        self.option("upstream nodelay", dial.nodelay.map(u8::from));
        self.keepalive("upstream ", &dial.keepalive);
        self.retry("connect", &dial.retry);
    }

    fn keepalive(&mut self, of: &str, keepalive: &Keepalive) {
        self.option(&format!("{of}keepalive"), keepalive.enabled.map(u8::from));
        self.duration(&format!("{of}keepidle"), keepalive.idle);
        self.duration(&format!("{of}keepintvl"), keepalive.interval);
        self.option(&format!("{of}keepcnt"), keepalive.count);
    }

    fn retry(&mut self, what: &str, retry: &Retry) {
        let interval = words_of(retry.interval);
        match retry.times {
            Times::Count(count) => {
                self.unflagged(format!("{what} retry={count} interval={interval}"));
            }
            Times::Forever => self.unflagged(format!("{what} forever interval={interval}")),
            Times::None => {}
        }
    }

    /// A name's version of IP; an address says it by itself.
    fn family(&mut self, host: Option<&str>, family: Family) {
        let named = host.is_some_and(|host| family_of(host) == Family::Any);
        match family {
            Family::V4 if named => self.unflagged("pf=ip4"),
            Family::V6 if named => self.unflagged("pf=ip6"),
            _ => {}
        }
    }

    fn duration(&mut self, name: &str, duration: Option<Duration>) {
        self.option(name, duration.map(words_of));
    }

    fn option(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.unflagged(format!("{name}={value}"));
        }
    }

    fn flag(&mut self, flag: &str, value: impl Display) {
        self.flags.push(format!("{flag} {value}"));
    }

    fn unflagged(&mut self, text: impl Into<String>) {
        self.unflagged.push(text.into());
    }
}

fn tcp(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("tcp://[{host}]:{port}")
    } else {
        format!("tcp://{host}:{port}")
    }
}

/// Our addresses are absolute; `$PWD` is what a shell makes of it.
fn unix(path: &Path) -> String {
    let directory = if path.is_absolute() { "" } else { "$PWD/" };
    format!("unix://{directory}{}", path.display())
}

/// One word, to be pasted behind a flag.
fn words_of(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
}
