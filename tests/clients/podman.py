"""podman with storage of its own."""

from processes import run


def podman(directory, *words, environment=None):
    place = directory / "podman"  # podman forbids a runroot over 50 characters
    return run("podman", "--root", place / "root", "--runroot", place / "run", "--tmpdir",
               place / "tmp", "--storage-driver=vfs", "--events-backend=none",
               "--cgroup-manager=cgroupfs", *words, environment=environment)
