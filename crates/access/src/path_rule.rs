//! `allow-paths`: methods and a pattern of paths, for what no operation names.

use crate::near::hint;
use crate::operation::Operations;
use crate::path::{Path, version};
use crate::pattern::Part;
use crate::{Operation, route};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

/// Of a path, in bytes, that anybody would want in a policy.
const LONGEST: usize = 512;

/// One line of `allow-paths`, such as `GET /libpod/containers/json`.
///
/// Without a version prefix it matches with any and with none; with one, with that only.
#[derive(Clone, Debug)]
pub(crate) struct PathRule {
    /// As it is written.
    pub(crate) line: String,
    /// What decided, where it did.
    pub(crate) rule: String,
    methods: Vec<&'static str>,
    version: Option<String>,
    pattern: Vec<Part<String>>,
    /// Operations that a role it comes from denies.
    pub(crate) except: Operations,
}

impl PathRule {
    /// Reads `METHOD[,METHOD] /path`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let shape = || format!("{text:?} is no path rule: want one such as \"GET /libpod/info\"");
        let (methods, path) = text.split_once(' ').ok_or_else(shape)?;
        let methods = methods.split(',').map(method).collect::<Result<_, _>>()?;
        let path = path.trim_start().strip_prefix('/').ok_or_else(shape)?;
        let (version, path) = match version(path) {
            Some((version, rest)) => {
                crate::version::check(version).map_err(|why| format!("{text:?}: {why}"))?;
                (Some(version.to_owned()), rest)
            }
            None => (None, path),
        };
        let pattern = path.split('/').map(part).collect::<Result<Vec<_>, _>>();
        let pattern = pattern.map_err(|why| format!("{text:?}: {why}"))?;
        if pattern.iter().rev().skip(1).any(|part| *part == Part::Literal(String::new())) {
            return Err(format!("{text:?}: empty segments never match: write one slash"));
        }
        let except = Operations::default();
        let (line, rule) = (text.to_owned(), format!("allow {text}"));
        Ok(Self { line, rule, methods, version, pattern, except })
    }

    /// The text of a rule that allows just this, if there is one. None holds what would have to be
    /// escaped in TOML.
    pub(crate) fn just(method: &[u8], path: &Path<'_>) -> Option<String> {
        let decoded =
            path.decoded.filter(|path| path.len() <= LONGEST && path.chars().all(is_plain))?;
        let text = format!("{} /{decoded}", str::from_utf8(method).ok()?);
        Self::parse(&text).ok()?.allows(method, path, None).then_some(text)
    }

    /// Whether it allows a request.
    pub(crate) fn allows(
        &self,
        method: &[u8],
        path: &Path<'_>,
        operation: Option<Operation>,
    ) -> bool {
        operation.is_none_or(|operation| !self.except.contains(operation))
            && self.takes(method, operation)
            && (self.version.is_none() || self.version.as_deref() == path.version)
            && path.fits(&self.pattern)
    }

    /// HEAD goes with GET, unless it is an operation of its own.
    fn takes(&self, method: &[u8], operation: Option<Operation>) -> bool {
        let has = |method: &[u8]| self.methods.iter().any(|known| known.as_bytes() == method);
        has(method) || method == b"HEAD" && has(b"GET") && !operation.is_some_and(is_head)
    }
}

/// Whether a letter means itself in TOML, in a pattern, and to whoever reads it.
fn is_plain(letter: char) -> bool {
    let plain = letter.is_alphanumeric() || letter.is_ascii_graphic() || letter == ' ';
    plain && !matches!(letter, '*' | '"' | '\'')
}

fn is_head(operation: Operation) -> bool {
    route::of(operation).all(|route| route.method == "HEAD")
}

fn method(text: &str) -> Result<&'static str, String> {
    let known = METHODS.into_iter().find(|method| *method == text);
    known.ok_or_else(|| format!("unknown method {text:?}{}", hint(text, METHODS)))
}

