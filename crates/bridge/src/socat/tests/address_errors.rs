use super::assert_errors;

#[test]
fn a_keyword_that_is_not_served_says_what_to_write() {
    assert_errors(&[
        (
            "EXEC:/bin/sh {L}",
            "EXEC runs a program, which the bridge never does: name the Engine's socket, \
             UNIX-CONNECT:/var/run/docker.sock",
        ),
        (
            "system:date {L}",
            "SYSTEM runs a program, which the bridge never does: name the Engine's socket, \
             UNIX-CONNECT:/var/run/docker.sock",
        ),
        (
            "UDP-LISTEN:1 {U}",
            "UDP-LISTEN is not a TCP or unix stream socket, which the Engine's API needs: write \
             TCP-LISTEN:PORT, TCP:HOST:PORT or UNIX-CONNECT:/PATH",
        ),
        (
            "STDIN {U}",
            "STDIN carries one direction only, and the Engine's API needs both: write STDIO",
        ),
        (
            "GOPEN:/x {L}",
            "GOPEN is a file or an open descriptor: for a socket write \
             UNIX-CONNECT:/var/run/docker.sock, for a listener of systemd the flag --listen fd://",
        ),
        (
            "FD:3 {U}",
            "FD is a file or an open descriptor: for a socket write \
             UNIX-CONNECT:/var/run/docker.sock, for a listener of systemd the flag --listen fd://",
        ),
        (
            "PIPE {L}",
            "PIPE is not a way to the Engine: write UNIX-CONNECT:/var/run/docker.sock or \
             TCP:HOST:2375",
        ),
        (
            "SOCKS4:a:b:1 {L}",
            "SOCKS4 goes through another proxy, which the bridge doesn't: write TCP:HOST:2375",
        ),
        (
            "OPENSSL:host:2376 {L}",
            "OPENSSL (TLS towards the Engine) is not supported: connect to the Engine's own \
             socket, UNIX-CONNECT:/var/run/docker.sock, and serve TLS with `bridge-tls --tlscert \
             FILE --tlskey FILE --tlscacert FILE`",
        ),
        (
            "ssl:host:2376 {L}",
            "SSL (TLS towards the Engine) is not supported: connect to the Engine's own socket, \
             UNIX-CONNECT:/var/run/docker.sock, and serve TLS with `bridge-tls --tlscert FILE \
             --tlskey FILE --tlscacert FILE`",
        ),
        (
            "OPENSSL-LISTEN:2376,reuseaddr,fork,cert=server.pem,cafile=ca.pem,verify=1 {U}",
            "OPENSSL-LISTEN is served by `bridge-tls`: write `bridge-tls --listen tcp://[::]:2376 \
             --upstream unix:///var/run/docker.sock --tlscert server.pem --tlskey server.pem \
             --tlscacert ca.pem`",
        ),
        (
            "SSL-L:2376,fork,cert=server.pem,key=key.pem,verify=0,bind=127.0.0.1,range=10.0.0.0/8 \
             {U}",
            "SSL-L is served by `bridge-tls`: write `bridge-tls --listen tcp://127.0.0.1:2376 \
             --upstream unix:///var/run/docker.sock --tlscert server.pem --tlskey key.pem \
             --tlscacert CLIENTS_CA_FILE --allow-from 10.0.0.0/8`; clients always need a \
             certificate there",
        ),
        (
            "{U} OPENSSL-LISTEN:2376,bind=[::1]",
            "OPENSSL-LISTEN is served by `bridge-tls`: write `bridge-tls --listen \
             tcp://[::1]:2376 --upstream unix:///var/run/docker.sock`",
        ),
        (
            "SSL-L: TCP:engine:2375",
            "SSL-L is served by `bridge-tls`: write `bridge-tls --listen tcp://[::]:2376 \
             --upstream tcp://engine:2375`",
        ),
    ]);
}

