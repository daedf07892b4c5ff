//! What was typed and what the environment says become what the probe runs with.

use std::io::{self, Write as _};
use std::time::Duration;

use docker_api_core::guard::Guard;
use docker_api_core::listen::ListenSettings;
use docker_api_core::machine;
use docker_api_core::variables::Variables;
use docker_api_settings::{Failure, Sources, own_address};

use crate::args::Args;
use crate::conditions::Conditions;
use crate::report::Format;
use crate::serve::Serving;
use crate::targets::{self, Target, TlsSettings};

/// Checked settings: nothing in them is left to decide.
#[derive(Debug)]
pub(crate) struct Plan {
    /// At least one, each once.
    pub(crate) targets: Vec<Target>,
    pub(crate) conditions: Conditions,
    pub(crate) timeout: Duration,
    pub(crate) pace: Pace,
    pub(crate) interval: Duration,
    pub(crate) concurrency: usize,
    pub(crate) format: Format,
    /// `None`: standard output.
    pub(crate) output: Option<String>,
    pub(crate) quiet: bool,
    /// Whether a terminal may be given colours.
    pub(crate) may_color: bool,
    /// `--serve`, in place of a report.
    pub(crate) serving: Option<Serving>,
    warnings: Vec<String>,
}

/// When to stop.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pace {
    /// After one try.
    Once,
    /// Once all are healthy, or after so long.
    Wait(Duration),
    /// Never.
    Watch,
}

impl Plan {
    /// Flags before variables before defaults.
    pub(crate) fn new(args: &Args) -> Result<Self, Failure> {
        let ours = |name: &str| name.starts_with("PROBE_") || OTHERS.contains(&name);
        let variables = Variables::from_process(ours).map_err(|error| Failure::variable(&error))?;
        Self::from(args, &variables)
    }

    fn from(args: &Args, variables: &Variables) -> Result<Self, Failure> {
        let from = Sources { variables };
        let (targets, tls) = targets::all(args, &from)?;
        let serving = serving(args, &from, tls)?;
        let usual_interval = if serving.is_some() { SERVING_INTERVAL } else { INTERVAL };
        let wait = from.duration_above_zero(args.wait.as_ref(), "wait", "PROBE_WAIT")?;
        let pace = match (wait, from.switch(args.watch, "PROBE_WATCH")?) {
            (Some(_), true) => {
                let why =
                    "they exclude each other: --wait ends once all are healthy, --watch never";
                return Err(Failure::setting("--wait and --watch", why));
            }
            (Some(limit), false) => Pace::Wait(limit),
            (None, true) => Pace::Watch,
            (None, false) => Pace::Once,
        };
        Ok(Self {
            conditions: Conditions {
                min_api: from.one(
                    args.min_api.as_ref(),
                    "min-api",
                    &["PROBE_MIN_API"],
                    |text| text.parse().map_err(|error| format!("{error}")),
                )?,
                max_latency: from.duration_above_zero(
                    args.max_latency.as_ref(),
                    "max-latency",
                    "PROBE_MAX_LATENCY",
                )?,
                cert_days: from.one(
                    args.cert_warn.as_ref(),
                    "cert-warn",
                    &["PROBE_CERT_WARN"],
                    days,
                )?,
            },
            timeout: from
                .duration_above_zero(args.timeout.as_ref(), "timeout", "PROBE_TIMEOUT")?
                .unwrap_or(TIMEOUT),
            pace,
            interval: from
                .duration_above_zero(args.interval.as_ref(), "interval", "PROBE_INTERVAL")?
                .unwrap_or(usual_interval),
            concurrency: from
                .one(args.concurrency.as_ref(), "concurrency", &["PROBE_CONCURRENCY"], count)?
                .unwrap_or(CONCURRENCY),
            format: from
                .one(args.format.as_ref(), "format", &["PROBE_FORMAT"], str::parse)?
                .unwrap_or(Format::Text),
            output: from
                .said(args.output.as_ref(), "output", &["PROBE_OUTPUT"])
                .map(|(_, path)| path.to_owned())
                .filter(|path| path != "-"),
            quiet: from.switch(args.quiet, "PROBE_QUIET")?,
            may_color: variables.get(&["NO_COLOR"]).is_none()
                && variables.get(&["TERM"]).is_none_or(|(_, term)| term != "dumb"),
            targets,
            serving,
            warnings: review(variables)?,
        })
    }

