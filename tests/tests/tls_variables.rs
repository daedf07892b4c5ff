//! What the environment says to `bridge-tls`: its own names, those of all bridges, those of other
//! images.

use testkit::check::{row, warnings};
use testkit::{Program, check, refusal};

fn bridge_tls<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Program {
    let program = Program::ours("bridge-tls");
    variables.into_iter().fold(program, |program, (name, value)| program.env(name, value))
}

/// What `--check` prints with these variables.
fn table<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    check::table(&bridge_tls(variables))
}

fn assert_refused(name: &str, value: &str, message: &str) {
    let why = format!("bad setting: {name}: {message}");
    check::assert_usage_error(&bridge_tls([(name, value)]), &why);
}

#[test]
fn its_own_name_goes_before_the_one_that_all_bridges_have() {
    for (name, ours, shared, setting, [shown, shown_shared]) in [
        ("LISTEN", "tcp://[::]:1", "tcp://[::]:2", "listen", ["tcp://[::]:1", "tcp://[::]:2"]),
        ("UPSTREAM", "/a.sock", "/b.sock", "upstream", ["unix:///a.sock", "unix:///b.sock"]),
        ("ALLOW_FROM", "10.0.0.0/8", "a,b", "allow from", ["10.0.0.0/8", "a, b"]),
        ("ALLOW_HOST", "a.example", "b.example", "allow host", ["a.example", "b.example"]),
        ("NO_BROWSER_GUARD", "0", "1", "browser guard", ["on", "off"]),
        ("MAX_CONNECTIONS", "1", "2", "max connections", ["1", "2"]),
        ("CONNECT_TIMEOUT", "1s", "2s", "connect timeout", ["1s", "2s"]),
        ("SHUTDOWN_GRACE", "1s", "2s", "shutdown grace", ["1s", "2s"]),
    ] {
        let (own_name, shared_name) = (format!("BRIDGE_TLS_{name}"), format!("BRIDGE_{name}"));
        let own = (own_name.as_str(), ours);
        let shared = (shared_name.as_str(), shared);
        assert_eq!(row(&table([own, shared]), setting), shown);
        assert_eq!(row(&table([own]), setting), shown);
        assert_eq!(row(&table([shared]), setting), shown_shared);
        assert_eq!(row(&table([(own.0, " "), shared]), setting), shown_shared);
    }
}

#[test]
fn an_error_names_the_variable_that_was_set() {
    for name in ["BRIDGE_TLS_CONNECT_TIMEOUT", "BRIDGE_CONNECT_TIMEOUT"] {
        assert_refused(name, "10", "`10` is not a duration (write 10s, 500ms or 2m)");
        assert_refused(name, "0s", "0 leaves no time at all (write 10s, 500ms or 2m)");
    }
    for name in ["BRIDGE_TLS_NO_BROWSER_GUARD", "BRIDGE_NO_BROWSER_GUARD"] {
        assert_refused(
            name,
            "2",
            "`2` is not a switch (write 1 or 0, true or false, yes or no, on or off)",
        );
    }
    for name in ["BRIDGE_TLS_ACCESS", "BRIDGE_ACCESS", "BRIDGE_TLS_DEFAULT_ROLE"] {
        assert_refused(name, "monitr", "the role `monitr` isn't known: did you mean monitor?");
    }
}

