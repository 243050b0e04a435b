"""Proof, before a first write, that the store and this machine honour what publishing relies on."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Barrier

from flows.settings import Settings
from flows.storage import Storage
from pipelines.store.bucket import Bucket
from schemas.errors import MachineError, StorageError, StorageUnfitError, UsageError

WRITERS = 16
"""Writers that race for one key."""
SKEW = timedelta(minutes=5)
"""S3 refuses requests signed more than 15 minutes off; freshness and tombstones want better."""
REMEMBERED = timedelta(days=30)
"""How long a store that passed is not examined again by runs."""


@dataclass(frozen=True)
class Finding:
    """One thing that was examined."""

    name: str
    ok: bool
    detail: str
    """One sentence: what was found, and what to do if it is not well."""
    exit_code: int = StorageUnfitError.exit_code
    """Of a command that stops for it."""


def examine(storage: Storage, settings: Settings) -> list[Finding]:
    """Try the store with objects of our own (removed afterwards) and look at this machine."""
    return [*_store(storage), *_lock(storage, settings), _space(settings), _contact(settings)]


def require_fit(storage: Storage, settings: Settings) -> None:
    """Examine a store before the first write to it. Raises StorageUnfitError with what it fails at.

    A store that passed is remembered in `home/fit/` by endpoint and buckets, and not examined again for a month.
    """
    place = "embedded" if settings.embedded else f"{storage.endpoint} {storage.raw.uri} {storage.clean.uri}"
    note = settings.home / "fit" / hashlib.sha256(place.encode()).hexdigest()[:16]
    if note.exists() and datetime.fromtimestamp(note.stat().st_mtime, UTC) > datetime.now(UTC) - REMEMBERED:
        return
    if failed := [finding for finding in _store(storage) if not finding.ok]:
        what = " ".join(finding.detail for finding in failed)
        raise StorageUnfitError(f"The store at {storage.endpoint or 'AWS'} is not fit for publishing: {what}")
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(place + "\n", encoding="utf-8")


def _store(storage: Storage) -> Iterator[Finding]:
    buckets = {bucket.name: bucket for bucket in (storage.raw, storage.clean)}
    for bucket in buckets.values():
        prefix = f"doctor/{secrets.token_hex(8)}/"
        try:
            for name, check in _CHECKS.items():
                yield _finding(f"{name} ({bucket.name})" if len(buckets) > 1 else name, check, bucket, prefix)
        finally:
            for key in ("race", "match", "range"):
                _forget(bucket, prefix + key)


def _finding(name: str, check: Callable[[Bucket, str], tuple[bool, str]], bucket: Bucket, prefix: str) -> Finding:
    try:
        return Finding(name, *check(bucket, prefix))
    except StorageError as error:
        return Finding(name, False, str(error))


def _forget(bucket: Bucket, key: str) -> None:
    try:
        bucket.delete(key)
    except StorageError:
        return  # told already by the check that wrote it


def _race(bucket: Bucket, prefix: str) -> tuple[bool, str]:
    start, key = Barrier(WRITERS), prefix + "race"

    def write(number: int) -> str | None:
        start.wait()
        return bucket.put_new(key, f"writer {number}".encode())

    with ThreadPoolExecutor(WRITERS) as writers:
        answers = list(writers.map(write, range(WRITERS)))
    winners = [f"writer {number}".encode() for number, etag in enumerate(answers) if etag]
    if len(winners) == 1 and bucket.get(key) == winners[0]:
        return True, f"Of {WRITERS} writers of one key at once exactly one was let through."
    return False, (
        f"It let {len(winners)} of {WRITERS} writers of one key through instead of one (If-None-Match is ignored), "
        "so two runs could overwrite each other; use a store with conditional writes."
    )


def _stale(bucket: Bucket, prefix: str) -> tuple[bool, str]:
    key = prefix + "match"
    old = bucket.put(key, b"first")
    new = bucket.put(key, b"second")
    if bucket.replace(key, b"lost", old) is not None or bucket.get(key) != b"second":
        return False, "It overwrote an object that had changed meanwhile (If-Match is ignored); use another store."
    if bucket.replace(key, b"third", new) is None or bucket.get(key) != b"third":
        return False, "It refused a replacement that named the object's own etag (If-Match); use another store."
    return True, "A stale If-Match was refused, a right one taken."


def _ranges(bucket: Bucket, prefix: str) -> tuple[bool, str]:
    key, data = prefix + "range", os.urandom(100_000)
    bucket.put(key, data)
    for offset, length in ((0, 1), (1, 4096), (65_535, 2), (99_990, 10)):
        if bucket.get_range(key, offset, length) != data[offset : offset + length]:
            return False, "A range request gave other bytes than were asked for; use another store."
    return True, "Ranges came back exactly."


def _clock(bucket: Bucket, _: str) -> tuple[bool, str]:
    clock = bucket.clock()
    if clock is None:
        return True, "The server does not tell its time."
    skew = abs(clock - datetime.now(UTC))
    if skew > SKEW:
        return False, f"This machine's clock is {int(skew.total_seconds())} s off the server's; set it."
    return True, f"The clocks differ by {int(skew.total_seconds())} s."


_CHECKS = {"conditional put": _race, "stale if-match": _stale, "range reads": _ranges, "clock": _clock}


def _lock(storage: Storage, settings: Settings) -> Iterator[Finding]:
    """Whether the raw bucket can lock what TINTINH_LOCK_DAYS wants locked."""
    if settings.lock_days:
        ok = storage.raw.can_lock()
        detail = (
            f"WARC files are locked for {settings.lock_days} days ({settings.lock_mode}); a takedown waits for that."
        )
        lacking = (
            f"Bucket {storage.raw.name} was made without object lock; unset TINTINH_LOCK_DAYS or make one with it."
        )
        yield Finding("object lock", ok, detail if ok else lacking)


def _space(settings: Settings) -> Finding:
    settings.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free // 2**20
    ok = free >= settings.min_free_megabytes
    detail = f"{free} MB are free at {settings.home}; a crawl wants {settings.min_free_megabytes}."
    return Finding("spool space", ok, detail if ok else f"{detail} Make room.", MachineError.exit_code)


def _contact(settings: Settings) -> Finding:
    if settings.contact:
        return Finding("contact", True, f"Sites are told {settings.contact}.", UsageError.exit_code)
    detail = "TINTINH_CONTACT is not set; set a mail address or URL before a public site is crawled."
    return Finding("contact", True, detail, UsageError.exit_code)
