//! `/metrics`: what was counted, in Prometheus's names.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use docker_api_core::metrics::{BOUNDS, Failure, Outcome, Refused, Seconds};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::facts::Facts;
use super::process;
use crate::Requests;
use crate::requests::Count;

/// All of it in OpenMetrics.
pub(crate) fn open_metrics(facts: &Arc<Facts>) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Counted(Arc::clone(facts))));
    let mut text = String::new();
    text::encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct Counted(Arc<Facts>);

impl Collector for Counted {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let facts = &*self.0;
        let mut writer = Writer(encoder);
        writer.bridge(facts)?;
        writer.connections(facts)?;
        if facts.has_tls {
            writer.tls(facts)?;
        }
        if let Some(requests) = &facts.requests {
            writer.requests(requests)?;
        }
        writer.process(facts)
    }
}

struct Writer<'a>(DescriptorEncoder<'a>);

/// Label and value.
type Label<'a> = (&'static str, &'a str);

impl Writer<'_> {
    fn bridge(&mut self, facts: &Facts) -> fmt::Result {
        let version = [("version", facts.version), ("revision", facts.revision)];
        self.family("docker_api_build", "What this bridge was built from.", MetricType::Info)?
            .encode_info(&version)?;
        self.gauge(
            "docker_api_engine_up",
            "Whether the Engine answered when it was asked last.",
            u64::from(facts.answers()),
        )?;
        let reloads = &facts.metrics.reloads;
        self.counters(
            "docker_api_config_reloads",
            "Readings of certificates and policy while the bridge ran.",
            &Outcome::ALL.map(|one| ([("outcome", one.word())], reloads.total(one))),
        )?;
        self.gauge(
            "docker_api_config_last_reload_successful",
            "Whether the last of these readings is in force.",
            u64::from(reloads.last_succeeded()),
        )
    }

    fn connections(&mut self, facts: &Facts) -> fmt::Result {
        let connections = &facts.metrics.connections;
        self.gauge(
            "docker_api_connections",
            "Connections of clients that are open.",
            connections.open(),
        )?;
        self.counters(
            "docker_api_connections_accepted",
            "Connections of clients that came, refused ones included.",
            &[([], connections.accepted())],
        )?;
        self.counters(
            "docker_api_connections_refused",
            "Connections that were closed before they reached the Engine.",
            &Refused::ALL.map(|why| ([("reason", why.word())], connections.refused(why))),
        )?;
        self.counters(
            "docker_api_connection_panics",
            "Connections that a fault of the bridge itself ended, and no other.",
            &[([], connections.panicked())],
        )?;
        let moved = connections.moved();
        self.counters(
            "docker_api_relayed_bytes",
            "Bytes that went up to the Engine and down to clients.",
            &[([("direction", "up")], moved.up), ([("direction", "down")], moved.down)],
        )?;
        let dials = facts.upstream.dials();
        self.counters(
            "docker_api_dial_failures",
            "Dials that didn't reach the Engine.",
            &[([], dials.failures.load(Ordering::Relaxed))],
        )?;
        self.histograms(
            "docker_api_dial_duration_seconds",
            "How long dials took that reached the Engine.",
            &[([], dials.seconds.read())],
        )
    }

    fn tls(&mut self, facts: &Facts) -> fmt::Result {
        let handshakes = &facts.metrics.handshakes;
        self.counters(
            "docker_api_tls_handshake_failures",
            "TLS handshakes that came to nothing.",
            &Failure::ALL.map(|why| ([("reason", why.word())], handshakes.failures(why))),
        )?;
        self.histograms(
            "docker_api_tls_handshake_duration_seconds",
            "How long TLS handshakes took that made a connection.",
            &[([], handshakes.seconds.read())],
        )?;
        let mut ends = self.family(
            "docker_api_certificate_not_after_timestamp_seconds",
            "When a certificate ends that isn't revoked, since 1970.",
            MetricType::Gauge,
        )?;
        for (name, end) in facts.ends() {
            let end = end.unix_timestamp();
            ends.encode_family(&[("name", name.as_str())])?.encode_gauge(&end)?;
        }
        Ok(())
    }

    fn requests(&mut self, requests: &Requests) -> fmt::Result {
        let counts = requests.counts().into_iter().map(|one| {
            let Count { operation, verdict, class, .. } = one;
            ([("operation", operation), ("verdict", verdict), ("code", class)], one.times)
        });
        self.counters(
            "docker_api_requests",
            "Requests that ended, by the class of their answer's status.",
            &counts.collect::<Vec<_>>(),
        )?;
        let seconds = requests.seconds().into_iter();
        self.histograms(
            "docker_api_request_duration_seconds",
            "How long allowed requests took, streams to their end.",
            &seconds.map(|(name, seconds)| ([("operation", name)], seconds)).collect::<Vec<_>>(),
        )
    }

    fn process(&mut self, facts: &Facts) -> fmt::Result {
        for (name, help, value) in [
            ("process_open_fds", "Descriptors that are open.", process::open_descriptors()),
            ("process_max_fds", "Descriptors that may be open.", process::most_descriptors()),
            (
                "process_resident_memory_bytes",
                "Memory that is resident.",
                process::resident_memory(),
            ),
        ] {
            if let Some(value) = value {
                self.gauge(name, help, value)?;
            }
        }
        self.gauge(
            "process_start_time_seconds",
            "When the bridge was started, since 1970.",
            facts.started.unix_timestamp().unsigned_abs(),
        )
    }

    fn family<'a>(
        &'a mut self,
        name: &'a str,
        help: &str,
        kind: MetricType,
    ) -> Result<MetricEncoder<'a>, fmt::Error> {
        self.0.encode_descriptor(name, help, None, kind)
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.family(name, help, MetricType::Gauge)?.encode_gauge(&value)
    }

    fn counters<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        samples: &[([Label<'_>; N], u64)],
    ) -> fmt::Result {
        let mut family = self.family(name, help, MetricType::Counter)?;
        for (labels, value) in samples {
            one(&mut family, labels, |one| one.encode_counter::<NoLabelSet, _, u64>(value, None))?;
        }
        Ok(())
    }

    fn histograms<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        samples: &[([Label<'_>; N], Seconds)],
    ) -> fmt::Result {
        let mut family = self.family(name, help, MetricType::Histogram)?;
        for (labels, seconds) in samples {
            // The crate's own sign for "+Inf".
            let bounds = BOUNDS.into_iter().chain([f64::MAX]);
            let buckets: Vec<_> = bounds.zip(seconds.buckets).collect();
            one(&mut family, labels, |one| {
                one.encode_histogram::<NoLabelSet>(seconds.sum, seconds.count(), &buckets, None)
            })?;
        }
        Ok(())
    }
}

/// One sample: without labels it has no braces either.
fn one<const N: usize>(
    family: &mut MetricEncoder<'_>,
    labels: &[Label<'_>; N],
    encode: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
) -> fmt::Result {
    if N == 0 { encode(family) } else { encode(&mut family.encode_family(labels)?) }
}
