"""Whole crawls of a replica in a child process: what is captured, what a next night asks, what a walk ends at."""

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from schemas.capture import CrawlPlan
from schemas.urls import pack_hashes, url_hash
from tests.spiders.child import Done
from tests.spiders.replica import Reply, Route, article, html, listing, nukeviet, serving

Planned = Callable[..., CrawlPlan]
Crawl = Callable[[CrawlPlan], Done]

TIN = "/tin-tuc/"
MONDAY = "Mon, 02 Mar 2026 00:00:00 GMT"
LOGIN = html('<title>Đăng nhập</title><h1>Đăng nhập</h1><input type="password">')
NO_RULES = Reply(status=302, headers={"Location": "/robots.txt"})


def at(number: int, category: str = "tin-tuc") -> str:
    return f"/{category}/phien-hop-thu-{number}-cua-thuong-truc-{number}.html"


def known(*numbers: int) -> str:
    return pack_hashes(url_hash(f"id:{n}") for n in numbers)


def keys(done: Done) -> list[str]:
    return sorted(capture.url_key for capture in done.captures)


EVERY = sorted(f"id:{n}" for n in (*range(1, 11), *range(21, 27)))


def test_every_article_once_from_the_home_page_alone(planned: Planned, crawl: Crawl) -> None:
    with serving(nukeviet()) as site:
        plan = planned(site.url)
        done = crawl(plan)
    assert (done.code, done.report.finish_reason, done.report.site_error) == (0, "finished", None)
    assert keys(done) == EVERY
    assert done.report.family == "nukeviet"
    assert done.report.captured == 16 and not done.failed
    assert done.report.requests == len(site.seen) == len(set(site.paths))
    assert {seen.headers["User-Agent"] for seen in site.seen} == {plan.user_agent}
    assert {(walk.finished, walk.wall) for walk in done.report.walks} == {(True, None)}
    kinds = [record.facts.kind for record in done.records if record.type == "response" and record.facts]
    assert kinds.count("robots") == kinds.count("home") == 1
    assert len(kinds) == len(site.seen)
    first = done.captures[0]
    assert (first.found_on, first.tls, first.robots, first.status) == (
        f"{site.url[:-1]}/tin-tuc/",
        "none",
        "allowed",
        200,
    )
    assert first.listed_at is not None and first.listed_at.startswith("2026-02-")


def test_a_quiet_second_night_asks_little(planned: Planned, crawl: Crawl) -> None:
    with serving(nukeviet()) as site:
        first = crawl(planned(site.url))
        site.seen.clear()
        second = crawl(planned(site.url, **first.next_plan()))
        assert second.captures == [] and second.report.site_error is None
        assert sorted(site.paths) == ["/", "/hoat-dong-hdnd/", "/robots.txt", "/tin-tuc/"]  # remembered listings
    assert second.next_plan(first)["listings"] == first.next_plan()["listings"]


def test_a_new_article_is_found_and_nothing_else_is_asked(planned: Planned, crawl: Crawl) -> None:
    routes = nukeviet()
    with serving(routes) as site:
        first = crawl(planned(site.url))
        routes[TIN] = listing("tin-tuc", [11, 10, 9, 8], "/tin-tuc/page-2/")
        routes[at(11)] = article(11)
        second = crawl(planned(site.url, **first.next_plan()))
    assert keys(second) == ["id:11"]


@pytest.mark.parametrize(
    ("walked", "pages"),
    [([], 3), ([{"resume": "/tin-tuc/page-2/", "resume_page": 2, "trusted": 2}], 3), ([{"trusted": 2}], 1)],
    ids=["never walked", "walk broken off", "walk finished"],
)
def test_known_pages_stop_a_walk_only_where_it_was_finished(
    walked: list[dict[str, Any]], pages: int, planned: Planned, crawl: Crawl
) -> None:
    with serving(nukeviet()) as site:
        listing = f"{site.url[:-1]}{TIN}"
        states = [state | {"listing": listing} for state in walked]
        states = [s | ({"resume": f"{site.url[:-1]}{s['resume']}"} if "resume" in s else {}) for s in states]
        done = crawl(planned(site.url, site={"listings": [TIN]}, known=known(*range(3, 11)), listings=states))
    assert [path for path in site.paths if "page-" in path or path == TIN][pages:] == []
    assert keys(done) == ([] if pages == 1 else ["id:1", "id:2"])


