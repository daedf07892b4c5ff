#!/usr/bin/env python3
"""Follows several Engines: lists their containers, then prints what happens to them, a JSON object
a line.

    python monitor.py tcp://127.0.0.1:2375 https://docker.example.com:2376=/certs/laptop

Behind `=` is a folder with ca.pem, cert.pem and key.pem, as `bridge-tls client add` makes it. The
role `monitor` is enough.
"""

import json
import sys
import threading
import time
from pathlib import Path

import docker
from docker.tls import TLSConfig


def connect(target):
    """An Engine by its address, with certificates if a folder is named."""
    address, _, folder = target.partition("=")
    tls = False
    if folder:
        ca, cert, key = (str(Path(folder, f"{name}.pem")) for name in ("ca", "cert", "key"))
        tls = TLSConfig(client_cert=(cert, key), ca_cert=ca, verify=True)
    return docker.DockerClient(base_url=address, tls=tls, version="auto")


def follow(client, show):
    """Shows what one Engine has and does, until the connection ends."""
    # First the events, so that nothing is missed between the list and them.
    events = client.events(decode=True, filters={"type": "container"})
    for container in client.api.containers(all=True):
        show(container=container["Names"][0][1:], state=container["State"])
    for event in events:
        show(container=event["Actor"]["Attributes"]["name"], event=event["Action"])


def watch(target):
    """Follows one Engine for ever, through its restarts and those of the bridge."""
    engine = target.partition("=")[0]

    def show(**what):
        # One write, so that threads don't tear each other's lines.
        sys.stdout.write(json.dumps({"engine": engine, **what}) + "\n")
        sys.stdout.flush()

    while True:
        try:
            follow(connect(target), show)
        except Exception as error:  # an Engine that is gone comes back
            show(error=str(error))
        time.sleep(1)


def main():
    targets = sys.argv[1:]
    if not targets:
        sys.exit("usage: monitor.py ADDRESS[=FOLDER]...")
    threads = [threading.Thread(target=watch, args=(target,), daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
