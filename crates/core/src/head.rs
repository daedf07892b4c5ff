//! Heads of requests and answers, as the open gate reads, edits and writes them.
//!
//! The gate reads the first head of a connection itself. HTTP libraries give up on heads that web
//! pages can send and that Engines serve (3,000 header lines, a `\x01` in a value), so this reader
//! takes any number of lines and any value, and lines that end in a bare LF, as Go's servers do.
//! It fails closed: a head that it can't read, or that could be read in two ways, is an error and
//! never relayed.
//!
//! Nothing here does I/O. [`Scanner`] finds where a request's head ends while its bytes arrive,
//! [`parse`] reads it, [`with_connection_close`] edits it; [`AnswerScanner`] and [`with_sandbox`]
//! do the same for answers; [`refusal`] writes one of our own, [`error_body`] its body alone.
//!
//! The grammar is that of RFC 9112, sections 2 to 5.

mod answer;
mod edit;
mod line;
mod refuse;
mod request;
mod scan;
mod share;
#[cfg(test)]
mod tests;

pub use self::answer::{AnswerLook, AnswerScanner, BadAnswer};
pub use self::edit::{with_connection_close, with_sandbox};
pub use self::line::{is_field_byte, is_token_byte};
pub use self::refuse::{answer, error_body, refusal};
pub(crate) use self::request::RequestLine;
pub use self::request::{Head, parse};
pub use self::scan::{Look, Scanner};
pub use self::share::{Heads, MAX_HEADS, Share};

/// The longest head that is read, in bytes with its blank line: 1 MiB. Go's servers, and so the
/// Engine, stop 4 KiB later.
pub const MAX_HEAD: usize = 1 << 20;

/// Why a request's head can't be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BadHead {
    /// A line that begins with white space: the continuation of the line before, or not, depending
    /// on who reads it. RFC 9112 section 5.2 has servers answer 400.
    #[error("a header line begins with white space")]
    Fold,
    /// A header line without a colon, without a name, or whose name holds other bytes than a
    /// token's (RFC 9110 section 5.6.2), white space before the colon included.
    #[error("a header line does not begin with a name and a colon")]
    Name,
    /// The first line isn't a method, a target and a version with a space between each.
    #[error("the first line is not a method, a target and an HTTP version")]
    RequestLine,
    /// The bytes end before the blank line, or go on behind it.
    #[error("the head does not end with its only blank line")]
    Unfinished,
    /// A value holds a CR or a NUL (RFC 9110 section 5.5).
    #[error("a header value holds a carriage return or a NUL")]
    Value,
}
