//! What `cargo xtask dist` writes: programs and all that belongs to them, for download.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use testkit::requires_tool;

use crate::{read_tar, succeed, xtask};

#[test]
fn an_archive_of_programs_is_whole_and_the_same_each_time() {
    let sha256sum = requires_tool!("sha256sum");
    let [folder, again] = [(); 2].map(|()| xtask("dist", &[], &[]));
    let sums = fs::read_to_string(folder.path().join("SHA256SUMS")).unwrap();
    assert_eq!(sums, fs::read_to_string(again.path().join("SHA256SUMS")).unwrap());
    let mut check = Command::new(sha256sum);
    check.args(["--check", "SHA256SUMS"]).current_dir(folder.path());
    succeed(check);

    let (_, name) = sums.trim_end().split_once("  ").unwrap();
    let files = read_tar(GzDecoder::new(File::open(folder.path().join(name)).unwrap()));
    let top = name.strip_suffix(".tar.gz").unwrap();
    let file = |path: &str| {
        let found = files.get(&format!("{top}/{path}"));
        assert!(found.is_some(), "no {path} in {:?}", files.keys());
        found.unwrap()
    };
    for program in ["bridge", "bridge-tls", "probe"] {
        let path = folder.path().join(program);
        let packed = file(&format!("bin/{program}"));
        assert_eq!(packed.mode, 0o755, "{program}");
        fs::write(&path, &packed.content).unwrap();
        runs(&path, program);
        file(&format!("man/man1/{program}.1"));
        file(&format!("completions/{program}.bash"));
        file(&format!("completions/_{program}"));
        file(&format!("completions/{program}.fish"));
    }
    for path in [
        "CHANGELOG.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "THIRD-PARTY",
        "systemd/docker-api.service",
        "systemd/docker-api.socket",
        "systemd/docker-api-tls.service",
        "systemd/docker-api-tls.socket",
    ] {
        assert!(!file(path).content.is_empty(), "{path}");
    }
    let third_party = String::from_utf8_lossy(&file("THIRD-PARTY").content);
    for package in ["tokio", "rustls", "serde_json"] {
        let listed = third_party.lines().filter(|line| line.starts_with(&format!("  {package} ")));
        assert_eq!(listed.count(), 1, "{package}");
    }
}

fn runs(path: &Path, program: &str) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(path);
    command.arg("--version");
    assert!(succeed(command).starts_with(program), "{program}");
}
