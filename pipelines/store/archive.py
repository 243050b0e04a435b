"""The WARC archive below the raw prefix: a crawl's spool goes in once, and its captures wait there until published.

What bears a secrecy stamp and what was taken down never leaves this machine.
"""

import fcntl
import gzip
import json
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from pipelines import warc, warc_erasing
from pipelines.page import RawPage
from pipelines.payload import PayloadTooLargeError
from pipelines.store.bucket import Bucket, OtherContentError
from pipelines.warc_erasing import Says
from schemas import keys
from schemas.capture import Capture
from schemas.errors import StorageError
from schemas.frozen import Frozen
from schemas.suppression import Suppressed

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its dependency surt has escapes that Python warns of when it compiles them first
    from cdxj_indexer.main import CDXJIndexer

IsClassified = Callable[[RawPage], bool]
NOTHING_SUPPRESSED = Suppressed()


def says_nothing(_: warc.StoredRecord) -> str:
    """No page is an article's."""
    return ""


_NEVER_ARTICLES = frozenset({"listing", "robots", "home", "feed"})


@dataclass(frozen=True)
class Shipped:
    """What became of one spool file."""

    key: str
    """Of the WARC file below the raw prefix."""
    records: int
    """0: the spool was empty, nothing was stored."""
    captures: int
    """Article pages answered; they are due now."""
    withheld: int
    """Pages with a secrecy stamp, or taken down: not stored, a metadata record stands in their place."""


Why = Literal["classified", "suppressed"]


class _Withheld(Frozen):
    """What the bucket may know of a page that it does not hold."""

    withheld: Why
    status: int
    digest: str | None = None


@dataclass(frozen=True)
class Archive:
    """The raw half of the bucket."""

    raw: Bucket

    def ship(
        self,
        spool: Path,
        site: str,
        is_classified: IsClassified,
        suppressed: Suppressed = NOTHING_SUPPRESSED,
        says: Says = says_nothing,
    ) -> Shipped:
        """Move a finished crawl's spool into the bucket: the file, its index, the marker that its captures are due.

        Whatever line it dies at, a second call completes it. A truncated tail is cut; what `is_classified`, or
        `suppressed`, never leaves this machine, and what other pages show of the latter, beside what they say
        themselves, is blanked. Raises FileNotFoundError when another process shipped the file meanwhile, StorageError
        when the bucket does not take it; the spool stays then.
        """
        with _held(spool):
            _trim(spool)
            _withhold(spool, site, is_classified, suppressed, says)
            shipped = self._store(spool, site)
            spool.unlink(missing_ok=True)
        return shipped

    def due(self, site: str) -> list[str]:
        """Names of the site's WARC files with captures that wait to be published, oldest first."""
        prefix = keys.due_prefix(site)
        return [found.key.removeprefix(prefix).removesuffix(".json") for found in self.raw.list(prefix)]

    def settle(self, site: str, name: str) -> None:
        """Note that the captures of a WARC file are published; they are due no more."""
        self.raw.delete(keys.due_key(site, name))

    def fetch(self, key: str, folder: Path) -> Path:
        """A copy of the WARC file in `folder` on local disk. Raises MissingObjectError."""
        return self.raw.download(key, folder / key.rpartition("/")[2])

    def read(self, key: str, offset: int, length: int) -> warc.StoredRecord:
        """One record of a WARC file, by one range request. Raises StorageError when no record is there."""
        try:
            return warc.read_member(self.raw.get_range(key, offset, length))
        except ValueError as error:
            raise StorageError(f"{key} holds no record of {length} bytes at {offset}.") from error

    def _store(self, spool: Path, site: str) -> Shipped:
        name = spool.name
        while True:
            key = keys.warc_key(site, name)
            records, captures, withheld = _count(spool, key)
            if not records:
                return Shipped(key, 0, 0, 0)
            try:
                self.raw.upload(spool, key, "application/warc")
                break
            except OtherContentError:
                name = _next_serial(name)  # two machines began a crawl of this site in one second
        self.raw.put(keys.cdxj_key(key), index_of(spool, name), "text/x-cdxj")
        shipped = Shipped(key, records, captures, withheld)
        if captures or withheld:
            marker = {"warc": key, "captures": captures, "withheld": withheld, "size": spool.stat().st_size}
            due = keys.due_key(site, name)
            self.raw.put(due, json.dumps(marker).encode(), "application/json")
            if not self.raw.exists(due):
                raise StorageError(f"{self.raw.uri} did not keep {due} after taking it; try again.")
        return shipped


def withheld(records: Iterable[warc.StoredRecord], key: str) -> Iterator[Capture]:
    """The captures among `records` (as `warc.scan` gives them) whose pages were withheld for a secrecy stamp."""
    for record in records:
        note = _note(record)
        if note is None or record.url is None or record.facts is None or record.facts.url_key is None:
            continue
        if record.facts.kind == warc.ATTACHMENT:
            continue
        yield Capture(
            url=record.url,
            url_key=record.facts.url_key,
            status=note.status,
            fetched_at=record.date,
            found_on=record.facts.found_on,
            listed_at=record.facts.listed_at,
            robots=record.facts.robots,
            tls=record.facts.tls,
            digest=note.digest,
            part_of=record.facts.part_of,
            part=record.facts.part,
            warc=key,
            offset=record.offset,
            length=record.length,
        )


