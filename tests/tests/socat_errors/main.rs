//! A socat command line that the bridge can't honour gets one line that says what to write, and 64.
//!
//! What would restrict access is never dropped in silence.

mod options;

use testkit::Program;
use testkit::check::assert_usage_error;

/// `L` is a listening address and `U` an Engine's; what they lead to doesn't matter here.
fn assert_refused(words: &[&str], message: &str) {
    let words = words.iter().map(|&word| match word {
        "L" => "TCP-LISTEN:2375,fork",
        "U" => "UNIX-CONNECT:/var/run/docker.sock",
        other => other,
    });
    let bridge = Program::ours("bridge").args(words);
    assert_usage_error(&bridge, &format!("bad command line: {message}"));
}

#[test]
fn a_command_of_one_word_is_told_to_be_two() {
    assert_refused(
        &["TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock"],
        "`TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock` is one word: write its two \
         addresses as two words, `TCP-LISTEN:2375,fork` `UNIX-CONNECT:/var/run/docker.sock`",
    );
}

#[test]
fn one_address_or_three_are_not_two() {
    for (words, count) in [(&["L"][..], 1), (&["U"], 1), (&["L", "U", "U"], 3)] {
        assert_refused(
            words,
            &format!(
                "exactly 2 socat addresses are required, not {count}: write \
                 `TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock`"
            ),
        );
    }
}

#[test]
fn addresses_that_do_not_go_together_say_what_is_missing() {
    let listen = "and nothing connects to the Engine: write UNIX-CONNECT:/var/run/docker.sock in \
                  place of one";
    assert_refused(&["L", "L"], &format!("TCP-LISTEN and TCP-LISTEN both listen {listen}"));
    assert_refused(
        &["U", "TCP:10.0.0.1:2375"],
        "UNIX-CONNECT and TCP both connect and nothing listens: write TCP-LISTEN:2375,fork or \
         STDIO in place of one",
    );
    assert_refused(
        &["L", "STDIO"],
        "TCP-LISTEN and STDIO leave nothing to connect to: write \
         UNIX-CONNECT:/var/run/docker.sock in place of one",
    );
}

#[test]
fn a_word_that_is_no_socat_address_gets_the_one_that_was_meant() {
    for (word, hint) in [
        ("/var/run/docker.sock", "write UNIX-CONNECT:/var/run/docker.sock"),
        ("unix:///var/run/docker.sock", "write UNIX-CONNECT:/var/run/docker.sock"),
        ("UNIX-CONECT:/var/run/docker.sock", "did you mean UNIX-CONNECT?"),
        (
            "tcp://10.0.0.1:2375",
            "write TCP:10.0.0.1:2375 to connect, TCP-LISTEN:2375,bind=10.0.0.1 to listen",
        ),
    ] {
        assert_refused(
            &["L", word],
            &format!("`{word}` beside `TCP-LISTEN:2375,fork` is not a socat address: {hint}"),
        );
    }
}

#[test]
fn tls_is_sent_to_bridge_tls_with_its_command_line() {
    for (options, flags) in [
        ("", ""),
        (
            ",reuseaddr,fork,cert=server.pem,cafile=ca.pem,verify=1",
            " --tlscert server.pem --tlskey server.pem --tlscacert ca.pem",
        ),
        (
            ",fork,cert=/c.pem,key=/k.pem,cafile=/ca.pem,range=10.0.0.0/8",
            " --tlscert /c.pem --tlskey /k.pem --tlscacert /ca.pem --allow-from 10.0.0.0/8",
        ),
    ] {
        for keyword in ["OPENSSL-LISTEN", "openssl-listen", "SSL-L"] {
            assert_refused(
                &[&format!("{keyword}:2376{options}"), "U"],
                &format!(
                    "{} is served by `bridge-tls`: write `bridge-tls --listen tcp://[::]:2376 \
                     --upstream unix:///var/run/docker.sock{flags}`",
                    keyword.to_uppercase()
                ),
            );
        }
    }
}

#[test]
fn addresses_that_are_not_served_say_why() {
    for (word, message) in [
        (
            "EXEC:/bin/sh",
            "EXEC runs a program, which the bridge never does: name the Engine's socket, \
             UNIX-CONNECT:/var/run/docker.sock",
        ),
        (
            "STDOUT",
            "STDOUT carries one direction only, and the Engine's API needs both: write STDIO",
        ),
        (
            "UDP:10.0.0.1:2375",
            "UDP is not a TCP or unix stream socket, which the Engine's API needs: write \
             TCP-LISTEN:PORT, TCP:HOST:PORT or UNIX-CONNECT:/PATH",
        ),
        (
            "SOCKS4:10.0.0.1:h:2375",
            "SOCKS4 goes through another proxy, which the bridge doesn't: write TCP:HOST:2375",
        ),
        (
            "OPENSSL:h:2376",
            "OPENSSL (TLS towards the Engine) is not supported: connect to the Engine's own \
             socket, UNIX-CONNECT:/var/run/docker.sock, and serve TLS with `bridge-tls --tlscert \
             FILE --tlskey FILE --tlscacert FILE`",
        ),
        (
            "UNIX-CONNECT:/a!!UNIX-CONNECT:/b",
            "`UNIX-CONNECT:/a!!UNIX-CONNECT:/b` is a dual address (`!!`), one to read and one to \
             write: the bridge needs one address for both, such as \
             UNIX-CONNECT:/var/run/docker.sock",
        ),
    ] {
        assert_refused(&["L", word], message);
    }
}