def test_a_first_night_stops_at_its_cap(planned: Planned, crawl: Crawl) -> None:
    with serving(nukeviet()) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}, first_pages=2))
    assert keys(done) == sorted(f"id:{n}" for n in range(3, 11))
    [walk] = done.report.walks
    assert (walk.pages, walk.finished) == (2, True)


def again(name: str, numbers: Callable[[int], list[int]]) -> dict[str, Route]:
    """Pages 3, 4, ... of a listing, each with a next one."""
    return {f"/{name}/page-{n}/": listing(name, numbers(n), f"/{name}/page-{n + 1}/") for n in range(3, 60)}


PAST_THE_END: dict[str, tuple[dict[str, Route], int]] = {
    "not-found": ({}, 3),
    "to-page-1": ({"/to-page-1/page-3/": Reply(status=301, headers={"Location": "/to-page-1/"})}, 4),
    "to-home": ({"/to-home/page-3/": Reply(status=302, headers={"Location": "/"})}, 4),
    "empty": ({"/empty/page-3/": html('<div class="news_column"></div>')}, 3),
    "last-page": (again("last-page", lambda _: [2, 1]), 3),
    "page-1": (again("page-1", lambda _: [4, 3]), 3),
    "circle": ({"/circle/page-3/": listing("circle", [2], "/circle/")}, 3),
    "sidebar": (again("sidebar", lambda n: [1 + n % 4]), 7),
    "no-pager": ({"/no-pager/page-2/": listing("no-pager", [2, 1])}, 2),
}
"""What a site answers past its last page, and how many requests it takes to see that."""


@pytest.fixture(scope="module")
def ended(planned: Planned, crawl: Crawl) -> tuple[Done, list[str]]:
    routes: dict[str, Route] = {"/": html("")}
    for name, (end, _) in PAST_THE_END.items():
        routes[f"/{name}/"] = listing(name, [4, 3], f"/{name}/page-2/")
        routes[f"/{name}/page-2/"] = listing(name, [2, 1], f"/{name}/page-3/")
        routes |= {at(n, name): article(n) for n in range(1, 5)} | end
    with serving(routes) as site:
        done = crawl(planned(site.url, site={"listings": [f"/{name}/" for name in PAST_THE_END]}))
    return done, site.paths


@pytest.mark.parametrize(("name", "requests"), [(name, requests) for name, (_, requests) in PAST_THE_END.items()])
def test_a_listing_ends(name: str, requests: int, ended: tuple[Done, list[str]]) -> None:
    done, paths = ended
    [walk] = [walk for walk in done.report.walks if walk.listing.endswith(f"/{name}/")]
    assert walk.finished
    assert len([path for path in paths if path.startswith(f"/{name}/") and not path.endswith(".html")]) <= requests
    assert keys(done) == ["id:1", "id:2", "id:3", "id:4"]


BEYOND = {
    "not-found": html("", 404),
    "forbidden": html("", 403),
    "broken": html("", 500),
    "bad-gateway": html("", 502),
    "to-page-1": Reply(status=301, headers={"Location": "/to-page-1/"}),
    "to-the-last": Reply(status=302, headers={"Location": "/to-the-last/page-2/"}),
    "to-home": Reply(status=302, headers={"Location": "/"}),
}
"""What answers past the last page, where an earlier walk was cut at that last page."""


