"""A small HTTP/1.1 server on loopback for one made-up site: conditional GET, gzip, and a log of what was asked."""

import contextlib
import gzip
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """What a site answers. A 200 with `etag` or `last_modified` (aware) may become a 304."""

    body: bytes = b""
    status: int = 200
    content_type: str = HTML
    location: str | None = None
    etag: str | None = None
    last_modified: datetime | None = None


@dataclass(frozen=True)
class Request:
    """One request as it arrived. `in_flight` counts those of the same site under way, this one included."""

    site: str
    method: str
    path: str
    """Path and query."""
    time: float
    """Seconds since the epoch."""
    in_flight: int


def is_fresh(reply: Reply, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Whether the asker's copy is still good (RFC 9110 §13.2.2: the entity tag goes before the date)."""
    if reply.etag and if_none_match is not None:
        asked = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in asked or reply.etag.removeprefix("W/") in asked
    if reply.last_modified and if_modified_since:
        try:
            since = parsedate_to_datetime(if_modified_since)
        except ValueError:
            return False
        # HTTP dates have whole seconds.
        return reply.last_modified.replace(microsecond=0) <= (since if since.tzinfo else since.replace(tzinfo=UTC))
    return False


class LoopbackServer:
    """Serves `respond(path and query) -> Reply` on a free port of 127.0.0.1 while used as a context manager.

    `delay`: seconds to wait before each answer. `compress`: gzip text for those who accept it.
    """

    def __init__(self, site: str, *, delay: float = 0.0, compress: bool = False) -> None:
        self.site, self.delay, self.compress = site, delay, compress
        self.respond: Callable[[str], Reply] = lambda _: Reply(status=404)
        self._lock = threading.Lock()
        self._in_flight = 0
        self._requests: list[Request] = []
        self._http = _Http(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def host_port(self) -> str:
        """`127.0.0.1:port`."""
        return f"127.0.0.1:{self._http.server_address[1]}"

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:port`, without a slash."""
        return f"http://{self.host_port}"

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests so far, in order of arrival."""
        with self._lock:
            return tuple(self._requests)

    @property
    def max_in_flight(self) -> int:
        """The most requests that were ever under way at once."""
        return max((request.in_flight for request in self.requests), default=0)

    def arrived(self, method: str, path: str) -> None:
        """Note a request at its arrival."""
        with self._lock:
            self._in_flight += 1
            self._requests.append(Request(self.site, method, path, time.time(), self._in_flight))

    def left(self) -> None:
        """Note that a request is about to be answered in full."""
        with self._lock:
            self._in_flight -= 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # an idle keep-alive connection would hold the end up
    request_queue_size = 64

    def __init__(self, site: LoopbackServer) -> None:
        self.site = site
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet
    timeout = 30
    server: _Http

    def do_GET(self) -> None:
        site = self.server.site
        site.arrived(self.command, self.path)
        try:
            if site.delay:
                time.sleep(site.delay)
            head, body = self._answer(site)
        finally:
            # Before the last byte: a client that asks again at once must not meet its own former request.
            site.left()
        self.send_response(int(head.pop("status")))
        for name, value in head.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name is the base class's

    def _answer(self, site: LoopbackServer) -> tuple[dict[str, str], bytes]:
        reply = site.respond(self.path)
        head = {"status": str(reply.status)}
        if reply.etag:
            head["ETag"] = reply.etag
        if reply.last_modified:
            head["Last-Modified"] = format_datetime(reply.last_modified.astimezone(UTC), usegmt=True)
        asked = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
        if reply.status == HTTPStatus.OK and is_fresh(reply, *asked):
            return head | {"status": str(int(HTTPStatus.NOT_MODIFIED))}, b""
        body = reply.body
        head["Content-Type"] = reply.content_type
        if reply.location:
            head["Location"] = reply.location
        if site.compress and reply.content_type.startswith("text/"):
            head["Vary"] = "Accept-Encoding"
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                head["Content-Encoding"], body = "gzip", gzip.compress(body, compresslevel=3, mtime=0)
        return head | {"Content-Length": str(len(body))}, body

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what was asked is in the request log."""
