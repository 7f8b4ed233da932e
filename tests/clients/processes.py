"""Programs as children: each listens on 127.0.0.1 only and is ended by its process id. A condition
is waited for, never a span of time."""

import http.client
import socket
import subprocess
import time

DEADLINE = 60  # seconds for a condition that does come true


def free_port():
    """For a program to listen at. The end of a connection stays there for a minute (TIME_WAIT), in
    which the kernel gives the port to none that asks for any, but to a server that names it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with socket.create_connection(address), server.accept()[0] as ended_first:
            ended_first.close()
        return address[1]


def connects(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition, what, process, within=DEADLINE):
    """Until condition() is true; what it gave is returned. The process must live as long, and ends
    when the wait was in vain."""
    deadline = time.monotonic() + within
    while not (found := condition()):
        if process.poll() is not None:
            raise RuntimeError(f"{what}: ended with {process.returncode}")
        if time.monotonic() > deadline:
            end(process)
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.02)
    return found


def end(process):
    """SIGTERM, and the exit code."""
    process.terminate()
    try:
        return process.wait(DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


class Failed(Exception):
    """A client's exit code was not 0; the text is what it wrote to stderr."""


def run(*command, environment=None):
    done = subprocess.run([str(word) for word in command], capture_output=True, env=environment,
                          stdin=subprocess.DEVNULL, timeout=DEADLINE)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def ask(port, method, path, headers={}, body=None):
    """One HTTP request; (status, headers, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
