"""One request at a time to one host:port, across all processes of the machine."""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

MAX_WAIT = 120.0
"""Seconds that a crawl waits for a lane that a host asked to leave alone; a longer wish is another night's."""
MAX_CLOSED = 7 * 86_400.0
"""Seconds that a lane stays closed at most: what is later was noted under a wrong clock, or in jest."""
QUIET = 2.0
"""Seconds for which a host must be left by others, beside two delays, before a patient crawl asks it again."""

_POLL = (0.01, 0.25)
"""Shortest and longest wait, seconds, for a lane that another process holds."""
_NUMBER = 20
"""Width of an instant in a lane's file."""


class LaneClosedError(Exception):
    """The host asked to be left alone until `until` (seconds since 1970), longer than a crawl waits."""

    def __init__(self, until: float) -> None:
        super().__init__(f"asked us to come back in {max(1, round(until - time.time()))} s")
        self.until = until


@dataclass(frozen=True)
class _Lane:
    file: int
    """Locked while a request is under way; holds when the last one ended, and until when the lane is closed."""
    first: int
    """Locked, shared, while one of those who go first waits or asks; holds when the last of them asked."""
    turn: asyncio.Lock
    """Of this process."""


class Lanes:
    """The lanes of a folder: a file each, locked while a request is under way.

    The lock is the kernel's, so it falls when its process dies. It is taken before sending and kept until the answer
    arrived; the times in the file keep the delay, and a host's wish to be left alone, between processes too. A patient
    crawl (a backfill) stands back from a lane while any other crawl waits for it or asks, and a little longer: that
    one's next request comes after its delay. A crawl that has done with the host stands in nobody's way.
    """

    def __init__(self, folder: Path, patient: bool = False) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._patient = patient
        self._lanes: dict[str, _Lane] = {}

    @asynccontextmanager
    async def hold(self, lane: str, delay: float) -> AsyncIterator[None]:
        """Wait for the lane `host:port`, until `delay` seconds have passed since its last request and until it may be
        asked again; then hold it.

        Nothing blocks the event loop.

        Raises:
            LaneClosedError: it is closed for longer than `MAX_WAIT`.
            OSError: the lane's file cannot be opened.
        """
        own = self._lane(lane)
        async with own.turn:
            try:
                await self._take(own, delay)
                try:
                    _note_request(own.file)
                    try:
                        yield
                    finally:
                        _note_request(own.file)
                finally:
                    fcntl.flock(own.file, fcntl.LOCK_UN)
            finally:
                if not self._patient:
                    _note_request(own.first)
                    fcntl.flock(own.first, fcntl.LOCK_UN)

    def not_before(self, lane: str, at: float) -> None:
        """Close the lane `host:port` to all processes until `at` (seconds since 1970), for `MAX_CLOSED` at most; an
        earlier time than before changes nothing. To be called while the lane is held, or before anything was asked.
        """
        file, at = self._lane(lane).file, min(at, time.time() + MAX_CLOSED)
        if at > _read(file)[1]:
            os.pwrite(file, f" {at:0{_NUMBER}.6f}".encode(), _NUMBER)

    def close(self) -> None:
        """Give up every lane."""
        while self._lanes:
            own = self._lanes.popitem()[1]
            os.close(own.file)
            os.close(own.first)

    async def _take(self, own: _Lane, delay: float) -> None:
        """Lock the lane once it may be asked."""
        if not self._patient:
            await _lock(own.first, fcntl.LOCK_SH)
        while True:
            await self._stand_back(own, delay)
            await _lock(own.file, fcntl.LOCK_EX)
            try:
                if (pause := _pause(own.file, delay)) > 0:
                    await asyncio.sleep(pause)
                if not self._patient or _is_quiet(own.first, delay):
                    return
            except BaseException:
                fcntl.flock(own.file, fcntl.LOCK_UN)
                raise
            fcntl.flock(own.file, fcntl.LOCK_UN)

    async def _stand_back(self, own: _Lane, delay: float) -> None:
        while self._patient and not _is_quiet(own.first, delay):
            await asyncio.sleep(_POLL[1])

    def _lane(self, name: str) -> _Lane:
        if name not in self._lanes:
            self._lanes[name] = _Lane(self._open(name), self._open(f"{name} first"), asyncio.Lock())
        return self._lanes[name]

    def _open(self, name: str) -> int:
        return os.open(self._folder / quote(name, safe=""), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


async def _lock(file: int, how: int) -> None:
    wait, longest = _POLL
    while True:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(wait)
            wait = min(wait * 1.5, longest)
        else:
            return


def _is_quiet(first: int, delay: float) -> bool:
    """Whether none of those who go first waits or asks, nor has asked within twice the `delay` and `QUIET` seconds."""
    try:
        fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(first, fcntl.LOCK_UN)
    since = time.time() - _read(first)[0]
    return not 0 <= since < 2 * delay + QUIET


def _pause(file: int, delay: float) -> float:
    """Seconds still to wait; never more than `delay` after a request, whatever the clock did meanwhile."""
    now = time.time()
    last, until = _read(file)
    if until - now > MAX_WAIT:
        raise LaneClosedError(until)
    return max(min(delay, last + delay - now), until - now)


def _read(file: int) -> tuple[float, float]:
    """When the lane's last request ended, and until when it is closed; 0: never, not."""
    found = [0.0, 0.0]
    for at, word in enumerate(os.pread(file, 64, 0).split()[:2]):
        with suppress(ValueError):
            found[at] = float(word)
    last, until = found
    return last, until if until <= time.time() + MAX_CLOSED else 0.0


def _note_request(file: int) -> None:
    os.pwrite(file, f"{time.time():0{_NUMBER}.6f}".encode(), 0)
