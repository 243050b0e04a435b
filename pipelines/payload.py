"""Content encodings undone: what a client does between the wire and the page."""

import zlib

import brotli  # type: ignore[import-untyped]

MAX_PAYLOAD = 64 * 2**20
"""Bytes; pages of these sites are below 2 MB, a decompression bomb is not."""


class PayloadTooLargeError(ValueError):
    """A compressed body grew beyond `MAX_PAYLOAD`; raised on reading, retrying cannot help."""


def decoded(body: bytes, content_encoding: str | None, limit: int = MAX_PAYLOAD) -> bytes:
    """`body` with the encodings named in its Content-Encoding header undone, last applied first.

    A body that is cut short or not what it claims to be is given as far as it can be read, or as it is: servers
    that label plain text as gzip exist. An encoding nobody asked for (other than gzip, deflate, br) is left alone.

    Raises:
        PayloadTooLargeError: more than `limit` bytes come out.
    """
    for name in reversed([part.strip().lower() for part in (content_encoding or "").split(",")]):
        if name in ("gzip", "x-gzip"):
            body = _inflated(body, (zlib.MAX_WBITS | 16,), limit)
        elif name == "deflate":
            body = _inflated(body, (zlib.MAX_WBITS, -zlib.MAX_WBITS), limit)
        elif name == "br":
            body = _unbrotlied(body, limit)
        elif name not in ("", "identity"):
            break
    return body


def _inflated(body: bytes, windows: tuple[int, ...], limit: int) -> bytes:
    """The first of the window settings that gives anything, over all concatenated members."""
    for window in windows:
        out = b""
        rest = body
        while rest:
            inflate = zlib.decompressobj(window)
            try:
                out += inflate.decompress(rest, limit + 1 - len(out))
            except zlib.error:
                out += _salvaged(rest, window, limit)
                break
            if len(out) > limit:
                raise PayloadTooLargeError(f"more than {limit} bytes come out of {len(body)}")
            rest = inflate.unused_data if window > zlib.MAX_WBITS else b""
        if out:
            return out
    return body


def _salvaged(body: bytes, window: int, limit: int) -> bytes:
    """What comes out before the broken place, in small steps: one call would give nothing."""
    inflate = zlib.decompressobj(window)
    out = bytearray()
    try:
        for start in range(0, len(body), 512):
            out += inflate.decompress(body[start : start + 512], limit)
            if inflate.eof or len(out) > limit:
                break
    except zlib.error:
        pass
    return bytes(out)


def _unbrotlied(body: bytes, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    pieces: list[bytes] = []
    size = 0
    try:
        for start in range(0, len(body), 4096):
            pieces.append(decoder.process(body[start : start + 4096]))
            size += len(pieces[-1])
            if size > limit:
                raise PayloadTooLargeError(f"more than {limit} bytes come out of {len(body)}")
    except brotli.error:
        pass
    return b"".join(pieces) or body