fn part(segment: &str) -> Result<Part<String>, &'static str> {
    match segment {
        "*" => Ok(Part::One),
        "**" => Ok(Part::Many),
        "." | ".." => Err("dot segments are always refused: write the path without"),
        _ if segment.contains('*') => Err("* and ** stand for whole segments"),
        _ if segment.contains('%') => Err("the path is matched decoded: write it without escapes"),
        _ if segment.contains(['?', '#']) => Err("queries aren't matched: write the path alone"),
        _ if segment.contains(|letter: char| letter.is_control() || letter == '\\') => {
            Err("control characters and backslashes are always refused: write the path without")
        }
        literal => Ok(Part::Literal(literal.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;
    use crate::escape::Buffer;

    fn allows(rule: &str, method: &str, target: &str) -> bool {
        let request = Request { method: method.as_bytes(), target: target.as_bytes(), grpc: false };
        let mut buffer = Buffer::new();
        let path = Path::read(&request, &mut buffer).unwrap();
        let operation = path.operation(request.method);
        PathRule::parse(rule).unwrap().allows(request.method, &path, operation)
    }

    #[test]
    fn methods_and_whole_paths_match() {
        for (rule, method, target, expected) in [
            ("GET /libpod/info", "GET", "/libpod/info?a=b", true),
            ("GET /libpod/info", "POST", "/libpod/info", false),
            ("GET,POST /libpod/info", "POST", "/libpod/info", true),
            ("GET /libpod/info", "GET", "/libpod/info/", false),
            ("GET /libpod/info/", "GET", "/libpod/info/", true),
            ("GET /libpod/*/json", "GET", "/libpod/pods/json", true),
            ("GET /libpod/*/json", "GET", "/libpod/pods/a/json", false),
            ("GET /libpod/**", "GET", "/libpod/pods/a/json", true),
            ("GET /libpod/**", "GET", "/libpod", false),
            ("GET /libpod/info", "GET", "/v4.0.0/libpod/info", true),
            ("GET /v4.0.0/libpod/info", "GET", "/v4.0.0/libpod/info", true),
            ("GET /v4.0.0/libpod/info", "GET", "/v4.0.1/libpod/info", false),
            ("GET /v4.0.0/libpod/info", "GET", "/libpod/info", false),
            ("GET /*/info", "GET", "/v4.0.0/info", false),
            ("GET /libpod/info", "HEAD", "/libpod/info", true),
            ("GET /_ping", "HEAD", "/_ping", false),
            ("HEAD /_ping", "HEAD", "/_ping", true),
            ("HEAD /libpod/info", "GET", "/libpod/info", false),
        ] {
            assert_eq!(allows(rule, method, target), expected, "{rule} on {method} {target}");
        }
    }

    #[test]
    fn a_path_with_an_encoded_slash_matches_decoded_and_raw() {
        for (rule, target, expected) in [
            ("GET /libpod/**", "/libpod/a%2Fb/json", true),
            ("GET /l/*/json", "/l/a%2Fb/json", false),
            ("GET /l/*/*/json", "/l/a%2fb/json", false),
            ("GET /l/a/b/json", "/l/a%2fb/json", false),
            ("GET /l/**/json", "/%6c/a%2fb/jso%6e", true),
            ("GET /l/**", "/v4.0.0/l/a%2fb", true),
            ("GET /l/**", "/v4.0.0%2fl/a", false),
            ("GET /l/**", "/l%2fa/b", false),
        ] {
            assert_eq!(allows(rule, "GET", target), expected, "{rule} on {target}");
        }
    }

    #[test]
    fn a_rule_that_could_never_match_is_an_error() {
        for (rule, expected) in [
            ("/info", "\"/info\" is no path rule: want one such as \"GET /libpod/info\""),
            ("GET info", "\"GET info\" is no path rule: want one such as \"GET /libpod/info\""),
            ("GTE /info", "unknown method \"GTE\": did you mean GET?"),
            ("get /info", "unknown method \"get\": did you mean GET?"),
            ("GET /a*", "\"GET /a*\": * and ** stand for whole segments"),
            ("GET /a%2fb", "\"GET /a%2fb\": the path is matched decoded: write it without escapes"),
            ("GET /a?b", "\"GET /a?b\": queries aren't matched: write the path alone"),
            ("GET /a//b", "\"GET /a//b\": empty segments never match: write one slash"),
            (
                "GET /a/../b",
                "\"GET /a/../b\": dot segments are always refused: write the path without",
            ),
            ("GET /v1/info", "\"GET /v1/info\": malformed API version 1: want one such as 1.41"),
        ] {
            assert_eq!(PathRule::parse(rule).unwrap_err(), expected);
        }
    }
}
