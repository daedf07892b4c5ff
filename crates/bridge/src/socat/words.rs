//! Which words are addresses, which are flags, and whether they are socat's at all.

use super::SocatError;
use super::address::looks_like_address;
use super::keywords::Keyword;

/// Sorts the words into addresses, short flags and long flags.
pub(super) fn scan(words: &[String], takes_value: impl Fn(&str) -> bool) -> Scan<'_> {
    let mut scan = Scan::default();
    let mut words = words.iter().map(String::as_str).peekable();
    let mut after_own_flag = false;
    while let Some(word) = words.next() {
        let is_value = std::mem::take(&mut after_own_flag);
        if word == "--" {
            scan.plain.extend(words.by_ref().map(|word| Plain { word, is_value: false }));
        } else if let Some(long) = word.strip_prefix("--") {
            scan.rest.push(word.to_owned());
            if !long.contains('=') && takes_value(long) {
                scan.rest.extend(words.next().map(str::to_owned));
            }
        } else if is_short_flag(word) {
            let value = words.next_if(|next| {
                VALUE_FLAGS.contains(&word) && !looks_like_address(next) && !next.starts_with("--")
            });
            scan.flags.push((word, value));
            after_own_flag = OWN_FLAGS.contains(&word);
        } else {
            scan.plain.push(Plain { word, is_value });
        }
    }
    scan
}

/// The words of a command line, sorted.
#[derive(Default)]
pub(super) struct Scan<'a> {
    /// Short flags with the value behind them, in order.
    pub(super) flags: Vec<(&'a str, Option<&'a str>)>,
    /// Long flags and their values, which are ours.
    pub(super) rest: Vec<String>,
    /// Words that are neither flags nor their values.
    plain: Vec<Plain<'a>>,
}

impl<'a> Scan<'a> {
    /// The two addresses, or `None` where the words are not socat's.
    pub(super) fn addresses(&self) -> Result<Option<(&'a str, &'a str)>, SocatError> {
        let is_address = |plain: &&Plain<'_>| looks_like_address(plain.word);
        let Some(sure) = self.plain.iter().filter(|plain| !plain.is_value).find(is_address) else {
            return Ok(None);
        };
        self.refuse_own_addresses()?;
        let free: Vec<_> = self.plain.iter().filter(|plain| !plain.is_value).collect();
        let all: Vec<_> = self.plain.iter().collect();
        for words in [&free, &all] {
            if let [left, right] = words.as_slice()
                && [left, right].into_iter().all(is_address)
            {
                return Ok(Some((left.word, right.word)));
            }
        }
        Err(self.not_two(sure.word))
    }

    fn refuse_own_addresses(&self) -> Result<(), SocatError> {
        let name = |word: &'_ String| word.split('=').next().unwrap_or_default().to_owned();
        let own = |name: &String| ["--listen", "--upstream"].contains(&name.as_str());
        self.rest
            .iter()
            .map(name)
            .find(own)
            .map_or(Ok(()), |flag| Err(SocatError::BesideFlag(flag)))
    }

    fn not_two(&self, socat: &str) -> SocatError {
        let apart: Vec<_> = socat.split_whitespace().collect();
        if let [left, right] = apart[..]
            && self.plain.len() == 1
            && looks_like_address(right)
        {
            return SocatError::OneWord {
                word: socat.to_owned(),
                apart: format!("{left}` `{right}"),
            };
        }
        match self.plain.iter().find(|plain| !looks_like_address(plain.word)) {
            Some(Plain { word, .. }) => SocatError::OtherWord {
                word: (*word).to_owned(),
                socat: socat.to_owned(),
                hint: hint(word),
            },
            None => SocatError::AddressCount(self.plain.len()),
        }
    }
}

/// A word that is no flag.
struct Plain<'a> {
    word: &'a str,
    /// It stands behind a short flag that is ours unless socat's addresses are there.
    is_value: bool,
}

/// `-` and `-,ignoreeof` are standard input and output.
fn is_short_flag(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|rest| !rest.is_empty() && !rest.starts_with([',', '!']))
}

/// What to write in place of a word that is not a socat address.
fn hint(word: &str) -> String {
    let keyword = word.split([':', ',']).next().unwrap_or(word);
    if let Some(near) = Keyword::near(keyword) {
        return format!("did you mean {near}?");
    }
    let path = word.strip_prefix("unix://").unwrap_or(word);
    if path.starts_with('/') {
        return format!("write UNIX-CONNECT:{path}");
    }
    let host = word.strip_prefix("tcp://").unwrap_or(word);
    match host.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => {
            format!("write TCP:{host}:{port} to connect, TCP-LISTEN:{port},bind={host} to listen")
        }
        _ => "write an address such as UNIX-CONNECT:/var/run/docker.sock".to_owned(),
    }
}

/// Our short flags with a value, which are something else beside socat's addresses.
const OWN_FLAGS: &[&str] = &["-a", "-l", "-u"];

/// socat's short flags whose value may be the next word.
const VALUE_FLAGS: &[&str] = &["-L", "-R", "-T", "-W", "-b", "-lf", "-lp", "-r", "-t"];
