"""A server on loopback that keeps no rule of HTTP it is not told to keep: raw sockets, bounded in time and bytes.

One host is one port. Every request is logged with the moment it came, the moment its answer ended, and how many were
under way at its host.
"""

import select
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

MOST_SECONDS = 100.0
"""A trap that nobody leaves ends by itself."""
MOST_BYTES = 200 * 2**20
_REASONS = {200: "OK", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 404: "Not Found", 410: "Gone"}


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    """Path and query as sent."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form that was sent back."""
        return dict(parse_qsl(self.body.decode("ascii", "replace"), keep_blank_values=True))


@dataclass(frozen=True)
class Seen:
    """One request in the log; times in seconds since the epoch."""

    host: str
    method: str
    path: str
    at: float
    done: float
    in_flight: int
    """Requests under way at this host when it came, itself included."""
    agent: str


class LeftError(Exception):
    """The client has gone, or the trap has lasted long enough."""


class Wire:
    """The socket while one answer is sent."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._until = time.monotonic() + MOST_SECONDS
        self._sent = 0
        self.kept = True
        """Whether the connection can serve another request."""

    def send(self, data: bytes) -> None:
        """Raises LeftError."""
        self._sent += len(data)
        if time.monotonic() > self._until or self._sent > MOST_BYTES:
            self._leave()
        try:
            self._connection.sendall(data)
        except OSError:
            self._leave()

    def wait(self, seconds: float) -> None:
        """Raises LeftError as soon as the client closes."""
        readable, _, _ = select.select([self._connection], [], [], seconds)
        if readable:
            self._leave()

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Status line and headers."""
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Something')}", *(f"{k}: {v}" for k, v in headers.items())]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def _leave(self) -> None:
        self.kept = False
        raise LeftError


@dataclass(frozen=True)
class Reply:
    """An answer as servers give them."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, wire: Wire) -> None:
        told = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(self.body)), **self.headers}
        if self.status == 304:
            del told["Content-Length"]
        wire.head(self.status, told)
        wire.send(self.body)


Answer = Callable[[Wire], None]


class Host:
    """One host of the server; `answer` decides on each request, which `seen` logs."""

    def __init__(self, answer: Callable[[Asked], Answer] = lambda _: Reply(b"", 404)) -> None:
        self.answer = answer
        self.seen: list[Seen] = []
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._lock = threading.Lock()
        self._under_way = 0
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def host_port(self) -> str:
        return f"127.0.0.1:{self._listening.getsockname()[1]}"

    @property
    def url(self) -> str:
        """Address without a slash at the end."""
        return f"http://{self.host_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(MOST_SECONDS)
        kept = True
        with connection, suppress(OSError):
            while kept and (asked := _read(connection)):
                kept = self._answer(connection, asked)
        with self._lock:
            self._open.discard(connection)

    def _answer(self, connection: socket.socket, asked: Asked) -> bool:
        at, wire = time.time(), Wire(connection)
        with self._lock:
            self._under_way += 1
            in_flight = self._under_way
        with suppress(LeftError):
            self.answer(asked)(wire)
        with self._lock:
            self._under_way -= 1
            agent = asked.headers.get("user-agent", "")
            self.seen.append(Seen(self.host_port, asked.method, asked.path, at, time.time(), in_flight, agent))
        return wire.kept


def _read(connection: socket.socket) -> Asked | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Asked(method, path, headers, body)
