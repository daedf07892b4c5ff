//! Directories that others have filled: a Kubernetes secret, and docker:dind's.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use testkit::certificates::{Authority, Issued, Leaf};
use testkit::process::finish;
use testkit::{Bridge, DEADLINE, Program, Signal, StandIn, refusal, requires_tool};

use crate::{TLS, assert_served, server};

fn bridge(engine: &StandIn, folder: &TempDir) -> Bridge {
    Bridge::builder().over(TLS).upstream(engine.socket()).cert_dir(folder.path()).start()
}

#[test]
fn the_files_of_a_kubernetes_secret_and_of_kekrus_volume_are_served_as_they_are() {
    for [certificate, key, ca] in
        [["tls.crt", "tls.key", "ca.crt"], ["server-cert.pem", "server-key.pem", "ca-cert.pem"]]
    {
        let (engine, folder) = (StandIn::start(), tempfile::tempdir().unwrap());
        let authority = Authority::new("theirs");
        let server = server(&authority);
        for (from, to) in
            [(server.ca(), ca), (server.certificate(), certificate), (server.key(), key)]
        {
            fs::copy(from, folder.path().join(to)).unwrap();
        }
        let bridge = bridge(&engine, &folder);
        assert_served(&bridge, &authority.issue(&Leaf::client("laptop")).client());
        let end = format!("and not renewed: {certificate} and {key} are yours");
        bridge.wait_for_log(|line| line.contains(" WARN ") && line.ends_with(&end));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is made");
        bridge.signal(Signal::TERM);
        bridge.wait_exit(DEADLINE);
        assert!(
            !bridge.logs().contains("export "),
            "no client's files are here: {}",
            bridge.logs()
        );
    }
}

/// Never "no client check".
#[test]
fn without_the_authority_of_the_clients_there_is_no_service() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&Authority::new("theirs"));
    fs::copy(server.certificate(), folder.path().join("server-cert.pem")).unwrap();
    fs::copy(server.key(), folder.path().join("server-key.pem")).unwrap();
    let (code, why) = refusal(&Program::ours("bridge-tls").arg("--cert-dir").arg(folder.path()));
    assert_eq!(code, 64, "{why}");
    let missing = folder.path().join("ca-cert.pem");
    let begin = format!("cannot read: {}: there is no such file; put the ", missing.display());
    assert!(why.starts_with(&begin), "{why}");
}

/// RSA-4096 and no key usage, and clients that nobody gave a role.
#[test]
fn a_directory_of_dind_goes_on_with_the_clients_that_it_has() {
    requires_tool!("docker");
    let (engine, folder) = (StandIn::start(), tempfile::tempdir().unwrap());
    let authority = Authority::like_dinds("docker:dind CA");
    let write = |to: &str, pem: &str| {
        let path = folder.path().join(to);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, pem).unwrap();
    };
    write("ca/cert.pem", authority.pem());
    write("ca/key.pem", authority.key_pem());
    let files = |issued: &Issued, to: &str| {
        for path in [issued.ca(), issued.certificate(), issued.key()] {
            let name = Path::new(to).join(path.file_name().unwrap());
            write(name.to_str().unwrap(), &fs::read_to_string(path).unwrap());
        }
    };
    files(&server(&authority), "server");
    let client = authority.issue(&Leaf::client("docker:dind client"));
    files(&client, "client");

    let bridge = bridge(&engine, &folder);
    assert_served(&bridge, &client.client());
    let output = finish(bridge.endpoint().docker(&["version"]), DEADLINE);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::read_to_string(folder.path().join("ca/cert.pem")).unwrap(), authority.pem());
}
