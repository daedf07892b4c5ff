//! The JSON that the stand-in Engine answers.

use serde_json::{Value, json};

/// `GET /version`.
pub(super) fn version(api_version: &str) -> Value {
    let details = json!({
        "ApiVersion": api_version,
        "Arch": ARCH,
        "BuildTime": "2025-01-01T00:00:00.000000000+00:00",
        "GitCommit": "stand-in",
        "GoVersion": "none",
        "KernelVersion": "0",
        "MinAPIVersion": MIN_API_VERSION,
        "Os": "linux",
    });
    json!({
        "Platform": { "Name": "Docker Engine stand-in" },
        "Components": [{ "Name": "Engine", "Version": VERSION, "Details": details }],
        "Version": VERSION,
        "ApiVersion": api_version,
        "MinAPIVersion": MIN_API_VERSION,
        "GitCommit": "stand-in",
        "GoVersion": "none",
        "Os": "linux",
        "Arch": ARCH,
        "KernelVersion": "0",
        "BuildTime": "2025-01-01T00:00:00.000000000+00:00",
    })
}

/// `GET /info`.
pub(super) fn info() -> Value {
    json!({
        "ID": "stand-in",
        "Name": "stand-in",
        "ServerVersion": VERSION,
        "Containers": 1,
        "ContainersRunning": 1,
        "ContainersPaused": 0,
        "ContainersStopped": 0,
        "Images": 1,
        "Driver": "none",
        "OperatingSystem": "stand-in",
        "OSType": "linux",
        "Architecture": "x86_64",
        "KernelVersion": "0",
        "NCPU": 1,
        "MemTotal": 1_073_741_824,
        "Swarm": { "LocalNodeState": "inactive" },
        "Warnings": [],
    })
}

/// `GET /containers/json`: one container runs.
pub(super) fn containers() -> Value {
    json!([{
        "Id": CONTAINER,
        "Names": ["/stand-in"],
        "Image": "stand-in:latest",
        "ImageID": IMAGE,
        "Command": "stand-in",
        "Created": 1_735_689_600,
        "Ports": [],
        "Labels": {},
        "State": "running",
        "Status": "Up 1 hour",
        "HostConfig": { "NetworkMode": "default" },
        "NetworkSettings": { "Networks": {} },
        "Mounts": [],
    }])
}

/// `GET /containers/ID/json`: whatever was asked for is that container.
pub(super) fn container() -> Value {
    json!({
        "Id": CONTAINER,
        "Name": "/stand-in",
        "Created": "2025-01-01T00:00:00Z",
        "Path": "stand-in",
        "Args": [],
        "Image": IMAGE,
        "State": { "Status": "running", "Running": true, "Pid": 1, "ExitCode": 0 },
        "Config": {
            "Hostname": "stand-in",
            "Image": "stand-in:latest",
            "Tty": false,
            "OpenStdin": true,
            "AttachStdin": true,
            "Env": [],
            "Cmd": [],
            "Labels": {},
        },
        "HostConfig": { "NetworkMode": "default" },
        "NetworkSettings": { "Networks": {} },
        "Mounts": [],
    })
}

/// `GET /images/json`: one image.
pub(super) fn images() -> Value {
    json!([{
        "Id": IMAGE,
        "ParentId": "",
        "RepoTags": ["stand-in:latest"],
        "RepoDigests": [],
        "Created": 1_735_689_600,
        "Size": 1,
        "SharedSize": -1,
        "Containers": -1,
        "Labels": {},
    }])
}

/// `GET /exec/ID/json`: it has ended well.
pub(super) fn exec(id: &str) -> Value {
    json!({
        "ID": id,
        "ContainerID": CONTAINER,
        "Running": false,
        "ExitCode": 0,
        "Pid": 1,
        "OpenStdin": true,
        "OpenStdout": true,
        "OpenStderr": true,
    })
}

/// A line of `GET /events`.
pub(super) fn event(number: u64) -> Value {
    json!({
        "Type": "container",
        "Action": "tick",
        "Actor": { "ID": CONTAINER, "Attributes": { "number": number.to_string() } },
        "scope": "local",
        "time": 1_735_689_600 + number,
        "timeNano": (1_735_689_600 + number) * 1_000_000_000,
    })
}

/// What `Server` and `/version` call the Engine.
pub(super) const VERSION: &str = "28.5.2";
/// Engines refuse anything below it.
pub(super) const MIN_API_VERSION: &str = "1.24";
pub(super) const CONTAINER: &str =
    "57a4d14057a4d14057a4d14057a4d14057a4d14057a4d14057a4d14057a4d140";
const IMAGE: &str = "sha256:1a4d1a4d1a4d1a4d1a4d1a4d1a4d1a4d1a4d1a4d1a4d1a4d1a4d1a4d1a4d1a4d";
#[cfg(target_arch = "x86_64")]
const ARCH: &str = "amd64";
#[cfg(not(target_arch = "x86_64"))]
const ARCH: &str = "arm64";
