"""Taking articles out of the WARC files of the raw bucket, without moving what else is in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines import warc, warc_erasing
from pipelines.store.archive import Archive, index_of, says_nothing
from pipelines.store.bucket import Bucket
from pipelines.warc_erasing import Says
from schemas import keys
from schemas.suppression import Suppressed

ANSWERS = ("response", "revisit", "resource")


@dataclass(frozen=True)
class Doomed:
    """What of one WARC file is to go."""

    key: str
    erased: dict[int, int]
    """Length of each record that goes, by its offset: answers, with their requests and what the crawl knew of them."""
    blanked: dict[int, bytes]
    """The gzip member that takes the place of a record that shows something of it, by its offset."""
    urls: dict[int, str]
    """URL of each answer among them, by its offset; the empty one of an answer without."""

    def __bool__(self) -> bool:
        return bool(self.erased or self.blanked)


def files(raw: Bucket, site: str) -> list[str]:
    """Keys of the site's WARC files, oldest first. Raises StorageError."""
    return sorted(one.key for one in raw.list(f"{site}/") if one.key.endswith(".warc.gz"))


def examine(path: Path, key: str, site: str, suppressed: Suppressed, says: Says = says_nothing) -> Doomed:
    """What of a WARC file on local disk is to go; `says` as in `warc_erasing.instead`."""
    erased: dict[int, int] = {}
    blanked: dict[int, bytes] = {}
    urls: dict[int, str] = {}
    doomed: set[str] = set()
    with path.open("rb") as stream, path.open("rb") as source:
        for record in warc.scan(stream):
            if not _speaks(record):
                continue
            source.seek(record.offset)
            other = _instead(source.read(record.length), record, site, suppressed, says)
            if other is None:
                continue
            urls[record.offset] = record.url or ""
            if other:
                blanked[record.offset] = other
            else:
                doomed.add(record.record_id)
                erased[record.offset] = record.length
        stream.seek(0)
        for record in warc.scan(stream):
            if record.concurrent_to in doomed or any(suppressed.url(site, one) for one in _noted(record)):
                erased[record.offset] = record.length
    return Doomed(key, erased, blanked, urls)


def scour(
    archive: Archive, key: str, site: str, suppressed: Suppressed, folder: Path, says: Says = says_nothing
) -> Doomed:
    """Take out of one stored WARC file what is to go; it passes through the folder. Raises StorageError."""
    path = archive.fetch(key, folder)
    doomed = examine(path, key, site, suppressed, says)
    if doomed:
        erase(archive.raw, path, doomed)
    path.unlink()
    return doomed


def erase(raw: Bucket, path: Path, doomed: Doomed) -> None:
    """Rewrite a WARC file, on local disk and in the bucket, and its index; what remains keeps its offset.

    Raises StorageError.
    """
    with path.open("r+b") as stream:
        for offset, length in doomed.erased.items():
            stream.seek(offset)
            stream.write(warc_erasing.erased(length))
        for offset, member in doomed.blanked.items():
            stream.seek(offset)
            stream.write(member)
    raw.overwrite(path, doomed.key, "application/warc")
    raw.put(keys.cdxj_key(doomed.key), index_of(path, path.name), "text/x-cdxj")


def _speaks(record: warc.StoredRecord) -> bool:
    """Whether it is an answer, or stands for one that was withheld."""
    return record.type in ANSWERS or (record.type == "metadata" and record.concurrent_to is None)


def _instead(member: bytes, record: warc.StoredRecord, site: str, suppressed: Suppressed, says: Says) -> bytes | None:
    """What stands in place of a record: nothing of it (empty), or a member of its length without some words."""
    if record.type == "metadata" or not record.block:
        taken = record.facts and record.facts.url_key and suppressed.url(site, record.facts.url_key)
        return b"" if taken else None
    other = warc_erasing.instead(member, record, site, suppressed, says, record.length)
    return warc_erasing.padded(other, record.length) if other else other


def _noted(record: warc.StoredRecord) -> Iterator[str]:
    """URL keys in a note of the crawl: links that failed."""
    for note in warc.notes((record,)):
        if (key := getattr(note, "url_key", None)) is not None:
            yield key
