//! The image that tests run, made without any registry.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{binary, process};

/// The name of the image: busybox, with a link for each of its commands.
///
/// `sh`, `cat`, `sleep`, `echo`, `wc`, `sha256sum`, `tar`, `dd` and the like are in `/bin`.
pub const IMAGE: &str = "docker-api-test:latest";

/// A root filesystem as a tar: `/bin` as above, `/tmp`, `/etc/passwd` with root and 65532.
///
/// The same bytes for the same busybox.
pub fn root_filesystem() -> Vec<u8> {
    let busybox = static_busybox().expect("a static busybox");
    build(&fs::read(&busybox).expect("cannot read busybox"), &applets(&busybox))
        .expect("writing to memory cannot fail")
}

/// The path of a busybox that needs no libraries (Debian's `busybox-static`), or why there is none.
pub fn static_busybox() -> Result<PathBuf, String> {
    let path = binary::in_path("busybox").ok_or("no busybox in PATH (apt: busybox-static)")?;
    if is_static(&path) {
        Ok(path)
    } else {
        Err(format!("{} isn't static (apt: busybox-static)", path.display()))
    }
}

/// The names of the commands that it can be.
fn applets(busybox: &Path) -> Vec<String> {
    let mut command = Command::new(busybox);
    command.arg("--list");
    let output = process::finish(command, crate::DEADLINE);
    let list = String::from_utf8(output.stdout).expect("names are text");
    list.lines()
        .filter(|&name| name != "busybox" && !name.contains('/'))
        .map(str::to_owned)
        .collect()
}

fn build(busybox: &[u8], applets: &[String]) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, mode) in [("bin/", 0o755), ("etc/", 0o755), ("root/", 0o700), ("tmp/", 0o1777)] {
        let mut header = header(tar::EntryType::Directory, mode, 0);
        tar.append_data(&mut header, path, io::empty())?;
    }
    for (path, mode, content) in [
        ("bin/busybox", 0o755, busybox),
        ("etc/group", 0o644, b"root:x:0:\nnonroot:x:65532:\n"),
        ("etc/passwd", 0o644, PASSWD),
    ] {
        let mut header = header(tar::EntryType::Regular, mode, content.len() as u64);
        tar.append_data(&mut header, path, content)?;
    }
    for applet in applets {
        let mut header = header(tar::EntryType::Symlink, 0o777, 0);
        tar.append_link(&mut header, format!("bin/{applet}"), "busybox")?;
    }
    tar.into_inner()
}

/// Without a time and without owners: nothing of this machine gets in.
fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

/// A dynamic program names its interpreter near its beginning.
fn is_static(path: &Path) -> bool {
    let Ok(bytes) = fs::read(path) else { return false };
    let beginning = &bytes[..bytes.len().min(8192)];
    let names = |needle: &[u8]| beginning.windows(needle.len()).any(|window| window == needle);
    beginning.starts_with(b"\x7fELF") && !names(b"/ld-linux") && !names(b"/ld-musl")
}

const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532::/tmp:/bin/sh\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_program_makes_the_same_bytes() {
        let applets = ["cat".to_owned(), "sh".to_owned()];
        let tar = build(b"\x7fELF", &applets).unwrap();
        assert_eq!(tar, build(b"\x7fELF", &applets).unwrap());
        let mut archive = tar::Archive::new(tar.as_slice());
        let paths: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert!(paths.contains(&"bin/cat".to_owned()), "{paths:?}");
        assert_eq!(paths.first().map(String::as_str), Some("bin/"));
    }

    #[test]
    fn dynamic_programs_are_told_apart() {
        assert!(!is_static(&std::env::current_exe().unwrap()));
    }
}
