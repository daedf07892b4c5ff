//! PEM gives certificates or a key, or one line that names the file and shows nothing of what is in it.
#![no_main]

use std::path::Path;

use docker_api_core::pki::{PeerCertificate, pem};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("/certs/key.pem");
    match pem::certificates(path, bytes) {
        Ok(certificates) => {
            assert!(!certificates.is_empty());
            for certificate in &certificates {
                let _read = PeerCertificate::parse(certificate);
            }
        }
        Err(error) => one_line(&error.to_string()),
    }
    if let Err(error) = pem::key(path, bytes) {
        one_line(&error.to_string());
    }
});

fn one_line(error: &str) {
    assert!(error.starts_with("/certs/key.pem: ") && !error.contains('\n'), "{error:?}");
}