@pytest.mark.parametrize("resumed", [True, False], ids=["resumed", "first"])
def test_an_error_ends_a_listing_only_where_a_walk_was_cut_before(
    resumed: bool, planned: Planned, crawl: Crawl
) -> None:
    routes: dict[str, Route] = {"/": html("")}
    for name, end in BEYOND.items():
        routes[f"/{name}/"] = listing(name, [4, 3], f"/{name}/page-2/")
        routes[f"/{name}/page-2/"] = listing(name, [2, 1], f"/{name}/page-3/")
        routes[f"/{name}/page-3/"] = end
    with serving(routes) as site:
        urls = [f"{site.url}{name}/" for name in BEYOND]
        cut = {"trusted": 1, "resume_page": 2}
        states = [{"listing": url, "resume": f"{url}page-2/"} | cut for url in urls] if resumed else []
        named = {"listings": [f"/{name}/" for name in BEYOND]}
        done = crawl(planned(site.url, site=named, known=known(1, 2, 3, 4), listings=states))
    ended = {walk.listing.rsplit("/", 2)[1]: walk.trouble for walk in done.report.walks if walk.finished}
    faults = {"forbidden": "http_403", "broken": "http_500", "bad-gateway": "http_502"}
    assert ended.keys() == (BEYOND.keys() if resumed else BEYOND.keys() - faults.keys())
    told = {one.url.rsplit("/", 2)[1]: one.reason for one in done.report.troubles}
    assert told == ({} if resumed else faults)


def test_a_backfill_of_an_undated_listing_asks_the_ends_of_its_pages(planned: Planned, crawl: Crawl) -> None:
    """Five articles a page, one a day; the window is the third page."""
    routes: dict[str, Route] = {}
    for page in range(1, 6):
        days = range(30 - 5 * page, 25 - 5 * page, -1)
        shown = listing("tin-tuc", days, f"/tin-tuc/page-{page + 1}/")
        undated = re.sub(rb"\d\d/02/2026 08:00:00", b"", shown.body)
        routes[TIN if page == 1 else f"/tin-tuc/page-{page}/"] = replace(shown, body=undated)
        for day in days:
            page_of_day = article(day)
            routes[at(day)] = replace(page_of_day, body=page_of_day.body.replace(b"02/03/2026", b"%02d/02/2026" % day))
    with serving(routes) as site:
        window = {"kind": "backfill", "since": "2026-02-11", "until": "2026-02-15"}
        done = crawl(planned(site.url, site={"listings": [TIN]}, **window))
    asked = [25, 21, 20, 16, *range(11, 16), 10, 6]
    assert sorted(path for path in site.paths if path.endswith(".html")) == sorted(at(day) for day in asked)
    assert keys(done) == sorted(f"id:{day}" for day in asked)
    assert "/tin-tuc/page-4/" in site.paths and "/tin-tuc/page-5/" not in site.paths


def test_a_backfill_takes_its_window_and_walks_until_it_is_past(planned: Planned, crawl: Crawl) -> None:
    routes: dict[str, Route] = {}
    for page in range(1, 9):
        numbers = [28 - page * 3 + 2, 28 - page * 3 + 1, 28 - page * 3]
        routes[TIN if page == 1 else f"/tin-tuc/page-{page}/"] = listing(
            "tin-tuc", numbers, f"/tin-tuc/page-{page + 1}/"
        )
        routes |= {at(n): article(n) for n in numbers}
    with serving(routes) as site:
        plan = planned(
            site.url, site={"listings": [TIN]}, kind="backfill", since="2026-02-15", until="2026-02-20", first_pages=1
        )
        done = crawl(plan)
    assert keys(done) == sorted(f"id:{n}" for n in range(14, 20))  # listing dates are number + 1
    assert max(path for path in site.paths if "page-" in path) == "/tin-tuc/page-6/"