    /// A line on standard error for each variable that means nothing here.
    pub(crate) fn print_warnings(&self) {
        for warning in self.warnings.iter().filter(|_| !self.quiet) {
            let _closed: io::Result<()> = writeln!(io::stderr(), "warning: {warning}");
        }
    }
}

/// `--serve`, and what means something with it alone.
fn serving(
    args: &Args,
    from: &Sources<'_>,
    mut tls: TlsSettings,
) -> Result<Option<Serving>, Failure> {
    let read = |text: &str| own_address(text, PORT);
    let address = from.one(args.serve.as_ref(), "serve", &["PROBE_SERVE"], read)?;
    let hosts = from.list(&args.allow_host, "allow-host", &["PROBE_ALLOW_HOST"])?;
    let allowed = from.list(&args.allow_target, "allow-target", &["PROBE_ALLOW_TARGET"])?;
    let Some(address) = address else {
        let idle = [("--allow-target", allowed.is_empty()), ("--allow-host", hosts.is_empty())];
        return match idle.into_iter().find(|(_, is_empty)| !is_empty) {
            Some((flag, _)) => {
                Err(Failure::setting(flag, "means nothing without --serve (write --serve :9375)"))
            }
            None => Ok(None),
        };
    };
    let reports = ["wait", "format", "output"];
    let typed = [&args.wait, &args.format, &args.output];
    let names = [&["PROBE_WAIT"], &["PROBE_FORMAT"], &["PROBE_OUTPUT"]];
    for ((flag, typed), names) in reports.into_iter().zip(typed).zip(names) {
        if let Some((source, _)) = from.said(typed.as_ref(), flag, names) {
            let why =
                "they exclude each other: --serve goes on for ever, and has pages for a report";
            return Err(Failure::setting(&format!("--serve and {source}"), why));
        }
    }
    if from.switch(args.watch, "PROBE_WATCH")? {
        let why = "they exclude each other: --watch prints, --serve has pages";
        return Err(Failure::setting("--serve and --watch", why));
    }
    if !allowed.is_empty() {
        // Broken files are told now, not by every answer.
        tls.config().map_err(|why| Failure::setting("certificates", why))?;
    }
    Ok(Some(Serving {
        listen: ListenSettings::new(address),
        guard: Guard::new(hosts, Vec::new(), &machine::name()),
        allowed,
        tls,
    }))
}

/// Looks over the variables: one close to a known one is an error, another unknown one a warning.
fn review(variables: &Variables) -> Result<Vec<String>, Failure> {
    variables.unknown("PROBE_", &KNOWN).map_err(|error| Failure::variable(&error))
}

fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(format!("`{text}` is not a number of targets (write 1 or more)")),
    }
}

fn days(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number of days (write 14)"))
}

const TIMEOUT: Duration = Duration::from_secs(5);
const INTERVAL: Duration = Duration::from_millis(500);
const SERVING_INTERVAL: Duration = Duration::from_secs(15);
/// Beside the bridge's pages at 9376, and free.
const PORT: u16 = 9375;
const CONCURRENCY: usize = 256;

/// Variables that are not called `PROBE_…` but are read.
const OTHERS: [&str; 9] = [
    "DOCKER_CERT_PATH",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_HOST",
    "DOCKER_TLS",
    "DOCKER_TLS_VERIFY",
    "HOME",
    "NO_COLOR",
    "SSL_CERT_FILE",
];

