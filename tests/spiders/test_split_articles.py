"""Articles over several pages, and what leads to an article: captured whole, gone on with after a kill."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.captured import articles, cut_out, halves
from pipelines import warc
from schemas.capture import BegunArticle, CrawlPlan
from tests.spiders.child import Done, start
from tests.spiders.replica import Replica, Reply, Route, article, html, listing, serving

Planned = Callable[..., CrawlPlan]
Crawl = Callable[[CrawlPlan], Done]

FIRST, OTHER = (f"/tin-tuc/phien-hop-thu-{n}-cua-thuong-truc-{n}.html" for n in (1, 2))


def split_article() -> dict[str, Route]:
    """A site whose one article has three pages."""

    def post(number: int) -> Reply:
        links = '<a class="post-page-numbers" href="/tin/bai-dai/2/">2</a> <a href="/tin/bai-dai/3/">3</a>'
        return Reply(
            f"""<html><head><meta name="generator" content="WordPress 6.1"></head><body><article class="post hentry">
            <h1 class="entry-title">Bài dài nhiều trang của Ban Tuyên giáo</h1><div class="entry-content">
            <p>Trang {number}. {"Nội dung của bài. " * 30}</p><div class="post-nav-links">{links}</div></div>
            </article></body></html>""".encode()
        )

    return {
        "/chuyen-muc/tin/": Reply(
            b'<html><head><meta name="generator" content="WordPress 6.1"></head><body><main>'
            b'<article class="post hentry"><h2 class="entry-title"><a rel="bookmark" href="/tin/bai-dai/">'
            + "Bài dài nhiều trang của Ban Tuyên giáo".encode()
            + b"</a></h2></article></main></body></html>"
        ),
        **{f"/tin/bai-dai/{n}": post(1 if n == "" else int(n[0])) for n in ("", "2/", "3/")},
    }


def test_further_pages_of_one_article(planned: Planned, crawl: Crawl) -> None:
    with serving(split_article()) as site:
        done = crawl(planned(site.url, site={"listings": ["/chuyen-muc/tin/"]}))
    first = f"{site.url}tin/bai-dai/"
    assert [(c.url, c.part, c.part_of, c.url_key) for c in done.captures] == [
        (first, 1, None, "/tin/bai-dai"),
        (f"{first}2/", 2, first, "/tin/bai-dai"),
        (f"{first}3/", 3, first, "/tin/bai-dai"),
    ]
    assert done.report.captured == 1


def killed(plan: CrawlPlan, site: Replica, path: str) -> Path:
    """The spool of a crawl that is killed while it waits for the answer that it wants after that to `path`."""
    child = start(plan)
    while path not in site.paths and child.poll() is None:
        time.sleep(0.01)
    time.sleep(0.4)
    child.kill()
    child.communicate()
    return Path(plan.spool)


@pytest.mark.parametrize("kind", ["nightly", "backfill"])
def test_a_kill_between_the_pages_of_an_article_costs_only_the_one_under_way(
    kind: str, planned: Planned, crawl: Crawl, tmp_path: Path
) -> None:
    routes = split_article()
    last, routes["/tin/bai-dai/3/"] = routes["/tin/bai-dai/3/"], Reply(after=20.0)
    about: dict[str, Any] = {"kind": kind, "site": {"listings": ["/chuyen-muc/tin/"]}}
    with serving(routes) as site:
        spool = killed(planned(site.url, **about), site, "/tin/bai-dai/2/")
        [half] = halves(spool)
        assert (list(articles(spool, "k")), half.url_key) == ([], "/tin/bai-dai")
        begun = tmp_path / "begun.warc.gz"
        assert cut_out(spool, half, begun)
        routes["/tin/bai-dai/3/"], asked = last, len(site.paths)
        plan = planned(site.url, **about, begun=(BegunArticle(**half.model_dump(), path=str(begun)),))
        done = crawl(plan)
        again = [path for path in site.paths[asked:] if path.startswith("/tin/")]
    assert again == ["/tin/bai-dai/3/"]
    [whole] = articles(Path(plan.spool), "k")
    assert [capture.part for capture in whole] == [1, 2, 3]
    assert (list(halves(Path(plan.spool))), done.report.captured) == ([], 1)


LOGIN = html('<title>Đăng nhập</title><h1>Đăng nhập</h1><input type="password">')


@pytest.mark.parametrize(("answer", "reason"), [(html("", 500), "part_http_500"), (LOGIN, "part_login_wall")])
def test_a_page_of_an_article_that_gives_no_answer_has_the_article_asked_again(
    answer: Reply, reason: str, planned: Planned, crawl: Crawl
) -> None:
    routes = split_article()
    last, routes["/tin/bai-dai/3/"] = routes["/tin/bai-dai/3/"], answer
    about = {"listings": ["/chuyen-muc/tin/"]}
    with serving(routes) as site:
        plan = planned(site.url, site=about)
        first = crawl(plan)
        routes["/tin/bai-dai/3/"] = last
        second = crawl(planned(site.url, site=about, **first.next_plan()))
    parts = [[(c.url_key, c.part) for c in done.captures] for done in (first, second)]
    assert parts == [[("/tin/bai-dai", n) for n in numbers] for numbers in ((1, 2), (1, 2, 3))]
    assert (list(halves(Path(plan.spool))), first.failed) == ([], {reason: 1})
    assert second.remembered(first.remembered().model_copy(update={"folded": ()})).due == ()


def with_documents(answer: Reply) -> dict[str, Route]:
    """A site whose one article links two documents, the second with this answer."""
    links = "".join(f' <a href="/tai-lieu/{n}.pdf">Phụ lục {n} kèm theo kế hoạch</a>' for n in (1, 2))
    text = "Kế hoạch giao việc cho từng tổ, từng người, có ngày làm xong và người kiểm tra. " * 6
    pdf = Reply(b"%PDF-1.4\n%%EOF\n", headers={"Content-Type": "application/pdf"})
    return {
        "/tin-tuc/": listing("tin-tuc", [1]),
        FIRST: article(1, text + links),
        "/tai-lieu/1.pdf": pdf,
        "/tai-lieu/2.pdf": answer,
    }


def test_a_kill_between_the_documents_of_an_article_costs_only_the_one_under_way(
    planned: Planned, crawl: Crawl, tmp_path: Path
) -> None:
    routes = with_documents(Reply(after=20.0))
    about: dict[str, Any] = {"site": {"listings": ["/tin-tuc/"], "attachments": "all"}}
    with serving(routes) as site:
        spool = killed(planned(site.url, **about), site, "/tai-lieu/1.pdf")
        [half] = halves(spool)
        begun = tmp_path / "begun.warc.gz"
        assert cut_out(spool, half, begun)
        routes["/tai-lieu/2.pdf"], asked = routes["/tai-lieu/1.pdf"], len(site.paths)
        plan = planned(site.url, **about, begun=(BegunArticle(**half.model_dump(), path=str(begun)),))
        crawl(plan)
    assert [path for path in site.paths[asked:] if path != "/robots.txt"] == ["/tin-tuc/", "/tai-lieu/2.pdf"]
    assert len(list(articles(Path(plan.spool), "k"))) == 1
    with Path(plan.spool).open("rb") as stream:
        assert len(dict(warc.attachments(warc.scan(stream)))) == 2


@pytest.mark.parametrize(("status", "again"), [(503, 1), (404, 0), (403, 0)])
def test_a_document_that_a_passing_fault_keeps_back_has_its_article_asked_again(
    status: int, again: int, planned: Planned, crawl: Crawl
) -> None:
    routes = with_documents(html("", status))
    about: dict[str, Any] = {"site": {"listings": ["/tin-tuc/"], "attachments": "all"}}
    with serving(routes) as site:
        first = crawl(planned(site.url, **about))
        routes["/tai-lieu/2.pdf"], asked = routes["/tai-lieu/1.pdf"], len(site.paths)
        second = crawl(planned(site.url, **about, **first.next_plan()))
    assert (len(first.captures), len(second.captures)) == (1, again)
    assert ("/tai-lieu/2.pdf" in site.paths[asked:]) == bool(again)


@pytest.mark.parametrize("target", ["/tin/bai-dai/", "/tin/bai-khac/", "/"])
def test_a_further_page_that_leads_to_another_is_none(target: str, planned: Planned, crawl: Crawl) -> None:
    routes = split_article() | {"/tin/bai-khac/": article(7), "/": html("<p>Trang nhất.</p>")}
    routes["/tin/bai-dai/3/"] = Reply(status=301, headers={"Location": target})
    with serving(routes) as site:
        plan = planned(site.url, site={"listings": ["/chuyen-muc/tin/"]})
        done = crawl(plan)
    assert [(capture.url_key, capture.part) for capture in done.captures] == [("/tin/bai-dai", n) for n in (1, 2)]
    assert (len(list(articles(Path(plan.spool), "k"))), done.remembered().due) == (1, ())


def test_an_alias_leads_to_the_article_that_a_kill_left_half(planned: Planned, crawl: Crawl, tmp_path: Path) -> None:
    routes = split_article()
    last, routes["/tin/bai-dai/3/"] = routes["/tin/bai-dai/3/"], Reply(after=20.0)
    listed = routes["/chuyen-muc/tin/"]
    assert isinstance(listed, Reply)
    routes["/chuyen-muc/tin/"] = Reply(listed.body.replace(b"/tin/bai-dai/", b"/tin/ten-cu/"))
    routes["/tin/ten-cu/"] = Reply(status=301, headers={"Location": "/tin/bai-dai/"})
    about = {"listings": ["/chuyen-muc/tin/"]}
    with serving(routes) as site:
        spool = killed(planned(site.url, site=about), site, "/tin/bai-dai/2/")
        [half] = halves(spool)
        begun = tmp_path / "begun.warc.gz"
        assert cut_out(spool, half, begun)
        routes["/tin/bai-dai/3/"], asked = last, len(site.paths)
        plan = planned(site.url, site=about, begun=(BegunArticle(**half.model_dump(), path=str(begun)),))
        crawl(plan)
    assert [p for p in site.paths[asked:] if p.startswith("/tin/")] == ["/tin/ten-cu/", "/tin/bai-dai/3/"]
    assert [len(pages) for pages in articles(Path(plan.spool), "k")] == [3, 1]  # the article, and its alias


def test_a_kill_behind_a_redirect_leaves_no_alias_of_a_page_that_nobody_has(planned: Planned) -> None:
    routes: dict[str, Route] = {
        "/tin-tuc/": listing("tin-tuc", [1]),
        FIRST: Reply(status=301, headers={"Location": OTHER}),
        OTHER: Reply(after=20.0),
    }
    with serving(routes) as site:
        spool = killed(planned(site.url, site={"listings": ["/tin-tuc/"]}), site, FIRST)
    assert list(articles(spool, "k")) == []
