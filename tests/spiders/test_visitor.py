"""What one question to a host may cost, and when it is left alone; the network is a table of answers."""

import asyncio
import gzip
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from scrapy import Request, exceptions
from scrapy.http import Response

from pipelines.warc import PageFacts
from schemas.capture import CrawlPlan
from schemas.state import LaneClosed, Note
from spiders.answer import Answer
from spiders.failures import NoAnswerError, SiteError
from spiders.guard import Guard
from spiders.lanes import LaneClosedError, Lanes
from spiders.visitor import Visitor

HOME = "https://hdnd.example.vn"
ALIAS = "https://cu.example.vn"
Told = int | type[Exception] | tuple[int, dict[str, str], bytes]
BOMB = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"#" * 30_000_000))


class Net:
    """Hosts that answer `told` by URL, or with what the function makes of the number of the question."""

    def __init__(self, told: dict[str, Told | Callable[[int], Told]]) -> None:
        self.told = {f"{HOME}/robots.txt": 404, f"{ALIAS}/robots.txt": 404} | told
        self.asked: list[str] = []

    async def download(self, request: Request) -> Response:
        self.asked.append(request.url)
        told = self.told.get(request.url, 200)
        if not isinstance(told, (int, tuple, type)):
            told = told(self.asked.count(request.url))
        if isinstance(told, type):
            raise told
        status, headers, body = told if isinstance(told, tuple) else (told, {}, b"")
        return Response(request.url, status=status, headers=headers, body=body)

    @property
    def pages(self) -> list[str]:
        return [urlsplit(url).path for url in self.asked if not url.endswith("/robots.txt")]


