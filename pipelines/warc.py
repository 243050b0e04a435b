"""The record format of the raw archive: WARC 1.1, each record one gzip member, readable by any WARC tool.

What a crawl knows of a page beyond its bytes travels in a `metadata` record written just before the response it
speaks of (`WARC-Concurrent-To`): a crawl killed between the two leaves facts without a page, never a page without
its facts. A response without facts is still a response; it is no capture.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from io import BytesIO
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError
from warcio.statusandheaders import StatusAndHeadersParser

from pipelines.page import RawPage
from pipelines.payload import decoded
from schemas.capture import Capture
from schemas.frozen import Frozen
from schemas.state import Note
from schemas.window import Window

ARTICLE = "article"
ATTACHMENT = "attachment"
WINDOW_FIELD = "window"
"""Of `warcinfo`: an ISO 8601 interval of publication days."""
ALIAS = "alias"
"""The kind of a 404 under one URL of an article that answered under another: kept, but no capture."""
ANSWERED = frozenset({200, 304, 404, 410})
"""Status codes that say something final of an article page: these are captures."""
REFUSED = frozenset({401, 403, 451})
"""Statuses by which a site keeps a page to itself; of a page that was an article, that is an answer."""

ROBOTS_HEADER = "x-robots-tag"
_BLOCK = 1 << 16


class PageFacts(Frozen):
    """What the crawl knows of one response; JSON in a `metadata` record."""

    kind: str
    """`article`, `listing`, `robots`, `home`, `attachment`, `feed` or `alias`."""
    url_key: str | None = None
    found_on: str | None = None
    listed_at: str | None = None
    robots: str = "allowed"
    tls: str = "verified"
    part_of: str | None = None
    part: int = 1
    more: bool = False
    """Of an article's first page: it has further pages or documents to ask. A note says that all were."""
    family: str | None = None
    alias_of: str | None = None
    """Of an article's redirect: the URL key that it led to."""
    leads_home: bool = False
    """Of an article's redirect: it led to the home page or a listing."""
    again: bool = False
    """The article was captured on an earlier night."""


_NOTES: TypeAdapter[Note] = TypeAdapter(Note)


@dataclass(frozen=True)
class StoredRecord:
    """One record as the archive holds it: `length` bytes of one gzip member at `offset`."""

    offset: int
    length: int
    type: str
    record_id: str
    date: datetime
    """Aware, UTC."""
    url: str | None
    concurrent_to: str | None = None
    digest: str | None = None
    """`sha256:` and hex of the payload as stored."""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the HTTP answer or request; names in lower case, the first of a repeated one; all of `X-Robots-Tag`."""
    block: bytes = field(default=b"", repr=False)
    """The body as stored: content encoding not undone."""
    facts: PageFacts | None = None
    """Of a response: the facts written before it. Of a metadata record: its own."""

    @cached_property
    def payload(self) -> bytes:
        """The body with its content encoding undone; a broken one as far as it can be read.

        Raises `pipelines.payload.PayloadTooLargeError` for a decompression bomb.
        """
        return decoded(self.block, self.headers.get("content-encoding"))


@dataclass
class Scan(Iterator[StoredRecord]):
    """Records of a WARC file in order. `valid` is the length in bytes of the whole members read so far:
    after the last record it is where a truncated tail begins, or the file's length."""

    stream: BinaryIO
    valid: int = 0
    _facts: tuple[str, PageFacts] | None = None
    _buffer: bytes = b""

    def __next__(self) -> StoredRecord:
        member = self._next_member()
        if member is None:
            raise StopIteration
        content, length = member
        record = _parse(content, self.valid, length)
        self.valid += length
        if record.type == "metadata" and record.concurrent_to and record.facts:
            self._facts = (record.concurrent_to, record.facts)
        elif self._facts and self._facts[0] == record.record_id:
            record = replace(record, facts=self._facts[1])
        return record

    def _next_member(self) -> tuple[bytes, int] | None:
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        content, length = BytesIO(), 0
        while not inflate.eof:
            data = self._buffer or self.stream.read(_BLOCK)
            self._buffer = b""
            if not data:
                return None
            try:
                content.write(inflate.decompress(data))
            except zlib.error:
                return None
            length += len(data) - len(inflate.unused_data)
        self._buffer = inflate.unused_data
        return content.getvalue(), length


def scan(stream: BinaryIO) -> Scan:
    """Read the records of a WARC file from its beginning; ends cleanly before a truncated or broken member.

    Memory: one record at a time. `Scan.valid` tells the length of the valid prefix once exhausted.
    """
    return Scan(stream)


def read_member(data: bytes) -> StoredRecord:
    """The record in `data`, the bytes of one gzip member as a range request returns them.

    Its offset is 0 and it has no facts (they are in the record before it). Raises ValueError if `data` is no record.
    """
    record = next(scan(BytesIO(data)), None)
    if record is None:
        raise ValueError("these bytes are not one whole WARC record")
    return record


