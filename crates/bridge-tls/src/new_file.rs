//! Files that never take the place of others.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use docker_api_settings::Failure;

/// Refuses a file that is there already, before anything is made.
///
/// # Errors
/// When it is; `flag` is what named it.
pub(crate) fn refuse_existing(flag: &str, path: &Path) -> Result<(), Failure> {
    // A link that leads nowhere is there, too.
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(_) => {
            let why = format!(
                "{} is there already and isn't overwritten (remove it, or name another)",
                path.display()
            );
            Err(Failure::setting(flag, why))
        }
        Err(error) => Err(Failure::setting(flag, format!("{}: {error}", path.display()))),
    }
}

/// Writes a file that isn't there yet.
///
/// # Errors
/// When it is, or can't be written.
pub(crate) fn write(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_file_that_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        refuse_existing("--out", &path).unwrap();
        write(&path, 0o600, b"one").unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
        let failure = refuse_existing("--out", &path).unwrap_err().to_string();
        assert!(failure.contains("is there already"), "{failure}");
        assert!(write(&path, 0o600, b"two").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("target"));
        symlink(&target, &link).unwrap();
        assert!(refuse_existing("--context", &link).is_err());
        assert!(write(&link, 0o600, b"secret").is_err());
        assert!(!target.exists());
    }
}