class Notes:
    """A notebook that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[Note] = []

    def write(self, said: Note | None, _: str | None = None) -> None:
        if said is not None:
            self.said.append(said)


class Asking:
    """A visitor of the site, its notes, and the reasons for which its questions gave no answer."""

    def __init__(self, net: Net, plan: CrawlPlan, lanes: Path) -> None:
        self.net, self.notes = net, Notes()
        self.lanes = Lanes(lanes)
        self.visitor = Visitor(plan, net.download, Guard([]), self.lanes, self.notes)  # type: ignore[arg-type]

    def __call__(self, *urls: str) -> list[str]:
        async def all_of() -> list[str]:
            return [await self._one(url) for url in urls]

        return asyncio.run(all_of())

    async def _one(self, url: str) -> str:
        try:
            answer: Answer = await self.visitor.ask(url, lambda _: PageFacts(kind="article"))
        except NoAnswerError as error:
            return error.reason
        except SiteError as error:
            return f"site: {error}"
        return str(answer.status)


@pytest.fixture
def asking(planned: Callable[..., CrawlPlan], tmp_path: Path) -> Iterator[Callable[..., Asking]]:
    made: list[Asking] = []

    def make(told: dict[str, Any], **fields: Any) -> Asking:
        plan = planned(f"{HOME}/", site={"hosts": ["cu.example.vn"]}, **fields)
        made.append(Asking(Net(told), plan, tmp_path / "lanes"))
        return made[-1]

    yield make
    for one in made:
        one.lanes.close()


def of(number: int) -> str:
    return f"{HOME}/bai-{number}.html"


def header(value: str | timedelta) -> str:
    """A Retry-After: as it is, or the date in so long."""
    if isinstance(value, timedelta):
        return format_datetime(datetime.now(UTC) + value, usegmt=True)
    return value.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("1", 1.0, 1.5),
        (" 1.5 ", 1.5, 2.0),
        (timedelta(seconds=2.5), 0.5, 3.0),
        (timedelta(days=-300), 0, 0.5),
        ("0", 0, 0.5),
        ("-7", 0, 0.5),
        ("²", 0, 0.5),
        ("soon", 0, 0.5),
        ("", 0, 0.5),
        ("Wed, 99 Foo 2026 10:00:00 GMT", 0, 0.5),
    ],
)
def test_what_retry_after_asks_for(
    value: str | timedelta, least: float, most: float, asking: Callable[..., Asking]
) -> None:
    ask = asking({of(1): lambda n: (503, {"Retry-After": header(value)}, b"") if n == 1 else 200})
    begun = time.monotonic()
    assert ask(of(1)) == ["200"]
    assert least <= time.monotonic() - begun <= most


@pytest.mark.parametrize(
    ("value", "days"),
    [("86400", 1), (timedelta(days=2), 2), ("9" * 400, 7), (timedelta(days=20_000), 7), ("99999999999.0", 7)],
)
def test_a_host_that_asks_for_long_is_left_alone_by_all(
    value: str | timedelta, days: int, asking: Callable[..., Asking]
) -> None:
    ask = asking({of(1): (429, {"Retry-After": header(value)}, b"")})
    [said] = ask(of(1))
    assert said.startswith("site: http_429: asked us to come back in ")
    assert ask(of(2)) == [said] and ask.net.pages == ["/bai-1.html"]
    [note] = ask.notes.said
    assert isinstance(note, LaneClosed) and note.lane == "hdnd.example.vn:443"
    assert abs(note.until - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=1)
    other = asking({})
    assert other(of(3))[0].startswith("site: host: asked us to come back in ") and other.net.asked == []


def test_the_plan_says_until_when_a_host_is_left_alone(asking: Callable[..., Asking]) -> None:
    until = datetime.now(UTC) + timedelta(hours=3)
    ask = asking({}, not_before={"cu.example.vn:443": until, "hdnd.example.vn:443": datetime.now(UTC)})
    assert ask(f"{ALIAS}/1.html", of(1), f"{ALIAS}/2.html") == ["left_alone", "200", "left_alone"]
    assert ask.net.asked == [f"{HOME}/robots.txt", of(1)]
    assert ask.notes.said == [LaneClosed(lane="cu.example.vn:443", until=until)]


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        (500, [3, 3, 3, *[1] * 17]),  # broken pages: soon none is asked twice, and the others' turn comes
        (400, [1] * 20),
        (404, [1] * 20),
        (403, [1] * 5),
        (401, [1] * 5),
        (429, [3] * 5),
        (503, [3] * 5),
        (504, [3] * 10),
        (exceptions.DownloadTimeoutError, [2] * 10),
        (exceptions.DownloadConnectionRefusedError, [3] * 10),
        (exceptions.DownloadCancelledError, [1] * 20),
    ],
)
def test_when_a_host_is_left_alone(told: Told, asked: list[int], asking: Callable[..., Asking]) -> None:
    ask = asking({of(n): told for n in range(20)})
    said = ask(*map(of, range(20)))
    assert [ask.net.asked.count(of(n)) for n in range(20) if of(n) in ask.net.asked] == asked
    assert said[-1].startswith("site: ") is (len(asked) < 20)
    assert "again and again, from hdnd.example.vn:443" in said[-1] or len(asked) == 20


def test_one_good_answer_and_the_count_begins_anew(asking: Callable[..., Asking]) -> None:
    ask = asking({of(n): 403 for n in range(40) if n % 5})
    assert ask(*map(of, range(40))) == [("http_403" if n % 5 else "200") for n in range(40)]


@pytest.mark.parametrize("rules", [503, 502, exceptions.DownloadTimeoutError, BOMB])
def test_an_alias_host_in_trouble_costs_only_what_is_there(rules: Told, asking: Callable[..., Asking]) -> None:
    ask = asking({f"{ALIAS}/robots.txt": rules})
    said = ask(f"{ALIAS}/1.html", of(1), f"{ALIAS}/2.html", of(2))
    assert said == ["left_alone", "200", "left_alone", "200"]
    assert ask.net.pages == ["/bai-1.html", "/bai-2.html"]


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("http://hdnd.example.vn:99999/", "bad_redirect"),
        ("http://[x/", "bad_redirect"),
        ("//[::1", "bad_redirect"),
        ("http://hdnd.example.vn:cong/", "bad_redirect"),
        ("http://169.254.169.254/latest/meta-data", "guarded"),
        ("http://2852039166/latest", "guarded"),
        ("http://[::ffff:a9fe:a9fe]/", "guarded"),
        ("gopher://hdnd.example.vn/", "guarded"),
        ("javascript:alert(1)", "guarded"),
        ("https://moi.example.vn/", "moved"),
        ("/bai-1.html", "redirect_loop"),
        ("", "302"),
    ],
)
def test_where_a_redirect_may_lead(location: str, said: str, asking: Callable[..., Asking]) -> None:
    ask = asking({of(1): (302, {"Location": location}, b"")})
    assert ask(of(1), of(2)) == [said, "200"]
    assert ask.net.pages == ["/bai-1.html", "/bai-2.html"]
    rules = asking({f"{HOME}/robots.txt": (302, {"Location": location}, b"")})(of(3))[0]
    assert rules in ("200", "site: robots.txt: guarded", "site: robots.txt: http_302")  # named, never a bug


def test_a_redirect_without_end_is_followed_so_far(asking: Callable[..., Asking]) -> None:
    numbers = count(1)
    ask = asking({of(n): (302, {"Location": of(n + 1)}, b"") for n in range(100)})
    assert ask(of(next(numbers))) == ["redirect_loop"] and len(ask.net.pages) == 9


def test_a_bomb_as_robots_txt_is_named(asking: Callable[..., Asking]) -> None:
    assert asking({f"{HOME}/robots.txt": BOMB})(of(1), of(2)) == ["site: robots.txt: too_large"] * 2


def test_sitemaps_of_a_host(asking: Callable[..., Asking]) -> None:
    body = f"User-agent: *\nDisallow: /x\nSitemap: {HOME}/a.xml\nsitemap: {HOME}/b.xml.gz\nSitemap: {HOME}/a.xml\n"
    ask = asking({f"{HOME}/robots.txt": (200, {}, body.encode())})
    rules = asyncio.run(ask.visitor.rules_of(of(1)))
    assert rules.sitemaps == (f"{HOME}/a.xml", f"{HOME}/b.xml.gz")


def test_a_lane_that_is_closed_far_beyond_reason_is_open(tmp_path: Path) -> None:
    async def ask(until: float) -> None:
        lanes = Lanes(tmp_path)
        (tmp_path / "a%3A443").write_text(f"{time.time():020.6f} {until:020.6f}")
        try:
            async with lanes.hold("a:443", 0.0):
                pass
        finally:
            lanes.close()

    asyncio.run(ask(time.time() + 1e9))  # noted while the clock was wrong
    with pytest.raises(LaneClosedError):
        asyncio.run(ask(time.time() + 1e5))
