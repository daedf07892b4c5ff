//! The goals, as data. They were set on what prototypes of this design reached and on what the
//! best of the peers do; the ratios of processor time are the firmest.

use super::Against::{Nothing, Own, Plain, Target};
use super::{Against, Condition, Goal, Ours};
use crate::results::Metric;

/// Whose figure a condition is about, for a table that can be read.
const PLAIN: Ours = Ours::Plain;
const TLS: Ours = Ours::Tls;
const RSA: Ours = Ours::Rsa;

const fn must(
    case: &'static str,
    metric: Metric,
    ours: Ours,
    bound: f64,
    against: Against,
) -> Condition {
    Condition { case, metric, ours, bound, against, stretch: false }
}

const fn nice(
    case: &'static str,
    metric: Metric,
    ours: Ours,
    bound: f64,
    against: Against,
) -> Condition {
    Condition { stretch: true, ..must(case, metric, ours, bound, against) }
}

/// All of them.
pub(crate) const GOALS: [Goal; 18] = [
    Goal {
        number: 1,
        about: "download, one stream",
        conditions: &[
            must("down-1", Metric::Rate, PLAIN, 2.5, Target("socat")),
            must("down-1", Metric::Rate, PLAIN, 1.0, Target("socat-256k")),
            must("down-1", Metric::Cpu, PLAIN, 0.4, Target("socat")),
        ],
    },
    Goal {
        number: 2,
        about: "download, four streams",
        conditions: &[
            must("down-4", Metric::Rate, PLAIN, 1.9, Target("socat")),
            nice("down-4", Metric::Rate, PLAIN, 1.0, Target("socat-256k")),
            must("down-4", Metric::Cpu, PLAIN, 0.45, Target("socat")),
        ],
    },
    Goal {
        number: 3,
        about: "upload, one stream",
        conditions: &[
            must("up-1", Metric::Rate, PLAIN, 4.5, Target("socat")),
            must("up-1", Metric::Rate, PLAIN, 0.6, Target("direct-tcp")),
            must("up-1", Metric::Cpu, PLAIN, 0.15, Target("socat")),
        ],
    },
    Goal {
        number: 4,
        about: "upload, four streams",
        conditions: &[
            must("up-4", Metric::Rate, PLAIN, 3.5, Target("socat")),
            must("up-4", Metric::Cpu, PLAIN, 0.18, Target("socat")),
        ],
    },
    Goal {
        number: 5,
        about: "chunked upload",
        conditions: &[
            must("up-chunked", Metric::Rate, PLAIN, 3.6, Target("socat")),
            must("up-chunked", Metric::Cpu, PLAIN, 0.24, Target("socat")),
            nice("up-chunked", Metric::Rate, PLAIN, 4.5, Target("socat")),
            nice("up-chunked", Metric::Cpu, PLAIN, 0.17, Target("socat")),
        ],
    },
    Goal {
        number: 6,
        about: "requests, one connection",
        conditions: &[
            must("keep-alive-1", Metric::Rate, PLAIN, 1.0, Target("socat")),
            must("keep-alive-1", Metric::P50, PLAIN, 1.0, Target("socat")),
            must("keep-alive-1", Metric::Cpu, PLAIN, 0.95, Target("socat")),
        ],
    },
    Goal {
        number: 7,
        about: "requests, 64 connections",
        conditions: &[
            must("keep-alive-64", Metric::Rate, PLAIN, 1.1, Target("socat")),
            must("keep-alive-64", Metric::Rate, PLAIN, 0.54, Target("direct-tcp")),
            must("keep-alive-64", Metric::Cpu, PLAIN, 0.65, Target("socat")),
            must("keep-alive-64", Metric::P99, PLAIN, 1.7, Target("direct-tcp")),
        ],
    },
    Goal {
        number: 8,
        about: "new connections",
        conditions: &[
            must("connect-16", Metric::Rate, PLAIN, 5.0, Target("socat")),
            must("connect-16", Metric::Rate, PLAIN, 1.0, Target("haproxy-tcp")),
            nice("connect-16", Metric::Rate, PLAIN, 1.0, Target("haproxy-http")),
            must("connect-16", Metric::Cpu, PLAIN, 0.08, Target("socat")),
            must("connect-16", Metric::Cpu, PLAIN, 0.03, Nothing),
            must("connect-1", Metric::P50, PLAIN, 1.6, Target("direct-tcp")),
        ],
    },
    Goal {
        number: 9,
        about: "requests, against peers that filter",
        conditions: &[
            must("keep-alive-64", Metric::Rate, PLAIN, 1.4, Target("haproxy-tecnativa")),
            must("keep-alive-64", Metric::Cpu, PLAIN, 0.65, Target("haproxy-tecnativa")),
        ],
    },
    Goal {
        number: 10,
        about: "memory",
        conditions: &[
            must("idle-5000", Metric::PerConnection, PLAIN, 3.0, Nothing),
            must("idle-5000", Metric::Base, PLAIN, 4.0, Nothing),
            nice("idle-5000", Metric::Base, PLAIN, 3.0, Nothing),
            must("idle-5000", Metric::AfterClose, PLAIN, 2.0, Own(Metric::Base)),
        ],
    },
    Goal {
        number: 11,
        about: "no stall between small writes",
        conditions: &[must("two-writes", Metric::P50, PLAIN, 500.0, Nothing)],
    },
    Goal {
        number: 12,
        about: "start",
        conditions: &[
            must("start", Metric::Accepting, PLAIN, 3.0, Nothing),
            must("start", Metric::FirstByte, PLAIN, 4.0, Nothing),
        ],
    },
    Goal {
        number: 13,
        about: "TLS: download",
        conditions: &[
            must("down-1", Metric::Rate, TLS, 1.7, Target("haproxy-tls")),
            must("down-1", Metric::Cpu, TLS, 0.48, Target("haproxy-tls")),
            nice("down-1", Metric::Rate, TLS, 2.3, Target("haproxy-tls")),
            nice("down-1", Metric::Cpu, TLS, 0.36, Target("haproxy-tls")),
        ],
    },
    Goal {
        number: 14,
        about: "TLS: upload",
        conditions: &[
            must("up-1", Metric::Rate, TLS, 1.8, Target("haproxy-tls")),
            must("up-1", Metric::Cpu, TLS, 0.53, Target("haproxy-tls")),
            nice("up-1", Metric::Cpu, TLS, 0.42, Target("haproxy-tls")),
        ],
    },
    Goal {
        number: 15,
        about: "TLS: handshakes",
        conditions: &[
            must("connect-16", Metric::Rate, TLS, 2.5, Target("haproxy-tls")),
            must("connect-16", Metric::Cpu, TLS, 0.22, Nothing),
            must("connect-16", Metric::Cpu, RSA, 1.8, Nothing),
            must("connect-1", Metric::P50, TLS, 400.0, Nothing),
        ],
    },
    Goal {
        number: 16,
        about: "TLS: requests, 64 connections",
        conditions: &[
            must("keep-alive-64", Metric::Rate, TLS, 1.0, Target("socat")),
            must("keep-alive-64", Metric::Rate, TLS, 0.9, Plain),
        ],
    },
    Goal {
        number: 17,
        about: "TLS: memory",
        conditions: &[
            must("idle-5000", Metric::PerConnection, TLS, 16.0, Nothing),
            must("idle-5000", Metric::Base, TLS, 7.0, Nothing),
        ],
    },
    Goal {
        number: 18,
        about: "TLS: start",
        conditions: &[
            must("start", Metric::Accepting, TLS, 3.0, Nothing),
            must("start", Metric::FirstByte, TLS, 30.0, Nothing),
            nice("start", Metric::FirstByte, TLS, 5.0, Nothing),
        ],
    },
];