def test_pages_are_asked_again_with_their_validators(planned: Planned, crawl: Crawl) -> None:
    def conditional(headers: dict[str, str]) -> Reply:
        same = (
            headers.get("If-None-Match") == '"e1"'
            or headers.get("If-Modified-Since") == "Mon, 02 Mar 2026 00:00:00 GMT"
        )
        return Reply(status=304, headers={"ETag": '"e1"'}) if same else article(1)

    routes: dict[str, Route] = {
        TIN: listing("tin-tuc", [1, 2, 3, 4, 5, 6]),
        at(1): conditional,
        at(2): conditional,
        at(3): article(3, "Nội dung đã sửa. " * 40),
        at(4): html("đã gỡ", 410),
        at(5): Reply(status=302, headers={"Location": "/"}),
        at(6): html("", 403),
    }
    with serving(routes) as site:
        base = site.url[:-1]
        again = [{"url": base + at(n), "etag": '"e1"'} for n in (1, 3, 4, 5, 6)]
        again.append({"url": base + at(2), "last_modified": MONDAY})
        done = crawl(planned(site.url, site={"listings": [TIN]}, known=known(*range(1, 7)), revalidate=again))
    statuses = {"id:1": 304, "id:2": 304, "id:3": 200, "id:4": 410, "id:5": 302, "id:6": 403}
    assert {c.url_key: c.status for c in done.captures} == statuses
    assert [c.url_key for c in done.captures if c.leads_home] == ["id:5"]  # missing, as if it were a 404
    assert [record.type for record in done.records if record.status == 304] == ["revisit", "revisit"]
    assert not done.failed and [t.reason for t in done.report.troubles] == ["http_403"]
    assert done.report.captured == 6


def test_nothing_is_asked_again_when_the_listings_fail(planned: Planned, crawl: Crawl) -> None:
    with serving({TIN: html("", 500), at(1): html("", 404)}) as site:
        again = [{"url": site.url[:-1] + at(1)}]
        done = crawl(planned(site.url, site={"listings": [TIN]}, kind="recheck", revalidate=again))
    assert done.captures == [] and at(1) not in site.paths
    assert done.report.site_error == "http_500 on 1 listings"
    assert (done.code, done.report.finish_reason) == (1, "site_error")


def test_a_recheck_asks_for_nothing_new(planned: Planned, crawl: Crawl) -> None:
    with serving(nukeviet()) as site:
        done = crawl(planned(site.url, kind="recheck", revalidate=[{"url": site.url[:-1] + at(3)}]))
    assert keys(done) == ["id:3"]
    assert done.report.requests == 4


def test_redirects(planned: Planned, crawl: Crawl) -> None:
    def to(place: str) -> Reply:
        return Reply(status=301, headers={"Location": place})

    routes: dict[str, Route] = {
        TIN: listing("tin-tuc", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        at(1): to(at(1, "hoat-dong-hdnd")),
        at(1, "hoat-dong-hdnd"): article(1),
        at(2): to(at(3)),
        at(3): article(3),
        at(4): to("https://moved.example.vn/4"),
        at(5): to(at(5)),
        at(6): to("/"),
        at(7): to("http://169.254.169.254/latest"),
        at(8): to("ftp://127.0.0.1/x"),
        at(9): to("/sâu/?n=0".encode().decode("latin-1")),
        "/s%C3%A2u/?n=0": to("/tin-tuc/m%E1%BB%9Bi-90.html"),
        "/tin-tuc/m%E1%BB%9Bi-90.html": article(90),
    }
    with serving(routes) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}))
    assert {c.url_key: c.url.removeprefix(site.url) for c in done.captures if c.status == 200} == {
        "id:1": at(1, "hoat-dong-hdnd")[1:],
        "id:3": at(3)[1:],
        "id:90": "tin-tuc/m%E1%BB%9Bi-90.html",
    }
    assert site.paths.count(at(3)) == 1
    aliases = {c.url.removeprefix(site.url): c.alias_of for c in done.captures if c.alias_of}
    assert aliases == {at(2)[1:]: "id:3", at(9)[1:]: "/s%C3%A2u?n=0", "s%C3%A2u/?n=0": "id:90"}
    assert [c.url_key for c in done.captures if c.leads_home] == ["id:6"]
    assert done.failed == {"moved": 1, "redirect_loop": 1, "guarded": 2}
    targets = {t.target for t in done.report.troubles if t.reason in ("moved", "guarded")}
    assert targets == {"https://moved.example.vn/4", "http://169.254.169.254/latest", "ftp://127.0.0.1/x"}
    assert sum(record.status == 301 for record in done.records) == 9  # kept, as everything that was answered


