//! The command line of `bridge-tls`: what help says, what is asked for, and what a mistake gets.

use testkit::{Program, check, process, refusal};

fn bridge_tls(words: &[&str]) -> Program {
    Program::ours("bridge-tls").args(words)
}

/// What it prints on standard output, ending well and silent on the other.
fn printed(words: &[&str]) -> String {
    check::printed(&bridge_tls(words))
}

fn assert_refused(words: &[&str], message: &str) {
    check::assert_usage_error(&bridge_tls(words), message);
}

/// Text without its line breaks, which depend on its width.
fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Flags of `serve`, and what `--help` says of their variables and defaults.
const FLAGS: [(&str, &str); 31] = [
    ("-l, --listen <ADDRESS[=ROLE]>", "[env: BRIDGE_TLS_LISTEN] [default: tcp://127.0.0.1:2376]"),
    (
        "-u, --upstream <ADDRESS>",
        "[env: BRIDGE_TLS_UPSTREAM, SOCKET_PATH, DOCKER_HOST if it is unix://] [default: \
         unix:///var/run/docker.sock]",
    ),
    ("--allow-from <CIDR|NAME>", "[env: BRIDGE_TLS_ALLOW_FROM] [default: everyone]"),
    ("--allow-host <NAME>", "[env: BRIDGE_TLS_ALLOW_HOST]"),
    ("--allow-origin <ORIGIN>", "[env: BRIDGE_TLS_ALLOW_ORIGIN]"),
    ("--no-browser-guard", "[env: BRIDGE_TLS_NO_BROWSER_GUARD]"),
    ("--max-connections <N>", "[env: BRIDGE_TLS_MAX_CONNECTIONS]"),
    ("--connect-timeout <DURATION>", "[env: BRIDGE_TLS_CONNECT_TIMEOUT] [default: 10s]"),
    ("--shutdown-grace <DURATION>", "[env: BRIDGE_TLS_SHUTDOWN_GRACE] [default: 8s]"),
    ("--log-level <LEVEL>", "[env: BRIDGE_TLS_LOG, LOG_LEVEL] [default: info]"),
    ("--log-format <FORMAT>", "[env: BRIDGE_TLS_LOG_FORMAT] [default: text]"),
    ("-a, --access <ROLE>", "[env: BRIDGE_TLS_ACCESS] [default: full]"),
    ("--policy <FILE>", "[env: BRIDGE_TLS_POLICY]"),
    ("--log-requests <WHICH>", "[env: BRIDGE_TLS_LOG_REQUESTS] [default: all]"),
    ("--learn <FILE>", "[env: BRIDGE_TLS_LEARN]"),
    ("--socket-mode <OCTAL>", "[env: BRIDGE_TLS_SOCKET_MODE] [default: 0660]"),
    ("--socket-group <GROUP>", "[env: BRIDGE_TLS_SOCKET_GROUP]"),
    (
        "--cert-dir <DIR>",
        "[env: BRIDGE_TLS_CERT_DIR, DOCKER_TLS_CERTDIR] [default: $STATE_DIRECTORY/certs under \
         systemd, /var/lib/docker-api/certs as root, else $XDG_STATE_HOME/docker-api/certs]",
    ),
    ("--san <NAME>", "[env: BRIDGE_TLS_SAN, DOCKER_TLS_SAN, CERT_HOSTNAME]"),
    ("--server-days <N>", "[env: CERT_EXPIRATION_DAYS] [default: 90]"),
    ("--client-days <N>", "[env: CERT_EXPIRATION_DAYS] [default: 365]"),
    ("--ca-days <N>", "[env: CA_EXPIRATION_DAYS] [default: 3650]"),
    ("--client-key-mode <OCTAL>", "[env: BRIDGE_TLS_CLIENT_KEY_MODE] [default: 0600]"),
    ("--default-role <ROLE>", "[env: BRIDGE_TLS_DEFAULT_ROLE] [default: the listener's]"),
    ("--tlscacert <FILE>", "[env: BRIDGE_TLS_CACERT]"),
    ("--tlscert <FILE>", "[env: BRIDGE_TLS_CERT]"),
    ("--tlskey <FILE>", "[env: BRIDGE_TLS_KEY]"),
    ("--tlscrl <FILE>", "[env: BRIDGE_TLS_CRL]"),
    ("--check", ""),
    ("--completions <SHELL>", "bash"),
    ("-h, --help", ""),
];

/// Commands, and all flags that each has beside `--help`.
const COMMANDS: [(&[&str], &[&str]); 4] = [
    (
        &["client", "add"],
        &[
            "--role <ROLE>",
            "--days <N>",
            "--out <DIR>",
            "--context <FILE|->",
            "--host <HOST[:PORT]>",
        ],
    ),
    (&["client", "list"], &["--format <FORMAT>"]),
    (&["client", "revoke"], &[]),
    (&["ca", "show"], &[]),
];

