//! The table of socat's address options.

use super::options::Effect;

/// One option, under all its names.
pub(super) struct Known {
    /// Apart by blanks.
    pub(super) names: &'static str,
    /// The kinds of address that take it.
    pub(super) on: u8,
    pub(super) effect: Effect,
}

const fn known(names: &'static str, on: u8, effect: Effect) -> Known {
    Known { names, on, effect }
}

/// Every option that is served, ignored with a warning, or refused with a reason of its own.
pub(super) const OPTIONS: &[Known] = &[
    known("fork", LISTEN, Effect::Fork),
    known("so-reuseaddr reuseaddr", SOCKET, Effect::Always),
    known("so-reuseport reuseport", TCP_LISTEN, Effect::ReusePort),
    known("bind", TCP_LISTEN, Effect::Bind),
    known("range", TCP_LISTEN, Effect::Range),
    known("backlog", LISTEN, Effect::Backlog),
    known("max-children maxchildren", LISTEN, Effect::MaxChildren),
    known("protocol-family pf", IP, Effect::Family),
    known("ipv6-v6only ipv6only v6only", TCP_LISTEN, Effect::V6Only),
    known("so-keepalive keepalive", SOCKET, Effect::Keepalive),
    known("tcp-keepidle keepidle", IP, Effect::KeepIdle),
    known("tcp-keepintvl keepintvl", IP, Effect::KeepInterval),
    known("tcp-keepcnt keepcnt", IP, Effect::KeepCount),
    known("tcp-nodelay nodelay", IP, Effect::NoDelay),
    known("connect-timeout", CONNECT, Effect::ConnectTimeout),
    known("retry", SOCKET, Effect::Retry),
    known("forever", SOCKET, Effect::Forever),
    known("interval intervall", SOCKET, Effect::Interval),
    known("perm mode", UNIX_LISTEN, Effect::Mode),
    known("user owner uid", UNIX_LISTEN, Effect::User),
    known("group gid", UNIX_LISTEN, Effect::Group),
    known("unlink-early new unlink delete remove", UNIX_LISTEN, Effect::UnlinkEarly),
    known("unlink-close", UNIX_LISTEN, Effect::Always),
    known(
        "substuser su substuser-delayed su-d substuser-early su-e",
        ANY,
        Effect::Ignore("the bridge gives its rights up by itself: --user names whom it becomes"),
    ),
    known(
        "so-linger linger tcp-linger2 linger2",
        SOCKET,
        Effect::Ignore("what was relayed is always delivered"),
    ),
    known(
        "ignoreeof ignoreof",
        ANY,
        Effect::Ignore("an end of input is passed on, and nothing is lost by it"),
    ),
    known(
        "accept-timeout listen-timeout",
        LISTEN,
        Effect::Ignore("the bridge waits for clients without end"),
    ),
    known(
        "openssl-dhparam openssl-dhparams dhparam dhparams dh",
        ANY,
        Effect::Ignore("there is no TLS here, and `bridge-tls` needs no parameters"),
    ),
    known(
        "tcpwrappers tcpwrapper tcpwrap wrap libwrap allow-table hosts-allow \
         tcpwrap-hosts-allow-table deny-table hosts-deny tcpwrap-hosts-deny-table tcpwrap-etc \
         tcpwrap-dir",
        ANY,
        Effect::Refuse(
            "restricts who may connect by hosts.allow, which is not read here: write \
             `range=10.0.0.0/8` or --allow-from",
        ),
    ),
    known(
        "lowport sourceport sp",
        ANY,
        Effect::Refuse(
            "restricts ports of the other side, which is not supported: write `range=10.0.0.0/8` \
             or --allow-from to say who may connect",
        ),
    ),
    known(
        "so-bindtodevice bindtodevice interface if",
        ANY,
        Effect::Refuse(
            "restricts connections to an interface, which is not supported: write its address, \
             such as `bind=127.0.0.1`",
        ),
    ),
    known(
        "chroot chroot-early netns setgid setgid-early setuid setuid-early",
        ANY,
        Effect::Refuse(
            "confines the process in a way that is not supported: --user names whom it becomes",
        ),
    ),
    known(
        "group-early group-late gid-e gid-l perm-early perm-late umask user-early user-late uid-e \
         uid-l bind-tempname",
        ANY,
        Effect::Refuse(
            "is not supported: write `mode=0660`, `user=NAME` and `group=NAME` behind UNIX-LISTEN",
        ),
    ),
    known(
        "openssl-certificate certificate cert openssl-key key openssl-cafile cafile \
         openssl-capath capath openssl-verify verify openssl-commonname commonname cn \
         openssl-cipherlist cipherlist cipher ciphers openssl-min-proto-version min-version \
         openssl-max-proto-version max-version openssl-snihost snihost",
        ANY,
        Effect::Refuse(
            "is of TLS, which this address does not speak: serve TLS with `bridge-tls --tlscert \
             FILE --tlskey FILE --tlscacert FILE`",
        ),
    ),
    known(
        "cr crlf crnl",
        ANY,
        Effect::Refuse(
            "changes bytes on their way, and the Engine's API needs them as they are: leave it out",
        ),
    ),
    known(
        "end-close escape null-eof readbytes bytes shut-close shut-down shut-none shut-null",
        ANY,
        Effect::Refuse(
            "changes how a connection ends, and the bridge passes each end on: leave it out",
        ),
    ),
    known(
        "lockfile waitlock",
        ANY,
        Effect::Refuse(
            "is not supported, because a second bridge on the same address fails anyway: leave it \
             out",
        ),
    ),
    known(
        "cork tcp-cork mss maxseg tcp-maxseg mss-late maxseg-late priority so-priority quickack \
         tcp-quickack rcvbuf so-rcvbuf rcvbuf-late so-rcvbuf-late sndbuf so-sndbuf sndbuf-late \
         so-sndbuf-late syncnt tcp-syncnt tos ip-tos ttl ip-ttl window-clamp tcp-window-clamp \
         defer-accept tcp-defer-accept debug so-debug cloexec nonblock cool-write coolwrite",
        ANY,
        Effect::Refuse("is tuning that the bridge does not take: leave it out"),
    ),
    known(
        "freebind ip-freebind ipfreebind transparent ip-transparent",
        ANY,
        Effect::Refuse(
            "is not supported: write an address of this machine, such as `bind=127.0.0.1`",
        ),
    ),
];

