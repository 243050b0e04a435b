"""Taking a page out of a WARC file without moving any other: an erased record is followed by what followed it before,
at the offset at which ledger and index know it, because its gzip member keeps its length."""

import base64
import codecs
import hashlib
import struct
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import brotli  # type: ignore[import-untyped]

from pipelines.page import decode, is_file
from pipelines.payload import PayloadTooLargeError
from pipelines.redaction import redact, shown
from pipelines.warc import ARTICLE, StoredRecord
from pipelines.warc_writing import new_id
from schemas.suppression import Suppressed, runs

Says = Callable[[StoredRecord], str]
"""What an answer says as an article, in words; empty when it is none."""

_EXTRA = 65_000
"""Most bytes of padding in a gzip header's extra field (RFC 1952 allows 65,535); the rest is its comment."""
_NOTE = b'{"erased":true}'
_SHORT_NOTE = b"{}"


class TooLongError(ValueError):
    """A record does not fit where it is to stand."""


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


def instead(
    member: bytes, record: StoredRecord, site: str, suppressed: Suppressed, says: Says, room: int | None = None
) -> bytes | None:
    """What is to stand in place of an answer, whose gzip member is `member`: empty, when it is by its URL, its bytes
    or its text what was taken down; a record, not compressed, in which the words that it shows of it are blanked;
    None: it stays as it is.

    `says`: what an article's page says itself: that stays, and tells whether the page repeats what was taken down.
    `room`: bytes that the record may have as a gzip member; one that does not fit goes.
    """
    if record.facts and record.facts.url_key and suppressed.url(site, record.facts.url_key):
        return b""
    try:
        payload = record.payload
    except PayloadTooLargeError:
        return None  # nobody can read it
    if suppressed.document(hashlib.sha256(payload).hexdigest()):
        return b""
    source, mark = _source(record, payload)
    if redact(source, suppressed) is None:
        return None
    own = ""
    if record.facts is None or record.facts.kind == ARTICLE:
        own = says(record)
        if suppressed.repeats(own) if own else suppressed.holds(shown(source)):
            return b""
    text = redact(source, suppressed, runs(own))
    return None if text is None else _refilled(member, mark + text.encode(), room)


def _refilled(member: bytes, payload: bytes, room: int | None) -> bytes:
    """The record with another payload: as it is, else by the densest encoding that readers know, else nothing."""
    content = zlib.decompress(member, zlib.MAX_WBITS | 16)
    for encoding in (None, "br"):
        changed = _with_payload(content, payload, encoding)
        if room is None or fits(changed, room):
            return changed
    return b""


def fits(record: bytes, length: int) -> bool:
    """Whether the record can be made one gzip member of `length` bytes."""
    try:
        padded(record, length)
    except TooLongError:
        return False
    return True


def _source(record: StoredRecord, payload: bytes) -> tuple[str, bytes]:
    """The text of an answer, and the mark that says it is UTF-8 from now on, where it was in another charset."""
    if is_file(payload):
        return "", b""
    try:
        return payload.decode("utf-8"), b""
    except UnicodeDecodeError:
        return decode(payload, record.headers.get("content-type")), codecs.BOM_UTF8


def _with_payload(content: bytes, payload: bytes, encoding: str | None) -> bytes:
    head, _, block = content.partition(b"\r\n\r\n")
    http = b""
    if b"application/http" in head:
        http = block.partition(b"\r\n\r\n")[0]
        if encoding:
            payload = brotli.compress(payload)
        http = _changed(http, {b"content-length": str(len(payload)), b"content-encoding": None})
        http += (f"\r\nContent-Encoding: {encoding}".encode() if encoding else b"") + b"\r\n\r\n"
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
