"""One request at a time to one host:port, across all processes of the machine."""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

_POLL = (0.01, 0.25)
"""Shortest and longest wait, seconds, for a lane that another process holds."""


class Lanes:
    """The lanes of a folder: a file each, locked while a request is under way, holding when the last one ended.

    The lock is the kernel's, so it falls when its process dies. It is taken before sending and kept until the
    answer arrived; the time in the file keeps the delay between processes too.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._files: dict[str, int] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def hold(self, lane: str, delay: float) -> AsyncIterator[None]:
        """Wait for the lane `host:port` and until `delay` seconds have passed since its last request; then hold it.

        Nothing blocks the event loop. Raises OSError if the lane's file cannot be opened.
        """
        file = self._files.get(lane)
        if file is None:
            file = self._files[lane] = self._open(lane)
        async with self._turns.setdefault(lane, asyncio.Lock()):
            await _lock(file)
            try:
                if delay and (pause := _pause(file, delay)) > 0:
                    await asyncio.sleep(pause)
                _note(file)
                try:
                    yield
                finally:
                    _note(file)
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give up every lane."""
        while self._files:
            os.close(self._files.popitem()[1])

    def _open(self, lane: str) -> int:
        return os.open(self._folder / quote(lane, safe=""), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


async def _lock(file: int) -> None:
    wait, longest = _POLL
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(wait)
            wait = min(wait * 1.5, longest)
        else:
            return


def _pause(file: int, delay: float) -> float:
    """Seconds still to wait; never more than `delay`, whatever the clock did meanwhile."""
    try:
        last = float(os.pread(file, 32, 0) or b"0")
    except ValueError:
        last = 0.0
    return min(delay, last + delay - time.time())


def _note(file: int) -> None:
    os.pwrite(file, f"{time.time():020.6f}".encode(), 0)
