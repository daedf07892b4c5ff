//! The images: what each is made of, in one table.

/// One image: a binary on nothing, and what an engine is told of it.
#[derive(Debug)]
pub(crate) struct Image {
    /// Its name, without repository and tag.
    pub(crate) name: &'static str,
    /// What it is, in a line.
    pub(crate) description: &'static str,
    /// The package that it holds, and the name of its program, which is in `/`.
    pub(crate) binary: &'static str,
    /// More paths of the program: symbolic links to it.
    pub(crate) links: &'static [&'static str],
    pub(crate) entry_point: &'static str,
    pub(crate) command: &'static [&'static str],
    pub(crate) environment: &'static [&'static str],
    /// TCP ports that it listens on.
    pub(crate) ports: &'static [u16],
    /// Directories of mode 1777 that outlive a container.
    pub(crate) volumes: &'static [&'static str],
    /// Whether the program can be asked for its health.
    pub(crate) health_check: bool,
    /// How many bytes it may be, unpacked.
    pub(crate) limit: u64,
}

impl Image {
    /// The image of that name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        IMAGES.iter().find(|image| image.name == name)
    }
}

/// All of them.
pub(crate) const IMAGES: [Image; 5] = [
    Image {
        name: "docker-api",
        description: "The Docker Engine's API on a TCP port",
        binary: "bridge",
        links: BRIDGE_LINKS,
        entry_point: "/bridge",
        command: &["TCP-LISTEN:2375,fork", "UNIX-CONNECT:/var/run/docker.sock"],
        environment: BRIDGE_ENVIRONMENT,
        ports: &[2375],
        volumes: &[],
        health_check: true,
        limit: BRIDGE,
    },
    Image {
        name: "socat",
        description: "socat's command line for the Docker Engine's socket, without its losses",
        binary: "bridge",
        links: BRIDGE_LINKS,
        entry_point: "/usr/bin/socat",
        command: &[],
        environment: BRIDGE_ENVIRONMENT,
        ports: &[],
        volumes: &[],
        health_check: true,
        limit: BRIDGE,
    },
    Image {
        name: "docker-api-tls",
        description: "The Docker Engine's API on a TCP port, behind mutual TLS",
        binary: "bridge-tls",
        links: &["/bin/sh", "/usr/bin/curl", "/usr/bin/nc", "/usr/bin/wget"],
        entry_point: "/bridge-tls",
        command: &["serve"],
        environment: &[
            "BRIDGE_STALE_SOCKET=exit",
            "BRIDGE_TLS_CLIENT_KEY_MODE=0644",
            // What is mounted there is that of an image whose name was changed to this one.
            "BRIDGE_TLS_KEKRU_VOLUME=/data/certs",
            "BRIDGE_TLS_LISTEN=tcp://[::]:2376",
            // Certificates are in /certs if nobody names a directory.
            "STATE_DIRECTORY=/",
            "container=oci",
        ],
        ports: &[2376],
        volumes: &["/certs"],
        health_check: true,
        limit: 8 * MEGABYTE,
    },
    Image {
        name: "docker-socket-proxy",
        description: "The Docker Engine's API with a role for each client, by the variables of the \
                      proxies that it stands in for",
        binary: "bridge",
        links: BRIDGE_LINKS,
        entry_point: "/bridge",
        command: &[],
        environment: &[
            "BRIDGE_ACCESS=tecnativa",
            "BRIDGE_LISTEN=tcp://[::]:2375",
            "BRIDGE_STALE_SOCKET=exit",
            "container=oci",
        ],
        ports: &[2375],
        volumes: &[],
        health_check: true,
        limit: BRIDGE,
    },
    Image {
        name: "docker-api-probe",
        description: "Asks Docker Engines whether they are healthy, and reports",
        binary: "probe",
        links: &[],
        entry_point: "/probe",
        command: &[],
        environment: &[],
        ports: &[],
        volumes: &[],
        health_check: false,
        limit: 6 * MEGABYTE,
    },
];

/// What health checks in old compose files call, and the name that socat is called by.
const BRIDGE_LINKS: &[&str] =
    &["/bin/sh", "/usr/bin/curl", "/usr/bin/nc", "/usr/bin/socat", "/usr/bin/wget"];

/// Flags behind the image's name then still listen outside of the container; and a socket whose
/// file is gone ends the process, so that a restart mounts the new one.
const BRIDGE_ENVIRONMENT: &[&str] =
    &["BRIDGE_LISTEN=tcp://[::]:2375", "BRIDGE_STALE_SOCKET=exit", "container=oci"];

/// Of an image with `bridge`.
const BRIDGE: u64 = 4 * MEGABYTE;

const MEGABYTE: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_point_is_the_program_or_a_link_to_it() {
        for image in &IMAGES {
            let program = format!("/{}", image.binary);
            let entry = image.entry_point;
            assert!(entry == program || image.links.contains(&entry), "{}: {entry}", image.name);
        }
    }

    #[test]
    fn lists_that_are_written_in_order_are_in_order() {
        for image in &IMAGES {
            assert!(image.links.is_sorted(), "{}", image.name);
            assert!(image.environment.is_sorted(), "{}", image.name);
        }
    }
}
