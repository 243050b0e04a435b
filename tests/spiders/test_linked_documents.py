"""Documents that articles link: each URL once, of the article alone, under the manners of every other request."""

from collections.abc import Callable
from typing import Any

import pytest

from flows.demo.pdf import document as pdf
from pipelines import warc
from pipelines.attachments import file_key
from schemas.capture import CrawlPlan
from schemas.urls import pack_hashes, url_hash
from tests.spiders.child import Done
from tests.spiders.replica import Reply, Route, article, html, listing, serving

Planned = Callable[..., CrawlPlan]
Crawl = Callable[[CrawlPlan], Done]
TIN = "/tin-tuc/"
FILE = Reply(pdf(["Nghị quyết của xã Vũng Sậy"]), headers={"Content-Type": "application/pdf"})
PROSE = "Sáng nay, Thường trực họp phiên thường kỳ, cho ý kiến về các nội dung trình kỳ họp. " * 6


def at(number: int) -> str:
    return f"{TIN}phien-hop-thu-{number}-cua-thuong-truc-{number}.html"


def links(*hrefs: str) -> str:
    return PROSE + "".join(f'</p><p><a href="{href}">Văn bản số {n}</a>' for n, href in enumerate(hrefs, start=1))


def site_of(*bodies: str, **files: Reply) -> dict[str, Route]:
    routes: dict[str, Route] = {f"/uploads/{name}.pdf": reply for name, reply in files.items()}
    routes |= {at(n): article(n, body) for n, body in enumerate(bodies, start=1)}
    return routes | {"/": html(""), TIN: listing("tin-tuc", range(len(bodies), 0, -1))}


def fetched(done: Done) -> list[str]:
    """Keys of the attachments in the spool."""
    return [key for key, _ in warc.attachments(iter(done.records))]


@pytest.fixture
def asked(planned: Planned, crawl: Crawl) -> Callable[..., tuple[Done, list[str]]]:
    """Crawls routes; what was asked of the uploads folder."""

    def run(routes: dict[str, Route], about: dict[str, Any] | None = None, **fields: Any) -> tuple[Done, list[str]]:
        with serving(routes) as site:
            done = crawl(planned(site.url, site={"listings": [TIN]} | (about or {}), **fields))
        assert done.code == 0, done.log
        return done, [path for path in site.paths if "uploads" in path or "download" in path]

    return run


def test_a_linked_document_is_captured_and_is_no_article(asked: Any) -> None:
    done, paths = asked(site_of(links("/uploads/a.pdf"), a=FILE))
    assert paths == ["/uploads/a.pdf"]
    assert fetched(done) == ["file:/uploads/a.pdf"]
    [(_, record)] = warc.attachments(iter(done.records))
    assert record.facts is not None and record.facts.found_on is not None
    assert record.facts.found_on.endswith(at(1)) and record.payload == FILE.body
    assert done.report.captured == len(done.captures) == 1 and not done.failed


def test_a_document_of_two_articles_is_asked_once(asked: Any) -> None:
    done, paths = asked(site_of(links("/uploads/a.pdf", "/uploads/a.pdf#page=2"), links("/uploads/a.pdf"), a=FILE))
    assert paths == ["/uploads/a.pdf"] and len(fetched(done)) == 1


def test_a_known_document_is_not_asked_again(asked: Any) -> None:
    known = pack_hashes([url_hash(file_key("http://a.vn/uploads/a.pdf"))])
    _, paths = asked(site_of(links("/uploads/a.pdf", "/uploads/b.pdf"), a=FILE, b=FILE), known=known)
    assert paths == ["/uploads/b.pdf"]


@pytest.mark.parametrize(
    ("choice", "paths"),
    [("all", ["/uploads/a.pdf", "/uploads/b.zip"]), ("documents", ["/uploads/a.pdf"]), ("none", [])],
)
def test_a_site_chooses(choice: str, paths: list[str], asked: Any) -> None:
    routes = site_of(links("/uploads/a.pdf", "/uploads/b.zip"), a=FILE) | {"/uploads/b.zip": FILE}
    assert asked(routes, {"attachments": choice})[1] == paths


def test_documents_of_the_sites_chrome_are_left_alone(asked: Any) -> None:
    page = article(1, links("/uploads/a.pdf"))
    chrome = b'<div class="sidebar"><ul><li><a href="/uploads/mau-don.pdf">Bieu mau</a></li></ul></div></body>'
    routes = site_of("", a=FILE) | {at(1): Reply(page.body.replace(b"</body>", chrome))}
    assert asked(routes)[1] == ["/uploads/a.pdf"]


def test_a_download_counter_is_followed_within_the_site(asked: Any) -> None:
    counter = at(1) + "?download=1&id=0"
    routes = site_of(links(counter.replace("&", "&amp;")), a=FILE)
    done, paths = asked(routes | {counter: Reply(status=302, headers={"Location": "/uploads/a.pdf"})})
    assert paths == [counter, "/uploads/a.pdf"]
    assert fetched(done) == [file_key(f"http://a.vn{counter}")]


@pytest.mark.parametrize(
    "href", ["http://127.0.0.2:9/uploads/x.pdf", "/admin/uploads/x.pdf", "ftp://a.vn/uploads/x.pdf", "javascript:x.pdf"]
)
def test_what_is_guarded_forbidden_or_elsewhere_is_not_asked(href: str, asked: Any) -> None:
    routes = site_of(links(href, "/uploads/a.pdf"), a=FILE)
    done, paths = asked(routes | {"/robots.txt": Reply(b"User-agent: *\nDisallow: /admin/")})
    assert paths == ["/uploads/a.pdf"] and not done.failed


def test_a_document_that_is_not_there_fails_no_article(asked: Any) -> None:
    done, paths = asked(site_of(links("/uploads/a.pdf"), links("/uploads/b.pdf"), b=FILE))
    assert sorted(paths) == ["/uploads/a.pdf", "/uploads/b.pdf"]
    assert done.report.captured == 2 and not done.failed and len(fetched(done)) == 1


def test_one_article_has_so_many_documents_at_most(asked: Any) -> None:
    names = [f"/uploads/{n}.pdf" for n in range(30)]
    _, paths = asked(site_of(links(*names)) | dict.fromkeys(names, FILE))
    assert paths == names[:20]


def test_what_hangs_on_a_page_under_a_stamp_is_not_fetched(asked: Any) -> None:
    assert asked(site_of("MẬT</p><p>" + links("/uploads/a.pdf"), a=FILE))[1] == []
