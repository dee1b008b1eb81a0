"""`ladder` as a process of its own, installed with the tiny template, that can be killed at any of its steps."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import ladder

# Python calls this before anything else: it counts what the process does to files and which programs it starts, and at
# the step that FAULT_AT names it kills the whole group of processes, as a power cut does.
FAULTS = """
import os, signal, sys

DOES = {"subprocess.Popen", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree", "shutil.copytree"}
if "FAULT_LOG" in os.environ and "FAULT_OWNER" not in os.environ:
    os.environ["FAULT_OWNER"] = str(os.getpid())
    log = os.open(os.environ["FAULT_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    at, place, step = int(os.environ.get("FAULT_AT", "0")), os.environ["FAULT_PLACE"], 0

    def watch(event, words):
        global step
        writes = event == "open" and isinstance(words[2], int) and words[2] & (os.O_WRONLY | os.O_RDWR)
        if event not in DOES and not writes:
            return
        told = " ".join(map(str, words[1])) if event == "subprocess.Popen" else str(words[0])
        if event != "subprocess.Popen" and not told.startswith(place):
            return
        if "gen_project" in told:  # cookiecutter's own processes: nothing of the user's is near them
            return
        step += 1
        os.write(log, f"{step} {event} {told}\\n".encode())
        if step == at:
            os.killpg(0, signal.SIGKILL)

    sys.addaudithook(watch)
"""
KILLER = """#!/bin/sh
# a smudge filter: git calls it for each file that it checks out
n=$(cat "$FAULT_COUNT" 2>/dev/null || echo 0)
n=$((n + 1))
echo $n > "$FAULT_COUNT"
if [ "$n" = "$FAULT_FILE" ]; then
    case "$FAULT_WHOM" in
        all) kill -9 0 ;;
        ladder) kill -9 "$(cat "$FAULT_PID")"; sleep 3 ;;
    esac
fi
cat
"""


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said on both streams."""

    code: int
    told: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


@dataclass(frozen=True)
class Installed:
    """A folder with the tool's package and the template in it, as a wheel installs them."""

    folder: Path

    def run(self, *words: object, cwd: Path, **faults: str) -> Ended:
        """Run it to its end, in a group of processes of its own."""
        process = self.start(*words, cwd=cwd, **faults)
        told, _ = process.communicate(timeout=120)
        return Ended(process.returncode, told)

    def start(self, *words: object, cwd: Path, **faults: str) -> subprocess.Popen[str]:
        """Start it."""
        search = os.pathsep.join([str(self.folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        env = {**os.environ, **faults, "PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "ladder", *map(str, words)]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=cwd, env=env, text=True, start_new_session=True, **streams)  # type: ignore[call-overload,no-any-return]

    def steps(self, *words: object, cwd: Path, log: Path) -> list[str]:
        """What it does, step by step, when nobody kills it."""
        ended = self.run(*words, cwd=cwd, FAULT_LOG=str(log), FAULT_PLACE=str(cwd))
        assert ended.code in (0, 1), ended.told
        return log.read_text(encoding="utf-8").splitlines()


def install(folder: Path, template: Path) -> Installed:
    """Install the tool with a template."""
    package = Path(ladder.__file__).parent
    shutil.copytree(package, folder / "ladder", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(template, folder / "ladder" / "template")
    (folder / "sitecustomize.py").write_text(FAULTS, encoding="utf-8")
    (folder / "killer.sh").write_text(KILLER, encoding="utf-8")
    (folder / "killer.sh").chmod(0o755)
    return Installed(folder)


def alive(pid: int) -> bool:
    """Is there such a process?"""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(condition: object, seconds: float = 20.0) -> None:
    """Wait for something to become true. Fails where it does not in time."""
    limit = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < limit, "it took too long"
        time.sleep(0.02)
