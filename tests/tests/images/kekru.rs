//! `docker-api-tls` in the place of `kekru/docker-remote-api-tls`: his compose files, of which only
//! the image's name is changed.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use testkit::certificates::{Authority, Leaf};
use testkit::dockerd::Dockerd;
use testkit::process::finish;
use testkit::{DEADLINE, requires_docker, requires_tool};

use crate::compose::{Project, engine_with};
use crate::rights::Rights;
use crate::tls::serves;
use crate::{Images, succeed};

/// As in his README, which generates certificates.
const GENERATES: &str = r#"
version: "3.4"
services:
  remote-api:
    image: kekru/docker-remote-api-tls:v0.2.0
    ports:
     - 2376:443
    environment:
     - CREATE_CERTS_WITH_PW=supersecret
     - CERT_HOSTNAME=remote-api.example.com
    volumes:
     - <local cert dir>:/data/certs
     - /var/run/docker.sock:/var/run/docker.sock:ro
"#;

/// As in his README, with certificates that were there before.
const HAS: &str = r#"
version: "3.4"
services:
  remote-api:
    image: kekru/docker-remote-api-tls:v0.2.0
    ports:
     - 2376:443
    volumes:
     - <local cert dir>:/data/certs:ro
     - /var/run/docker.sock:/var/run/docker.sock:ro
"#;

fn up<'a>(engine: &'a Dockerd, file: &str, folder: &Path) -> Project<'a> {
    let changed = file.replace("kekru/docker-remote-api-tls:v0.2.0", "docker-api-tls");
    assert_ne!(changed, file);
    Project::up(engine, &changed.replace("<local cert dir>", folder.to_str().unwrap()))
}

/// A folder of the machine's that Docker would have made for the mount.
fn folder(engine: &Dockerd) -> tempfile::TempDir {
    let folder = tempfile::tempdir_in(engine.folder()).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

const PUBLISHED: &str = "tcp://127.0.0.1:2376";

#[test]
fn a_compose_file_that_had_kekru_make_certificates_has_ours_made_in_the_same_folder() {
    let (_, _) = (requires_tool!("docker-compose"), requires_tool!("curl"));
    let Some(engine) = engine_with(&["docker-api-tls"]) else { return };
    let folder = folder(&engine);
    let project = up(&engine, GENERATES, folder.path());
    let client = folder.path().join("client");
    project.eventually("docker gets in by the client of the folder", || {
        serves(&engine, PUBLISHED, &client)
    });
    assert_eq!(Rights::of(&engine, &project.container()), Rights::nonroot());
    assert_eq!(fs::metadata(folder.path().join("ca/key.pem")).unwrap().uid(), 65532);
    // Everybody on the machine could read it, and may need to.
    assert_eq!(fs::metadata(client.join("key.pem")).unwrap().mode() & 0o777, 0o644);
    let logs = project.logs();
    assert!(logs.contains("the variable CREATE_CERTS_WITH_PW does nothing"), "{logs}");

    let mut curl = engine.inside("curl");
    curl.args(["--silent", "--show-error", "--fail", "--cacert"]).arg(client.join("ca.pem"));
    curl.arg("--cert").arg(client.join("cert.pem")).arg("--key").arg(client.join("key.pem"));
    curl.args(["--resolve", "remote-api.example.com:2376:127.0.0.1"]);
    curl.arg("https://remote-api.example.com:2376/_ping");
    assert_eq!(succeed(curl), "OK");

    let certificate = folder.path().join("server/cert.pem");
    fs::remove_file(&certificate).unwrap();
    project.eventually("the server's certificate is made anew", || certificate.exists());
    assert_eq!(fs::metadata(&certificate).unwrap().uid(), 65532);
    project.eventually("docker gets in by it", || serves(&engine, PUBLISHED, &client));

    let authority = fs::read(folder.path().join("ca/cert.pem")).unwrap();
    succeed(project.compose(&["restart", "--timeout", "2"]));
    project.eventually("docker gets in again", || serves(&engine, PUBLISHED, &client));
    assert_eq!(fs::read(folder.path().join("ca/cert.pem")).unwrap(), authority);
}

#[test]
fn a_compose_file_with_kekrus_own_flat_files_goes_on_with_them_and_its_clients() {
    let (_, _) = (requires_tool!("docker-compose"), requires_tool!("openssl"));
    let Some(engine) = engine_with(&["docker-api-tls"]) else { return };
    let folder = folder(&engine);
    let authority = Authority::like_dinds("example.com");
    let server = authority.issue(&Leaf::server(&["127.0.0.1"]));
    for (from, to, mode) in [
        (server.ca(), "ca-cert.pem", 0o444),
        (server.certificate(), "server-cert.pem", 0o444),
        (server.key(), "server-key.pem", 0o400),
    ] {
        let to = folder.path().join(to);
        fs::copy(from, &to).unwrap();
        chown(&to, Some(0), Some(0)).unwrap();
        fs::set_permissions(to, fs::Permissions::from_mode(mode)).unwrap();
    }
    let client = authority.issue(&Leaf::client("testClient"));
    let stranger =
        Authority::new("stranger").issue(&Leaf::client("testClient")).trusting(&server.ca());
    // Read-only as he says where they aren't made, writable where he had made them.
    for file in [HAS.to_owned(), HAS.replace(":/data/certs:ro", ":/data/certs")] {
        let project = up(&engine, &file, folder.path());
        project.eventually("docker gets in by his client", || {
            serves(&engine, PUBLISHED, client.path())
        });
        assert!(!serves(&engine, PUBLISHED, stranger.path()));
        assert_eq!(Rights::of(&engine, &project.container()), Rights::nonroot());
        let logs = project.logs();
        for warning in [
            "served as they are and not renewed: server-cert.pem and server-key.pem are yours",
            "user 65532 can't read /data/certs/server-key.pem again: a reload needs other rights",
        ] {
            assert!(logs.contains(warning), "{warning}: {logs}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is made");
        succeed(project.compose(&["restart", "--timeout", "2"]));
        project.eventually("he gets in again", || serves(&engine, PUBLISHED, client.path()));
    }
}

#[test]
fn his_port_and_his_folder_count_only_where_his_volume_is_mounted_and_nothing_else_is_named() {
    let engine = requires_docker!();
    Images::write_with(&["docker-api-tls", "--load"], &[("DOCKER_HOST", &engine.host())]);
    let check = |options: &[&str], words: &[&str]| {
        let run = ["run", "--rm", "--network=none"];
        let image = ["docker-api-tls", "serve", "--check"];
        let output = finish(engine.docker(&[&run[..], options, &image, words].concat()), DEADLINE);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let value = |name: &str| {
            let line = said.lines().find_map(|line| line.trim_start().strip_prefix(name));
            line.unwrap_or_else(|| panic!("{output:?}")).trim().to_owned()
        };
        [value("listen "), value("certificates ")]
    };
    let (both, ours) = ("tcp://[::]:2376, tcp://[::]:443", "tcp://[::]:2376");
    let his = ["--volume=/data/certs"];
    assert_eq!(check(&[], &[]), [ours, "/certs"]);
    assert_eq!(check(&his, &[]), [both, "/data/certs"]);
    assert_eq!(check(&his, &["--cert-dir", "/certs"]), [ours, "/certs"]);
    assert_eq!(check(&[his[0], "--env=DOCKER_TLS_CERTDIR=/certs"], &[]), [ours, "/certs"]);
    let loopback = ["--listen", "tcp://127.0.0.1:2376"];
    assert_eq!(check(&his, &loopback), ["tcp://127.0.0.1:2376", "/data/certs"]);
}
