use super::{assert_errors, line};

#[test]
fn an_option_that_is_not_honoured_is_never_dropped() {
    assert_errors(&[
        ("{L},bindd=1 {U}", "unknown option `bindd` of TCP-LISTEN: did you mean `bind`?"),
        ("{L},rang=10.0.0.0/8 {U}", "unknown option `rang` of TCP-LISTEN: did you mean `range`?"),
        ("{L},frok {U}", "unknown option `frok` of TCP-LISTEN: did you mean `fork`?"),
        (
            "{L},zzz=1 {U}",
            "unknown option `zzz` of TCP-LISTEN: leave it out if it does not restrict who may \
             connect",
        ),
        (
            "{L},mode=0660 {U}",
            "option `mode` does not apply to TCP-LISTEN: it belongs to UNIX-LISTEN",
        ),
        (
            "{L},user=root {U}",
            "option `user` does not apply to TCP-LISTEN: it belongs to UNIX-LISTEN",
        ),
        (
            "{L},connect-timeout=3 {U}",
            "option `connect-timeout` does not apply to TCP-LISTEN: it belongs to TCP, \
             UNIX-CONNECT, ABSTRACT-CONNECT",
        ),
        (
            "{L},tcpwrap=x {U}",
            "option `tcpwrap` of TCP-LISTEN restricts who may connect by hosts.allow, which is \
             not read here: write `range=10.0.0.0/8` or --allow-from",
        ),
        (
            "{L},deny-table=/x {U}",
            "option `deny-table` of TCP-LISTEN restricts who may connect by hosts.allow, which is \
             not read here: write `range=10.0.0.0/8` or --allow-from",
        ),
        (
            "{L},lowport {U}",
            "option `lowport` of TCP-LISTEN restricts ports of the other side, which is not \
             supported: write `range=10.0.0.0/8` or --allow-from to say who may connect",
        ),
        (
            "{L},sp=1 {U}",
            "option `sp` of TCP-LISTEN restricts ports of the other side, which is not supported: \
             write `range=10.0.0.0/8` or --allow-from to say who may connect",
        ),
        (
            "{L},bindtodevice=eth0 {U}",
            "option `bindtodevice` of TCP-LISTEN restricts connections to an interface, which is \
             not supported: write its address, such as `bind=127.0.0.1`",
        ),
        (
            "{L},chroot=/x {U}",
            "option `chroot` of TCP-LISTEN confines the process in a way that is not supported: \
             --user names whom it becomes",
        ),
        (
            "{L},umask=077 {U}",
            "option `umask` of TCP-LISTEN is not supported: write `mode=0660`, `user=NAME` and \
             `group=NAME` behind UNIX-LISTEN",
        ),
        (
            "{L},cert=x {U}",
            "option `cert` of TCP-LISTEN is of TLS, which this address does not speak: serve TLS \
             with `bridge-tls --tlscert FILE --tlskey FILE --tlscacert FILE`",
        ),
        (
            "{L},crlf {U}",
            "option `crlf` of TCP-LISTEN changes bytes on their way, and the Engine's API needs \
             them as they are: leave it out",
        ),
        (
            "{L},shut-none {U}",
            "option `shut-none` of TCP-LISTEN changes how a connection ends, and the bridge \
             passes each end on: leave it out",
        ),
        (
            "{L},lockfile=/x {U}",
            "option `lockfile` of TCP-LISTEN is not supported, because a second bridge on the \
             same address fails anyway: leave it out",
        ),
        (
            "{L},rcvbuf=1 {U}",
            "option `rcvbuf` of TCP-LISTEN is tuning that the bridge does not take: leave it out",
        ),
        (
            "{L},freebind {U}",
            "option `freebind` of TCP-LISTEN is not supported: write an address of this machine, \
             such as `bind=127.0.0.1`",
        ),
    ]);
}

#[test]
fn an_option_on_the_wrong_address_says_where_it_belongs() {
    assert_errors(&[
        (
            "TCP-LISTEN:2375,max-children=5 {U}",
            "`max-children` needs `fork` (without it one connection is served, then the process \
             ends): write `fork,max-children=5`",
        ),
        (
            "{L} {U},fork",
            "option `fork` does not apply to UNIX-CONNECT: it belongs to TCP-LISTEN, UNIX-LISTEN, \
             ABSTRACT-LISTEN",
        ),
        (
            "{L} {U},range=10.0.0.0/8",
            "option `range` does not apply to UNIX-CONNECT: it belongs to TCP-LISTEN",
        ),
        (
            "{L} TCP:h:1,bind=127.0.0.1",
            "option `bind` does not apply to TCP: it belongs to TCP-LISTEN",
        ),
        (
            "{L} {U},nodelay",
            "option `nodelay` does not apply to UNIX-CONNECT: it belongs to TCP-LISTEN, TCP",
        ),
        (
            "UNIX-LISTEN:/x,range=10.0.0.0/8 {U}",
            "option `range` does not apply to UNIX-LISTEN: it belongs to TCP-LISTEN",
        ),
        ("UNIX-LISTEN:/x,mode=888 {U}", "`mode` takes an octal mode such as 0660, not `888`"),
        ("UNIX-LISTEN:/x,mode=0o660 {U}", "`mode` takes an octal mode such as 0660, not `0o660`"),
        ("UNIX-LISTEN:/x,group= {U}", "`group` needs a value: a group's name or number"),
        (
            "-,fork {U}",
            "option `fork` does not apply to STDIO: it belongs to TCP-LISTEN, UNIX-LISTEN, \
             ABSTRACT-LISTEN",
        ),
        (
            "{L} {U},connect-timeout=x",
            "`connect-timeout` takes a number of seconds, such as 30 or 0.5, not `x`",
        ),
    ]);
}

#[test]
fn every_name_of_a_refused_option_is_refused() {
    for name in [
        "allow-table=/x",
        "hosts-deny=/x",
        "tcpwrap-etc=/x",
        "tcpwrapper",
        "libwrap",
        "wrap",
        "sourceport=1",
        "so-bindtodevice=lo",
        "if=lo",
        "setuid=1",
        "setgid=1",
        "key=x",
        "verify=1",
        "capath=/x",
        "crnl",
        "cr",
        "readbytes=1",
        "null-eof",
        "waitlock=/x",
        "perm-late=600",
        "user-early=x",
        "netns=x",
        "ip-transparent",
    ] {
        let error = line(&format!("TCP-LISTEN:2375,fork,{name} {{U}}")).unwrap_err();
        let option = name.split('=').next().unwrap();
        let start = format!("option `{option}` of TCP-LISTEN ");
        assert!(error.starts_with(&start), "{error}");
    }
}
