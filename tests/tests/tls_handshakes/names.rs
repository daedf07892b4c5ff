//! A client that dials a name that the certificate lacks: the server says how to add it.

use testkit::peers::{curl, openssl};
use testkit::{Bridge, DEADLINE, StandIn, Transport, requires_tool};

use testkit::tls::Version;

#[test]
fn a_missing_name_is_told_once_and_works_as_soon_as_it_is_added() {
    requires_tool!("curl");
    let (engine, folder) = (StandIn::start(), tempfile::tempdir().unwrap());
    let bridge = || {
        let bridge = Bridge::builder().over(Transport::Tls(Version::V1_3)).cert_dir(folder.path());
        bridge.upstream(engine.socket())
    };
    let client = folder.path().join("client");
    let get = |bridge: &Bridge, name: &str| {
        let port = bridge.addr().port();
        let resolve = format!("{name}:{port}:127.0.0.1");
        let url = format!("https://{name}:{port}/_ping");
        String::from_utf8(curl(&client, &["--resolve", &resolve, &url]).stdout).unwrap()
    };

    let before = bridge().start();
    for name in ["docker.example", "docker.example", "other.example", "docker", "localhost"] {
        assert_eq!(get(&before, name), if name.contains('.') { "" } else { "OK" }, "{name}");
    }
    let told = |name: &str| {
        format!(
            " WARN a client asks for the name {name}, which the certificate lacks: it will refuse \
             this server; --san {name} adds it"
        )
    };
    let logs = before.logs();
    for name in ["docker.example", "other.example"] {
        let lines = logs.lines().filter(|line| line.ends_with(&told(name)));
        assert_eq!(lines.count(), 1, "{name}: {logs}");
    }
    assert_eq!(logs.matches("a client asks for the name").count(), 2, "{logs}");
    before.signal(testkit::Signal::TERM);
    before.wait_exit(DEADLINE);

    let after = bridge().args(["--san", "docker.example", "--san", "*.wild.example"]).start();
    for name in ["docker.example", "any.wild.example"] {
        assert_eq!(get(&after, name), "OK", "{name}");
    }
    assert!(!after.logs().contains("asks for the name"), "{}", after.logs());
}

#[test]
fn the_certificate_is_for_everything_by_which_the_machine_is_dialled() {
    requires_tool!("openssl");
    let (_engine, bridge) = crate::start_with(|bridge| bridge.args(["--san", "IP:192.0.2.7"]));
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let certificate = bridge.cert_dir().join("server/cert.pem");
    let authority = bridge.cert_dir().join("client/ca.pem");
    let [certificate, authority] = [&certificate, &authority].map(|path| path.to_str().unwrap());
    for check in [
        ["-verify_hostname", "localhost"],
        ["-verify_hostname", "docker"],
        ["-verify_hostname", hostname.trim()],
        ["-verify_ip", "127.0.0.1"],
        ["-verify_ip", "::1"],
        ["-verify_ip", "192.0.2.7"],
    ] {
        let words = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", authority];
        let said = openssl(&[&words[..], &check, &[certificate]].concat());
        assert!(said.ends_with(": OK\n"), "{check:?}: {said}");
    }
}
