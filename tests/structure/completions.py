#!/usr/bin/env python3
"""The completion scripts, in the shells themselves: what a person gets who presses Tab."""
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

binary, folder = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
failures = []


def check(shell, line, got, wanted):
    missing = [word for word in wanted if word not in got]
    if missing:
        failures.append(f"{shell}: \"{line}\" offers {got}, without {missing}")


def bash(line):
    words = line.replace("=", " = ").split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    script = (f"source '{folder}/harbor-router.bash'\n"
              f"COMP_WORDS=({quoted}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
              "read -r _ _ handler _ < <(complete -p harbor-router)\n"
              "$handler; printf '%s\\n' \"${COMPREPLY[@]}\"")
    return subprocess.run(["bash", "--norc", "-c", script], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.split()


def fish(line):
    script = f"source '{folder}/harbor-router.fish'; complete -C '{line}'"
    out = subprocess.run(["fish", "--no-config", "-c", script], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [row.split("\t")[0] for row in out.splitlines()]


def typed(shell, setup, line, wanted):
    """Types the line and a Tab into an interactive shell, until all that is wanted is on screen."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="dumb", PS1="> ", COLUMNS="200")
        os.chdir(scratch)
        os.execvp(shell[0], shell)
    seen = ""

    def read_until(found, seconds):
        nonlocal seen
        deadline = time.monotonic() + seconds
        while not found(seen) and time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    seen += os.read(terminal, 65536).decode(errors="replace")
                except OSError:
                    break
        return seen

    try:
        # The quotes keep the echo of the command from being taken for its output.
        os.write(terminal, f"stty cols 200; {setup}; echo RE''ADY\n".encode())
        read_until(lambda text: "READY" in text, 20)
        seen = ""
        os.write(terminal, f"{line}\t".encode())
        read_until(lambda text: all(word in text for word in wanted), 10)
        return seen
    finally:
        os.kill(child, signal.SIGKILL)
        os.close(terminal)
        os.waitpid(child, 0)


def zsh(line, wanted):
    return typed(["zsh", "-f", "-i"], "autoload -U compinit; compinit -D -u; "
                 f"source '{folder}/harbor-router.zsh'", line, wanted)


def typed_bash(line, wanted):
    return typed(["bash", "--norc", "-i"], f"source '{folder}/harbor-router.bash'", line, wanted)


scratch = pathlib.Path(tempfile.mkdtemp(prefix="completions-"))
(scratch / "two words.txt").write_text("")
(scratch / "folder").mkdir()
(scratch / "folder" / "inside.json").write_text("")
discovered = scratch / "projects.json"
discovered.write_text(json.dumps({"projects": [
    {"name": "hub", "registry": {"host": "docker.io", "type": "docker-hub"}},
    {"name": "ghcr", "registry": {"host": "ghcr.io", "type": "github-ghcr"}},
    {"name": "own", "registry": {"host": "registry.example:5000", "type": "harbor"}},
    {"name": "odd", "registry": {"host": "$(touch expanded)", "type": "x"}}]}, indent=2))


check("bash", "", bash("harbor-router "), ["serve", "--help", "--version"])
check("bash", "serve --log-", bash("harbor-router serve --log-"), ["--log-level", "--log-format"])
check("bash", "serve --log-format ", bash("harbor-router serve --log-format "), ["pretty", "json"])
check("bash", "serve --log-level=d", bash("harbor-router serve --log-level=d"), ["debug"])
check("bash", "serve --log-level=", bash("harbor-router serve --log-level="), ["debug", "error"])
check("bash", "resolve -", bash("harbor-router resolve -"), ["--all", "--server", "--output"])
check("bash", "resolve -o ", bash("harbor-router resolve -o "), ["table", "json", "name"])
check("bash", "cache-inspect --sort ", bash("harbor-router cache-inspect --sort "), ["hits", "age"])
check("bash", "--harbor-ca-file",
      bash(f"harbor-router serve --harbor-ca-file {folder}/harbor-router.f"),
      [f"{folder}/harbor-router.fish"])
for line, wanted in (("harbor-router resolve -f two", ["two\\ words.txt"]),
                     ("harbor-router resolve -f two\\ w", ["two\\ words.txt"]),
                     ("harbor-router resolve --file=fol", ["folder/"]),
                     ("harbor-router resolve -f folder/", ["inside.json"]),
                     (f"harbor-router resolve --projects {discovered} registry.example:5",
                      ["registry.example:5000/"])):
    check("bash", line, typed_bash(line, wanted), wanted)
for line in (f"resolve --projects {discovered} ", f"resolve --projects={discovered} --dry-run "):
    check("bash", line, bash(f"harbor-router {line}"), ["docker.io/", "ghcr.io/"])
if (scratch / "expanded").exists():
    failures.append("bash: what a file says was expanded")
check("bash", "resolve ", bash("harbor-router resolve "), ["--all"])
if bash("harbor-router serve --cache-ttl "):
    failures.append("bash: a duration has no words to offer")

if shutil.which("fish"):
    check("fish", "", fish("harbor-router "), ["serve"])
    check("fish", "serve --log-", fish("harbor-router serve --log-"),
          ["--log-level", "--log-format"])
    check("fish", "serve --log-format ", fish("harbor-router serve --log-format "),
          ["pretty", "json"])
    for line in (f"resolve --projects {discovered} gh", f"resolve --projects={discovered} nginx gh"):
        check("fish", line, fish(f"harbor-router {line}"), ["ghcr.io/"])
else:
    print("no fish here: its completions were not tried")

if shutil.which("zsh"):
    for line, wanted in (("harbor-router ser", ["serve"]),
                         ("harbor-router serve --log-", ["--log-level", "--log-format"]),
                         ("harbor-router serve --log-format=", ["pretty", "json"]),
                         ("harbor-router resolve nginx --al", ["--all"]),
                         ("harbor-router cache-inspect nginx --sta", ["--stats"]),
                         (f"harbor-router resolve --projects {discovered} gh", ["ghcr.io/"])):
        check("zsh", line, zsh(line, wanted), wanted)
else:
    print("no zsh here: its completions were not tried")

shutil.rmtree(scratch)
for failure in failures:
    print(failure)
sys.exit(1 if failures else 0)