@contextmanager
def _held(spool: Path) -> Iterator[None]:
    """Hold the lock by which a crawl holds its spool, so that two commands do not ship one file at once."""
    while True:
        file = os.open(spool, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.stat(spool).st_ino != os.fstat(file).st_ino:  # noqa: PTH116  (cleaned by another meanwhile)
                continue
            yield
            return
        finally:
            os.close(file)


def _trim(spool: Path) -> None:
    with spool.open("r+b") as stream:
        records = warc.scan(stream)
        for _ in records:
            pass
        stream.truncate(records.valid)


def _withhold(spool: Path, site: str, is_classified: IsClassified, suppressed: Suppressed, says: Says) -> None:
    """Put something else in the place of the answers, if there are any, that must not be stored as they are."""
    instead: dict[int, bytes] = {}
    with spool.open("rb") as stream, spool.open("rb") as source:
        for record in warc.scan(stream):
            source.seek(record.offset)
            other = _instead(record, source.read(record.length), site, is_classified, suppressed, says)
            if other is not None:
                instead[record.offset] = other
    if not instead:
        return
    clean = spool.with_name(spool.name + ".clean")
    with spool.open("rb") as stream, spool.open("rb") as source, clean.open("wb") as target:
        for record in warc.scan(stream):
            source.seek(record.offset)
            target.write(instead.get(record.offset) or source.read(record.length))
        target.flush()
        os.fsync(target.fileno())
    clean.replace(spool)


def _instead(
    record: warc.StoredRecord,
    member: bytes,
    site: str,
    is_classified: IsClassified,
    suppressed: Suppressed,
    says: Says,
) -> bytes | None:
    """What is stored in place of a record; None: the record itself."""
    if record.type not in ("response", "resource") or not record.block or not record.url:
        return None
    if _is_stamped(record, is_classified):
        return _substitute(record, "classified")
    if not suppressed.suppressions:
        return None
    other = warc_erasing.instead(member, record, site, suppressed, says)
    if other is None:
        return None
    return gzip.compress(other, mtime=0) if other else _substitute(record, "suppressed")


def _is_stamped(record: warc.StoredRecord, is_classified: IsClassified) -> bool:
    if record.facts and record.facts.kind in _NEVER_ARTICLES:
        return False
    try:
        page = RawPage(record.url or "", record.payload, record.date, record.headers.get("content-type"))
    except PayloadTooLargeError:
        return False  # nobody can read it either
    return is_classified(page)


def _substitute(record: warc.StoredRecord, why: Why) -> bytes:
    """A metadata record with the id of the answer that it stands for, so that the crawl's facts still belong to it."""
    note = _Withheld(withheld=why, status=record.status or 0, digest=record.digest).model_dump_json().encode()
    head = (
        "WARC/1.1",
        "WARC-Type: metadata",
        f"WARC-Record-ID: {record.record_id}",
        f"WARC-Date: {record.date.isoformat(timespec='microseconds').replace('+00:00', 'Z')}",
        f"WARC-Target-URI: {record.url}",
        "Content-Type: application/json",
        f"Content-Length: {len(note)}",
    )
    return gzip.compress("\r\n".join(head).encode() + b"\r\n\r\n" + note + b"\r\n\r\n", mtime=0)


def why_withheld(record: warc.StoredRecord) -> Why | None:
    """Why an answer was withheld, told by the record in its place; None: it is no such record."""
    note = _note(record)
    return note.withheld if note else None


def _note(record: warc.StoredRecord) -> _Withheld | None:
    if record.type != "metadata" or b'"withheld"' not in record.block:
        return None
    try:
        return _Withheld.model_validate_json(record.block)
    except ValidationError:
        return None  # another tool's metadata record


def _count(spool: Path, key: str) -> tuple[int, int, int]:
    with spool.open("rb") as stream:
        records = sum(1 for _ in warc.scan(stream))
        stream.seek(0)
        captures = sum(1 for _ in warc.captures(warc.scan(stream), key))
        stream.seek(0)
        return records, captures, sum(1 for _ in withheld(warc.scan(stream), key))


def index_of(spool: Path, name: str) -> bytes:
    """The CDXJ index of a WARC file on local disk that goes by `name`."""
    index = spool.with_name(spool.name + ".cdxj")
    try:
        CDXJIndexer(
            str(index), [str(spool)], sort=True, filename=name, records="response,revisit,resource"
        ).process_all()
        return index.read_bytes()
    finally:
        index.unlink(missing_ok=True)


def _next_serial(name: str) -> str:
    stem, _, serial = name.removesuffix(".warc.gz").rpartition("-")
    return f"{stem}-{int(serial) + 1:05d}.warc.gz"