#[test]
fn serve_has_the_same_flags_by_its_name_and_without() {
    for words in [&["--help"][..], &["serve", "--help"]] {
        let help = joined(&printed(words));
        for (flag, told) in FLAGS {
            let (_, of_flag) = help.split_once(&format!("{flag} ")).expect(flag);
            let end = of_flag.find(" --").unwrap_or(of_flag.len());
            assert!(of_flag[..end].contains(told), "{words:?}: {flag}: {}", &of_flag[..end]);
        }
    }
    for words in [&["-h"][..], &["serve", "-h"]] {
        let help = printed(words);
        for (flag, _) in FLAGS {
            assert!(help.contains(flag), "{words:?}: {flag}");
        }
    }
}

#[test]
fn help_names_every_command_and_fits_a_terminal() {
    let help = printed(&["--help"]);
    for usage in [
        "bridge-tls [serve] [OPTIONS]\n",
        "bridge-tls client add|list|revoke [OPTIONS]\n",
        "bridge-tls ca show [OPTIONS]\n",
    ] {
        assert!(help.contains(usage), "{help}");
    }
    assert!(help.contains("Whoever has a client's key controls the Engine"));
    assert!(!help.contains("BRIDGE_TLS_TLS"), "{help}");
    for line in help.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn each_command_has_its_flags_and_the_directory_of_certificates() {
    for (command, flags) in COMMANDS {
        let help = printed(&[command, &["--help"]].concat());
        for flag in flags.iter().chain(&["--cert-dir <DIR>"]) {
            assert!(help.contains(flag), "{command:?}: {flag}: {help}");
        }
        assert!(!help.contains("--listen"), "{command:?}: {help}");
    }
}

#[test]
fn every_example_of_help_is_a_command_line_that_works() {
    let help = printed(&["--help"]);
    let (_, examples) = help.split_once("Examples:\n").unwrap();
    let examples: Vec<_> =
        examples.lines().filter_map(|line| line.strip_prefix("  bridge-tls ")).collect();
    assert_eq!(examples.len(), 5);
    let folder = tempfile::tempdir().unwrap();
    for example in examples {
        let more: &[&str] =
            if example.starts_with("client") { &["--cert-dir", "certs"] } else { &["--check"] };
        let words: Vec<_> = example.split_whitespace().chain(more.iter().copied()).collect();
        let mut command = bridge_tls(&words).command();
        command.current_dir(folder.path());
        let output = process::finish(command, testkit::DEADLINE);
        assert!(output.status.success(), "{example}: {output:?}");
    }
    assert!(folder.path().join("laptop.dockercontext").exists());
}

#[test]
fn the_version_is_one_line() {
    for ask in ["-V", "--version"] {
        assert_eq!(printed(&[ask]), format!("bridge-tls {}\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn a_check_prints_what_would_run_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let certs = folder.path().join("certs");
    let certs = certs.to_str().unwrap();
    let table = format!(
        "\
the settings are right; this would run:
  listen           tcp://127.0.0.1:2376
  upstream         unix:///var/run/docker.sock
  access           full
  browser guard    on
  allow from       everyone
  allow host       none
  allow origin     none
  max connections  from the descriptor limit
  connect timeout  10s
  shutdown grace   8s
  certificates     {certs}
  server names     this machine's
  server days      90
  client days      365
  authority days   3650
  client key mode  0600
  default role     the listener's
"
    );
    assert_eq!(printed(&["--check", "--cert-dir", certs]), table);
    assert_eq!(printed(&["serve", "--check", "--cert-dir", certs]), table);
    let words = "--san DNS:docker.example --san 10.0.0.7 --server-days 7 --client-days 30 \
                 --ca-days 900 --client-key-mode 644 --default-role full --tlscrl /crl.pem \
                 --listen tcp://[::] --check --cert-dir";
    let words: Vec<_> = words.split_whitespace().chain([certs]).collect();
    let table = printed(&words);
    for row in [
        "  listen           tcp://[::]:2376\n",
        "  server names     this machine's, docker.example, 10.0.0.7\n",
        "  server days      7\n",
        "  client days      30\n",
        "  authority days   900\n",
        "  client key mode  0644\n",
        "  default role     full\n",
        "  revocation list  /crl.pem\n",
    ] {
        assert!(table.contains(row), "{row}{table}");
    }
    assert!(!folder.path().join("certs").exists());
}

#[test]
fn a_check_reads_certificates_that_the_user_manages() {
    assert_refused(
        &["--check", "--tlscacert", "/no/ca", "--tlscert", "/no/cert", "--tlskey", "/no/key"],
        "cannot read: /no/cert: there is no such file; --tlscert names the server's certificate",
    );
}

#[test]
fn certificates_that_the_user_manages_go_together() {
    let together = "--tlscacert, --tlscert and --tlskey go together (write all three)";
    for (words, missing) in [
        (&["--tlscert", "/c", "--tlskey", "/k"][..], "--tlscert: --tlscacert is"),
        (&["--tlscacert", "/a", "--tlskey", "/k"], "--tlscacert: --tlscert is"),
        (&["--tlscacert", "/a", "--tlscert", "/c"], "--tlscacert: --tlskey is"),
        (&["--tlskey", "/k"], "--tlskey: --tlscacert and --tlscert are"),
    ] {
        assert_refused(words, &format!("bad setting: {missing} missing: {together}"));
    }
    assert_refused(
        &["--tlscacert", "/a", "--tlscert", "/c", "--tlskey", "/k", "--cert-dir", "/certs"],
        "bad setting: --tlscert: it names a certificate that you manage, and --cert-dir where \
         ours are made; write one of them",
    );
}

#[test]
fn a_mistyped_flag_or_command_gets_the_one_that_was_meant() {
    let hint = "(bridge-tls --help lists all flags)";
    for (words, message) in [
        (
            &["--listn", "x"][..],
            "unexpected argument '--listn' found; tip: a similar argument exists: '--listen'",
        ),
        (&["sevre"], "unrecognized subcommand 'sevre'; tip: a similar subcommand exists: 'serve'"),
        (
            &["client", "lst"],
            "unrecognized subcommand 'lst'; tip: a similar subcommand exists: 'list'",
        ),
        (
            &["client"],
            "'bridge-tls client' requires a subcommand but one was not provided; [subcommands: \
             add, list, revoke]",
        ),
        (&["client", "add"], "the following required arguments were not provided: <NAME>"),
        (&["client", "add", "a", "b"], "unexpected argument 'b' found"),
        (&["client", "list", "--listen", "x"], "unexpected argument '--listen' found"),
        (
            &["client", "list", "--format", "xml"],
            "invalid value 'xml' for '--format <FORMAT>'; [possible values: text, json]",
        ),
        (&["ca", "show", "--san", "a"], "unexpected argument '--san' found"),
    ] {
        assert_refused(words, &format!("bad command line: {message} {hint}"));
    }
}

#[test]
fn flags_before_a_command_are_told_to_stand_behind_it() {
    for (words, command) in [
        (["--cert-dir", "/certs", "client", "list"], "client"),
        (["--san", "a", "serve", "--check"], "serve"),
    ] {
        assert_refused(
            &words,
            &format!(
                "bad command line: flags stand behind the command: write them behind `{command}`"
            ),
        );
    }
}

#[test]
fn socats_words_are_told_whose_they_are() {
    assert_refused(
        &["OPENSSL-LISTEN:2376,fork", "UNIX-CONNECT:/var/run/docker.sock"],
        "bad command line: `OPENSSL-LISTEN:2376,fork` is neither a flag nor a command: write \
         --listen ADDRESS and --upstream ADDRESS (socat's words are for `bridge`)",
    );
}

#[test]
fn each_shell_gets_completions_of_every_flag_and_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["--completions", shell]);
        assert_eq!(printed(&["serve", "--completions", shell]), script);
        for (flag, _) in FLAGS {
            let name = flag.split("--").nth(1).unwrap().split(' ').next().unwrap();
            assert!(script.contains(name), "{shell}: {name}");
        }
        for word in ["serve", "client", "revoke", "context"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn a_role_is_named_by_a_word_and_a_server_has_it() {
    let words = "letters, digits and _.- behind the first, such as read-only";
    for (words, message) in [
        (
            &["client", "add", "a", "--role", "a b"][..],
            format!("--role: `a b` is no name of a role ({words})"),
        ),
        (&["--default-role", ""], format!("--default-role: `` is no name of a role ({words})")),
        (
            &["--default-role", "montor"],
            "--default-role: the role `montor` isn't known: did you mean monitor?".into(),
        ),
        (
            &["serve", "-a", "montor"],
            "--access: the role `montor` isn't known: did you mean monitor?".into(),
        ),
    ] {
        assert_refused(words, &format!("bad setting: {message}"));
    }
}

#[test]
fn a_bad_value_says_what_is_wrong_and_what_to_write() {
    let days = "is not a number of days (write 1 to 36500)";
    for (words, message) in [
        (&["--server-days", "0"][..], format!("--server-days: `0` {days}")),
        (&["--client-days", "-1"], format!("--client-days: `-1` {days}")),
        (&["--ca-days", "1e9"], format!("--ca-days: `1e9` {days}")),
        (&["client", "add", "a", "--days", "36501"], format!("--days: `36501` {days}")),
        (
            &["--client-key-mode", "rw"],
            "--client-key-mode: `rw` is not a mode in octal (write 0600)".into(),
        ),
        (
            &["client", "add", "a", "--host", "0.0.0.0"],
            "--host: `0.0.0.0` is every interface, and nowhere to connect to (write \
             docker.example:2376)"
                .into(),
        ),
        (
            &["--listen", "docker"],
            "--listen: `docker` is neither an address nor an absolute path (write \
             tcp://127.0.0.1:2376 or unix:///var/run/docker.sock)"
                .into(),
        ),
    ] {
        assert_refused(words, &format!("bad setting: {message}"));
    }
    let (code, why) = refusal(&bridge_tls(&["--san", "tcp://a"]));
    assert_eq!(code, 64);
    assert!(why.starts_with("bad setting: --san: `tcp://a` is no name"), "{why}");
}