#[test]
fn certificates_may_be_told_of_by_variables() {
    for (name, value, setting, shown) in [
        ("BRIDGE_TLS_CERT_DIR", "/ours", "certificates", "/ours"),
        ("DOCKER_TLS_CERTDIR", "/dind", "certificates", "/dind"),
        ("STATE_DIRECTORY", "/state", "certificates", "/state/certs"),
        ("BRIDGE_TLS_SAN", "DNS:a,IP:10.0.0.7", "server names", "this machine's, a, 10.0.0.7"),
        ("DOCKER_TLS_SAN", "DNS:a IP:::1", "server names", "this machine's, a, ::1"),
        ("CERT_HOSTNAME", "docker.example", "server names", "this machine's, docker.example"),
        ("CERT_EXPIRATION_DAYS", "30", "server days", "30"),
        ("CERT_EXPIRATION_DAYS", "30", "client days", "30"),
        ("CA_EXPIRATION_DAYS", "900", "authority days", "900"),
        ("BRIDGE_TLS_CLIENT_KEY_MODE", "0644", "client key mode", "0644"),
        ("BRIDGE_TLS_DEFAULT_ROLE", "monitor", "default role", "monitor"),
        ("BRIDGE_TLS_CRL", "/crl.pem", "revocation list", "/crl.pem"),
    ] {
        let table = table([(name, value)]);
        assert_eq!(row(&table, setting), shown, "{name}");
        assert_eq!(warnings(&table), Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn the_variables_of_certificates_stand_in_their_order_and_a_flag_beats_them() {
    let dirs = [("BRIDGE_TLS_CERT_DIR", "/ours"), ("DOCKER_TLS_CERTDIR", "/dind")];
    assert_eq!(row(&table(dirs), "certificates"), "/ours");
    let names = [("BRIDGE_TLS_SAN", "a"), ("DOCKER_TLS_SAN", "b"), ("CERT_HOSTNAME", "c")];
    assert_eq!(row(&table(names), "server names"), "this machine's, a");
    assert_eq!(row(&table(names[1..].iter().copied()), "server names"), "this machine's, b");
    for (name, flag, setting, shown) in [
        ("BRIDGE_TLS_CERT_DIR", "--cert-dir", "certificates", "/flag"),
        ("BRIDGE_TLS_CLIENT_KEY_MODE", "--client-key-mode", "client key mode", "0640"),
        ("CA_EXPIRATION_DAYS", "--ca-days", "authority days", "7"),
    ] {
        let table = check::table(&bridge_tls([(name, "://")]).args([flag, shown]));
        assert_eq!(row(&table, setting), shown, "{flag}");
    }
}

#[test]
fn a_bad_value_names_its_variable() {
    for name in ["CERT_EXPIRATION_DAYS", "CA_EXPIRATION_DAYS"] {
        assert_refused(name, "soon", "`soon` is not a number of days (write 1 to 36500)");
    }
    assert_refused("BRIDGE_TLS_CLIENT_KEY_MODE", "9", "`9` is not a mode in octal (write 0600)");
    assert_refused(
        "BRIDGE_TLS_CERT",
        "/c",
        "--tlscacert and --tlskey are missing: --tlscacert, --tlscert and --tlskey go together \
         (write all three)",
    );
    for name in ["BRIDGE_TLS_SAN", "DOCKER_TLS_SAN", "CERT_HOSTNAME"] {
        let (code, why) = refusal(&bridge_tls([(name, "a,https://b")]));
        assert_eq!(code, 64);
        assert!(why.starts_with(&format!("bad setting: {name}: `https://b` is no name")), "{why}");
    }
}

#[test]
fn a_misspelt_name_is_an_error_for_every_command() {
    for (name, meant) in [
        ("BRIDGE_TLS_LISTN", "BRIDGE_TLS_LISTEN"),
        ("BRIDGE_LISTN", "BRIDGE_LISTEN"),
        ("BRIDGE_TLS_CERTDIR", "BRIDGE_TLS_CERT_DIR"),
        ("BRIDGE_TLS_CA_CERT", "BRIDGE_TLS_CACERT"),
        ("BRIDGE_TLS_SANS", "BRIDGE_TLS_SAN"),
    ] {
        let message = format!("no such variable; did you mean {meant}?");
        assert_refused(name, "x", &message);
        let list = bridge_tls([(name, "x")]).args(["client", "list"]);
        assert_eq!(refusal(&list), (64, format!("bad setting: {name}: {message}")));
    }
}

#[test]
fn another_unknown_name_is_a_warning() {
    for name in ["BRIDGE_TLS_FOO", "BRIDGE_FOO", "BRIDGE_TLS_TLS_LISTEN"] {
        let wanted = format!("the variable {name} is not known and does nothing");
        assert_eq!(warnings(&table([(name, "x")])), [wanted], "{name}");
    }
    let of_kubernetes = [
        ("BRIDGE_TLS_PORT", "tcp://10.0.0.1:2376"),
        ("BRIDGE_TLS_PORT_2376_TCP", "tcp://10.0.0.1:2376"),
        ("BRIDGE_TLS_SERVICE_HOST", "10.0.0.1"),
    ];
    assert_eq!(table(of_kubernetes), table([]));
}

#[test]
fn what_means_something_else_in_other_images_gets_a_line() {
    assert_eq!(
        warnings(&table([("DOCKER_TLS_CERTDIR", "")])),
        ["the variable DOCKER_TLS_CERTDIR is empty: docker:dind would then serve port 2375 \
          without TLS; bridge-tls never does (use bridge for that)"]
    );
    for name in ["CREATE_CERTS_WITH_PW", "CERTS_PASSWORD_FILE"] {
        assert_eq!(
            warnings(&table([(name, "x")])),
            [format!(
                "the variable {name} does nothing: keys are not encrypted by it, the modes of \
                 their files keep others out"
            )]
        );
    }
}
