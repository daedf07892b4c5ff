//! Two addresses and the flags become a configuration.

use super::address::Address;
use super::effects::Effects;
use super::flags::Settings;
use super::keywords::Keyword;
use super::place::Place;
use super::{Dial, DialTo, Front, Listen, ListenAt, Socat, SocatError, tls};

/// Puts two address words and the flags' settings together; the addresses' order is free.
pub(super) fn assemble(
    left: &str,
    right: &str,
    mut settings: Settings,
) -> Result<Socat, SocatError> {
    let left = Address::parse(left)?;
    let right = Address::parse(right)?;
    refuse_unserved(&left, &right)?;
    refuse_unserved(&right, &left)?;
    let ends = (End::read(&left, &mut settings)?, End::read(&right, &mut settings)?);
    let pair = |why| SocatError::Pair { left: left.name.clone(), right: right.name.clone(), why };
    let (front, upstream) = match ends {
        (End::Listen(listen), End::Dial(dial)) | (End::Dial(dial), End::Listen(listen)) => {
            (Front::Listen(listen), dial)
        }
        (End::Stdio, End::Dial(dial)) | (End::Dial(dial), End::Stdio) => (Front::Stdio, dial),
        (End::Listen(_), End::Listen(_)) => return Err(pair(BOTH_LISTEN)),
        (End::Dial(_), End::Dial(_)) => return Err(pair(BOTH_CONNECT)),
        (End::Listen(_) | End::Stdio, End::Stdio) | (End::Stdio, End::Listen(_)) => {
            return Err(pair(NO_UPSTREAM));
        }
    };
    let Settings { idle, verbosity, warnings, .. } = settings;
    Ok(Socat { front, upstream, idle, verbosity, warnings: distinct(warnings) })
}

/// What one address is.
enum End {
    Dial(Dial),
    Listen(Box<Listen>),
    Stdio,
}

impl End {
    fn read(address: &Address<'_>, settings: &mut Settings) -> Result<Self, SocatError> {
        let effects = Effects::read(address, &mut settings.warnings)?;
        let place = Place { address, effects: &effects, preferred: settings.family };
        let end = match address.keyword {
            Keyword::AbstractConnect => dial(DialTo::Abstract(place.path()?), effects),
            Keyword::AbstractListen => listen(ListenAt::Abstract { name: place.path()? }, effects)?,
            Keyword::TcpConnect(family) => dial(place.tcp(family)?, effects),
            Keyword::TcpListen(family) => listen(place.tcp_listen(family)?, effects)?,
            Keyword::UnixConnect => dial(DialTo::Unix(place.path()?.into()), effects),
            Keyword::UnixListen => listen(place.unix_listen()?, effects)?,
            Keyword::Stdio | Keyword::TlsListen | Keyword::Refused(_) => {
                place.none()?;
                Self::Stdio
            }
        };
        Ok(end)
    }
}

fn refuse_unserved(address: &Address<'_>, other: &Address<'_>) -> Result<(), SocatError> {
    match address.keyword {
        Keyword::Refused(why) => Err(SocatError::Keyword { keyword: address.name.clone(), why }),
        Keyword::TlsListen => Err(tls::instead(address, other)),
        _ => Ok(()),
    }
}

fn dial(to: DialTo, effects: Effects) -> End {
    End::Dial(Dial {
        to,
        connect_timeout: effects.connect_timeout,
        retry: effects.retry,
        nodelay: effects.nodelay,
        keepalive: effects.keepalive,
    })
}

fn listen(at: ListenAt, effects: Effects) -> Result<End, SocatError> {
    if let (Some(count), false) = (effects.max_children, effects.fork) {
        return Err(SocatError::MaxChildrenAlone(count));
    }
    Ok(End::Listen(Box::new(Listen {
        at,
        fork: effects.fork,
        backlog: effects.backlog,
        max_children: effects.max_children,
        range: effects.range,
        reuseport: effects.reuseport,
        v6only: effects.v6only,
        retry: effects.retry,
        nodelay: effects.nodelay,
        keepalive: effects.keepalive,
    })))
}

fn distinct(lines: Vec<String>) -> Vec<String> {
    let mut distinct = Vec::new();
    for line in lines {
        if !distinct.contains(&line) {
            distinct.push(line);
        }
    }
    distinct
}

const BOTH_CONNECT: &str =
    "both connect and nothing listens: write TCP-LISTEN:2375,fork or STDIO in place of one";
const BOTH_LISTEN: &str = "both listen and nothing connects to the Engine: write \
                           UNIX-CONNECT:/var/run/docker.sock in place of one";
const NO_UPSTREAM: &str = "leave nothing to connect to: write \
                           UNIX-CONNECT:/var/run/docker.sock in place of one";
