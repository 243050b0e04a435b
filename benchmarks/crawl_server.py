"""Made pages for `benchmarks.crawl`, served from a process of their own: python -m benchmarks.crawl_server.

Every site is a port of 127.0.0.1. The first line of stdout says their numbers, the last of them the control port, which
answers with what was asked so far, and forgets it when `/` is asked. It ends when its stdin closes.
"""

import argparse
import asyncio
import html
import json
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from flows.demo.texts import Newsroom, Story

PER_LISTING = 40
STORIES = 60
PAGE_BYTES = 60_000
_MENU = "".join(f'<li><a href="/muc-{n}/" title="Chuyên mục số {n}">Chuyên mục số {n}</a></li>' for n in range(1, 60))


@dataclass
class Asked:
    """What one site was asked."""

    requests: int = 0
    articles: int = 0
    first: float = 0.0
    last: float = 0.0
    """Seconds since the epoch."""
    in_flight: int = 0
    most_in_flight: int = 0


def listings(articles: int) -> int:
    """Listing pages of a site of so many articles."""
    return -(-articles // PER_LISTING)


def paths(articles: int) -> list[str]:
    """What a crawl of the whole site asks: robots.txt, then each listing page and the articles on it."""
    found = ["/robots.txt"]
    for page in range(1, listings(articles) + 1):
        found.append("/tin-tuc/" if page == 1 else f"/tin-tuc/page-{page}/")
        found += [f"/tin-tuc/tin-so-{n}-{n}.html" for n in _on(page, articles)]
    return found


def _on(page: int, articles: int) -> range:
    return range((page - 1) * PER_LISTING + 1, min(page * PER_LISTING, articles) + 1)


class Pages:
    """The pages of every site: alike in their chrome, each with a text of its own."""

    def __init__(self, articles: int, size: int) -> None:
        newsroom, moment = Newsroom(7), datetime(2026, 3, 2, 1, tzinfo=UTC)
        self._articles = articles
        self._stories = [newsroom.story("Cao Bằng", moment - timedelta(hours=n)) for n in range(STORIES)]
        self._teasers = [f"<li><h4>{html.escape(s.title)}</h4>{html.escape(s.lead)}</li>" for s in self._stories]
        self._size = size

    @lru_cache(maxsize=4096)  # noqa: B019 - lives as long as the process
    def answer(self, path: str) -> bytes:
        """The whole answer, status line and all."""
        if path == "/robots.txt":
            return _answer(b"User-agent: *\nDisallow: /users/\n", kind="text/plain")
        if path.endswith(".html"):
            return _answer(self._article(int(path.removesuffix(".html").rsplit("-", 1)[-1])))
        if path == "/tin-tuc/" or path.startswith("/tin-tuc/page-"):
            return _answer(self._listing(int(path.removeprefix("/tin-tuc/page-").strip("/")) if "page-" in path else 1))
        return _answer(b"<h1>404</h1>", "404 Not Found")

    def _page(self, number: int, title: str, body: str) -> bytes:
        shown = body
        for at in range(STORIES * 3):  # side columns, until the page is as large as such pages are
            if len(shown) > self._size * 0.68:  # Vietnamese letters take more than one byte
                break
            shown += f"<ul>{self._teasers[(number * 7 + at) % STORIES]}</ul><script>var nv_{number}_{at}={at};</script>"
        return (
            f'<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta name="generator" content="NukeViet v4.5"></head><body><nav id="menusite"><ul>{_MENU}</ul></nav>'
            f"{shown}</body></html>"
        ).encode()

    def _article(self, number: int) -> bytes:
        story: Story = self._stories[number % STORIES]
        turned = story.paragraphs[number % 5 :] + story.paragraphs[: number % 5]
        prose = "".join(f"<p>{html.escape(text)} (số {number})</p>" for text in turned)
        return self._page(
            number,
            f"Tin số {number}",
            f'<div itemtype="http://schema.org/NewsArticle" itemscope><h1 class="title">{html.escape(story.title)} '
            f'{number}</h1><span class="h5">Thứ hai - 02/03/2026 08:{number % 60:02d}</span>'
            f'<div class="hometext">{html.escape(story.lead)}</div><div id="news-bodyhtml">{prose}</div></div>',
        )

    def _listing(self, page: int) -> bytes:
        rows = "".join(
            f'<div class="panel panel-default clearfix"><div class="panel-body"><h3>'
            f'<a href="/tin-tuc/tin-so-{n}-{n}.html" title="Tin số {n}">Tin số {n} trong những ngày qua</a></h3>'
            f'<div class="text-muted"><ul class="list-unstyled list-inline"><li><em class="fa fa-clock-o">&nbsp;</em>'
            f" 02/03/2026 08:00</li></ul></div>Lời dẫn {n}.</div></div>"
            for n in _on(page, self._articles)
        )
        more = (
            f'<ul class="pagination"><li><a rel="next" href="/tin-tuc/page-{page + 1}/">Trang sau</a></li></ul>'
            if page < listings(self._articles)
            else ""
        )
        return self._page(
            page, "Tin tức", f'<div class="news_column">{rows}</div><div class="text-center">{more}</div>'
        )


def _answer(body: bytes, status: str = "200 OK", kind: str = "text/html; charset=utf-8") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Connection(asyncio.Protocol):
    """One connection to a site; requests without a body, one after the other."""

    def __init__(self, pages: Pages, asked: Asked, latency: float) -> None:
        self._pages, self._asked, self._latency = pages, asked, latency
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while b"\r\n\r\n" in self._data:
            head, _, self._data = self._data.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode("latin-1")
            asked = self._asked
            asked.first = asked.first or time.time()
            asked.requests += 1
            asked.articles += path.endswith(".html")
            asked.in_flight += 1
            asked.most_in_flight = max(asked.most_in_flight, asked.in_flight)
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._reply, path)
            else:
                self._reply(path)

    def _reply(self, path: str) -> None:
        self._asked.in_flight -= 1
        self._asked.last = time.time()
        self._transport.write(self._pages.answer(path))


class Control(Connection):
    """Says what every site was asked."""

    def __init__(self, pages: Pages, sites: list[Asked]) -> None:
        super().__init__(pages, Asked(), 0.0)
        self._sites = sites

    def _reply(self, path: str) -> None:
        told = json.dumps([asdict(site) for site in self._sites]).encode()
        if path == "/":
            for site in self._sites:
                site.__init__()  # type: ignore[misc]
        self._transport.write(_answer(told, kind="application/json"))


async def serve(sites: int, articles: int, latency: float, size: int) -> None:
    """Serve until stdin closes."""
    loop, pages = asyncio.get_running_loop(), Pages(articles, size)
    for path in paths(articles)[:4096]:
        pages.answer(path)  # made before anybody measures
    asked = [Asked() for _ in range(sites)]
    servers = [
        await loop.create_server(lambda one=one: Connection(pages, one, latency), "127.0.0.1", 0, backlog=64)  # type: ignore[misc]
        for one in asked
    ]
    servers.append(await loop.create_server(lambda: Control(pages, asked), "127.0.0.1", 0))
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=1)
    parser.add_argument("--articles", type=int, default=2_000)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--bytes", type=int, default=PAGE_BYTES)
    asked = parser.parse_args()
    asyncio.run(serve(asked.sites, asked.articles, asked.latency, asked.bytes))


if __name__ == "__main__":
    main()
