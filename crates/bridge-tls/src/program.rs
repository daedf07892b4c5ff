//! What differs from other bridges.

use docker_api_settings::Program;

/// `bridge-tls`.
pub(crate) const PROGRAM: Program = Program {
    name: "bridge-tls",
    default_listen: "tcp://127.0.0.1:2376",
    default_port: 2376,
    prefix: "BRIDGE_TLS_",
    own_variables: &[
        "BRIDGE_TLS_CACERT",
        "BRIDGE_TLS_CERT",
        "BRIDGE_TLS_CERT_DIR",
        "BRIDGE_TLS_CLIENT_KEY_MODE",
        "BRIDGE_TLS_CRL",
        "BRIDGE_TLS_DEFAULT_ROLE",
        "BRIDGE_TLS_KEKRU_VOLUME",
        "BRIDGE_TLS_KEY",
        "BRIDGE_TLS_SAN",
    ],
    other_variables: &[
        "CA_EXPIRATION_DAYS",
        "CERT_EXPIRATION_DAYS",
        "CERT_HOSTNAME",
        "DOCKER_TLS_CERTDIR",
        "DOCKER_TLS_SAN",
        "HOME",
        "STATE_DIRECTORY",
        "XDG_STATE_HOME",
    ],
};
