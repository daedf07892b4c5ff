//! Where reports go: standard output, or a file that is replaced whole.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::time::SystemTime;

use docker_api_settings::Failure;

use crate::report::{self, Format, Limits, Row};

/// The way out, and the form.
pub(crate) struct Output {
    format: Format,
    way: Way,
}

enum Way {
    File(PathBuf),
    Nowhere,
    Standard { color: bool },
}

impl Output {
    /// `file`: `None` is standard output, which `quiet` closes.
    pub(crate) fn new(format: Format, file: Option<String>, quiet: bool, may_color: bool) -> Self {
        let way = match file {
            Some(file) => Way::File(file.into()),
            None if quiet => Way::Nowhere,
            None => Way::Standard { color: may_color && io::stdout().is_terminal() },
        };
        Self { format, way }
    }

    /// The report of all targets. A reader that has left is no error.
    pub(crate) fn whole(&self, rows: &[Row<'_>], limits: Limits) -> Result<(), Failure> {
        match &self.way {
            Way::File(file) => {
                let text = report::whole(self.format, rows, limits, false);
                replace(file, &text).map_err(|error| {
                    Failure::other(format!("cannot write: {}: {error}", file.display()))
                })
            }
            Way::Nowhere => Ok(()),
            Way::Standard { color } => {
                print(&report::whole(self.format, rows, limits, *color)).map(|_| ())
            }
        }
    }

    /// What `--watch` says after a round: a line for each that has changed; a file is written anew.
    /// False: the reader has left.
    pub(crate) fn changes(
        &self,
        rows: &[Row<'_>],
        changed: &[bool],
        limits: Limits,
    ) -> Result<bool, Failure> {
        let Way::Standard { color } = self.way else {
            return self.whole(rows, limits).map(|()| true);
        };
        if !changed.contains(&true) {
            return Ok(true);
        }
        let changed = rows.iter().zip(changed).filter(|(_, changed)| **changed);
        let changed: Vec<_> = changed.map(|(row, _)| *row).collect();
        let lines = report::changes(self.format, &changed, SystemTime::now(), color);
        print(&lines.unwrap_or_else(|| report::whole(self.format, rows, limits, color)))
    }
}

/// Prints. False: the reader has left, as in `probe --help | head -1`.
pub(crate) fn print(text: &str) -> Result<bool, Failure> {
    let mut stdout = io::stdout().lock();
    let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    match printed {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::other(format!("cannot print: standard output: {error}"))),
    }
}

/// Writes beside the file and renames, so that no reader sees half of it.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    // A link goes on pointing where it does.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    match fs::metadata(&file) {
        // A pipe or a device is written to; a rename would take its place.
        Ok(meta) if !meta.is_file() => {
            return File::options().write(true).open(&file)?.write_all(text.as_bytes());
        }
        _ => {}
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    // Behind the name, so that it doesn't end as the files that the node exporter reads.
    let temporary = file.with_file_name(format!(".{name}.{}", process::id()));
    let written = write_new(&temporary, text, &file).and_then(|()| fs::rename(&temporary, &file));
    if written.is_err() {
        // It may be what couldn't be made.
        let _absent: io::Result<()> = fs::remove_file(&temporary);
    }
    written
}

/// With the mode of the file that it is to replace.
fn write_new(path: &Path, text: &str, like: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    if let Ok(meta) = fs::metadata(like) {
        file.set_permissions(meta.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("docker.prom");
        replace(&file, "one").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let before = fs::metadata(&file).unwrap().ino();
        replace(&file, "two").unwrap();
        let after = fs::metadata(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert_ne!(after.ino(), before);
        assert_eq!(after.mode() & 0o777, 0o640);
        assert_eq!(names(folder.path()), ["docker.prom"]);
    }

    #[test]
    fn a_link_and_a_device_stay_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, "text").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");

        let null = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &null).unwrap();
        replace(&null, "text").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        assert!(replace(&folder.path().join("absent/file"), "text").is_err());
        assert!(names(folder.path()).is_empty());
    }
}
