"""Decoding and parsing: whatever bytes come, a page in NFC or `UnreadablePage`."""

import contextlib
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.page import Page, RawPage, UnreadablePage, absolute, decode, parse
from schemas.outcome import Outcome

NOW = datetime(2025, 6, 3, 1, tzinfo=UTC)
SAID = "Chợ nổi Vàm Sậy mở từ lúc trời còn mù sương"


def page(body: bytes, content_type: str | None = None, url: str = "https://a.example.vn/b/c.html") -> Page:
    return parse(RawPage(url, body, NOW, content_type))


TONES = "\u0300\u0301\u0303\u0309\u0323"


def in_cp1258(words: str) -> bytes:
    """Letters with their quality, tones after them: how windows-1258 writes Vietnamese."""
    letters = []
    for letter in words:
        parts = unicodedata.normalize("NFD", letter)
        tone = "".join(c for c in parts if c in TONES)
        letters.append(unicodedata.normalize("NFC", "".join(c for c in parts if c not in TONES)) + tone)
    return "".join(letters).encode("cp1258")


CHARSETS = {
    "utf-8 told by the header": (SAID.encode(), "text/html; charset=utf-8"),
    "utf-8 although the header says otherwise": (SAID.encode(), "text/html; charset=iso-8859-1"),
    "utf-8 decomposed": (unicodedata.normalize("NFD", SAID).encode(), None),
    "utf-8 with a byte order mark": (b"\xef\xbb\xbf" + SAID.encode(), None),
    "utf-8 cut in a letter": (SAID.encode() + "đ".encode()[:1], "text/html; charset=utf-8"),
    "utf-16": (SAID.encode("utf-16"), None),
    "utf-16 without its mark": (f"<html><body><p class=a>{SAID}".encode("utf-16-be"), "text/html"),
    "windows-1258 told by the header": (in_cp1258(SAID), "text/html; charset=windows-1258"),
    "windows-1258 told by nobody": (in_cp1258(SAID), None),
    "NULs between": (SAID.replace(" ", " \0").encode(), None),
}


@pytest.mark.parametrize(("body", "content_type"), CHARSETS.values(), ids=CHARSETS)
def test_a_page_reads_as_written(body: bytes, content_type: str | None) -> None:
    assert decode(body, content_type).rstrip("\ufffd").removeprefix("<html><body><p class=a>") == SAID


def test_the_meta_names_the_charset() -> None:
    body = b'<html><head><meta charset="windows-1258"></head><body><p>' + in_cp1258(SAID) + b"</p></body></html>"
    assert page(body).tree.findtext(".//p") == SAID


REFUSED = {
    "empty": (b"", Outcome.UNREADABLE),
    "only NULs": (b"\0\0 \n", Outcome.UNREADABLE),
    "a PDF": (b"%PDF-1.7\n...", Outcome.UNREADABLE),
    "a Word file": (b"PK\x03\x04...", Outcome.UNREADABLE),
    "a feed": (b'<?xml version="1.0"?>\n<rss version="2.0"><channel/></rss>', Outcome.UNREADABLE),
    "a sitemap": (b'<?xml version="1.0"?><!-- x --><urlset></urlset>', Outcome.UNREADABLE),
    "five megabytes of one tag": (b"<p>x" * 1_250_000, Outcome.TOO_LARGE),
    "ten thousand links and one": (b"<p>x" + b"<a href=/b>c</a>" * 10_001, Outcome.TOO_LARGE),
    "too many bytes": (b"x" * 20_000_001, Outcome.TOO_LARGE),
}


@pytest.mark.parametrize(("body", "outcome"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_page_is_refused_by_name(body: bytes, outcome: Outcome) -> None:
    with pytest.raises(UnreadablePage) as caught:
        page(body)
    assert caught.value.outcome is outcome


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    with contextlib.suppress(UnreadablePage):
        page(body)


@given(st.text(st.sampled_from("aAâĂeêiouơưydđ \n.·" + "".join(map(chr, range(0x300, 0x345))))))
def test_marks_that_stand_apart_are_composed(words: str) -> None:
    assert unicodedata.is_normalized("NFC", page(f"<p>Nghị quyết {words}".encode()).html)


def test_deep_nesting_is_read_to_some_depth() -> None:
    assert page(b"<div>" * 5000 + b"x").tree.tag == "html"


BASES = {
    "none": (b"<p>x", "https://a.example.vn/b/c.html"),
    "absolute": (b'<base href="https://b.example.vn/d/"><p>x', "https://b.example.vn/d/"),
    "relative": (b'<base href="/e/"><p>x', "https://a.example.vn/e/"),
    "empty": (b'<base href=""><p>x', "https://a.example.vn/b/c.html"),
}


@pytest.mark.parametrize(("body", "base"), BASES.values(), ids=BASES)
def test_base_url(body: bytes, base: str) -> None:
    assert page(body).base_url == base


@pytest.mark.parametrize("href", ["javascript:void(0)", "mailto:a@b.vn", "http://[::1", "tel:1"])
def test_what_is_no_web_link(href: str) -> None:
    assert absolute("https://a.example.vn/", href) is None


@given(st.text(max_size=60))
def test_any_href_is_a_url_or_none(href: str) -> None:
    url = absolute("https://a.example.vn/b", href)
    assert url is None or url.startswith(("http://", "https://", "HTTP", "Http"))


def test_an_old_font_is_undone_all_over_the_page() -> None:
    tcvn3 = (
        "§¶ng bé tØnh tæ chøc héi nghÞ tæng kÕt c«ng t¸c n¨m, ®¸nh gi¸ kÕt qu¶ thùc hiÖn nhiÖm vô, ph\xadíng h\xadíng"
    )
    read = page(f"<html><body><h1>{tcvn3}</h1><p>{tcvn3}</p></body></html>".encode())
    assert "tỉnh tổ chức hội nghị tổng kết công tác" in (read.tree.findtext(".//p") or "")
