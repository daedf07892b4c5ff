//! Why certificates can't be had.

use std::io;
use std::path::PathBuf;

use super::pem::PemError;

/// Why certificates can't be read, made or changed. Each error names the file or directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PkiError {
    /// The authority has ended, and with it everything that it signed.
    #[error(
        "the authority has ended: {}: {ended}; to begin anew, empty the directory and start again \
         (every client then needs a new certificate)", .path.display()
    )]
    AuthorityEnded {
        /// Its certificate.
        path: PathBuf,
        /// When, as a date.
        ended: String,
    },
    /// The authority's key isn't here, so nothing can be signed.
    #[error(
        "cannot sign: {}: there is no key of the authority, or it is encrypted; sign it where the \
         key is", .0.display()
    )]
    CannotSign(PathBuf),
    /// A revocation list that can't be used.
    #[error("cannot use the revocation list: {path}: {why}", path = .0.display(), why = .1)]
    Crl(PathBuf, String),
    /// `clients.json` isn't what this program writes.
    #[error(
        "cannot read the record of clients: {path}: {why}; put it back from a backup (it knows \
         who is revoked)", path = .0.display(), why = .1
    )]
    DamagedRecord(PathBuf, String),
    /// Another process has held the lock for long.
    #[error("cannot lock: {}: another process has held it for {seconds} s", .path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// A certificate couldn't be made.
    #[error("cannot make {0}: {1}")]
    Make(&'static str, String),
    /// A file that must be there isn't.
    #[error("cannot read: {path}: there is no such file; {hint}", path = .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What to do.
        hint: &'static str,
    },
    /// A certificate and a key that don't belong together.
    #[error(
        "the key doesn't belong to the certificate: {} and {}; put the right pair there",
        .certificate.display(), .key.display()
    )]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A client of this name has a valid certificate.
    #[error(
        "cannot add the client: {0}: there is one of this name; revoke it first (bridge-tls \
         client revoke {0})"
    )]
    NameTaken(String),
    /// The random generator failed.
    #[error("cannot make a serial number: the random generator failed")]
    NoRandomness,
    /// Something about a file's certificate or key.
    #[error("cannot use: {0}")]
    Pem(#[from] PemError),
    /// A file or directory can't be read.
    #[error("cannot read: {path}: {why}{}", advice(.1), path = .0.display(), why = .1)]
    Read(PathBuf, #[source] io::Error),
    /// A name that `client/` uses itself.
    #[error(
        "cannot add the client: {0}: so is the certificate in client/ called; choose another name"
    )]
    ReservedName(String),
    /// No client of this name or serial.
    #[error(
        "cannot revoke: {0}: there is no client of this name or serial; bridge-tls client list \
         shows all"
    )]
    UnknownClient(String),
    /// A certificate or key that can't be used.
    #[error("cannot use: {path}: {why}", path = .0.display(), why = .1)]
    Unusable(PathBuf, String),
    /// A file or directory can't be written.
    #[error("cannot write: {path}: {why}{hint}", path = .0.display(), why = .1, hint = hint(.1))]
    Write(PathBuf, #[source] io::Error),
    /// A role whose name can't stand in a certificate.
    #[error("`{0}` is no name of a role (letters, digits and _.- up to 59)")]
    WrongRole(String),
}

/// What the user can do about a file that can't be written.
fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; make the directory writable for this user, or name another with --cert-dir"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; make room on the disk",
        io::ErrorKind::NotADirectory => "; a file or a link is in the place of a directory",
        _ => "",
    }
}

/// A directory is read as its owner, also by root.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; give it to the owner of its directory, as whom it is read (chown)"
        }
        _ => "",
    }
}
