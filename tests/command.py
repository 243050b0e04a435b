"""`tintinh` as a person runs it: a process with a home of its own."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.query import rows
from flows.settings import Settings
from flows.storage import attached

SECONDS = float(os.environ.get("TINTINH_TEST_SECONDS", "300"))
"""Longest time of one command; the suite shares its cores with whatever else a machine does."""


@dataclass
class Tintinh:
    """The command, with a home of its own."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Variables of one call."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("TINTINH_", "AWS_", "PREFECT_"))}
        # the lanes of the machine's user remember a host:port for days, and ports are given out again
        scratch = self.home.parent / "scratch"
        scratch.mkdir(exist_ok=True)
        return kept | {"TINTINH_HOME": str(self.home), "TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"} | self.env

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Begin a command in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "flows.cli", *arguments],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, code: int = 0, seconds: float = SECONDS) -> str:
        """Run a command to its end; its stdout. Fails the test on another exit code."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=seconds)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        assert process.returncode == code, f"exit {process.returncode}, wanted {code}\n{out[-2000:]}\n{err[-4000:]}"
        self.stderr = err
        return out

    def json(self, *arguments: str, code: int = 0, seconds: float = SECONDS) -> Any:
        """The last line of stdout, parsed."""
        return json.loads(self.run(*arguments, "--json", code=code, seconds=seconds).splitlines()[-1])

    def query(self, sql: str) -> list[dict[str, Any]]:
        """What `tintinh query` would print, asked in this process: half of a command's time is importing."""
        with attached(Settings(home=self.home)) as storage:
            return [json.loads(json.dumps(row)) for row in rows(storage.clean, sql)]


def left_over(home: Path) -> list[str]:
    """Command lines of live processes that belong to this home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            environment = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if command and (f"TINTINH_HOME={home}".encode() + b"\0" in environment or str(home) in command):
                found.append(command)
    return found
