"""What a page asks of robots in itself, wherever it says so."""

from datetime import UTC, datetime

import pytest

from pipelines import warc
from pipelines.page import parse
from pipelines.refinery import refine
from pipelines.robots_meta import directives
from pipelines.warc_writing import response
from schemas.article import Accepted
from schemas.capture import Capture

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)
PROSE = "Sáng nay, Thường trực Hội đồng nhân dân tỉnh họp phiên thường kỳ, cho ý kiến về nội dung trình kỳ họp. "


@pytest.mark.parametrize(
    ("metas", "header", "said"),
    [
        ([], None, ""),
        ([("robots", "NOINDEX, noarchive")], None, "noarchive,noindex"),
        ([("robots", "index,follow"), ("robots", "noarchive")], "nosnippet", "follow,index,noarchive,nosnippet"),
        ([("googlebot", "noindex"), ("og:title", "noarchive")], None, ""),
        ([], "googlebot: noindex, nofollow", ""),
        ([], "googlebot: noindex, *: noarchive", "noarchive"),
        ([], "noarchive, googlebot: noindex", "noarchive"),
        ([], "max-snippet: 20, unavailable_after: 25 Jun 2026", "max-snippet:20,unavailable_after:25 jun 2026"),
        ([("robots", "<script>"), ("robots", ";;,,: ,")], "\xff", ""),
    ],
)  # fmt: skip
def test_directives(metas: list[tuple[str, str]], header: str | None, said: str) -> None:
    assert directives(metas, header) == said


def test_they_reach_the_article_from_header_and_page() -> None:
    url = "https://hdnd.mau.vn/tin-tuc/hop-thuong-ky-12.html"
    body = (
        "<html><head><title>Thường trực HĐND tỉnh họp phiên thường kỳ</title><meta name='Robots' content='NoArchive'>"
        f"</head><body><article><h1>Thường trực HĐND tỉnh họp phiên thường kỳ</h1><p>{PROSE * 3}</p><p>{PROSE * 4}</p>"
        "</article></body></html>"
    ).encode()
    headers = [("Content-Type", "text/html"), ("X-Robots-Tag", "noindex"), ("x-robots-tag", "other: nofollow")]
    record = warc.read_member(response(url, NOON, 200, headers, body, record_id="<urn:uuid:1>"))
    about = {"url": url, "url_key": "id:12", "status": 200, "fetched_at": NOON, "warc": "w", "offset": 0, "length": 1}
    page = warc.raw_page(Capture.model_validate(about), record)
    assert parse(page).robots == "noindex, other: nofollow"
    verdict = refine([page], None, None)
    assert isinstance(verdict, Accepted) and verdict.content.robots_meta == "noarchive,noindex"
