"""A site whose listings show nothing to a reader without scripts: what else it lists is read, in the order of trust."""

import gzip
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime

import pytest

from schemas.capture import CrawlPlan
from tests.spiders.child import Done
from tests.spiders.replica import Replica, Reply, Route, article, html, serving

NUMBERS = range(31, 37)
EMPTY = html("<div id='app'></div>")


def path(number: int) -> str:
    return f"/tin-tuc/phien-hop-thu-{number}-cua-thuong-truc-{number}.html"


def site(**more: Route) -> dict[str, Route]:
    """Articles, a home page and a listing without a link to any, and no file for machines but `more`."""
    return {
        "/": EMPTY,
        "/tin-tuc/": EMPTY,
        "/hoat-dong-hdnd/": EMPTY,
        **{path(n): article(n) for n in NUMBERS},
        **more,
    }


def sitemap(replica: Replica) -> dict[str, Route]:
    urls = "".join(
        f"<url><loc>{replica.url.rstrip('/')}{path(n)}</loc><lastmod>2026-02-{n - 20}T08:00:00+07:00</lastmod></url>"
        for n in NUMBERS
    )
    index = f"<sitemapindex><sitemap><loc>{replica.url}bai.xml.gz</loc></sitemap><sitemap><loc>/tag.xml</loc></sitemap>"
    return {
        "/robots.txt": Reply(f"User-agent: *\nDisallow:\nSitemap: {replica.url}chi-muc.xml\n".encode()),
        "/chi-muc.xml": Reply(f"{index}</sitemapindex>".encode(), headers={"Content-Type": "text/xml"}),
        "/bai.xml.gz": Reply(
            gzip.compress(
                f"<urlset>{urls}<url><loc>{replica.url}about/gioi-thieu-1.html</loc></url></urlset>".encode()
            ),
            headers={"Content-Type": "application/x-gzip"},
        ),
    }


def rss(_: Replica) -> dict[str, Route]:
    day = format_datetime(datetime(2026, 2, 2))
    items = "".join(f"<item><link>{path(n)}</link><pubDate>{day}</pubDate></item>" for n in NUMBERS)
    return {"/rss/": Reply(f"<rss version='2.0'><channel>{items}</channel></rss>".encode())}


def chain(_: Replica) -> dict[str, Route]:
    """The home page links one article, and each article the next."""
    link = "<a href='{}'>Phiên họp thứ {} của Thường trực Hội đồng nhân dân tỉnh</a>".format
    routes: dict[str, Route] = {
        path(n): Reply(article(n).body.replace(b"</body>", link(path(n + 1), n + 1).encode() + b"</body>"))
        for n in NUMBERS[:-1]
    }
    return routes | {"/": Reply(EMPTY.body.replace(b"<div id='app'>", b"<div>" + link(path(31), 31).encode()))}


@pytest.mark.parametrize(("source", "requests"), [(sitemap, 6), (rss, 6), (chain, 6)])
def test_what_else_a_site_lists(
    source: Callable[[Replica], dict[str, Route]],
    requests: int,
    planned: Callable[..., CrawlPlan],
    crawl: Callable[[CrawlPlan], Done],
) -> None:
    with serving(site()) as replica:
        replica.routes |= source(replica)
        about = {"listings": ["/tin-tuc/"], "family": "nukeviet"}
        done = crawl(planned(replica.url, about))
        assert (done.report.captured, done.report.site_error, done.code) == (len(NUMBERS), None, 0), done.log
        assert done.report.alarm is not None and done.report.alarm.startswith("no listing gives links")
        replica.seen.clear()
        again = crawl(planned(replica.url, about, **done.next_plan()))
        assert again.report.captured == 0 and len(replica.paths) <= requests, replica.paths
        assert not any("tag.xml" in p for p in replica.paths)


def test_a_site_that_refuses_is_not_searched(
    planned: Callable[..., CrawlPlan], crawl: Callable[[CrawlPlan], Done]
) -> None:
    with serving(site()) as replica:
        replica.routes |= sitemap(replica) | {"/tin-tuc/": Reply(b"no", 403)}
        done = crawl(planned(replica.url, {"listings": ["/tin-tuc/"], "family": "nukeviet"}))
        assert done.report.site_error == "http_403 on 1 listings"
        assert "/chi-muc.xml" not in replica.paths
