//! What is in an archive, and who takes it.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use serde_json::json;
use testkit::process::{clean_environment, finish};
use testkit::{DEADLINE, binary, requires_tool};

use crate::{Images, succeed};

#[test]
fn the_same_sources_built_again_make_the_same_bytes() {
    let built = || fs::read(Images::write(&["socat"]).path("socat.tar")).unwrap();
    let first = built();
    forget_our_crates();
    assert!(first == built(), "two builds wrote different archives");
}

/// Has the next image's program compiled again, but for the packages of others.
fn forget_our_crates() {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap());
    cargo.args(["clean", "--quiet", "--locked", "--release", "--target-dir"]);
    cargo.arg(binary::binary("xtask").parent().unwrap().join("../images/build"));
    cargo.args(["--target", &format!("{}-unknown-linux-gnu", env::consts::ARCH)]);
    for package in ["access", "admin", "core", "engine", "gateway", "settings"] {
        cargo.args(["--package", &format!("docker-api-{package}")]);
    }
    cargo.args(["--package", "bridge"]);
    succeed(cargo);
}

/// An Engine would refuse it, but only when it loads what was built for minutes.
#[test]
fn a_name_that_no_engine_takes_is_refused_before_anything_is_built() {
    let folder = tempfile::tempdir().unwrap();
    for (flag, value) in [("--tag", "1 2"), ("--tag", ""), ("--repository", "ghcr.io/Me")] {
        let mut command = Command::new(binary::binary("xtask"));
        clean_environment(&mut command).args(["image", "socat", flag, value, "--output"]);
        command.arg(folder.path());
        let output = finish(command, DEADLINE);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("for '{flag}")) && said.contains("such as"), "{said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_date_is_the_one_that_the_builder_asks_for() {
    let images = Images::write_with(&["socat"], &[("SOURCE_DATE_EPOCH", "1735689600")]);
    let config = images.archive("socat").config();
    assert_eq!(config["created"], "2025-01-01T00:00:00Z");
    let labels = &config["config"]["Labels"];
    assert_eq!(labels["org.opencontainers.image.created"], "2025-01-01T00:00:00Z");
    assert_eq!(labels["org.opencontainers.image.title"], "socat");
}

#[test]
fn an_image_is_one_program_with_links_to_it_and_accounts() {
    let images = Images::write(&["docker-api"]);
    let archive = images.archive("docker-api");
    let root = archive.root();
    let files: Vec<_> = root.keys().filter(|path| !path.ends_with('/')).collect();
    assert_eq!(
        files,
        [
            "bin/sh",
            "bridge",
            "etc/group",
            "etc/passwd",
            "usr/bin/curl",
            "usr/bin/nc",
            "usr/bin/socat",
            "usr/bin/wget",
            "usr/share/doc/docker-api/LICENSE-APACHE",
            "usr/share/doc/docker-api/LICENSE-MIT",
            "usr/share/doc/docker-api/THIRD-PARTY",
        ]
    );
    assert_eq!(root["bridge"].mode, 0o755);
    for link in ["bin/sh", "usr/bin/curl", "usr/bin/nc", "usr/bin/socat", "usr/bin/wget"] {
        assert_eq!(root[link].link.as_deref(), Some(Path::new("/bridge")), "{link}");
    }
    let passwd = String::from_utf8_lossy(&root["etc/passwd"].content);
    assert!(passwd.contains("\nnonroot:x:65532:65532:"), "{passwd}");
    let size: usize = root.values().map(|entry| entry.content.len()).sum();
    assert!(size <= 4_000_000, "{size}");

    let config = archive.config();
    assert_eq!(config["os"], "linux");
    let settings = &config["config"];
    assert_eq!(settings["Entrypoint"], json!(["/bridge"]));
    let command = json!(["TCP-LISTEN:2375,fork", "UNIX-CONNECT:/var/run/docker.sock"]);
    assert_eq!(settings["Cmd"], command);
    assert_eq!(settings["Env"][0], "BRIDGE_LISTEN=tcp://[::]:2375");
    assert_eq!(settings["Healthcheck"]["Test"], json!(["CMD", "/bridge", "--health"]));
    assert_eq!(settings["Healthcheck"]["Interval"], 10_000_000_000_u64);
}

#[test]
fn a_program_is_static_hardened_and_lists_its_packages_for_scanners() {
    let readelf = requires_tool!("readelf");
    let objcopy = requires_tool!("objcopy");
    let images = Images::write(&["docker-api"]);
    let program = images.path("bridge");
    fs::write(&program, &images.archive("docker-api").root()["bridge"].content).unwrap();

    let mut command = Command::new(readelf);
    command.args(["--wide", "--segments", "--dynamic", "--file-header"]).arg(&program);
    let said = succeed(command);
    assert!(said.contains("DYN (Position-Independent Executable file)"), "{said}");
    assert!(said.contains("BIND_NOW") && said.contains("GNU_RELRO"), "{said}");
    assert!(!said.contains("INTERP") && !said.contains("(NEEDED)"), "{said}");

    let section = images.path("section");
    let mut command = Command::new(objcopy);
    // What it would write is the program anew.
    command.arg(format!("--dump-section=.dep-v0={}", section.display()));
    command.arg(&program).arg("/dev/null");
    succeed(command);
    let zlib = fs::File::open(section).unwrap();
    let list: serde_json::Value =
        serde_json::from_reader(flate2::read::ZlibDecoder::new(zlib)).unwrap();
    let packages = list["packages"].as_array().unwrap();
    let named = |name: &str| packages.iter().find(|package| package["name"] == name);
    assert_eq!(named("bridge").unwrap()["root"], true);
    assert!(named("tokio").is_some() && named("testkit").is_none(), "{list}");
}

#[test]
fn skopeo_takes_an_archive_as_either_of_its_two_kinds() {
    let skopeo = requires_tool!("skopeo");
    let images = Images::write(&["socat", "--repository", "ghcr.io/me", "--tag", "1.2"]);
    let path = images.path("socat.tar");
    for (kind, name) in [("oci-archive", "1.2"), ("docker-archive", "ghcr.io/me/socat:1.2")] {
        let mut command = Command::new(&skopeo);
        command.args(["inspect", "--config", &format!("{kind}:{}:{name}", path.display())]);
        let config: serde_json::Value = serde_json::from_str(&succeed(command)).unwrap();
        assert_eq!(config["config"]["Entrypoint"], json!(["/usr/bin/socat"]), "{kind}");
    }
}

#[test]
fn umoci_unpacks_an_image_that_runs() {
    let (tar, umoci) = (requires_tool!("tar"), requires_tool!("umoci"));
    let images = Images::write(&["docker-api"]);
    let (layout, bundle) = (images.path("layout"), images.path("bundle"));
    fs::create_dir(&layout).unwrap();
    let mut command = Command::new(tar);
    command.arg("xf").arg(images.path("docker-api.tar")).arg("-C").arg(&layout);
    succeed(command);
    let mut command = Command::new(umoci);
    command.args(["unpack", "--rootless", "--image"]);
    command.arg(format!("{}:latest", layout.display())).arg(&bundle);
    succeed(command);
    let mut program = Command::new(bundle.join("rootfs/bridge"));
    program.arg("--version");
    assert!(succeed(program).starts_with("bridge "));
}
