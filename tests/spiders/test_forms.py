"""A listing whose pager sends forms, walked by a real crawl."""

import base64
from collections.abc import Callable

import pytest

from schemas.capture import CrawlPlan
from tests.spiders.child import Done
from tests.spiders.replica import Replica, Reply, Route, serving

PAGES = 5


def site(style: str) -> dict[str, Route]:
    """A listing of five pages, each shown only for the view state of the page that links it; an article is a script."""

    def state(number: int) -> str:
        return base64.b64encode(f"trang {number} {style}".encode()).decode()

    def shown(number: int) -> Reply:
        rows = "".join(
            f"<tr><td><a href='chitiet.aspx?newsid={n}'>Kỳ họp thứ {n} của Hội đồng nhân dân tỉnh khóa mới</a>"
            f"<span>({1 + n % 28:02d}/02/2026)</span></td></tr>"
            for n in range(number * 10, number * 10 + 4)
        )
        call = "javascript:__doPostBack(&#39;{}&#39;,&#39;{}&#39;)".format
        numbers = "".join(
            f"<td><span>{n}</span></td>"
            if n == number
            else f'<td><a href="{call("ctl00$GV", f"Page${n}")}">{n}</a></td>'
            for n in range(1, PAGES + 1)
        )
        more = f"<a id='lnkNext' href=\"{call('ctl00$lnkNext', '')}\">Trang sau</a>" if number < PAGES else ""
        pager = numbers if style == "numbers" else more
        return Reply(
            f"""<html><body><form method='post' action='./danhsach.aspx?cm=2' id='aspnetForm'>
            <input type='hidden' name='__EVENTTARGET' value=''><input type='hidden' name='__EVENTARGUMENT' value=''>
            <input type='hidden' name='__VIEWSTATE' value='{state(number)}'>
            <input type='hidden' name='__EVENTVALIDATION' value='ok{number}'>
            <table>{rows}</table><table><tr>{pager}</tr></table></form></body></html>""".encode()
        )

    def sent(form: dict[str, str]) -> Reply:
        at = next((n for n in range(1, PAGES + 1) if form.get("__VIEWSTATE") == state(n)), None)
        if at is None or form.get("__EVENTVALIDATION") != f"ok{at}":
            return Reply(b"Invalid viewstate", 500)
        if form["__EVENTTARGET"] == "ctl00$lnkNext":
            return shown(at + 1)
        return shown(int(form["__EVENTARGUMENT"].removeprefix("Page$")))

    text = "Thường trực Hội đồng nhân dân tỉnh họp phiên thường kỳ, cho ý kiến về các nội dung trình kỳ họp. " * 6
    routes: dict[str, Route] = {
        "/robots.txt": Reply(b"", 404),
        "/danhsach.aspx?cm=2": shown(1),
        "POST /danhsach.aspx?cm=2": sent,
    }
    for n in range(10, 10 * (PAGES + 1)):
        routes[f"/chitiet.aspx?newsid={n}"] = Reply(
            f"<html><body><h1>Kỳ họp thứ {n}</h1><p>{text}</p></body></html>".encode()
        )
    return routes


@pytest.fixture
def walked(planned: Callable[..., CrawlPlan], crawl: Callable[[CrawlPlan], Done]) -> Callable[..., Done]:
    def go(replica: Replica, **fields: object) -> Done:
        return crawl(planned(replica.url, {"family": "webforms", "listings": ["/danhsach.aspx?cm=2"]}, **fields))

    return go


@pytest.mark.parametrize("style", ["numbers", "next"])
def test_a_pager_of_forms_is_walked(style: str, walked: Callable[..., Done]) -> None:
    with serving(site(style)) as replica:
        done = walked(replica)
        assert (done.report.captured, done.report.walks[0].pages, done.report.walks[0].finished) == (
            4 * PAGES,
            PAGES,
            True,
        )
        posts = [seen for seen in replica.seen if seen.path.startswith("POST")]
        assert len(posts) == PAGES - 1
        replica.seen.clear()
        again = walked(replica, **done.next_plan())
        assert again.report.captured == 0
        assert replica.paths == ["/robots.txt", "/danhsach.aspx?cm=2"]