#[test]
fn a_port_or_a_path_that_is_none_gets_an_example() {
    for (word, message) in [
        (
            "TCP-LISTEN",
            "TCP-LISTEN takes one parameter, the port, and `TCP-LISTEN` has 0: write TCP-LISTEN:2375",
        ),
        (
            "TCP-LISTEN:0",
            "`0` in `TCP-LISTEN:0` is not a port number from 1 to 65535: write TCP-LISTEN:2375",
        ),
        (
            "TCP-LISTEN:70000",
            "`70000` in `TCP-LISTEN:70000` is not a port number from 1 to 65535: write TCP-LISTEN:2375",
        ),
        (
            "tcp-l:docker",
            "`docker` in `tcp-l:docker` is not a port number from 1 to 65535: write TCP-L:2375",
        ),
        (
            "TCP-LISTEN:127.0.0.1:2375",
            "TCP-LISTEN takes one parameter, the port, and `TCP-LISTEN:127.0.0.1:2375` has 2: \
             write TCP-LISTEN:2375,bind=127.0.0.1",
        ),
    ] {
        assert_refused(&[word, "U"], message);
    }
    for (word, message) in [
        (
            "UNIX-CONNECT:",
            "UNIX-CONNECT takes one parameter, the path, and `UNIX-CONNECT:` has 0: write \
             UNIX-CONNECT:/var/run/docker.sock",
        ),
        (
            "TCP:10.0.0.1",
            "TCP takes two parameters, host and port, and `TCP:10.0.0.1` has 1: write \
             TCP:HOST:2375 (an IPv6 address in brackets)",
        ),
        (
            "UNIX-CONNECT:\"/a",
            "`UNIX-CONNECT:\"/a` ends inside quotes or brackets: close them, or put \\ before a \
             plain one",
        ),
    ] {
        assert_refused(&["L", word], message);
    }
}

#[test]
fn flags_of_socat_that_cannot_be_honoured_say_why() {
    let one_way = "(one direction only) is not supported, because the Engine's API needs both: \
                   leave it out";
    let lock = "(lock file) is not supported, because a second bridge on the same address fails \
                anyway: leave it out";
    let copy = "(a copy of the traffic in a file) is not supported: leave it out, or use tcpdump";
    let seconds = "a number of seconds, such as 30 or 0.5";
    for (words, message) in [
        (&["-u", "L", "U"][..], &*format!("`-u` {one_way}")),
        (&["-U", "L", "U"], &format!("`-U` {one_way}")),
        (&["L", "U", "-u"], &format!("`-u` {one_way}")),
        (&["-L", "/lock", "L", "U"], &format!("`-L` {lock}")),
        (&["-L/lock", "L", "U"], &format!("`-L` {lock}")),
        (&["-W", "/lock", "L", "U"], &format!("`-W` {lock}")),
        (&["-r", "/file", "L", "U"], &format!("`-r` {copy}")),
        (&["-R", "/file", "L", "U"], &format!("`-R` {copy}")),
        (&["-dv", "L", "U"], "`-dv` merges flags, which socat refuses: write `-d -v`"),
        (&["-t", "x", "L", "U"], &format!("`-t` takes {seconds}, not `x`")),
        (&["-t", "L", "U"], &format!("`-t` needs a value: {seconds}")),
        (&["-T", "-1", "L", "U"], &format!("`-T` takes {seconds}, not `-1`")),
        (&["-b", "0", "L", "U"], "`-b` takes a whole number above 0, not `0`"),
        (
            &["-q", "L", "U"],
            "`-q` is not a flag of socat that the bridge knows: leave it out (beside socat \
             addresses our own flags are written long, see --help)",
        ),
        (
            &["-l", "L", "U"],
            "`-l` beside socat addresses is socat's, which needs a letter more (-ls, -lf FILE, …): \
             leave it out",
        ),
    ] {
        assert_refused(words, message);
    }
}

#[test]
fn our_own_addresses_beside_socats_are_an_error() {
    for flag in ["--listen", "--upstream"] {
        assert_refused(
            &[flag, "tcp://127.0.0.1:2375", "L", "U"],
            &format!(
                "`{flag}` beside socat addresses: both say where to listen or connect; write the \
                 flags --listen and --upstream alone, or the two addresses alone"
            ),
        );
    }
}

#[test]
fn a_range_and_allow_from_say_the_same_thing_once() {
    let words = ["--allow-from", "10.0.0.0/8", "TCP-LISTEN:2375,range=10.0.0.0/8", "UNIX:/s"];
    assert_usage_error(
        &Program::ours("bridge").args(words),
        "bad setting: --allow-from: `range=` among socat's words says the same; write one of them",
    );
}

#[test]
fn nothing_is_judged_between_standard_input_and_output_and_the_engine() {
    let program = |words: &[&str]| Program::ours("bridge").args(words).args(["-", "UNIX:/s"]);
    for (program, source) in [
        (program(&["--access", "read-only"]), "--access"),
        (program(&["--policy", "/policy.toml"]), "--policy"),
        (program(&["--learn", "/policy.toml"]), "--learn"),
        (program(&[]).env("BRIDGE_ACCESS", "tecnativa"), "BRIDGE_ACCESS"),
    ] {
        assert_usage_error(
            &program,
            &format!(
                "bad setting: {source}: nothing is judged between standard input and output and \
                 the Engine: leave it out, or listen on an address"
            ),
        );
    }
}