#[test]
fn parameters_that_do_not_fit_get_an_example() {
    assert_errors(&[
        (
            "TCP-LISTEN {U}",
            "TCP-LISTEN takes one parameter, the port, and `TCP-LISTEN` has 0: write \
             TCP-LISTEN:2375",
        ),
        (
            "TCP-LISTEN:,fork {U}",
            "TCP-LISTEN takes one parameter, the port, and `TCP-LISTEN:,fork` has 0: write \
             TCP-LISTEN:2375",
        ),
        (
            "tcp-l:127.0.0.1:2375,fork {U}",
            "TCP-L takes one parameter, the port, and `tcp-l:127.0.0.1:2375,fork` has 2: write \
             TCP-L:2375,bind=127.0.0.1",
        ),
        (
            "TCP-LISTEN:a:b:c {U}",
            "TCP-LISTEN takes one parameter, the port, and `TCP-LISTEN:a:b:c` has 3: write \
             TCP-LISTEN:2375",
        ),
        (
            "TCP-LISTEN:0 {U}",
            "`0` in `TCP-LISTEN:0` is not a port number from 1 to 65535: write TCP-LISTEN:2375",
        ),
        (
            "TCP-LISTEN:70000 {U}",
            "`70000` in `TCP-LISTEN:70000` is not a port number from 1 to 65535: write \
             TCP-LISTEN:2375",
        ),
        (
            "TCP-LISTEN:02375 {U}",
            "`02375` in `TCP-LISTEN:02375` is not a port number from 1 to 65535: write \
             TCP-LISTEN:2375",
        ),
        (
            "TCP-LISTEN:docker {U}",
            "`docker` in `TCP-LISTEN:docker` is not a port number from 1 to 65535: write \
             TCP-LISTEN:2375",
        ),
        (
            "TCP:engine:docker {L}",
            "`docker` in `TCP:engine:docker` is not a port number from 1 to 65535: write \
             TCP:engine:2375",
        ),
        (
            "TCP:2375 {L}",
            "TCP takes two parameters, host and port, and `TCP:2375` has 1: write TCP:HOST:2375 \
             (an IPv6 address in brackets)",
        ),
        (
            "TCP:::1:2375 {L}",
            "TCP takes two parameters, host and port, and `TCP:::1:2375` has 4: write \
             TCP:HOST:2375 (an IPv6 address in brackets)",
        ),
        ("TCP:a/b:2375 {L}", "`TCP` takes a host's name or address, not `a/b`"),
        (
            "{L} UNIX-CONNECT:",
            "UNIX-CONNECT takes one parameter, the path, and `UNIX-CONNECT:` has 0: write \
             UNIX-CONNECT:/var/run/docker.sock",
        ),
        (
            "{L} UNIX-CONNECT:/var/run/docker.sock:ro",
            "UNIX-CONNECT takes one parameter, the path, and \
             `UNIX-CONNECT:/var/run/docker.sock:ro` has 2: write \
             UNIX-CONNECT:/var/run/docker.sock\\:ro",
        ),
        ("STDIO:x {U}", "STDIO takes no parameters, and `STDIO:x` has 1: write STDIO"),
        (
            "{L} UNIX-CONNECT:\"/x",
            "`UNIX-CONNECT:\"/x` ends inside quotes or brackets: close them, or put \\ before a \
             plain one",
        ),
        ("{L} TCP4:[::1]:2375", "`TCP4` and `::1` contradict each other: write one of them"),
        (
            "TCP4-LISTEN:2375,bind=[::1] {U}",
            "`TCP4-LISTEN` and `::1` contradict each other: write one of them",
        ),
        (
            "TCP4-LISTEN:2375,pf=ip6 {U}",
            "`TCP4-LISTEN` and `pf=ip6` contradict each other: write one of them",
        ),
        (
            "TCP-LISTEN:2375,pf=ip4,bind=::1 {U}",
            "`pf=ip4` and `::1` contradict each other: write one of them",
        ),
    ]);
}
