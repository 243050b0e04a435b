"""Reading a WARC file that somebody else's crawler wrote (Common Crawl, Browsertrix, wget): its answers, one by one.

WARC 1.0 and 1.1, plain, gzipped member by member or as a whole, with a broken tail; bodies still chunked or compressed.
"""

import gzip
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeadersParserException

MAX_BODY = 15 * 2**20
"""Bytes of one answer as it stands in the file; a crawl of ours takes no more either."""
_BROKEN = (OSError, EOFError, zlib.error, ArchiveLoadFailed, StatusAndHeadersParserException, ValueError)


class NoWarcError(ValueError):
    """The file is no WARC file; the message says what it looks like. Never retried."""


@dataclass(frozen=True)
class Foreign:
    """One answer as somebody else kept it."""

    type: str
    """`response`, `resource` or `revisit`."""
    url: str
    date: datetime
    """Aware: when it was fetched."""
    status: int
    """200 for a resource, which has none."""
    headers: tuple[tuple[str, str], ...] = ()
    """Of the answer; of a resource, its type."""
    body: bytes = field(default=b"", repr=False)
    """Not chunked any more; still compressed where the headers say so."""
    digest: str | None = None
    """Of the payload, as its crawler wrote it: a revisit names its page by it."""
    left: str | None = None
    """Why the body was not read: `too_large`, `truncated`; None: it was."""

    @property
    def content_type(self) -> str | None:
        """The Content-Type header."""
        return self.header("content-type")

    def header(self, name: str) -> str | None:
        """The first header of that name, given in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass
class ForeignFile(Iterator[Foreign]):
    """The answers of one file, in order; after the last, `broken` says what the file's end looks like."""

    path: Path
    broken: str | None = None
    """Why reading ended before the end of the file; None: it did not."""
    records: int = 0
    _answers: Generator[Foreign, None, None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Raises NoWarcError, OSError."""
        _require_warc(self.path)
        self._answers = self._read()

    def __next__(self) -> Foreign:
        return next(self._answers)

    def close(self) -> None:
        """Read no further."""
        self._answers.close()

    def _read(self) -> Generator[Foreign, None, None]:
        with self.path.open("rb") as raw:
            try:
                for record in ArchiveIterator(_plain(raw)):
                    self.records += 1
                    found = _answer(record)
                    if found is not None:
                        yield found
            except _BROKEN as error:
                self.broken = f"cannot be read after record {self.records}: {str(error) or type(error).__name__}"


class _Unzipped(gzip.GzipFile):
    """Gives what it has as soon as it has something, so that a broken place costs nothing of what stands before it."""

    def read(self, size: int | None = -1) -> bytes:
        """Some bytes; none only at the end."""
        return self.read1(-1 if size is None else size)


def _require_warc(path: Path) -> None:
    """Raises NoWarcError, OSError."""
    with path.open("rb") as raw:
        try:
            start = _plain(raw).read(5)
        except _BROKEN:
            start = b""
    if start != b"WARC/":
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"PK"
        hint = "; a WACZ is a zip: take the WARC files out of its archive/" if zipped else ""
        raise NoWarcError(f"{path} is no WARC file{hint}")


def _plain(raw: BinaryIO) -> Any:
    """The file with its compression undone, whether each record is a member or the whole is one."""
    zipped = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    return _Unzipped(fileobj=raw) if zipped else raw


def _answer(record: Any) -> Foreign | None:
    """None: a record that is no answer of a site, or says not where or when."""
    head, said = record.rec_headers, record.http_headers
    url = (head.get_header("WARC-Target-URI") or "").strip("<> ")  # wget 1.x writes <...>
    date = _instant(head.get_header("WARC-Date"))
    if record.rec_type not in ("response", "resource", "revisit") or date is None or not url:
        return None
    if record.rec_type == "resource":
        status, pairs = 200, [("Content-Type", record.content_type or "")]
    elif said is None:
        return None  # of dns: and the like
    else:
        code = said.get_statuscode() or ""
        status = int(code) if code.isdecimal() and len(code) == 3 else 0
        pairs = [(str(name), str(value)) for name, value in said.headers]
    body, left = _body(record, said)
    return Foreign(
        type=record.rec_type,
        url=url,
        date=date,
        status=status,
        headers=tuple(pairs),
        body=body,
        digest=head.get_header("WARC-Payload-Digest"),
        left=left,
    )


def _body(record: Any, said: Any) -> tuple[bytes, str | None]:
    if record.rec_type == "revisit":
        return b"", None
    if record.rec_headers.get_header("WARC-Truncated"):
        return b"", "truncated"
    if record.length is not None and record.length > MAX_BODY:
        return b"", "too_large"  # the file's own word; the reader passes over it piece by piece
    stream = record.raw_stream
    if said is not None and "chunked" in (said.get_header("Transfer-Encoding") or "").lower():
        stream = ChunkedDataReader(stream, decomp_type=None)  # gives a body that is not chunked after all as it is
    body = bytearray()
    while len(body) <= MAX_BODY and (piece := stream.read(1 << 16)):
        body += piece
    if len(body) > MAX_BODY:
        return b"", "too_large"
    while record.raw_stream.read(1 << 16):
        pass
    return bytes(body), "truncated" if getattr(record.raw_stream, "limit", 0) else None


def _instant(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