def captures(records: Iterable[StoredRecord], warc_key: str) -> Iterator[tuple[Capture, StoredRecord]]:
    """The captures among `records` (as `scan` gives them): answered article pages, 304s as revisits, and redirects
    that lead to another article or home.

    `warc_key` is the bucket key of the file, written into each capture.
    """
    for record in records:
        facts = record.facts
        if record.type not in ("response", "revisit") or facts is None or facts.kind != ARTICLE:
            continue
        led = facts.alias_of is not None or facts.leads_home
        answered = record.status in ANSWERED or (facts.again and record.status in REFUSED)
        if not (answered or led) or record.url is None or facts.url_key is None:
            continue
        yield _capture(record, facts, record.url, facts.url_key, warc_key), record


def attachments(records: Iterable[StoredRecord]) -> Iterator[tuple[str, StoredRecord]]:
    """The answered attachments among `records` (as `scan` gives them) by their key; a metadata record stands for one
    that was withheld."""
    for record in records:
        facts = record.facts
        if facts is None or facts.kind != ATTACHMENT or facts.url_key is None:
            continue
        withheld = record.type == "metadata" and record.concurrent_to is None
        if withheld or (record.type == "response" and record.status == 200):
            yield facts.url_key, record


def notes(records: Iterable[StoredRecord]) -> Iterator[Note]:
    """What the crawl noted of its walks, in order: metadata records that speak of no answer."""
    for record in records:
        if record.type == "metadata" and record.concurrent_to is None and b'"note"' in record.block:
            try:
                yield _NOTES.validate_json(record.block)
            except ValidationError:
                continue  # another tool's metadata record, or a kind of note of a later version


def window(stream: BinaryIO) -> Window:
    """The window of publication days that the file's crawl was told, from its `warcinfo`; open for a night's."""
    first = next(scan(stream), None)
    if first is None or first.type != "warcinfo":
        return Window()
    for line in first.block.decode("utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name == WINDOW_FIELD:
            return Window.of_interval(value.strip())
    return Window()


def raw_page(capture: Capture, record: StoredRecord) -> RawPage:
    """The page of `capture` with its payload decoded, ready for `pipelines.page.parse`."""
    return RawPage(
        url=capture.url,
        body=record.payload,
        fetched_at=capture.fetched_at,
        content_type=capture.content_type,
        listed_at=capture.listed_at,
        found_on=capture.found_on,
        robots=record.headers.get(ROBOTS_HEADER),
    )


def _parse(content: bytes, offset: int, length: int) -> StoredRecord:
    stream = BytesIO(content)
    head = StatusAndHeadersParser(["WARC/1.0", "WARC/1.1"]).parse(stream)
    kind = head.get_header("WARC-Type", "")
    block = stream.read(int(head.get_header("Content-Length", "0")))
    status, headers = None, dict[str, str]()
    if head.get_header("Content-Type", "").startswith("application/http"):
        status, headers, block = _parse_http(block)
    return StoredRecord(
        offset=offset,
        length=length,
        type=kind,
        record_id=head.get_header("WARC-Record-ID", ""),
        date=datetime.fromisoformat(head.get_header("WARC-Date")),
        url=head.get_header("WARC-Target-URI"),
        concurrent_to=head.get_header("WARC-Concurrent-To"),
        digest=head.get_header("WARC-Payload-Digest"),
        status=status,
        headers=headers,
        block=block,
        facts=_facts(block) if kind == "metadata" else None,
    )


def _parse_http(block: bytes) -> tuple[int | None, dict[str, str], bytes]:
    head, _, body = block.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for name, _, value in (line.partition(":") for line in lines):
        name, value = name.strip().lower(), value.strip()
        headers[name] = (
            f"{headers[name]}, {value}" if name == ROBOTS_HEADER and name in headers else headers.get(name, value)
        )
    code = first.split(" ")[1:2] if first.startswith("HTTP/") else []
    return (int(code[0]) if code and code[0].isdecimal() and len(code[0]) == 3 else None), headers, body


def _facts(block: bytes) -> PageFacts | None:
    try:
        return PageFacts.model_validate_json(block)
    except ValidationError:
        return None  # another tool's metadata record


def _capture(record: StoredRecord, facts: PageFacts, url: str, url_key: str, warc_key: str) -> Capture:
    return Capture(
        url=url,
        url_key=url_key,
        status=record.status or 0,
        fetched_at=record.date,
        content_type=record.headers.get("content-type"),
        found_on=facts.found_on,
        listed_at=facts.listed_at,
        robots=facts.robots,
        tls=facts.tls,
        etag=record.headers.get("etag"),
        last_modified=record.headers.get("last-modified"),
        digest=record.digest,
        part_of=facts.part_of,
        part=facts.part,
        more=facts.more,
        alias_of=facts.alias_of,
        leads_home=facts.leads_home,
        warc=warc_key,
        offset=record.offset,
        length=record.length,
    )
