//! The tables of rights that `--check` prints.

use testkit::Program;
use testkit::check::{row, table, warnings};

use crate::PolicyFile;

/// The fields of the row of an operation or a path, in the table of a role.
fn right(table: &str, role: &str, begins: &str) -> Vec<String> {
    let lines = table.lines().skip_while(|line| !line.starts_with(&format!("role {role} (")));
    let row = lines.into_iter().skip(1).take_while(|line| !line.starts_with("role "));
    let row = row.filter_map(|line| line.strip_prefix("  ")).find(|line| line.starts_with(begins));
    let row = row.unwrap_or_else(|| panic!("no {begins} of {role} in {table}"));
    row.split("  ").map(str::trim).filter(|field| !field.is_empty()).map(str::to_owned).collect()
}

#[test]
fn a_check_prints_a_row_an_operation_for_each_role_that_somebody_has() {
    let policy = PolicyFile::new(
        "[roles.deployer]\n\
         extends = [\"monitor\"]\n\
         allow = [\"ContainerCreate\", \"class:lifecycle\"]\n\
         allow-paths = [\"GET /libpod/containers/json\"]\n\
         deny = [\"ContainerStats\"]\n\
         [roles.unused]\n",
    );
    let program = Program::ours("bridge").args(["--policy", &policy.text()]).args([
        "--listen",
        "127.0.0.1:1=deployer",
        "--listen",
        "127.0.0.1:2=full",
        "--listen",
        "127.0.0.1:3",
        "--access",
        "monitor",
    ]);
    let table = table(&program);
    assert_eq!(
        row(&table, "listen"),
        "tcp://127.0.0.1:1=deployer, tcp://127.0.0.1:2=full, tcp://127.0.0.1:3"
    );
    assert_eq!(row(&table, "access"), "monitor");
    assert_eq!(row(&table, "policy"), policy.text());
    for (operation, wanted) in [
        ("OPERATION ", &["OPERATION", "METHOD", "PATH", "ALLOWED", "RULE"][..]),
        (
            "ContainerList ",
            &["ContainerList", "GET", "/containers/json", "yes", "monitor: allow ContainerList"],
        ),
        (
            "ContainerCreate ",
            &["ContainerCreate", "POST", "/containers/create", "yes", "allow ContainerCreate"],
        ),
        (
            "ContainerStart ",
            &["ContainerStart", "POST", "/containers/{id}/start", "yes", "allow class:lifecycle"],
        ),
        (
            "ContainerStats ",
            &["ContainerStats", "GET", "/containers/{id}/stats", "no", "deny ContainerStats"],
        ),
        ("ContainerLogs ", &["ContainerLogs", "GET", "/containers/{id}/logs", "no", "no rule"]),
        (
            "- ",
            &["-", "GET", "/libpod/containers/json", "yes", "allow GET /libpod/containers/json"],
        ),
    ] {
        assert_eq!(right(&table, "deployer", operation), wanted);
    }
    assert_eq!(right(&table, "monitor", "ContainerCreate ")[3..], ["no", "no rule"]);
    assert!(table.contains("role full (tcp://127.0.0.1:2): everything is allowed"), "{table}");
    assert!(table.contains("role monitor (tcp://127.0.0.1:3):"), "{table}");
    assert!(!table.contains("role unused"), "{table}");
}

#[test]
fn open_access_has_no_table_of_rights() {
    for words in [&[][..], &["--access", "full"], &["--listen", "127.0.0.1:1=full"]] {
        let table = table(&Program::ours("bridge").args(words));
        assert!(!table.contains("OPERATION"), "{table}");
        assert_eq!(row(&table, "access"), "full");
    }
}

#[test]
fn what_does_nothing_gets_a_warning() {
    let policy = PolicyFile::new("[clients]\ngrafana = \"monitor\"\n");
    let of = |program: Program| {
        let table = table(&program);
        warnings(&table).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let bridge = |words: &[&str]| Program::ours("bridge").args(words);
    assert_eq!(
        of(bridge(&["--log-requests", "denied"])),
        ["--log-requests does nothing: open access logs no requests"]
    );
    assert_eq!(of(bridge(&["--log-requests", "denied", "-a", "monitor"])), Vec::<String>::new());
    assert_eq!(
        of(bridge(&["--policy", &policy.text()])),
        ["[clients] of the policy does nothing: without TLS nobody shows a certificate"]
    );
}

#[test]
fn a_check_of_a_server_with_certificates_shows_their_roles() {
    let certs = tempfile::tempdir().unwrap();
    let certs = certs.path().display().to_string();
    let tls = |words: &[&str]| Program::ours("bridge-tls").args(words).args(["--cert-dir", &certs]);
    for words in [["grafana", "monitor"], ["ci", "deplyer"], ["laptop", "read-only"]] {
        let added = tls(&["client", "add", words[0], "--role", words[1]]).run();
        assert!(added.status.success(), "{added:?}");
    }
    let policy = PolicyFile::new(
        "[roles.deployer]\nallow = [\"ContainerCreate\"]\n[clients]\nlaptop = \"deployer\"\n",
    );
    let words = ["--policy", &policy.text(), "--default-role", "read-only", "--check"];
    let output = tls(&words).run();
    let table = String::from_utf8_lossy(&output.stdout);
    for line in [
        "role monitor (client grafana):",
        "role deployer (client laptop):",
        "role read-only (certificates that name none):",
        "role deplyer (client ci): not known, nothing is allowed",
        "warning: client ci may do nothing: its certificate names the role deplyer, which isn't \
         known here: did you mean deployer?",
    ] {
        assert!(table.lines().any(|other| other == line), "{line} in {table}");
    }
}
