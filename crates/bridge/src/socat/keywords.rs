//! socat's address keywords: those that are served, and why the others aren't.

use super::Family;

/// What an address keyword stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Keyword {
    AbstractConnect,
    AbstractListen,
    /// Known, not served, and why.
    Refused(&'static str),
    Stdio,
    TcpConnect(Family),
    TcpListen(Family),
    TlsListen,
    UnixConnect,
    UnixListen,
}

impl Keyword {
    /// The keyword of a name in any case.
    pub(super) fn find(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Some(match name.as_str() {
            "-" | "stdio" => Self::Stdio,
            "abstract" | "abstract-client" | "abstract-connect" => Self::AbstractConnect,
            "abstract-l" | "abstract-listen" => Self::AbstractListen,
            "inet" | "tcp" | "tcp-connect" => Self::TcpConnect(Family::Any),
            "inet-l" | "inet-listen" | "tcp-l" | "tcp-listen" => Self::TcpListen(Family::Any),
            "inet4" | "tcp4" | "tcp4-connect" => Self::TcpConnect(Family::V4),
            "inet4-l" | "inet4-listen" | "tcp4-l" | "tcp4-listen" => Self::TcpListen(Family::V4),
            "inet6" | "tcp6" | "tcp6-connect" => Self::TcpConnect(Family::V6),
            "inet6-l" | "inet6-listen" | "tcp6-l" | "tcp6-listen" => Self::TcpListen(Family::V6),
            "local" | "unix" | "unix-client" | "unix-connect" => Self::UnixConnect,
            "openssl-l" | "openssl-listen" | "ssl-l" | "ssl-listen" => Self::TlsListen,
            "unix-l" | "unix-listen" => Self::UnixListen,
            name => {
                let (_, why) = REFUSED
                    .iter()
                    .find(|(names, _)| names.split(' ').any(|known| known == name))?;
                Self::Refused(why)
            }
        })
    }

    /// A served keyword that looks like `name`, spelled as in socat's manual.
    pub(super) fn near(name: &str) -> Option<&'static str> {
        let name = name.to_ascii_uppercase();
        let near = |known: &&&str| strsim::damerau_levenshtein(known, &name) <= 2;
        if name.len() < 5 { None } else { SERVED.iter().find(near).copied() }
    }
}

/// Whether socat knows a keyword that stands alone, without `:` behind it.
pub(super) fn stands_alone(name: &str) -> bool {
    // `tcp`, `open` or `local` alone may be anything; `TCP-LISTEN` is an address without its port.
    let name = name.to_ascii_lowercase();
    let hyphened = name.contains('-') && Keyword::find(&name).is_some();
    hyphened
        || ["echo", "fifo", "pipe", "pty", "stderr", "stdin", "stdio", "stdout"].contains(&&*name)
}

/// The keywords that a mistyped one is compared with.
const SERVED: &[&str] = &[
    "TCP-LISTEN",
    "TCP4-LISTEN",
    "TCP6-LISTEN",
    "UNIX-CONNECT",
    "UNIX-CLIENT",
    "UNIX-LISTEN",
    "TCP-CONNECT",
    "ABSTRACT-CONNECT",
    "ABSTRACT-LISTEN",
    "OPENSSL-LISTEN",
    "STDIO",
];

/// What socat knows and the bridge doesn't serve: names apart by blanks, and why.
const REFUSED: &[(&str, &str)] = &[
    (
        "openssl openssl-connect ssl ssl-connect",
        "(TLS towards the Engine) is not supported: connect to the Engine's own socket, \
         UNIX-CONNECT:/var/run/docker.sock, and serve TLS with `bridge-tls --tlscert FILE --tlskey \
         FILE --tlscacert FILE`",
    ),
    (
        "exec shell system",
        "runs a program, which the bridge never does: name the Engine's socket, \
         UNIX-CONNECT:/var/run/docker.sock",
    ),
    (
        "stderr stdin stdout",
        "carries one direction only, and the Engine's API needs both: write STDIO",
    ),
    (
        "creat create fd file gopen open",
        "is a file or an open descriptor: for a socket write UNIX-CONNECT:/var/run/docker.sock, \
         for a listener of systemd the flag --listen fd://",
    ),
    (
        "echo fifo if interface pipe posixmq posixmq-bidir posixmq-read posixmq-receive \
         posixmq-recv posixmq-send posixmq-write pty readline socketpair tun",
        "is not a way to the Engine: write UNIX-CONNECT:/var/run/docker.sock or TCP:HOST:2375",
    ),
    (
        "proxy proxy-connect socks socks4 socks4a socks5 socks5-connect socks5-listen",
        "goes through another proxy, which the bridge doesn't: write TCP:HOST:2375",
    ),
    (
        "datagram dccp dccp-connect dccp-l dccp-listen dccp4 dccp4-connect dccp4-l dccp4-listen \
         dccp6 dccp6-connect dccp6-l dccp6-listen dgram dtls dtls-c dtls-client dtls-connect \
         dtls-l dtls-listen dtls-server ip ip-datagram ip-dgram ip-recv ip-recvfrom ip-send \
         ip-sendto ip4 ip4-datagram ip4-dgram ip4-recv ip4-recvfrom ip4-send ip4-sendto ip6 \
         ip6-datagram ip6-dgram ip6-recv ip6-recvfrom ip6-send ip6-sendto openssl-dtls-client \
         openssl-dtls-connect openssl-dtls-listen openssl-dtls-server sctp sctp-connect sctp-l \
         sctp-listen sctp4 sctp4-connect sctp4-l sctp4-listen sctp6 sctp6-connect sctp6-l \
         sctp6-listen sendto socket-connect socket-datagram socket-listen socket-recv \
         socket-recvfrom socket-sendto udp udp-connect udp-datagram udp-dgram udp-l udp-listen \
         udp-recv udp-recvfrom udp-send udp-sendto udp4 udp4-connect udp4-datagram udp4-dgram \
         udp4-l udp4-listen udp4-recv udp4-recvfrom udp4-send udp4-sendto udp6 udp6-connect \
         udp6-datagram udp6-dgram udp6-l udp6-listen udp6-recv udp6-recvfrom udp6-send \
         udp6-sendto udplite udplite-connect udplite-l udplite-listen udplite4-connect \
         udplite4-listen udplite6-connect udplite6-listen abstract-recv abstract-recvfrom \
         abstract-send abstract-sendto unix-recv unix-recvfrom unix-send unix-sendto vsock \
         vsock-connect vsock-l vsock-listen",
        "is not a TCP or unix stream socket, which the Engine's API needs: write TCP-LISTEN:PORT, \
         TCP:HOST:PORT or UNIX-CONNECT:/PATH",
    ),
];
