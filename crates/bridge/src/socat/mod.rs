//! socat's command line: two addresses with options, and socat's short flags.
//!
//! Nothing here opens, resolves or reads anything: words go in, plain values come out, and what
//! the bridge can't honour is an error that says what to write instead.

use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

pub(crate) use self::error::SocatError;

mod address;
mod assemble;
mod effects;
mod equivalent;
mod error;
mod flags;
mod keywords;
mod option_table;
mod options;
mod place;
mod tls;
mod values;
mod words;

#[cfg(test)]
mod tests;

/// Splits the words after the program's name into socat's part and our own long flags.
///
/// `takes_value` is asked with a long flag without its dashes (`listen`), and says whether the
/// word behind it is its value. `None`: these are not socat's words, all of them are for clap.
pub(crate) fn recognise(
    words: &[String],
    takes_value: impl Fn(&str) -> bool,
) -> Result<Option<Recognised>, SocatError> {
    let scan = words::scan(words, takes_value);
    let Some((left, right)) = scan.addresses()? else { return Ok(None) };
    let flags = flags::read(&scan.flags)?;
    let socat = assemble::assemble(left, right, flags.settings)?;
    Ok(Some(Recognised { socat, rest: [flags.rest, scan.rest].concat() }))
}

/// A command line that has two socat addresses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Recognised {
    /// What socat's words mean.
    pub(crate) socat: Socat,
    /// Our own long flags and their values, for clap; socat's `-h` and `-V` too.
    pub(crate) rest: Vec<String>,
}

/// What socat's words mean, in plain values.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Socat {
    /// Where clients come from.
    pub(crate) front: Front,
    /// Where they are connected to.
    pub(crate) upstream: Dial,
    /// `-T`: a connection on which nothing moves for this long is ended.
    pub(crate) idle: Option<Duration>,
    /// How many `-d` were given.
    pub(crate) verbosity: u8,
    /// One line for each word that was accepted and means nothing here.
    pub(crate) warnings: Vec<String>,
}

/// Where clients come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Front {
    /// A listening socket.
    Listen(Box<Listen>),
    /// Standard input and output are the one client.
    Stdio,
}

/// A listening address with its options.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Listen {
    /// The socket to bind.
    pub(crate) at: ListenAt,
    /// Without it, one connection is served and the process ends.
    pub(crate) fork: bool,
    /// `listen(2)`'s queue.
    pub(crate) backlog: Option<u32>,
    /// How many connections are open at a time.
    pub(crate) max_children: Option<usize>,
    /// Who may connect; others are closed at accept.
    pub(crate) range: Option<IpNet>,
    /// `SO_REUSEPORT`.
    pub(crate) reuseport: bool,
    /// `IPV6_V6ONLY`.
    pub(crate) v6only: Option<bool>,
    /// Of accepted connections.
    pub(crate) keepalive: Keepalive,
    /// `TCP_NODELAY` of accepted connections.
    pub(crate) nodelay: Option<bool>,
    /// Of the attempt to bind.
    pub(crate) retry: Retry,
}

/// A socket to bind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ListenAt {
    /// A name in Linux's abstract namespace.
    Abstract { name: String },
    /// A TCP port; `host` is a name or an address without brackets, `None` every interface.
    Tcp { host: Option<String>, port: u16, family: Family },
    /// A socket file; a relative path is the working directory's.
    Unix {
        path: PathBuf,
        mode: Option<u32>,
        user: Option<String>,
        group: Option<String>,
        unlink_early: bool,
    },
}

/// An address to connect to, with its options.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Dial {
    /// The peer.
    pub(crate) to: DialTo,
    /// How long one attempt may take.
    pub(crate) connect_timeout: Option<Duration>,
    /// Of the attempt to connect.
    pub(crate) retry: Retry,
    /// `TCP_NODELAY`.
    pub(crate) nodelay: Option<bool>,
    /// Of the connection.
    pub(crate) keepalive: Keepalive,
}

/// A peer to connect to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum DialTo {
    /// A name in Linux's abstract namespace.
    Abstract(String),
    /// A TCP port; `host` is a name or an address without brackets.
    Tcp { host: String, port: u16, family: Family },
    /// A socket file; a relative path is the working directory's.
    Unix(PathBuf),
}

/// Which version of IP a name or an unnamed interface stands for.
///
/// `V6` alone doesn't keep IPv4 out of a listener, as it doesn't in socat: that is `v6only`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Family {
    #[default]
    Any,
    V4,
    V6,
}

/// TCP keepalive; what is `None` is left to the bridge's own defaults.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Keepalive {
    pub(crate) enabled: Option<bool>,
    pub(crate) idle: Option<Duration>,
    pub(crate) interval: Option<Duration>,
    pub(crate) count: Option<u32>,
}

/// What happens when an attempt fails.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Retry {
    /// How many more attempts are made.
    pub(crate) times: Times,
    /// The pause before each of them.
    pub(crate) interval: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { times: Times::None, interval: Duration::from_secs(1) }
    }
}

/// A number of further attempts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Times {
    Count(u32),
    Forever,
    None,
}
