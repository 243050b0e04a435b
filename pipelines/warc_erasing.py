"""Taking a page out of a WARC file without moving any other: an erased record is followed by what followed it before,
at the offset at which ledger and index know it, because its gzip member keeps its length."""

import base64
import hashlib
import struct
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime

from pipelines.page import decode, is_file
from pipelines.payload import PayloadTooLargeError
from pipelines.redaction import redact, shown
from pipelines.warc import ARTICLE, StoredRecord
from pipelines.warc_writing import new_id
from schemas.suppression import Suppressed

_EXTRA = 65_000
"""Most bytes of padding in a gzip header's extra field (RFC 1952 allows 65,535); the rest is its comment."""
_NOTE = b'{"erased":true}'
_SHORT_NOTE = b"{}"


class TooLongError(ValueError):
    """A record does not fit where it is to stand; the one there is erased instead."""


def erased(length: int) -> bytes:
    """A gzip member of `length` bytes: a record that says of nothing but that something was taken down.

    Raises TooLongError below some 150 bytes, which no record of a page is.
    """
    when = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return padded(_metadata(_NOTE, when), length)
    except TooLongError:
        return padded(_metadata(_SHORT_NOTE, when), length)


def padded(record: bytes, length: int) -> bytes:
    """The record as one gzip member of exactly `length` bytes. Raises TooLongError."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = squeeze.compress(record) + squeeze.flush()
    tail = struct.pack("<LL", zlib.crc32(record), len(record) & 0xFFFFFFFF)
    room = length - 10 - len(body) - len(tail)
    if room < 0:
        raise TooLongError(f"{len(body)} bytes do not fit into {length}")
    comment = room if room < 6 else max(room - _EXTRA, 0)
    extra = room - comment
    flags = 4 * bool(extra) | 16 * bool(comment)
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff"
    if extra:  # one subfield of zeros, RFC 1952 2.3.1.1
        head += struct.pack("<H", extra - 2) + b"TT" + struct.pack("<H", extra - 6) + bytes(extra - 6)
    if comment:
        head += b"x" * (comment - 1) + b"\0"
    return head + body + tail


def is_taken_down(record: StoredRecord, site: str, suppressed: Suppressed) -> bool:
    """Whether an answer is, by its URL, its bytes or its text, what was taken down."""
    if record.facts and record.facts.url_key and suppressed.url(site, record.facts.url_key):
        return True
    try:
        payload = record.payload
    except PayloadTooLargeError:
        return False  # nobody can read it
    if suppressed.document(hashlib.sha256(payload).hexdigest()):
        return True
    return (record.facts is None or record.facts.kind == ARTICLE) and suppressed.holds(shown(_source(record)))


def redacted(member: bytes, record: StoredRecord, suppressed: Suppressed) -> bytes | None:
    """The record in `member`, not compressed, without what it shows of a text that was taken down; None where it shows
    nothing. Content encoding is undone. Raises TooLongError when the text has to stay in another charset than UTF-8.
    """
    source = _source(record)
    text = redact(source, suppressed)
    if text is None:
        return None
    if source.encode() != record.payload:
        raise TooLongError("the page is not UTF-8")
    return _with_payload(zlib.decompress(member, zlib.MAX_WBITS | 16), text.encode())


def _source(record: StoredRecord) -> str:
    try:
        payload = record.payload
    except PayloadTooLargeError:
        return ""
    if is_file(payload):
        return ""
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        return decode(payload, record.headers.get("content-type"))


def _with_payload(content: bytes, payload: bytes) -> bytes:
    head, _, block = content.partition(b"\r\n\r\n")
    http = b""
    if b"application/http" in head:
        http = block.partition(b"\r\n\r\n")[0]
        http = _changed(http, {b"content-length": str(len(payload)), b"content-encoding": None}) + b"\r\n\r\n"
    block = http + payload
    fields = {
        b"content-length": str(len(block)),
        b"warc-block-digest": "sha1:" + base64.b32encode(hashlib.sha1(block).digest()).decode(),
        b"warc-payload-digest": f"sha256:{hashlib.sha256(payload).hexdigest()}",
    }
    return _changed(head, fields) + b"\r\nTintinh-Redacted: yes\r\n\r\n" + block + b"\r\n\r\n"


def _changed(head: bytes, fields: Mapping[bytes, str | None]) -> bytes:
    lines = []
    for line in head.split(b"\r\n"):
        name = line.partition(b":")[0].strip().lower()
        if name not in fields:
            lines.append(line)
        elif (value := fields[name]) is not None:
            lines.append(line.partition(b":")[0] + b": " + value.encode())
    return b"\r\n".join(lines)


def _metadata(note: bytes, when: datetime) -> bytes:
    head = (
        "WARC/1.1",
        "WARC-Type: metadata",
        f"WARC-Record-ID: {new_id()}",
        f"WARC-Date: {when:%Y-%m-%dT%H:%M:%SZ}",
        "Content-Type: application/json",
        f"Content-Length: {len(note)}",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + note + b"\r\n\r\n"
