//! Who is refused, and what each is told.

use std::path::PathBuf;

use testkit::certificates::{Authority, Issued, Leaf};
use testkit::tls::{Alert, Client};
use testkit::{Endpoint, Signal};

use crate::{Server, client_command};

/// Somebody who may not come in.
pub(crate) struct Case {
    /// With `ca.pem`, and what it shows.
    pub(crate) folder: PathBuf,
    pub(crate) alert: Alert,
    /// The alert in the words of OpenSSL, and so of curl.
    pub(crate) openssl: &'static str,
    /// The same in Go's, and so of docker.
    pub(crate) go: &'static str,
    /// How the line of the log ends.
    pub(crate) reason: &'static str,
    _kept: Option<Issued>,
}

impl Case {
    fn new(
        folder: impl Into<PathBuf>,
        [openssl, go]: [&'static str; 2],
        alert: Alert,
        reason: &'static str,
    ) -> Self {
        Self { folder: folder.into(), alert, openssl, go, reason, _kept: None }
    }

    fn keeping(self, issued: Issued) -> Self {
        Self { _kept: Some(issued), ..self }
    }

    /// As rustls connects.
    pub(crate) fn client(&self) -> Client {
        let client = Client::from_folder(&self.folder);
        if self.folder.join("cert.pem").exists() { client } else { client.anonymous() }
    }

    /// Where docker connects, and as whom.
    pub(crate) fn endpoint(&self, server: &Server) -> Endpoint {
        self.client().at(server.address())
    }
}

/// All of them.
pub(crate) fn all(server: &Server) -> Vec<Case> {
    let own = server.authority();
    let issued = |authority: &Authority, leaf: &Leaf| {
        let issued = authority.issue(leaf).trusting(&server.ca());
        (issued.path().to_owned(), issued)
    };
    let nobody = own.issue(&Leaf::client("nobody")).anonymous();
    let stranger = issued(&Authority::new("another"), &Leaf::client("stranger"));
    let expired = issued(&own, &Leaf::client("late").expired());
    let future = issued(&own, &Leaf::client("early").not_yet_valid());
    vec![
        Case::new(
            nobody.path(),
            ["alert certificate required", "tls: certificate required"],
            Alert::CertificateRequired,
            "certificate required, and it sent none: a client needs ca.pem, cert.pem and key.pem \
             in DOCKER_CERT_PATH",
        )
        .keeping(nobody),
        Case::new(
            stranger.0,
            ["alert unknown ca", "tls: unknown certificate authority"],
            Alert::UnknownCA,
            "certificate of CN=stranger refused: of an authority that isn't trusted here",
        )
        .keeping(stranger.1),
        Case::new(
            expired.0,
            EXPIRED,
            Alert::CertificateExpired,
            "certificate of CN=late refused: expired",
        )
        .keeping(expired.1),
        Case::new(
            future.0,
            EXPIRED,
            Alert::CertificateExpired,
            "certificate of CN=early refused: not valid yet (is this machine's clock right?)",
        )
        .keeping(future.1),
        Case::new(
            server.bridge.cert_dir().join("server"),
            ["alert unsupported certificate", "tls: unsupported certificate"],
            Alert::UnsupportedCertificate,
            "refused: not for clients (its extended key usage lacks clientAuth)",
        ),
        revoked(server),
    ]
}

fn revoked(server: &Server) -> Case {
    let folder = server.add("gone");
    client_command(&server.bridge, &["revoke", "gone"]);
    server.bridge.signal(Signal::HUP);
    server.bridge.wait_for_log_containing("the new certificates are in force");
    Case::new(
        folder,
        ["alert certificate revoked", "tls: revoked certificate"],
        Alert::CertificateRevoked,
        "certificate of CN=gone refused: revoked",
    )
}

/// TLS knows no alert for the other end of a life.
const EXPIRED: [&str; 2] = ["alert certificate expired", "tls: expired certificate"];
