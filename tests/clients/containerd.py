"""A containerd of our own, and ctr to tell it what to do."""

import os
import socket
import subprocess

from processes import free_port, run, wait_for


def hosts_dir(directory, registry, mirror, *lines, server=None):
    """hosts.toml for a registry: first the mirror, then the server; returns ctr's option."""
    path = directory / "hosts" / registry / "hosts.toml"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([
        f'server = "http://127.0.0.1:{server or free_port()}"',  # unless given, nobody there
        f'[host."http://{mirror}"]', *lines]))
    return "--hosts-dir", directory / "hosts"


class Containerd:
    """In a mount namespace of its own, so that no mount outlives it, and as root of a user
    namespace where the tests do not run as root."""

    def __init__(self, directory):
        self.socket = directory / "containerd.sock"
        config = directory / "config.toml"
        config.write_text(f"""
version = 2
root = "{directory}/root"
state = "{directory}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.restart", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.overlayfs"]
[grpc]
  address = "{self.socket}"
""")
        become_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        with open(directory / "containerd.log", "wb") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", *become_root, "containerd", "--config", config], stdout=log,
                stderr=log)
        wait_for(self._answers, "containerd", self.process)

    def _answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def ctr(self, namespace, *words):
        return run("ctr", "--address", self.socket, "--namespace", namespace, *words)