/// What stands behind `PROBE_`: each flag.
const KNOWN: [&str; 20] = [
    "PROBE_ALLOW_HOST",
    "PROBE_ALLOW_TARGET",
    "PROBE_CERT_DIR",
    "PROBE_CERT_WARN",
    "PROBE_CONCURRENCY",
    "PROBE_FORMAT",
    "PROBE_INSECURE",
    "PROBE_INTERVAL",
    "PROBE_MAX_LATENCY",
    "PROBE_MIN_API",
    "PROBE_OUTPUT",
    "PROBE_QUIET",
    "PROBE_SERVE",
    "PROBE_TARGETS",
    "PROBE_TIMEOUT",
    "PROBE_TLSCACERT",
    "PROBE_TLSCERT",
    "PROBE_TLSKEY",
    "PROBE_WAIT",
    "PROBE_WATCH",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn plan<const N: usize>(args: &Args, pairs: [(&str, &str); N]) -> Result<Plan, Failure> {
        let docker = [("DOCKER_HOST", "unix:///x.sock")];
        Plan::from(args, &docker.into_iter().chain(pairs).collect())
    }

    #[test]
    fn a_flag_beats_its_variable() {
        let args = Args { timeout: Some("1s".into()), ..Args::default() };
        let plan = plan(&args, [("PROBE_TIMEOUT", "2s"), ("PROBE_FORMAT", "json")]).unwrap();
        assert_eq!((plan.timeout, plan.format), (Duration::from_secs(1), Format::Json));
    }

    #[test]
    fn a_bad_value_names_where_it_stands() {
        for (pair, part) in [
            (("PROBE_TIMEOUT", "5"), "PROBE_TIMEOUT: `5` is not a duration (write 10s"),
            (("PROBE_TIMEOUT", "0s"), "PROBE_TIMEOUT: 0 leaves no time"),
            (("PROBE_CONCURRENCY", "0"), "`0` is not a number of targets"),
            (("PROBE_MIN_API", "v1"), "`v1` is not an API version (write 1.44)"),
            (("PROBE_CERT_WARN", "-1"), "`-1` is not a number of days"),
            (("PROBE_FORMAT", "xml"), "`xml` is not a format (write text, json"),
            (("PROBE_WATCH", "2"), "PROBE_WATCH: `2` is not a switch"),
        ] {
            let failure = plan(&Args::default(), [pair]).unwrap_err().to_string();
            assert!(failure.contains(part), "{failure}");
        }
        let both = [("PROBE_WATCH", "1"), ("PROBE_WAIT", "1s")];
        assert!(plan(&Args::default(), both).is_err());
    }

    #[test]
    fn serving_has_an_interval_of_its_own_and_no_report() {
        let serve = ("PROBE_SERVE", ":9375");
        let served = plan(&Args::default(), [serve]).unwrap();
        assert_eq!(served.interval, Duration::from_secs(15));
        let address = served.serving.unwrap().listen.address;
        assert_eq!(address.to_string(), "tcp://127.0.0.1:9375");
        for other in [
            ("PROBE_WATCH", "1"),
            ("PROBE_WAIT", "1s"),
            ("PROBE_FORMAT", "json"),
            ("PROBE_OUTPUT", "x"),
        ] {
            let failure = plan(&Args::default(), [serve, other]).unwrap_err().to_string();
            assert!(failure.contains("they exclude each other"), "{failure}");
        }
        for idle in [("PROBE_ALLOW_TARGET", "10.0.0.0/8"), ("PROBE_ALLOW_HOST", "a.example")] {
            let failure = plan(&Args::default(), [idle]).unwrap_err().to_string();
            assert!(failure.contains("means nothing without --serve"), "{failure}");
        }
    }

    #[test]
    fn variables_are_looked_over() {
        let look = |name: &str| review(&[(name, "x")].into_iter().collect());
        assert!(
            look("PROBE_FORMT").unwrap_err().to_string().contains("did you mean PROBE_FORMAT?")
        );
        assert_eq!(look("PROBE_SOMETHING_ELSE").unwrap().len(), 1);
        for name in ["PROBE_FORMAT", "PROBE_PORT_80_TCP", "PROBE_SERVICE_HOST", "PATH"] {
            assert!(look(name).unwrap().is_empty(), "{name}");
        }
    }
}
