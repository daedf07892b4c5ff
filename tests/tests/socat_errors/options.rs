//! Options of an address: what would restrict access, what isn't known, what doesn't fit.

use crate::assert_refused;

/// The same for a listening address with these options.
fn assert_option_refused(options: &str, message: &str) {
    assert_refused(&[&format!("TCP-LISTEN:2375,{options}"), "U"], message);
}

#[test]
fn options_that_would_restrict_access_are_never_dropped() {
    for option in ["tcpwrap", "tcpwrap=x", "hosts-allow=/f", "allow-table=/f"] {
        let name = option.split('=').next().unwrap_or_default();
        assert_option_refused(
            &format!("fork,{option}"),
            &format!(
                "option `{name}` of TCP-LISTEN restricts who may connect by hosts.allow, which is \
                 not read here: write `range=10.0.0.0/8` or --allow-from"
            ),
        );
    }
    for (option, message) in [
        (
            "lowport",
            "restricts ports of the other side, which is not supported: write \
             `range=10.0.0.0/8` or --allow-from to say who may connect",
        ),
        (
            "interface=lo",
            "restricts connections to an interface, which is not supported: write its address, \
             such as `bind=127.0.0.1`",
        ),
        (
            "setuid=1000",
            "confines the process in a way that is not supported: --user names whom it becomes",
        ),
        (
            "verify=1",
            "is of TLS, which this address does not speak: serve TLS with `bridge-tls --tlscert \
             FILE --tlskey FILE --tlscacert FILE`",
        ),
        (
            "umask=077",
            "is not supported: write `mode=0660`, `user=NAME` and `group=NAME` behind UNIX-LISTEN",
        ),
    ] {
        let name = option.split('=').next().unwrap_or_default();
        assert_option_refused(option, &format!("option `{name}` of TCP-LISTEN {message}"));
    }
}

#[test]
fn options_that_change_what_is_relayed_are_refused() {
    for (option, message) in [
        (
            "crnl",
            "changes bytes on their way, and the Engine's API needs them as they are: leave it out",
        ),
        (
            "shut-none",
            "changes how a connection ends, and the bridge passes each end on: leave it out",
        ),
        ("ttl=3", "is tuning that the bridge does not take: leave it out"),
    ] {
        let name = option.split('=').next().unwrap_or_default();
        assert_option_refused(option, &format!("option `{name}` of TCP-LISTEN {message}"));
    }
}

#[test]
fn an_unknown_option_is_an_error_with_a_near_one() {
    assert_option_refused("forc", "unknown option `forc` of TCP-LISTEN: did you mean `fork`?");
    assert_option_refused("rnage=1", "unknown option `rnage` of TCP-LISTEN: did you mean `range`?");
    assert_option_refused(
        "frobnicate",
        "unknown option `frobnicate` of TCP-LISTEN: leave it out if it does not restrict who may \
         connect",
    );
}

#[test]
fn an_option_in_the_wrong_place_says_where_it_belongs() {
    assert_option_refused(
        "mode=600",
        "option `mode` does not apply to TCP-LISTEN: it belongs to UNIX-LISTEN",
    );
    assert_refused(
        &["L", "UNIX-CONNECT:/var/run/docker.sock,range=10.0.0.0/8"],
        "option `range` does not apply to UNIX-CONNECT: it belongs to TCP-LISTEN",
    );
    assert_option_refused(
        "max-children=3",
        "`max-children` needs `fork` (without it one connection is served, then the process \
         ends): write `fork,max-children=3`",
    );
}

#[test]
fn a_value_that_does_not_fit_says_what_would() {
    let range = "a range such as 10.0.0.0/8, 10.0.0.0:255.0.0.0 or [fd00::]/8";
    let bind = "an address or a name alone (the port stands behind the keyword), such as \
                127.0.0.1 or [::1]";
    for (options, message) in [
        ("range=10.0.0.0/33", &*format!("`range` takes {range}, not `10.0.0.0/33`")),
        ("range", &format!("`range` needs a value: {range}")),
        ("range=", &format!("`range` needs a value: {range}")),
        ("bind=127.0.0.1:2375", &format!("`bind` takes {bind}, not `127.0.0.1:2375`")),
        ("bind=", &format!("`bind` needs a value: {bind}")),
        ("fork=yes", "`fork` takes 0 or 1, not `yes`"),
        ("fork,backlog=0", "`backlog` takes a whole number above 0, not `0`"),
        ("fork,max-children=-1", "`max-children` takes a whole number above 0, not `-1`"),
        (
            "keepidle=32768",
            "`keepidle` takes a whole number of seconds from 1 to 32767, not `32768`",
        ),
        (
            "keepintvl=32768",
            "`keepintvl` takes a whole number of seconds from 1 to 32767, not `32768`",
        ),
        ("keepcnt=128", "`keepcnt` takes a whole number from 1 to 127, not `128`"),
        ("keepidle=0", "`keepidle` takes a whole number of seconds from 1 to 32767, not `0`"),
        ("retry=often", "`retry` takes a whole number of further attempts, not `often`"),
        ("interval=x", "`interval` takes a number of seconds, such as 30 or 0.5, not `x`"),
        ("pf=ipx", "`pf` takes ip4 or ip6, not `ipx`"),
    ] {
        assert_option_refused(options, message);
    }
    for (options, message) in [
        ("mode=rw", "`mode` takes an octal mode such as 0660, not `rw`"),
        (
            "group=no-such-group",
            "UNIX-LISTEN: group: `no-such-group` is not in /etc/group (write its number instead)",
        ),
        (
            "user=no-such-user",
            "UNIX-LISTEN: user: `no-such-user` is not in /etc/passwd (write its number instead)",
        ),
    ] {
        assert_refused(&[&format!("UNIX-LISTEN:/nowhere/s,{options}"), "U"], message);
    }
}

#[test]
fn words_that_contradict_each_other_are_not_chosen_between() {
    assert_option_refused(
        "pf=ip6,bind=127.0.0.1",
        "`pf=ip6` and `127.0.0.1` contradict each other: write one of them",
    );
    assert_option_refused(
        "bind=127.0.0.1,bind=0.0.0.0",
        "option `bind` of TCP-LISTEN is written twice: keep one",
    );
    assert_refused(
        &["TCP4-LISTEN:2375,bind=[::1]", "U"],
        "`TCP4-LISTEN` and `::1` contradict each other: write one of them",
    );
}
