//! What the guard needs to know of a request head, gathered in one pass.

/// What the guard needs to know of a request head.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub(super) method: &'a [u8],
    pub(super) secure: bool,
    pub(super) fetch_mode: Values<'a>,
    pub(super) fetch_site: Values<'a>,
    pub(super) host: Values<'a>,
    pub(super) origin: Values<'a>,
    pub(super) referer: Values<'a>,
    accept_language: bool,
    user_agent: Values<'a>,
}

impl<'a> Request<'a> {
    /// Gathers it from the header lines, each a name in any case and a value without the white
    /// space around it. A header that occurs several times comes several times, and one with an
    /// empty value counts as present. Over HTTP/2 `:authority` comes as `host`.
    ///
    /// `secure` says that the client came over TLS to us: rule 3 is then left out, for the names
    /// of the certificate do its work, and 443 is the default port.
    ///
    /// Allocates only if one of the headers that count occurs more than once.
    #[must_use]
    pub fn new(
        method: &'a [u8],
        headers: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        secure: bool,
    ) -> Self {
        let mut request = Self {
            method,
            secure,
            fetch_mode: Values::default(),
            fetch_site: Values::default(),
            host: Values::default(),
            origin: Values::default(),
            referer: Values::default(),
            accept_language: false,
            user_agent: Values::default(),
        };
        for (name, value) in headers {
            request.note(name, value);
        }
        request
    }

    /// Whether it looks as if a browser had sent it; the module's page says by what.
    #[must_use]
    pub fn has_browser_signs(&self) -> bool {
        if !self.fetch_mode.is_empty() && self.fetch_site.is_empty() {
            return false;
        }
        self.accept_language
            || !self.fetch_site.is_empty()
            || self.user_agent.iter().any(is_browser_name)
    }

    fn note(&mut self, name: &[u8], value: &'a [u8]) {
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        if is(b"accept-language") {
            self.accept_language = true;
        } else if is(b"host") {
            self.host.push(value);
        } else if is(b"origin") {
            self.origin.push(value);
        } else if is(b"referer") {
            self.referer.push(value);
        } else if is(b"sec-fetch-mode") {
            self.fetch_mode.push(value);
        } else if is(b"sec-fetch-site") {
            self.fetch_site.push(value);
        } else if is(b"user-agent") {
            self.user_agent.push(value);
        }
    }
}

/// The values of one header. Most occur at most once, and then nothing is allocated.
#[derive(Clone, Debug, Default)]
pub(super) struct Values<'a> {
    first: Option<&'a [u8]>,
    more: Vec<&'a [u8]>,
}

impl<'a> Values<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        self.first.into_iter().chain(self.more.iter().copied())
    }

    /// The value, if the header occurs exactly once.
    pub(super) fn only(&self) -> Option<&'a [u8]> {
        self.first.filter(|_| self.more.is_empty())
    }

    fn push(&mut self, value: &'a [u8]) {
        if self.first.is_none() {
            self.first = Some(value);
        } else {
            self.more.push(value);
        }
    }
}

/// PowerShell calls itself `Mozilla/5.0 (…) WindowsPowerShell/5.1…`, or with `PowerShell/7…`.
fn is_browser_name(agent: &[u8]) -> bool {
    const POWERSHELL: &[u8] = b"PowerShell/";
    agent.starts_with(b"Mozilla/")
        && !agent.windows(POWERSHELL.len()).any(|window| window == POWERSHELL)
}
