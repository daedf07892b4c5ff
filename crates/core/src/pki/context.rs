//! A docker CLI context in a file, for `docker context import NAME FILE`.

use std::io;

use serde::Serialize;

use super::clients::NewClient;

/// An uncompressed tar of `meta.json` and `tls/docker/{ca,cert,key}.pem`, without `./` in front:
/// the CLI looks them up by these names. The same input makes the same bytes.
///
/// `host` is where the CLI dials, such as `tcp://docker.example.com:2376`.
///
/// # Errors
/// Never in practice: the archive is written to memory.
pub fn docker_context(name: &str, host: &str, client: &NewClient) -> io::Result<Vec<u8>> {
    let meta = serde_json::to_vec(&Meta {
        name,
        metadata: Description { description: "" },
        endpoints: Endpoints { docker: Endpoint { host, skip_tls_verify: false } },
    })?;
    let mut archive = tar::Builder::new(Vec::new());
    for (path, content) in [
        ("meta.json", meta.as_slice()),
        ("tls/docker/ca.pem", client.ca_pem.as_bytes()),
        ("tls/docker/cert.pem", client.cert_pem.as_bytes()),
        ("tls/docker/key.pem", client.key_pem.as_bytes()),
    ] {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(0);
        archive.append_data(&mut header, path, content)?;
    }
    archive.into_inner()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Meta<'a> {
    name: &'a str,
    metadata: Description<'a>,
    endpoints: Endpoints<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Description<'a> {
    description: &'a str,
}

#[derive(Serialize)]
struct Endpoints<'a> {
    docker: Endpoint<'a>,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    #[serde(rename = "Host")]
    host: &'a str,
    #[serde(rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}
