"""Drives a docker command in a terminal of its own, step by step.

usage: terminal.py STEPS COMMAND...

STEPS is a JSON array; each step is one of
    {"see": TEXT}            wait until TEXT is on the screen behind what was seen before
    {"type": TEXT}           type it
    {"resize": [ROWS, COLS]} make the window this large
    {"end": CODE}            wait until the command has ended with this exit code
    {"whether": SECONDS}     put on the screen how it ended, or that it hasn't after so long
Whatever doesn't happen within 20 s ends the script with what is on the screen.
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

DEADLINE = 20


def main():
    steps, command = json.loads(sys.argv[1]), sys.argv[2:]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    screen, seen = b"", 0
    try:
        for step in steps:
            if "see" in step:
                wanted = step["see"].encode()
                screen = read_until(terminal, screen, lambda s: wanted in s[seen:], step)
                seen = screen.index(wanted, seen) + len(wanted)
            elif "type" in step:
                os.write(terminal, step["type"].encode())
            elif "resize" in step:
                rows, columns = step["resize"]
                size = struct.pack("HHHH", rows, columns, 0, 0)
                fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
            elif "end" in step:
                code, screen = ended(pid, terminal, screen, step)
                pid = None
                if code != step["end"]:
                    fail(f"it ended with {code}", step, screen)
            elif "whether" in step:
                code, screen = has_ended(pid, terminal, screen, step["whether"])
                if code is not None:
                    pid = None
                screen += f"[ended: {code}]".encode()
    finally:
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    sys.stdout.buffer.write(screen)


def read_until(terminal, screen, is_there, step):
    deadline = time.monotonic() + DEADLINE
    while not is_there(screen):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            fail("it never came", step, screen)
        try:
            some = os.read(terminal, 65536)
        except OSError:  # a terminal whose program has gone (EIO)
            some = b""
        if not some:
            fail("the command has ended", step, screen)
        screen += some
    return screen


def ended(pid, terminal, screen, step):
    code, screen = has_ended(pid, terminal, screen, DEADLINE)
    if code is None:
        fail("it didn't end", step, screen)
    return code, screen


def has_ended(pid, terminal, screen, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                screen += os.read(terminal, 65536)
            except OSError:
                pass
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), screen
    return None, screen


def fail(why, step, screen):
    sys.stdout.buffer.write(screen)
    sys.exit(f"{why}: {json.dumps(step)}")


main()
