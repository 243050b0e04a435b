"""Hostile pages: whatever the bytes are, the refinery ends in a verdict, in time, and never raises."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks import fuzz
from pipelines.page import RawPage
from pipelines.refinery import refine
from schemas.article import Accepted, Rejected

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PAGES = sorted((Path(__file__).parent / "pages").glob("*.html"))
LIMIT = 15.0
"""Seconds: the limit of a page is 20, and a busy machine is slower than a quiet one."""
PROSE = "<p>Chiều nay, bà con bản Nà Lếch họp bàn việc nạo vét con mương đầu làng trước mùa mưa.</p>"
HEAD = (
    "<html><head><title>Bản Nà Lếch họp bàn</title></head><body><h1>Bản Nà Lếch họp bàn</h1><div class='entry-content'>"
)


def verdict(body: bytes, content_type: str | None = "text/html; charset=utf-8") -> Accepted | Rejected:
    """Of one page, within its time; the verdict can be written down."""
    begun = time.monotonic()
    found = refine([RawPage("https://a.example.vn/tin/bai-1.html", body, NOW, content_type)], None, None)
    assert time.monotonic() - begun < LIMIT
    assert type(found).model_validate_json(found.model_dump_json()) == found
    return found


def page(inner: str) -> bytes:
    return f"{HEAD}{PROSE * 3}{inner}{PROSE * 3}</div></body></html>".encode()


MB = 2**20
HOSTILE = {
    "empty": b"",
    "blank": b" \n\t" * 1000,
    "one nul": b"\0",
    "nuls": b"\0" * MB,
    "a lone tag": b"<",
    "an open comment": page("<!-- " + "x" * MB),
    "an open script": page("<script>" + "x=1;" * 100_000),
    "an open attribute": page('<a href="' + "x" * MB),
    "a long attribute": page(f'<p title="{"y" * 5 * MB}">Chữ</p>'),
    "5 MB of one word": page("<p>" + "a" * 5 * MB),
    "5 MB of spaces": page("<p>a" + " " * 5 * MB + "b</p>"),
    "5 MB of text": page("<p>" + "Bà con họp bàn. " * (5 * MB // 20) + "</p>"),
    "5 MB of one open tag": page("<b>" * (5 * MB // 3)),
    "5 MB of one end tag": page("</p>" * (5 * MB // 4)),
    "5 MB of breaks": page("<br>" * (5 * MB // 4)),
    "deep": page("<div>" * 20_000 + PROSE + "</div>" * 20_000),
    "deep tables": page("<table><tr><td>" * 3_000 + PROSE),
    "deep lists": page("<ul><li>" * 5_000 + PROSE),
    "a million rows": page("<table>" + "<tr><td>1<td>2" * 1_000_000 + "</table>"),
    "rows": page("<table>" + "<tr><td>Xã<td>2</tr>" * 10_000 + "</table>"),
    "links": page("".join(f'<a href="/tin-{n}.html">Bà con họp bàn việc nước lần {n}</a>' for n in range(9_000))),
    "paragraphs": page("<p>Một, hai, ba.</p>" * 20_000),
    "colons": page("<p>" + "a: " * 300_000 + "</p>"),
    "dates": page("<p>" + "1/1/2026 " * 200_000 + "</p>"),
    "references": page("<p>" + "số 12/2023/NQ-HĐND " * 60_000 + "</p>"),
    "half numbers": page("<p>" + "12/" * 300_000 + "</p>"),
    "marks": page("<p>" + "a" + "\u0301\u0323" * 300_000 + "</p>"),
    "entities": page("<p>" + "&amp;#" * 300_000 + "</p>"),
    "a huge entity": page("<p>&#99999999999;&#xD800;&#0;</p>"),
    "a huge colspan": page('<table><tr><td colspan="999999999" rowspan="999999999">a</td></tr></table>'),
    "json-ld nested": page('<script type="application/ld+json">' + "[" * 100_000 + "</script>"),
    "json-ld odd": page(
        '<script type="application/ld+json">{"@type": {"a": [1]}, "author": [[[]]], "datePublished": 7}</script>'
    ),
    "a base of no url": page('<base href="http://[::1"><a href="//[x]/a.pdf">a.pdf</a><img src="http://[">'),
    "a pdf": b"%PDF-1.4\n" + bytes(range(256)) * 400,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400,
    "a zip": b"PK\x03\x04" + bytes(range(256)) * 400,
    "a gzip": b"\x1f\x8b\x08" + bytes(range(256)) * 400,
    "control characters": page("<p>" + "".join(map(chr, range(1, 32))) * 100 + "</p>"),
    "surrogates": HEAD.encode() + b"<p>\xed\xa0\x80\xed\xbf\xbf</p>" * 50 + PROSE.encode() * 4,
    "bytes of no charset": b"<p>" + bytes(range(128, 256)) * 2000,
    "an svg": page("<svg>" + "<g>" * 3_000 + "<title>a</title>"),
    "a frameset": b"<frameset><frame src=a>" * 3_000,
    "forms": page("<form><select>" + "<option>a" * 50_000),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_ends_in_a_verdict(name: str) -> None:
    found = verdict(HOSTILE[name])
    assert not isinstance(found, Rejected) or "Error" not in found.detail, found.detail


@pytest.mark.slow
def test_no_time_grows_faster_than_the_page() -> None:
    runs = fuzz.shapes(128 * 1024)
    suspected = sorted(run.name for run in fuzz.steep(runs))
    for _ in range(5):  # a busy machine makes a measurement steep; what is steep is so each time
        suspected = [run.name for run in fuzz.steep(fuzz.shapes(128 * 1024, names=suspected))]
    assert not suspected
    assert not [run for run in (*runs, *fuzz.mixtures(12, 64 * 1024)) if run.outcome == "extract_crash"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_cut_anywhere_ends_in_a_verdict(path: Path) -> None:
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 25)):
        found = verdict(whole[:at])
        assert not isinstance(found, Rejected) or "Error" not in found.detail, (at, found.detail)


CHARSETS = [
    "utf-16",
    "utf-32",
    "windows-1258",
    "shift_jis",
    "no-such-charset",
    "utf-7",
    "hex",
    "idna",
    "",
    "\0",
    "utf-8;;=",
]


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_wrong_charset_ends_in_a_verdict(charset: str) -> None:
    body = page(f'<meta charset="{charset}">')
    assert isinstance(verdict(body, f"text/html; charset={charset}"), Accepted | Rejected)


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
def test_another_encoding_ends_in_a_verdict(charset: str) -> None:
    assert isinstance(verdict(page("").decode().encode(charset)), Accepted | Rejected)


@settings(max_examples=60, deadline=None)
@example(b"<html>", None)
@given(st.binary(max_size=400), st.none() | st.text(max_size=30))
def test_random_bytes_end_in_a_verdict(body: bytes, content_type: str | None) -> None:
    assert isinstance(verdict(body, content_type), Accepted | Rejected)


SCRAPS = """<p> </p> <div_class='entry-content'> </div> <table> <tr><td> <a_href=' '> <!-- --> <h1> Bà_con_họp_bàn.
1/1/2026 <ul><li> & <br> <script> <meta_charset=utf-16> MẬT \ud7ff \0""".replace("_", " ").split()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(SCRAPS), max_size=80))
def test_random_markup_ends_in_a_verdict(scraps: list[str]) -> None:
    found = verdict("".join(scraps).encode())
    assert not isinstance(found, Rejected) or "Error" not in found.detail, found.detail


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(PAGES), st.data())
def test_a_damaged_page_ends_in_a_verdict(path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    found = verdict(whole[:start] + data.draw(st.binary(max_size=50)) + whole[end:])
    assert not isinstance(found, Rejected) or "Error" not in found.detail, found.detail
