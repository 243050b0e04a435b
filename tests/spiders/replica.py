"""Small sites on loopback for the spider's tests: our own pages, and every answer a server can think of."""

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Reply:
    """What the replica answers."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0
    """Seconds before it answers."""
    slam: bool = False
    """Whether it closes the connection without a word."""
    raw: Callable[[], Iterator[bytes]] | None = None
    """What goes over the wire instead, status line and all, until it ends or the other side has enough."""


@dataclass(frozen=True)
class Seen:
    """One request as the replica saw it."""

    at: float
    done: float
    path: str
    headers: dict[str, str]


Route = Reply | Callable[[dict[str, str]], Reply]


@dataclass
class Replica:
    """A running replica: its routes can change between crawls, `seen` says what was asked."""

    routes: dict[str, Route]
    port: int = 0
    seen: list[Seen] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/"

    @property
    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]

    def answer(self, path: str, headers: dict[str, str]) -> Reply:
        route = self.routes.get(path, self.routes.get("*", Reply(b"<h1>404</h1>", 404)))
        return route if isinstance(route, Reply) else route(headers)


@contextmanager
def serving(routes: dict[str, Route], tls: ssl.SSLContext | None = None) -> Iterator[Replica]:
    """A replica with these routes for the time of the block; with `tls` it speaks https."""
    replica = Replica(routes)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.reply(self.path, dict(self.headers.items()))

        def do_POST(self) -> None:
            """Answered by the route `POST /path`, which gets the form's fields instead of the headers."""
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.reply(f"POST {self.path}", dict(parse_qsl(sent, keep_blank_values=True)))

        def reply(self, path: str, headers: dict[str, str]) -> None:
            at = time.time()
            reply = replica.answer(path, headers)
            time.sleep(reply.after)
            replica.seen.append(Seen(at, time.time(), path, headers))
            if reply.slam or reply.raw:
                self.close_connection = True
                with suppress(OSError):
                    for piece in reply.raw() if reply.raw else ():
                        self.wfile.write(piece)
                return
            self.send_response(reply.status)
            given = {
                "Content-Type": "text/html; charset=utf-8",
                "Content-Length": str(len(reply.body)),
                **reply.headers,
            }
            for name, value in given.items():
                if reply.status != 304 or name != "Content-Length":
                    self.send_header(name, value)
            self.end_headers()
            if reply.status != 304:
                self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass  # a crawl that is killed leaves its connection

    server = Server(("127.0.0.1", 0), Handler)
    replica.port = server.server_address[1]
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield replica
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


CATEGORIES = {"tin-tuc": "Tin tức", "hoat-dong-hdnd": "Hoạt động HĐND"}


def article(number: int, body: str = "") -> Reply:
    """A page in the manner of NukeViet."""
    text = body or "Sáng nay, Thường trực họp phiên thường kỳ, cho ý kiến về các nội dung trình kỳ họp. " * 6
    return html(
        f"""<div itemtype="http://schema.org/NewsArticle" itemscope>
        <h1 class="title" itemprop="headline">Phiên họp thứ {number} của Thường trực Hội đồng nhân dân tỉnh</h1>
        <span class="h5">Thứ hai - 02/03/2026 08:{number % 60:02d}</span>
        <div class="hometext">Lời dẫn của bài số {number}.</div>
        <div id="news-bodyhtml" class="bodytext"><p>{text}</p></div></div>"""
    )


def listing(category: str, numbers: Iterable[int], next_page: str | None = None) -> Reply:
    """A category page of NukeViet (viewcat_page_new) with its pager."""
    items = "".join(
        f"""<div class="panel panel-default clearfix"><div class="panel-body"><h3>
        <a href="/{category}/phien-hop-thu-{n}-cua-thuong-truc-{n}.html" title="Phiên họp thứ {n} của Thường trực">
        Phiên họp thứ {n} của Thường trực Hội đồng nhân dân tỉnh</a></h3>
        <div class="text-muted"><ul class="list-unstyled list-inline">
        <li><em class="fa fa-clock-o">&nbsp;</em> {1 + n % 28:02d}/02/2026 08:00:00</li></ul></div>
        Lời dẫn {n}.</div></div>"""
        for n in numbers
    )
    pager = f'<ul class="pagination"><li><a rel="next" href="{next_page}">Trang sau</a></li></ul>' if next_page else ""
    return html(f'<div class="news_column">{items}</div><div class="text-center">{pager}</div>')


def html(body: str, status: int = 200) -> Reply:
    """A page with the menu that all pages of the replica share."""
    menu = "".join(f'<li><a href="/{key}/">{name}</a></li>' for key, name in CATEGORIES.items())
    return Reply(
        f"""<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>HĐND tỉnh Mẫu</title>
        <meta name="generator" content="NukeViet v4.5"></head><body>
        <nav id="menusite"><ul class="nav navbar-nav"><li><a href="/">Trang nhất</a></li>{menu}</ul></nav>
        {body}</body></html>""".encode(),
        status,
    )


def nukeviet(per_page: int = 4) -> dict[str, Route]:
    """A site of two categories: ten and six articles; past its end a category leads back to page 1."""
    routes: dict[str, Route] = {"/robots.txt": Reply(b"User-agent: *\nDisallow: /users/\n")}
    numbers = {"tin-tuc": list(range(10, 0, -1)), "hoat-dong-hdnd": list(range(26, 20, -1))}
    for category, all_of in numbers.items():
        pages = [all_of[i : i + per_page] for i in range(0, len(all_of), per_page)]
        for index, page in enumerate(pages, start=1):
            more = f"/{category}/page-{index + 1}/" if index < len(pages) else None
            routes[f"/{category}/" if index == 1 else f"/{category}/page-{index}/"] = listing(category, page, more)
        for n in all_of:
            routes[f"/{category}/phien-hop-thu-{n}-cua-thuong-truc-{n}.html"] = article(n)
    routes["/"] = listing("tin-tuc", [10, 9, 8])
    return routes
