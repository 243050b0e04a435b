"""Writing the record format of `pipelines.warc`: each function gives one record, one gzip member, as bytes."""

import hashlib
import zlib
from base64 import b32encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import uuid4

from warcio.statusandheaders import StatusAndHeaders

from pipelines.warc import PageFacts
from schemas.state import Note

VERSION = "WARC/1.1"
GZIP_LEVEL = 2
"""Level 9, warcio's own, costs as much as the download of a page, for 5 % less."""
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"


def new_id() -> str:
    """A fresh `WARC-Record-ID`."""
    return f"<urn:uuid:{uuid4()}>"


def warcinfo(fields: Mapping[str, str], filename: str, date: datetime) -> bytes:
    """The first record of a file: who wrote it, with what, obeying what."""
    block = "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode()
    return _record("warcinfo", None, date, block, "application/warc-fields", {"WARC-Filename": filename})


def request(
    url: str, date: datetime, method: str, headers: Iterable[tuple[str, str]], body: bytes = b"", *, response_id: str
) -> bytes:
    """What was sent to get the response with `response_id`."""
    target = "/" + url.split("://", 1)[-1].partition("/")[2]
    head = _http_head(f"{method} {target} HTTP/1.1", headers)
    return _record(
        "request", url, date, head + body, "application/http; msgtype=request", {"WARC-Concurrent-To": response_id}
    )


def response(
    url: str, date: datetime, status: int, headers: Iterable[tuple[str, str]], body: bytes, *, record_id: str
) -> bytes:
    """One answer, its body as sent; the digest is over that body. `Transfer-Encoding`, undone by every HTTP client,
    is renamed so that readers do not undo it again, and `Content-Length` tells the stored body's length."""
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    return _record(
        "response",
        url,
        date,
        _http_head(_status_line(status), _stored_headers(headers, len(body))) + body,
        "application/http; msgtype=response",
        {"WARC-Payload-Digest": digest},
        record_id,
    )


def revisit(url: str, date: datetime, status: int, headers: Iterable[tuple[str, str]], *, record_id: str) -> bytes:
    """A 304: the page is as it was when it last answered."""
    return _record(
        "revisit",
        url,
        date,
        _http_head(_status_line(status), _stored_headers(headers, 0)),
        "application/http; msgtype=response",
        {"WARC-Profile": NOT_MODIFIED},
        record_id,
    )


def metadata(url: str, date: datetime, facts: PageFacts, *, response_id: str) -> bytes:
    """The crawl's facts of the response with `response_id`; to be written before it."""
    block = facts.model_dump_json(exclude_defaults=True).encode()
    return _record("metadata", url, date, block, "application/json", {"WARC-Concurrent-To": response_id})


def note(url: str, date: datetime, said: Note) -> bytes:
    """What the crawl noted at `url` of its walk: a metadata record of no answer."""
    return _record("metadata", url, date, said.model_dump_json(exclude_none=True).encode(), "application/json", {})


def _record(
    kind: str,
    url: str | None,
    date: datetime,
    block: bytes,
    content_type: str,
    fields: Mapping[str, str],
    record_id: str | None = None,
) -> bytes:
    head = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", record_id or new_id()),
        ("WARC-Date", date.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")),
        *((("WARC-Target-URI", url),) if url else ()),
        *fields.items(),
        ("WARC-Block-Digest", "sha1:" + b32encode(hashlib.sha1(block).digest()).decode()),
        ("Content-Type", content_type),
        ("Content-Length", str(len(block))),
    ]
    squeeze = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    written = StatusAndHeaders("", head, protocol=VERSION).to_bytes() + block + b"\r\n\r\n"
    return squeeze.compress(written) + squeeze.flush()


def _http_head(first_line: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [first_line, *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"


def _status_line(status: int) -> str:
    reason = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    return f"HTTP/1.1 {status} {reason}".rstrip()


def _stored_headers(headers: Iterable[tuple[str, str]], length: int) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        low = name.lower()
        if low == "transfer-encoding":
            yield f"X-Archive-{name}", value
        elif low != "content-length":
            yield name, value
    yield "Content-Length", str(length)
