//! What is wrong with socat's words, and what to write instead.

/// Why two socat addresses and their flags are not a configuration of the bridge.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum SocatError {
    /// There is another number of socat addresses than two.
    #[error("exactly 2 socat addresses are required, not {0}: write `{EXAMPLE}`")]
    AddressCount(usize),
    /// Our own flag beside socat's addresses.
    #[error(
        "`{0}` beside socat addresses: both say where to listen or connect; write the flags \
         --listen and --upstream alone, or the two addresses alone"
    )]
    BesideFlag(String),
    /// An address and an option of it, or two options, exclude each other.
    #[error("`{first}` and `{second}` contradict each other: write one of them")]
    Contradiction { first: String, second: String },
    /// socat's `READ!!WRITE`.
    #[error(
        "`{0}` is a dual address (`!!`), one to read and one to write: the bridge needs one \
         address for both, such as UNIX-CONNECT:/var/run/docker.sock"
    )]
    DualAddress(String),
    /// A short flag that the bridge can't honour.
    #[error("`{flag}` {why}")]
    Flag { flag: String, why: &'static str },
    /// A keyword of socat that the bridge doesn't serve.
    #[error("{keyword} {why}")]
    Keyword { keyword: String, why: &'static str },
    /// Several flags behind one dash.
    #[error("`{flag}` merges flags, which socat refuses: write `{apart}`")]
    MergedFlags { flag: String, apart: String },
    /// `max-children` without `fork`.
    #[error(
        "`max-children` needs `fork` (without it one connection is served, then the process \
         ends): write `fork,max-children={0}`"
    )]
    MaxChildrenAlone(usize),
    /// The container's command is one string.
    #[error("`{word}` is one word: write its two addresses as two words, `{apart}`")]
    OneWord { word: String, apart: String },
    /// An option that the bridge can't honour.
    #[error("option `{option}` of {keyword} {why}")]
    Option { option: String, keyword: String, why: &'static str },
    /// An option that exists, on another kind of address.
    #[error("option `{option}` does not apply to {keyword}: it belongs to {belongs}")]
    OptionPlace { option: String, keyword: String, belongs: String },
    /// An option that is not socat's.
    #[error("unknown option `{option}` of {keyword}{}", meant(.near.as_deref()))]
    OptionUnknown { option: String, keyword: String, near: Option<String> },
    /// A word beside one socat address.
    #[error("`{word}` beside `{socat}` is not a socat address: {hint}")]
    OtherWord { word: String, socat: String, hint: String },
    /// Two addresses that don't go together.
    #[error("{left} and {right} {why}")]
    Pair { left: String, right: String, why: &'static str },
    /// The part between the keyword and the options.
    #[error("{keyword} takes {takes}, and `{address}` has {count}: write {example}")]
    Parameters {
        address: String,
        count: usize,
        keyword: String,
        takes: &'static str,
        example: String,
    },
    /// A port that is none, or a service's name.
    #[error("`{port}` in `{address}` is not a port number from 1 to 65535: write {example}")]
    Port { port: String, address: String, example: String },
    /// An option written twice, with different values.
    #[error("option `{option}` of {keyword} is written twice: keep one")]
    Repeated { option: String, keyword: String },
    /// `OPENSSL-LISTEN`.
    #[error("{keyword} is served by `bridge-tls`: write `{command}`{note}")]
    TlsListen { keyword: String, command: String, note: &'static str },
    /// Quotes or brackets that are never closed.
    #[error("`{0}` ends inside quotes or brackets: close them, or put \\ before a plain one")]
    Unfinished(String),
    /// A value that isn't what its option or flag takes.
    #[error("`{name}` takes {takes}, not `{value}`")]
    Value { name: String, takes: &'static str, value: String },
    /// An option or flag without its value.
    #[error("`{name}` needs a value: {takes}")]
    ValueMissing { name: String, takes: &'static str },
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(
        || ": leave it out if it does not restrict who may connect".to_owned(),
        |near| format!(": did you mean `{near}`?"),
    )
}

/// The addresses that nearly everybody wants.
const EXAMPLE: &str = "TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock";