def test_failures_by_reason(planned: Planned, crawl: Crawl) -> None:
    big = Reply(headers={"Content-Length": str(20 * 2**20)})
    routes: dict[str, Route] = {
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /tin-tuc/*-6.html\nUser-agent: other\nDisallow: /\n"),
        TIN: listing("tin-tuc", [1, 2, 3, 4, 5, 6, 7]),
        at(1): html("", 500),
        at(2): html("", 403),
        at(3): Reply(slam=True),
        at(4): html("", 400),
        at(5): article(5),
        at(7): big,
    }
    with serving(routes) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}))
    assert keys(done) == ["id:5"]
    assert done.failed == {"http_500": 1, "http_403": 1, "connection": 1, "http_400": 1, "robots": 1, "too_large": 1}
    assert [site.paths.count(at(n)) for n in (1, 2, 4, 6)] == [3, 1, 1, 0]
    assert done.report.requests >= len(site.seen)


def test_a_404_under_one_path_is_no_loss_when_another_path_answers(planned: Planned, crawl: Crawl) -> None:
    routes: dict[str, Route] = {
        TIN: listing("tin-tuc", [1, 2, 3]),
        "/hoat-dong-hdnd/": listing("hoat-dong-hdnd", [2, 3]),
        at(1): html("", 404),
        at(2): html("", 404),
        at(2, "hoat-dong-hdnd"): article(2),
        at(3): html("", 404),
        at(3, "hoat-dong-hdnd"): html("", 404),
    }
    with serving(routes) as site:
        done = crawl(planned(site.url, site={"listings": [TIN, "/hoat-dong-hdnd/"]}))
    assert sorted((c.url_key, c.status) for c in done.captures) == [("id:1", 404), ("id:2", 200), ("id:3", 404)]
    assert done.report.captured == 3


@pytest.mark.parametrize("encoding", ["gzip", None])
def test_bodies_are_kept_as_sent(encoding: str | None, planned: Planned, crawl: Crawl) -> None:
    page = article(1)
    sent = Reply(gzip.compress(page.body), headers={"Content-Encoding": "gzip"}) if encoding else page
    listed = listing("tin-tuc", [1])
    with serving({TIN: Reply(gzip.compress(listed.body), headers={"Content-Encoding": "gzip"}), at(1): sent}) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}))
    [record] = [r for r in done.records if r.type == "response" and r.facts and r.facts.kind == "article"]
    assert (record.block, record.payload) == (sent.body, page.body)


def test_what_was_missing_when_a_crawl_was_killed_is_asked_under_its_other_url_alone(
    planned: Planned, crawl: Crawl
) -> None:
    routes: dict[str, Route] = {
        TIN: listing("tin-tuc", [1, 2]),
        "/hoat-dong-hdnd/": listing("hoat-dong-hdnd", [1]),
        at(1, "hoat-dong-hdnd"): article(1),
    }
    with serving(routes) as site:
        lost = {
            n: {"url": f"{site.url[:-1]}{at(n)}", "url_key": f"id:{n}", "reason": "http_404"}
            | {"since": "2026-03-01", "next_on": "2026-03-02"}
            for n in (1, 2)
        }
        about = {"listings": [TIN, "/hoat-dong-hdnd/"]}
        done = crawl(planned(site.url, site=about, absent=list(lost.values())))
    assert keys(done) == ["id:1"]
    assert [path for path in site.paths if path.endswith(".html")] == [at(1, "hoat-dong-hdnd")]


def test_two_names_of_one_site_are_one(planned: Planned, crawl: Crawl) -> None:
    routes = nukeviet()
    with serving(routes) as site:
        twin = f"localhost:{site.port}"
        page = listing("tin-tuc", [10, 9]).body.decode()
        routes[TIN] = Reply(
            page.replace('href="/tin-tuc/phien-hop-thu-9', f'href="http://{twin}/tin-tuc/phien-hop-thu-9').encode()
        )
        other = Reply(page.replace('href="/tin-tuc/phien-hop-thu-10', 'href="https://elsewhere.example.vn/a').encode())
        routes["/hoat-dong-hdnd/"] = other
        about = {"listings": [TIN, "/hoat-dong-hdnd/"], "hosts": [twin]}
        done = crawl(planned(site.url, site=about, allow_hosts=(site.host, twin)))
    assert sorted(c.url for c in done.captures) == [f"http://127.0.0.1:{site.port}{at(10)}", f"http://{twin}{at(9)}"]


@pytest.mark.parametrize(
    ("routes", "says"),
    [
        ({TIN: html("<p>Xin chào quý vị.</p>")}, "no article links on 1 listings"),
        ({TIN: html("", 404)}, "http_404 on 1 listings"),
        ({TIN: LOGIN}, "login_wall on 1 listings"),
        ({"/robots.txt": Reply(b"User-agent: *\nDisallow: /"), TIN: listing("tin-tuc", [1])}, "robots on 1 listings"),
        ({"/robots.txt": Reply(status=503), TIN: listing("tin-tuc", [1])}, "robots.txt: http_503"),
        ({"/robots.txt": Reply(slam=True), TIN: listing("tin-tuc", [1])}, "robots.txt: connection"),
        (
            {"/robots.txt": Reply(status=302, headers={"Location": "/robots.txt"}), TIN: html("")},
            "no article links on 1 listings",
        ),
        ({TIN: Reply(status=301, headers={"Location": "https://moi.example.vn/"})}, "moved on 1 listings"),
    ],
)
def test_a_site_that_gives_nothing_says_why(
    routes: dict[str, Route], says: str, planned: Planned, crawl: Crawl
) -> None:
    with serving(routes) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}))
    assert (done.code, done.report.site_error, done.captures) == (1, says, [])


FORWARDS = {
    "a refresh": ("<meta http-equiv=refresh content='0;url=/trang-chu.html'>", None),
    "a script": ("<script>window.location.href='/trang-chu.html'</script>", None),
    "a frame": ("<iframe src='/trang-chu.html'></iframe>", None),
    "a picture": ("<a href='/trang-chu.html'><img src='/chao.jpg'></a>", None),
    "off the site": ("<meta http-equiv=refresh content='0;url=https://moi.example.vn/'>", "home page: moved"),
    "to nothing": ("<script>window.location.href='/khong-co/'</script>", "home page: blocked"),
    "to a login": ("<script>window.location.href='/vao/'</script>", "home page: login_wall"),
    "a challenge": ("<script>document.cookie='a=1';location.href='/trang-chu.html'</script>", "home page: blocked"),
}


@pytest.mark.parametrize(("door", "says"), FORWARDS.values(), ids=FORWARDS)
def test_a_home_page_that_sends_its_readers_on_is_followed_once(
    door: str, says: str | None, planned: Planned, crawl: Crawl
) -> None:
    routes = nukeviet()
    routes |= {"/trang-chu.html": routes["/"], "/": Reply(f"<html><body>{door}".encode()), "/vao/": LOGIN}
    with serving(routes) as site:
        done = crawl(planned(site.url))
    assert done.report.site_error == says
    assert keys(done) == ([] if says else EVERY)
    assert len(site.paths) == len(set(site.paths)) == done.report.requests


def test_a_wall_on_one_listing_is_told_and_the_others_are_walked(planned: Planned, crawl: Crawl) -> None:
    routes = nukeviet() | {"/noi-bo/": LOGIN}
    with serving(routes) as site:
        done = crawl(planned(site.url, site={"listings": ["/noi-bo/", TIN]}))
    assert [(walk.wall, walk.finished) for walk in done.report.walks] == [("login_wall", False), (None, True)]
    assert len(done.captures) == 10 and done.code == 0
