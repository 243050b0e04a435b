"""The local WARC file of one crawl: written by a thread, record by record, under a lock that tells live from orphan."""

import asyncio
import fcntl
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

from schemas.errors import MachineError

MAX_PENDING = 32 * 2**20
"""Bytes of pages waiting for the writer; beyond, the crawl waits."""
_LOCK_SECONDS = 2.0


def is_live(path: Path) -> bool:
    """Whether a crawl still holds the spool file; False for an orphan and for a file that is not there."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


class Spool:
    """A WARC file being written. Every record goes to the operating system at once and whole: a killed crawl keeps
    all but the one being written, and a full disk leaves no half of a record."""

    def __init__(self, path: Path) -> None:
        """Open and lock the file.

        Raises:
            MachineError: it holds records already, another process has it, or it cannot be made.
        """
        try:
            self._file = _open_locked(path)
        except OSError as error:
            raise MachineError(f"the spool {path} cannot be opened: {error.strerror}") from error
        self.size = 0
        """Bytes written."""
        self.error: Exception | None = None
        """Why writing stopped."""
        self._pending = 0
        self._count = threading.Lock()
        self._jobs: SimpleQueue[tuple[Callable[[], bytes], int] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="spool", daemon=True)
        self._thread.start()

    async def room(self) -> None:
        """Wait while the writer is far behind."""
        while self._pending > MAX_PENDING and self.error is None:
            await asyncio.sleep(0.01)

    def put(self, make: Callable[[], bytes], weight: int) -> None:
        """Queue what `make` will give (called in the writer's thread); `weight` is about its size in bytes."""
        self._count_pending(weight)
        self._jobs.put((make, weight))

    def close(self) -> None:
        """Write what is queued, and give up the lock."""
        self._jobs.put(None)
        self._thread.join()
        os.close(self._file)

    def _count_pending(self, weight: int) -> None:
        with self._count:
            self._pending += weight

    def _write_all(self) -> None:
        while job := self._jobs.get():
            make, weight = job
            if self.error is None:
                try:
                    self._write(make())
                except Exception as error:  # also of a record that cannot be made: it must not be lost unsaid
                    self.error = error
                    with suppress(OSError):
                        os.ftruncate(self._file, self.size)
            del make, job
            self._count_pending(-weight)

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]
        self.size += len(data)


def _open_locked(path: Path) -> int:
    """A file that is ours: locked, empty, and still the one that `path` names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file).st_size:
                raise FileExistsError(0, "it holds the records of another crawl")
            if path.exists() and path.stat().st_ino == os.fstat(file).st_ino:
                return file
        except BlockingIOError as error:
            os.close(file)
            if time.monotonic() > until:
                raise BlockingIOError(0, "another crawl is writing it") from error
            time.sleep(0.02)
        except BaseException:
            os.close(file)
            raise
        else:
            os.close(file)
