//! One address word: `KEYWORD:parameter:…,option,option=value,…`, with socat's quoting.

use super::SocatError;
use super::keywords::{Keyword, stands_alone};

/// Whether socat would take a word for an address with a keyword.
///
/// `tcp://…` and `unix://…` are ours.
pub(super) fn looks_like_address(word: &str) -> bool {
    let end = word.find([':', ',', '!']).unwrap_or(word.len());
    let (name, rest) = word.split_at(end);
    match rest.as_bytes() {
        [b':', b'/', b'/', ..] => false,
        [b':', ..] => Keyword::find(name).is_some(),
        [] | [b',', ..] | [b'!', b'!', ..] => name == "-" || stands_alone(name),
        _ => false,
    }
}

/// An address word, taken apart.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Address<'a> {
    /// The whole word, for messages.
    pub(super) word: &'a str,
    /// The keyword in capitals, for messages.
    pub(super) name: String,
    /// What the keyword stands for.
    pub(super) keyword: Keyword,
    /// What stands between the keyword and the options.
    pub(super) parameters: Vec<String>,
    /// Names in lower case, with the text behind `=`.
    pub(super) options: Vec<(String, Option<String>)>,
}

impl<'a> Address<'a> {
    /// Takes a word apart that [`looks_like_address`].
    pub(super) fn parse(word: &'a str) -> Result<Self, SocatError> {
        let mut segments = split(word)?.into_iter();
        let mut head = segments.next().unwrap_or_default().into_iter();
        let name = head.next().unwrap_or_default();
        let keyword = Keyword::find(&name).ok_or(SocatError::AddressCount(1))?;
        let options = segments.filter_map(|segment| {
            let mut fields = segment.into_iter();
            let name = fields.next().filter(|name| !name.is_empty())?;
            Some((name.to_ascii_lowercase(), fields.next()))
        });
        Ok(Self {
            word,
            name: if name == "-" { "STDIO".to_owned() } else { name.to_ascii_uppercase() },
            keyword,
            parameters: head.collect(),
            options: options.collect(),
        })
    }

    /// The value of the first option with one of these names.
    pub(super) fn option(&self, names: &[&str]) -> Option<&str> {
        let (_, value) = self.options.iter().find(|(name, _)| names.contains(&name.as_str()))?;
        value.as_deref()
    }
}

/// Splits at commas, then the first segment at colons and the others at their first `=`.
///
/// As in socat, a backslash escapes everywhere, quotes are removed, and brackets stay; inside
/// quotes and brackets nothing separates.
fn split(word: &str) -> Result<Vec<Vec<String>>, SocatError> {
    let mut segments = Vec::new();
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut closers: Vec<char> = Vec::new();
    let mut chars = word.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, closers.last()) {
            ('\\', _) => field.extend(chars.next().map(unescape)),
            (_, Some(&closer)) if char == closer => {
                closers.pop();
                field.extend(Some(char).filter(|char| !is_quote(*char)));
            }
            (_, Some('"' | '\'')) => field.push(char),
            ('"' | '\'', None) => closers.push(char),
            ('(' | '[' | '{', _) => {
                closers.push(closer_of(char));
                field.push(char);
            }
            ('!', None) if chars.peek() == Some(&'!') => {
                return Err(SocatError::DualAddress(word.to_owned()));
            }
            (',', None) => {
                fields.push(std::mem::take(&mut field));
                segments.push(std::mem::take(&mut fields));
            }
            (':', None) if segments.is_empty() => fields.push(std::mem::take(&mut field)),
            ('=', None) if !segments.is_empty() && fields.is_empty() => {
                fields.push(std::mem::take(&mut field));
            }
            _ => field.push(char),
        }
    }
    if !closers.is_empty() {
        return Err(SocatError::Unfinished(word.to_owned()));
    }
    fields.push(field);
    segments.push(fields);
    Ok(segments)
}

fn is_quote(char: char) -> bool {
    matches!(char, '"' | '\'')
}

fn closer_of(opener: char) -> char {
    match opener {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// The letters that mean control characters behind a backslash, as in C.
fn unescape(char: char) -> char {
    match char {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        char => char,
    }
}
