"""Drives an Engine with docker-py and prints, as JSON, what it got.

Arguments: what `docker --host` takes, an image with a shell, and a name for containers, which
nobody else uses. With DOCKER_TLS_VERIFY and DOCKER_CERT_PATH it speaks TLS, as docker does.
"""

import json
import os
import socket
import ssl
import sys
import threading
import time

import docker


def main() -> None:
    host, image, name = sys.argv[1:]
    client = docker.from_env(timeout=60, environment={**os.environ, "DOCKER_HOST": host})
    events = Events(client, name)
    got = {
        "ping": client.ping(),
        "version": client.version()["Version"],
        "list": list_containers(client, image, name),
        "run": run(client, image, name),
        "attach": attach(client, image, name),
        "exec": execute(client, image, name),
        "logs": logs(client, image, name),
        "missing": missing(client, name),
    }
    got["events"] = events.until_destroyed(5)
    print(json.dumps(got))


class Events:
    """Collects the events of the containers of that name."""

    def __init__(self, client, name):
        # By then the Engine may not listen to itself yet.
        since = f"{time.time():.6f}"
        self.stream = client.events(since=since, decode=True, filters={"container": name})
        self.actions = []
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.destroyed = threading.Semaphore(0)
        self.thread.start()

    def collect(self):
        for event in self.stream:
            # Their order among themselves is the Engine's affair, and so are those of `exec`.
            if event["Action"] in ("create", "start", "die", "destroy"):
                self.actions.append(event["Action"])
            if event["Action"] == "destroy":
                self.destroyed.release()

    def until_destroyed(self, times):
        for _ in range(times):
            assert self.destroyed.acquire(timeout=30), self.actions
        self.stream.close()
        return sorted(self.actions)


def list_containers(client, image, name):
    container = client.containers.create(image, ["true"], name=name)
    try:
        listed = client.containers.list(all=True, filters={"name": name})
        return [(found.name, found.status, found.attrs["Config"]["Cmd"]) for found in listed]
    finally:
        container.remove()


def run(client, image, name):
    """Its output comes late, and both outputs count."""
    script = "echo out; echo err >&2; sleep 1; echo late"
    output = client.containers.run(
        image, ["sh", "-c", script], name=name, stdout=True, stderr=True, remove=True
    )
    return sorted(output.decode().split())


def attach(client, image, name):
    """What a container says after its input has ended."""
    script = f"{ECHO}; sleep 1; echo late; exit 5"
    container = client.containers.create(image, ["sh", "-c", script], name=name, stdin_open=True)
    try:
        attached = container.attach_socket(
            params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        )
        container.start()
        connection = raw(attached)
        connection.sendall(b"one\ntwo\n")
        end_input(connection)
        output = read_frames(attached)
        attached.close()
        return output, container.wait()["StatusCode"]
    finally:
        container.remove(force=True)


def execute(client, image, name):
    container = client.containers.run(image, ["sleep", "600"], name=name, detach=True)
    try:
        script = "echo out; echo err >&2; sleep 1; echo late; exit 3"
        code, (out, err) = container.exec_run(["sh", "-c", script], demux=True)

        fed = client.api.exec_create(
            container.id, ["sh", "-c", f"{ECHO}; sleep 1; echo late; exit 4"], stdin=True
        )["Id"]
        attached = client.api.exec_start(fed, socket=True)
        raw(attached).sendall(b"input\n")
        end_input(raw(attached))
        output = read_frames(attached)
        attached.close()
        fed_code = client.api.exec_inspect(fed)["ExitCode"]
        return code, out.decode(), err.decode(), output, fed_code
    finally:
        container.remove(force=True)


def read_frames(attached):
    """To the end, which is an exception where TLS has been closed both ways."""
    output = b""
    try:
        for _, data in docker.utils.socket.frames_iter(attached, tty=False):
            output += data
    except ssl.SSLZeroReturnError:
        pass
    return output.decode()


def raw(attached):
    """The socket below: with TLS, docker-py hands out no wrapper."""
    return getattr(attached, "_sock", attached)


def end_input(connection):
    """Half-closes. With TLS, `shutdown` would end decryption too, and `unwrap` would wait for the
    peer's own end, unless it may not wait. It fails, and loses data, if some is there already."""
    if not isinstance(connection, ssl.SSLSocket):
        connection.shutdown(socket.SHUT_WR)
        return
    timeout = connection.gettimeout()
    connection.settimeout(0)
    try:
        connection.unwrap()
    except ssl.SSLWantReadError:
        pass
    connection.settimeout(timeout)


def logs(client, image, name):
    script = "for n in 1 2 3 4 5; do echo tick $n; sleep 0.2; done"
    container = client.containers.run(image, ["sh", "-c", script], name=name, detach=True)
    try:
        pieces = list(container.logs(stream=True, follow=True))
        return b"".join(pieces).decode(), len(pieces) > 1
    finally:
        container.remove(force=True)


def missing(client, name):
    try:
        client.containers.get(name + "-missing")
    except docker.errors.NotFound as error:
        return str(error.explanation)
    return "found"


# Says what it has heard, and not before the end of it.
ECHO = 'heard=$(cat); echo "$heard"'

main()
