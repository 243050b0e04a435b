"""Answers that would keep, fill or mislead a careless crawler."""

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from hostile.wire import Answer, Reply, Wire

HTML = {"Content-Type": "text/html; charset=utf-8"}
_BLOCK = b"<p>" + b"abcdefgh " * 7_000 + b"</p>\n"


def redirect(target: str, status: int = 302) -> Reply:
    return Reply(b"", status, {"Location": target})


def huge(megabytes: int) -> Answer:
    """A page that says how large it is."""

    def send(wire: Wire) -> None:
        wire.head(200, HTML | {"Content-Length": str(megabytes * 2**20)})
        for _ in range(megabytes * 2**20 // len(_BLOCK)):
            wire.send(_BLOCK)
        wire.send(b" " * (megabytes * 2**20 % len(_BLOCK)))

    return send


def endless_body(wire: Wire) -> None:
    wire.head(200, HTML | {"Transfer-Encoding": "chunked"})
    while True:
        wire.send(f"{len(_BLOCK):x}\r\n".encode() + _BLOCK + b"\r\n")


def endless_headers(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
    number = 0
    while True:
        number += 1
        wire.send(f"X-More-{number}: {'a' * 900}\r\n".encode())


def bomb(megabytes: int) -> Reply:
    """A small gzip body that unpacks to so many megabytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join(packer.compress(b"\0" * 2**20) for _ in range(megabytes)) + packer.flush()
    return Reply(body, 200, HTML | {"Content-Encoding": "gzip"})


def broken_gzip(body: bytes) -> Reply:
    """A gzip body without its last third."""
    packed = gzip.compress(body)
    return Reply(packed[: len(packed) * 2 // 3], 200, HTML | {"Content-Encoding": "gzip"})


@dataclass(frozen=True)
class Dripping:
    """A true page, sent in pieces over so many seconds; with `forever` it never ends."""

    body: bytes
    seconds: float
    forever: bool = False

    def __call__(self, wire: Wire) -> None:
        wire.head(200, HTML | ({} if self.forever else {"Content-Length": str(len(self.body))}))
        pieces = 10
        size = -(-len(self.body) // pieces)
        for at in range(0, len(self.body), size):
            wire.wait(self.seconds / pieces)
            wire.send(self.body[at : at + size])
        while self.forever:
            wire.wait(0.25)
            wire.send(b" ")


def challenge() -> Reply:
    """What a firewall shows instead of every page, with status 200."""
    return Reply(
        b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1>"
        b"<p>Verify you are human to go on.</p><script>document.cookie='c=1';location.reload()</script></body></html>"
    )


def unavailable(seconds: int) -> Reply:
    return Reply(b"busy", 503, {"Retry-After": str(seconds)})


def with_headers(reply: Reply, headers: Mapping[str, str]) -> Reply:
    return Reply(reply.body, reply.status, {**reply.headers, **headers})