pub(super) const TCP_LISTEN: u8 = 1;
pub(super) const UNIX_LISTEN: u8 = 1 << 1;
pub(super) const ABSTRACT_LISTEN: u8 = 1 << 2;
pub(super) const TCP: u8 = 1 << 3;
pub(super) const UNIX: u8 = 1 << 4;
pub(super) const ABSTRACT: u8 = 1 << 5;
pub(super) const STDIO: u8 = 1 << 6;

pub(super) const PLACES: &[(u8, &str)] = &[
    (TCP_LISTEN, "TCP-LISTEN"),
    (UNIX_LISTEN, "UNIX-LISTEN"),
    (ABSTRACT_LISTEN, "ABSTRACT-LISTEN"),
    (TCP, "TCP"),
    (UNIX, "UNIX-CONNECT"),
    (ABSTRACT, "ABSTRACT-CONNECT"),
    (STDIO, "STDIO"),
];

pub(super) const LISTEN: u8 = TCP_LISTEN | UNIX_LISTEN | ABSTRACT_LISTEN;
pub(super) const CONNECT: u8 = TCP | UNIX | ABSTRACT;
pub(super) const SOCKET: u8 = LISTEN | CONNECT;
pub(super) const ANY: u8 = SOCKET | STDIO;
pub(super) const IP: u8 = TCP_LISTEN | TCP;
