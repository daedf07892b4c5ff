"""Reads an Engine with docker-py, or tries to change it, and prints, as JSON, what it got.

Arguments: what `docker --host` takes, `read` or `change`, an image, and the name of a container.
"""

import json
import sys

import docker


def main() -> None:
    host, what, image, name = sys.argv[1:]
    client = docker.DockerClient(base_url=host, version="auto", timeout=30)
    print(json.dumps(read(client, name) if what == "read" else change(client, image, name)))


def read(client, name):
    container = client.containers.get(name)
    return {
        "ping": client.ping(),
        "version": client.version()["Version"],
        "name": container.name,
        "listed": [found.name for found in client.containers.list(filters={"name": name})],
        "top": len(container.top()["Processes"]),
        "stats": container.stats(stream=False)["name"],
        "driver": client.info()["Driver"],
        "networks": sorted(network.name for network in client.networks.list(names=["none", "host"])),
        "events": list(client.events(since=1, until=2, decode=True)),
    }


def change(client, image, name):
    container = client.containers.get(name)
    return {
        "create": refused(lambda: client.containers.create(image, ["true"])),
        "exec": refused(lambda: container.exec_run(["true"])),
        "kill": refused(container.kill),
        "logs": refused(container.logs),
        "archive": refused(lambda: container.get_archive("/etc/passwd")),
        "remove": refused(lambda: container.remove(force=True)),
        "attach": refused(lambda: container.attach_socket(params={"stdin": 1, "stream": 1})),
    }


def refused(act):
    try:
        return ["done", str(act())]
    except docker.errors.APIError as error:
        return [error.response.status_code, str(error.explanation)]


main()
