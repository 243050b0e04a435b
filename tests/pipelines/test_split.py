"""Articles over several pages: whose pager it is, and what the further pages have that is new."""

from datetime import UTC, datetime
from urllib.parse import urljoin

import pytest

from pipelines.families import FAMILIES
from pipelines.page import RawPage, parse
from pipelines.refinery import refine
from schemas.article import Accepted

HERE = "https://mau.vn/tin/dap-dat-ban-khe-64.html"
TITLE = "Dân bản Khe chung tay đắp lại con đập đất"
TEXT = tuple(
    f"Sáng mồng {day}, {many} hộ ở bản Khe gùi đất lên đắp đoạn đập bị lũ cuốn, ai nấy lấm lem mà vẫn rộn tiếng cười."
    for day, many in ((3, "mười hai"), (4, "mười lăm"), (5, "hai mươi"), (6, "ba mươi"), (7, "bốn mươi"))
)
PAGER = f"<div class=so>Trang: <b>1</b> <a href='{HERE}?trang=2'>2</a> <a href='{HERE}?trang=3'>3</a></div>"
OWN = [f"{HERE}?trang=2", f"{HERE}?trang=3"]
OTHERS = "".join(
    f"<li><a href='/tin/hoi-xuan-{n}.html'>Hội xuân bản Nà Pán mở lần thứ {n}</a> 0{n}/02/2025</li>" for n in (1, 2)
)
TEASERS = "".join(
    f"<div><a href='/tin/hoi-xuan-{n}.html'>Hội xuân bản Nà Pán mở lần thứ {n}</a><p>Năm thứ {n} bản mở hội, trai gái "
    "ném còn bên suối từ sáng sớm đến khi lên đèn.</p></div>"
    for n in (1, 2, 3)
)


def prose(lines: tuple[str, ...] = TEXT) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def page(below: str, above: str = "", lines: tuple[str, ...] = TEXT, url: str = HERE) -> RawPage:
    html = f"<h1>{TITLE}</h1>{above}<div class=nd>{prose(lines)}</div>{below}"
    return RawPage(
        url, f"<html><body><div id=trang>{html}</div></body></html>".encode(), datetime(2026, 3, 1, tzinfo=UTC)
    )


PLACES = {
    "under the text": (page(PAGER), OWN),
    "over the text": (page("", PAGER), OWN),
    "under the text and over other articles": (page(f"{PAGER}<h3>Tin khác</h3><ul>{OTHERS}</ul>"), OWN),
    "under one paragraph and a signature": (page(f"<p>Vi Văn Dậu</p>{PAGER}", lines=TEXT[:1]), OWN),
    "under prose with links in it": (
        page(f"<p>Như <a href='/a-12.html'>chuyện đắp đập năm xưa đã kể</a>, {TEXT[0]}</p>{PAGER}"),
        OWN,
    ),
    "under a list of documents": (page(f"<a href='/a.pdf'>Kế hoạch đắp đập của bản Khe</a> {PAGER}"), OWN),
    "after a list within the text": (
        page(f"<ul>{OTHERS}</ul><p>{TEXT[0].replace('Sáng', 'Chiều')}</p>{PAGER}"),
        OWN,
    ),
    "under other articles with short names": (
        page(
            "".join(f"<b><a href='/tin/ra-dong-ban-khe-{n}.html'>Ra đồng</a></b> 0{n}/02/2025" for n in (7, 8)) + PAGER
        ),
        [],
    ),
    "under other articles": (page(f"<h3>Các tin khác</h3><ul>{OTHERS}</ul>{PAGER}"), []),
    "between their heading and them": (page(f"<h3>Các tin khác</h3>{PAGER}<ul>{OTHERS}</ul>"), []),
    "under other articles without a heading": (page(f"<ul>{OTHERS}</ul>{PAGER}"), []),
    "under other articles and their leads": (page(f"{TEASERS}{PAGER}"), []),
    "under comments": (page(f"<div class=comments>{prose()}{PAGER}</div>"), []),
    "numbers that are no digits": (
        page(f"<p>Rộng 5 km<a href='{HERE}?trang=2'>\u00b2</a> <a href='{HERE}?trang=1'>①</a></p>"),
        [],
    ),
}


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("family", ["generic", "webforms"])
def test_a_pager_is_the_articles_own_where_the_article_stands_before_it(where: str, family: str) -> None:
    raw, own = PLACES[where]
    assert list(FAMILIES[family].further_pages(parse(raw))) == own


URLS = {
    "a parameter": (HERE, "?trang=2", "?trang=3"),
    "counted from nought": (HERE, "?start=1", "?start=2"),
    "before the ending": (HERE, "/tin/dap-dat-ban-khe-64-p2.html", "/tin/dap-dat-ban-khe-64-p3.html"),
    "behind the ending": (HERE, "/tin/dap-dat-ban-khe-64.html/2", "/tin/dap-dat-ban-khe-64.html/3"),
    "a path below": ("https://mau.vn/tin/64/", "/tin/64/trang-2/", "/tin/64/trang-3/"),
}


@pytest.mark.parametrize("name", URLS)
def test_how_the_urls_of_further_pages_are_made(name: str) -> None:
    here, *further = URLS[name]
    pager = " ".join(f"<a href='{url}'>{n}</a>" for n, url in enumerate(further, 2))
    other = "<a href='/tin/65/2'>2</a> <a href='https://khac.vn/tin/64/2'>2</a> <a href='?trang=7'>4</a>"
    found = FAMILIES["generic"].further_pages(parse(page(f"<p>{pager} {other}</p>", url=here)))
    assert found == tuple(urljoin(here, url) for url in further)


PARTS = {
    "new": ((TEXT[3:],), TEXT),
    "the lead again": (((TEXT[0], *TEXT[3:]),), TEXT),
    "the first page again": ((TEXT[:3], TEXT[:3]), TEXT[:3]),
    "the first page again with something else": (((*TEXT[:3], TEXT[4]), TEXT[:3]), TEXT[:3]),
    "the last page again": ((TEXT[3:], TEXT[3:]), TEXT),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_further_page_adds_what_is_new(name: str) -> None:
    further, whole = PARTS[name]
    pages = [
        page(PAGER, lines=TEXT[:3]),
        *(page(PAGER, lines=p, url=f"{HERE}?trang={n}") for n, p in enumerate(further, 2)),
    ]
    verdict = refine(pages, None, None, family="generic", include_out_of_scope=True)
    assert isinstance(verdict, Accepted)
    assert verdict.content.text.split("\n\n") == list(whole)
