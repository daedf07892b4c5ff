//! Address options by name, and where each of them belongs.

use super::SocatError;
use super::address::Address;
use super::keywords::Keyword;
use super::option_table::{
    ABSTRACT, ABSTRACT_LISTEN, OPTIONS, PLACES, STDIO, TCP, TCP_LISTEN, UNIX, UNIX_LISTEN,
};

/// The option of a name in lower case, checked against the address it stands behind.
pub(super) fn find(name: &str, address: &Address<'_>) -> Result<Effect, SocatError> {
    let option = name.to_owned();
    let keyword = address.name.clone();
    let Some(known) =
        OPTIONS.iter().find(|known| known.names.split(' ').any(|known| known == name))
    else {
        return Err(SocatError::OptionUnknown { near: near(name), option, keyword });
    };
    match known.effect {
        Effect::Refuse(why) => Err(SocatError::Option { option, keyword, why }),
        _ if known.on & place(address.keyword) == 0 => {
            Err(SocatError::OptionPlace { belongs: belongs(known.on), option, keyword })
        }
        effect => Ok(effect),
    }
}

/// What an option sets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Effect {
    Backlog,
    Bind,
    ConnectTimeout,
    Family,
    Forever,
    Fork,
    Group,
    /// Accepted with a warning, and why it means nothing.
    Ignore(&'static str),
    Interval,
    KeepCount,
    KeepIdle,
    KeepInterval,
    Keepalive,
    MaxChildren,
    Mode,
    NoDelay,
    Range,
    /// Known, not honoured, and why.
    Refuse(&'static str),
    Retry,
    ReusePort,
    UnlinkEarly,
    User,
    V6Only,
    /// Always done here, so that only switching it off is worth a warning.
    Always,
}

fn place(keyword: Keyword) -> u8 {
    match keyword {
        Keyword::TcpListen(_) => TCP_LISTEN,
        Keyword::TcpConnect(_) => TCP,
        Keyword::UnixListen => UNIX_LISTEN,
        Keyword::UnixConnect => UNIX,
        Keyword::AbstractListen => ABSTRACT_LISTEN,
        Keyword::AbstractConnect => ABSTRACT,
        Keyword::Stdio | Keyword::TlsListen | Keyword::Refused(_) => STDIO,
    }
}

fn belongs(on: u8) -> String {
    let names = PLACES.iter().filter(|(place, _)| on & place != 0).map(|(_, name)| *name);
    names.collect::<Vec<_>>().join(", ")
}

fn near(name: &str) -> Option<String> {
    let supported = OPTIONS.iter().filter(|known| !matches!(known.effect, Effect::Refuse(_)));
    let names = supported.flat_map(|known| known.names.split(' '));
    let (distance, near) =
        names.map(|known| (strsim::damerau_levenshtein(known, name), known)).min()?;
    (distance <= 2 && distance * 2 < name.len()).then(|| near.to_owned())
}
