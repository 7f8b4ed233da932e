#!/usr/bin/env python3
"""The completion scripts, in the shells themselves: what a person gets who presses Tab."""
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import sys
import time

binary, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
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


def zsh(line, wanted):
    """Types the line and a Tab into an interactive zsh, until all that is wanted is on screen."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="dumb", PS1="> ", COLUMNS="200")
        os.execvp("zsh", ["zsh", "-f", "-i"])
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
        os.write(terminal, (f"stty cols 200; autoload -U compinit; compinit -D -u; "
                            f"source '{folder}/harbor-router.zsh'; echo RE''ADY\n").encode())
        read_until(lambda text: "READY" in text, 20)
        seen = ""
        os.write(terminal, f"{line}\t".encode())
        read_until(lambda text: all(word in text for word in wanted), 10)
        return seen
    finally:
        os.kill(child, signal.SIGKILL)
        os.close(terminal)
        os.waitpid(child, 0)


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
if bash("harbor-router serve --cache-ttl "):
    failures.append("bash: a duration has no words to offer")

if shutil.which("fish"):
    check("fish", "", fish("harbor-router "), ["serve"])
    check("fish", "serve --log-", fish("harbor-router serve --log-"),
          ["--log-level", "--log-format"])
    check("fish", "serve --log-format ", fish("harbor-router serve --log-format "),
          ["pretty", "json"])
else:
    print("no fish here: its completions were not tried")

if shutil.which("zsh"):
    for line, wanted in (("harbor-router ser", ["serve"]),
                         ("harbor-router serve --log-", ["--log-level", "--log-format"]),
                         ("harbor-router serve --log-format=", ["pretty", "json"])):
        check("zsh", line, zsh(line, wanted), wanted)
else:
    print("no zsh here: its completions were not tried")

for failure in failures:
    print(failure)
sys.exit(1 if failures else 0)
