"""A local server shared by all commands of one home: the first starts it, the last to leave stops it.

`home/<name>.json` names the process and what its clients need. Each command holds a shared lock on
`home/<name>.users` while it is attached; starting and stopping happen under an exclusive lock on `home/<name>.lock`.
The kernel drops both locks of a killed command, and the server, being in a session of its own, lives on: the next
command adopts it. A process is only touched when it began when it was noted to have.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from schemas.errors import MachineError

Facts = Mapping[str, Any]
"""What a service's clients need (ports, ...) and, once it runs, its `pid`, `identity` and `started_at`."""


@dataclass(frozen=True)
class SharedService:
    """One server of a home. `start` begins the process in its own session and says where it will answer."""

    home: Path
    name: str
    start: Callable[[], tuple[subprocess.Popen[bytes], dict[str, Any]]]
    """Called again, for other ports, when the process dies at once; must pass `start_new_session=True`."""
    healthy: Callable[[Facts], bool]
    """Whether a real request is answered; quick, never raises for a server that is not there."""
    patience: float = 30.0
    """Seconds that a start may take, and a server's silence while other commands use it: the machine is only busy."""
    doubt: float = 5.0
    """Seconds of silence after which a server that nobody uses is replaced."""
    grace: float = 10.0
    """Seconds between the stop signal and SIGKILL."""
    stop_signal: signal.Signals = signal.SIGTERM

    @contextmanager
    def attached(self) -> Iterator[Facts]:
        """The running service's facts, for as long as the caller needs it. Raises MachineError when it won't start."""
        self.home.mkdir(parents=True, exist_ok=True)
        with self._file("users").open("a") as users:
            with self._changing():
                silence = self.doubt if _is_alone(users) else self.patience
                _lock(users, fcntl.LOCK_SH, self.patience, self.name)
                facts = self._running(silence) or self._started()
            try:
                yield facts
            finally:
                with self._changing():
                    fcntl.flock(users, fcntl.LOCK_UN)
                    self._stop_if_unused(users)

    def evict(self) -> bool:
        """Stop a server that no command uses (an orphan); False when some command is attached."""
        if not self._file("json").exists():
            return True
        with self._file("users").open("a") as users, self._changing():
            return self._stop_if_unused(users)

    def _file(self, kind: str) -> Path:
        return self.home / f"{self.name}.{kind}"

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._file("lock").open("a") as lock:
            _lock(lock, fcntl.LOCK_EX, 2 * (self.patience + self.grace), self.name)
            yield

    def _running(self, silence: float) -> Facts | None:
        facts = self._noted()
        if facts is None:
            return None
        deadline = time.monotonic() + silence
        while identity(facts["pid"]) == facts["identity"]:
            if self.healthy(facts):
                return facts
            if time.monotonic() > deadline:
                self._stop(facts)
            time.sleep(0.05)
        return None

    def _noted(self) -> dict[str, Any] | None:
        try:
            facts = json.loads(self._file("json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return facts if isinstance(facts, dict) and {"pid", "identity"} <= facts.keys() else None

    def _started(self) -> Facts:
        for _ in range(3):
            process, wanted = self.start()
            # Noted before it is healthy: a command killed now leaves an orphan that the next one finds.
            facts = {**wanted, "pid": process.pid, "identity": identity(process.pid), "started_at": time.time()}
            partial = self._file("json.part")
            partial.write_text(json.dumps(facts, indent=1), encoding="utf-8")
            partial.replace(self._file("json"))
            deadline = time.monotonic() + self.patience
            while process.poll() is None:
                if self.healthy(facts):
                    _mine[process.pid] = process
                    return facts
                if time.monotonic() > deadline:
                    _mine[process.pid] = process
                    self._stop(facts)
                    break
                time.sleep(0.02)
        raise MachineError(f"The {self.name} server does not start; see its log below {self.home}.")

    def _stop_if_unused(self, users: IO[str]) -> bool:
        if not _is_alone(users):
            return False
        facts = self._noted()
        if facts is not None:
            self._stop(facts)
            self._file("json").unlink(missing_ok=True)
        return True

    def _stop(self, facts: Facts) -> None:
        pid = facts["pid"]
        for sign, seconds in ((self.stop_signal, self.grace), (signal.SIGKILL, 5.0)):
            if identity(pid) != facts["identity"]:
                break
            _signal_group(pid, sign)
            deadline = time.monotonic() + seconds
            while identity(pid) == facts["identity"] and time.monotonic() < deadline:
                time.sleep(0.02)
        if process := _mine.pop(pid, None):
            process.wait(timeout=5)


_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BOOT = _BOOT_ID.read_text(encoding="ascii").strip() if _BOOT_ID.exists() else ""
_mine: dict[int, subprocess.Popen[bytes]] = {}
"""The servers that this very process started: it is their parent and must reap them."""


def identity(pid: int) -> str | None:
    """When a live process began, which no other with this number did; None when it is gone (a zombie is gone).

    The command line is no part of it: it is empty for a moment after a start.
    """
    if sys.platform != "linux":
        done = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        state, _, began = done.stdout.strip().partition(" ")
        return None if done.returncode or state.startswith("Z") else " ".join(began.split())
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if stat[0] in "ZX" else f"{_BOOT} {stat[19]}"


def _signal_group(pid: int, sign: signal.Signals) -> None:
    try:
        os.killpg(pid, sign)
    except ProcessLookupError:
        return


def _is_alone(users: IO[str]) -> bool:
    """Whether no command is attached; none can be until the lock just taken is given back."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock(stream: IO[str], kind: int, seconds: float, name: str) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(stream, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise MachineError(f"Another command keeps the {name} server locked; wait for it or end it.") from None
            time.sleep(0.02)
