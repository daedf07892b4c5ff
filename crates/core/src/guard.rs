//! The browser guard: no web page reaches the Engine, whatever address the bridge listens on.
//!
//! Pure: what a request head says goes in as a [`Request`], a [`Verdict`] comes out. Whoever has
//! read a head (the open gate, the guarded gate, HTTP/2, the admin pages) asks the same guard.
//!
//! A request has *a browser's signs* if it carries `Accept-Language`, `Sec-Fetch-Site`, or a user
//! agent that begins with `Mozilla/` and isn't PowerShell's; unless it carries `Sec-Fetch-Mode`
//! without `Sec-Fetch-Site` (Node's `fetch`; no browser does so and no page can). No sign proves
//! enough alone: a page can change its user agent in Firefox, and browsers leave `Sec-Fetch-*` out
//! towards plain addresses of a local network; `Accept-Language` can be changed but not removed.
//!
//! What browsers do is specified in <https://fetch.spec.whatwg.org/#origin-header> and
//! <https://w3c.github.io/webappsec-fetch-metadata/>.

mod allowed;
mod origin;
mod refusal;
mod request;
#[cfg(test)]
mod tests;

pub use self::allowed::{
    AllowedHost, AllowedOrigin, ParseAllowedHostError, ParseAllowedOriginError,
};
pub use self::refusal::{Refusal, Shown};
pub use self::request::Request;

use self::origin::{Authority, Host, Origin};

/// Judges requests by the three rules, and knows what the user lifted.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    hosts: Vec<AllowedHost>,
    origins: Vec<AllowedOrigin>,
    /// Lower case, without a trailing dot; empty if it isn't known.
    machine: String,
}

impl Guard {
    /// A guard that lets browsers use `hosts` beside the names that are always safe, and that
    /// trusts the web applications at `origins`.
    ///
    /// `machine` is the machine's own name, in any case; empty if it isn't known.
    #[must_use]
    pub fn new(hosts: Vec<AllowedHost>, origins: Vec<AllowedOrigin>, machine: &str) -> Self {
        let machine = machine.strip_suffix('.').unwrap_or(machine).to_ascii_lowercase();
        Self { hosts, origins, machine }
    }

    /// Whether the request may go on to the Engine.
    ///
    /// The rules are asked in their order, so a refusal names the first that applies.
    #[must_use]
    pub fn judge(&self, request: &Request<'_>) -> Verdict {
        let signs = request.has_browser_signs();
        if !self.vouches_for(request) {
            let refusal = origin_rule(request, signs).or_else(|| fetch_site_rule(request));
            if let Some(refusal) = refusal {
                return Verdict::Refuse(refusal);
            }
        }
        if !signs {
            return Verdict::Pass;
        }
        self.host_rule(request).map_or(Verdict::PassBrowser, Verdict::Refuse)
    }

    /// Why one of our own pages may not be served: it is another page that asks (rule 1), or its
    /// browser came here by a name that somebody else could own (rule 3).
    #[must_use]
    pub fn judge_page(&self, request: &Request<'_>) -> Option<Refusal> {
        let by_name = || request.has_browser_signs().then(|| self.host_rule(request)).flatten();
        foreign_origin(request).or_else(by_name)
    }

    /// Whether an `--allow-origin` lifts rules 1 and 2: every `Origin` is an allowed one or, if
    /// there is none, every `Referer` is a page of an allowed one.
    fn vouches_for(&self, request: &Request<'_>) -> bool {
        let allowed = |origin: Option<Origin<&str>>| {
            origin.is_some_and(|origin| self.origins.iter().any(|allowed| allowed.is(&origin)))
        };
        if !request.origin.is_empty() {
            request.origin.iter().all(|value| allowed(Origin::parse(value)))
        } else if !request.referer.is_empty() {
            request.referer.iter().all(|value| allowed(Origin::of_url(value)))
        } else {
            false
        }
    }

    /// Rule 3, for a request with a browser's signs. A page whose name was made to lead here (DNS
    /// rebinding) is same-origin to its browser; the name is all that gives it away.
    fn host_rule(&self, request: &Request<'_>) -> Option<Refusal> {
        if request.secure {
            return None;
        }
        let mut values = request.host.iter();
        let Some(first) = values.next() else { return Some(Refusal::NoHost) };
        if values.next().is_some() {
            return Some(Refusal::SeveralHosts);
        }
        let safe = Authority::parse(first).is_some_and(|authority| self.is_safe(&authority.host));
        (!safe).then(|| Refusal::UnknownHost(Shown::new(first)))
    }

    fn is_safe(&self, host: &Host<&str>) -> bool {
        let Host::Name(name) = *host else { return true };
        let under = |suffix: &&str| {
            name.len() > suffix.len()
                && name.as_bytes()[name.len() - suffix.len()..]
                    .eq_ignore_ascii_case(suffix.as_bytes())
        };
        // `localhost` has no dot either.
        !name.contains('.')
            || UNREGISTRABLE.iter().any(under)
            || name.eq_ignore_ascii_case(&self.machine)
            || self.hosts.iter().any(|allowed| allowed.is(host))
    }
}

/// What the guard says of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It passes, and nothing says that a browser sent it.
    Pass,
    /// It passes with a browser's signs: nothing may follow it unseen on its connection, and its
    /// final answer needs [`crate::head::with_sandbox`].
    PassBrowser,
    /// It is refused with 403.
    Refuse(Refusal),
}

/// Rule 1: an `Origin` that isn't the request's own `Host`, or any beside a browser's signs (a
/// page that the Engine itself was made to serve has the right one).
fn origin_rule(request: &Request<'_>, signs: bool) -> Option<Refusal> {
    if let Some(foreign) = foreign_origin(request) {
        return Some(foreign);
    }
    let value = request.origin.iter().next()?;
    signs.then(|| Refusal::BrowserOrigin(Shown::new(value)))
}

fn foreign_origin(request: &Request<'_>) -> Option<Refusal> {
    let port = if request.secure { 443 } else { 80 };
    let own = || request.host.only().and_then(Authority::parse);
    let is_own = |value: &&[u8]| {
        Origin::parse(value).zip(own()).is_some_and(|(origin, own)| origin.authority.is(&own, port))
    };
    let foreign = request.origin.iter().find(|value| !is_own(value))?;
    Some(Refusal::ForeignOrigin(Shown::new(foreign)))
}

/// Rule 2: what a page asks for, other than by leading its browser here.
fn fetch_site_rule(request: &Request<'_>) -> Option<Refusal> {
    let site = request.fetch_site.iter().find(|site| *site != b"none")?;
    let safe = matches!(request.method, b"GET" | b"HEAD");
    let navigates =
        !request.fetch_mode.is_empty() && request.fetch_mode.iter().all(|mode| mode == b"navigate");
    (!(safe && navigates)).then(|| Refusal::FetchSite(Shown::new(site)))
}

/// Names under these belong to nobody: `.localhost` (RFC 6761), `.local` (RFC 6762), `.home.arpa`
/// (RFC 8375), `.internal` (reserved by ICANN in 2024), and two that routers hand out and that
/// the root zone has never had.
const UNREGISTRABLE: [&str; 6] =
    [".home.arpa", ".internal", ".lan", ".local", ".localdomain", ".localhost"];
