"""Serves a folder of captured pages as its `index_full.json` describes them: status codes, redirects, dates.

The address of the capture is replaced by the served one in text bodies, redirects and truth: links stay on the server.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flows.demo.server import LoopbackServer, Reply, Request

_TEXTS = ("text/", "application/xml", "application/rss+xml", "application/json")
_COLONS = (":", "%3A", "&#x3A;", "&#58;")
"""How the colon before the port is spelt in URLs, query values and escaped attributes."""


@dataclass(frozen=True)
class Capture:
    """A captured site as it is served now."""

    folder: Path
    captured: str
    """`host:port` of the capture."""
    server: LoopbackServer

    @property
    def base_url(self) -> str:
        """Address without a slash at the end."""
        return self.server.base_url

    @property
    def host_port(self) -> str:
        """`127.0.0.1:port`."""
        return self.server.host_port

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far."""
        return self.server.requests

    @property
    def max_in_flight(self) -> int:
        """The most requests under way at once."""
        return self.server.max_in_flight

    def rewrite(self, text: str) -> str:
        """`text` with the captured address replaced by the served one."""
        (host, port), (new_host, new_port) = self.captured.split(":"), self.host_port.split(":")
        for colon in _COLONS:
            text = text.replace(f"{host}{colon}{port}", f"{new_host}{colon}{new_port}")
        return text

    def truth(self) -> dict[str, Any]:
        """truth.json with served URLs."""
        loaded: dict[str, Any] = json.loads(self.rewrite((self.folder / "truth.json").read_text(encoding="utf-8")))
        return loaded


@contextmanager
def serve_capture(index: Path, *, conditional: bool = True, delay: float = 0.0) -> Iterator[Capture]:
    """Serve the capture that `index` (an index_full.json) lists: `with serve_capture(path) as site: site.base_url`.

    `conditional`: send the captured Last-Modified and answer 304; without it no page carries a validator.
    `delay`: seconds before each answer.
    """
    pages = json.loads(index.read_text(encoding="utf-8"))
    with LoopbackServer(index.parent.name, delay=delay) as server:
        capture = Capture(index.parent, urlsplit(pages[0]["url"]).netloc, server)
        replies = {_target(page["url"]): page for page in pages}

        def respond(target: str) -> Reply:
            page = replies.get(unquote(target))
            return _reply(capture, page, conditional) if page else Reply(b"404", 404, "text/plain; charset=utf-8")

        server.respond = respond
        yield capture


def _target(url: str) -> str:
    parts = urlsplit(url)
    return unquote(parts.path + (f"?{parts.query}" if parts.query else ""))


def _reply(capture: Capture, page: dict[str, Any], conditional: bool) -> Reply:
    path = capture.folder / page["file"]
    body = path.read_bytes() if path.is_file() else b""
    if page["content_type"].startswith(_TEXTS):
        # Latin-1 keeps every byte, whatever the page's own encoding.
        body = capture.rewrite(body.decode("latin-1")).encode("latin-1")
    location, modified = page["location"], page["last_modified"]
    return Reply(
        body,
        page["status"],
        page["content_type"],
        location=capture.rewrite(location) if location else None,
        last_modified=parsedate_to_datetime(modified) if modified and conditional else None,
    )
