//! What an Engine must meet besides answering, and the verdict on it.

use std::time::{Duration, SystemTime};

use docker_api_engine::{ApiVersion, Engine, Fault, Outcome, State, TlsFacts};

/// `--min-api`, `--max-latency`, `--cert-warn`; `None` asks for nothing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Conditions {
    pub(crate) min_api: Option<ApiVersion>,
    pub(crate) max_latency: Option<Duration>,
    /// Whole days that a server's certificate must last.
    pub(crate) cert_days: Option<u32>,
}

/// What is said of one target.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) state: State,
    /// One line; `None` for a healthy one.
    pub(crate) error: Option<String>,
    pub(crate) latency: Duration,
    /// There if it answered, whether or not it meets the conditions.
    pub(crate) engine: Option<Engine>,
    pub(crate) tls: Option<TlsFacts>,
}

impl Verdict {
    pub(crate) fn is_healthy(&self) -> bool {
        self.state == State::Healthy
    }

    /// Whether a person would call it another result: not if only times differ.
    pub(crate) fn differs_from(&self, other: &Self) -> bool {
        let measured = self.state == State::Unmet;
        self.state != other.state
            || self.engine != other.engine
            || (!measured && self.error != other.error)
    }
}

impl From<Fault> for Verdict {
    /// One that was never asked.
    fn from(fault: Fault) -> Self {
        let Fault { state, message } = fault;
        Self { state, error: Some(message), latency: Duration::ZERO, engine: None, tls: None }
    }
}

impl Conditions {
    pub(crate) fn judge(&self, outcome: Outcome, now: SystemTime) -> Verdict {
        let Outcome { result, latency, tls, .. } = outcome;
        let (state, error, engine) = match result {
            Err(fault) => (fault.state, Some(fault.message), None),
            Ok(engine) => match self.unmet(&engine, latency, tls, now) {
                unmet if unmet.is_empty() => (State::Healthy, None, Some(engine)),
                unmet => (State::Unmet, Some(unmet.join("; ")), Some(engine)),
            },
        };
        Verdict { state, error, latency, engine, tls }
    }

    fn unmet(
        &self,
        engine: &Engine,
        latency: Duration,
        tls: Option<TlsFacts>,
        now: SystemTime,
    ) -> Vec<String> {
        let mut unmet = Vec::new();
        if let Some(least) = self.min_api
            && engine.api_version.parse::<ApiVersion>().is_ok_and(|speaks| speaks < least)
        {
            let speaks = &engine.api_version;
            unmet.push(format!("its API is {speaks}, below --min-api {least}: update the Engine"));
        }
        if let Some(most) = self.max_latency.filter(|most| latency > *most) {
            let took = latency.as_secs_f64() * 1000.0;
            unmet.push(format!("it took {took:.1} ms, more than --max-latency {most:?}"));
        }
        if let (Some(least), Some(tls)) = (self.cert_days, tls) {
            let left = tls.days_left(now);
            if left < i64::from(least) {
                unmet.push(format!(
                    "its certificate lasts {left} more days, less than --cert-warn {least}: renew \
                     it there"
                ));
            }
        }
        unmet
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const DAY: i64 = 24 * 60 * 60;

    fn outcome() -> Outcome {
        let engine = Engine {
            version: "28.5.2".into(),
            api_version: "1.51".into(),
            min_api_version: "1.24".into(),
            os: "linux".into(),
            arch: "amd64".into(),
            platform: String::new(),
        };
        Outcome {
            result: Ok(engine),
            latency: Duration::from_millis(20),
            tls: Some(TlsFacts { version: "TLSv1.3", not_after: 10 * DAY }),
            pinged: true,
        }
    }

    #[test]
    fn each_condition_is_met_at_its_own_value_and_not_past_it() {
        let api = |text: &str| Conditions { min_api: text.parse().ok(), ..Conditions::default() };
        let latency = |ms| Conditions {
            max_latency: Some(Duration::from_millis(ms)),
            ..Conditions::default()
        };
        let days = |days| Conditions { cert_days: Some(days), ..Conditions::default() };
        let state = |conditions: Conditions| conditions.judge(outcome(), UNIX_EPOCH).state;
        for met in [api("1.51"), api("1.9"), latency(20), days(10), Conditions::default()] {
            assert_eq!(state(met), State::Healthy, "{met:?}");
        }
        for unmet in [api("1.52"), api("2.0"), latency(19), days(11)] {
            assert_eq!(state(unmet), State::Unmet, "{unmet:?}");
        }
    }

    #[test]
    fn all_that_is_unmet_is_told() {
        let all = Conditions {
            min_api: "1.60".parse().ok(),
            max_latency: Some(Duration::from_millis(1)),
            cert_days: Some(30),
        };
        let verdict = all.judge(outcome(), UNIX_EPOCH);
        assert_eq!(
            verdict.error.unwrap(),
            "its API is 1.51, below --min-api 1.60: update the Engine; it took 20.0 ms, more than \
             --max-latency 1ms; its certificate lasts 10 more days, less than --cert-warn 30: renew \
             it there"
        );
        assert!(verdict.engine.is_some());
    }

    #[test]
    fn a_slower_answer_is_no_change() {
        let now = Conditions::default().judge(outcome(), UNIX_EPOCH);
        let slower = Verdict { latency: Duration::from_secs(1), ..now.clone() };
        assert!(!now.differs_from(&slower));
        let down = Verdict::from(Fault::new(State::Refused, "x"));
        assert!(now.differs_from(&down));
    }
}
