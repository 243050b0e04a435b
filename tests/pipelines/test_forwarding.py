"""Pages that only send their readers on."""

from datetime import UTC, datetime

import pytest

from pipelines.forwarding import way_on
from pipelines.judge import wall
from pipelines.page import RawPage, parse

X = "https://hdnd.example.vn"
MENU = "".join(f"<a href='/muc-{n}'>Chuyên mục {n}</a>" for n in range(5))
FRAMES = "<frame src='dau.html'><frame src='muc-luc.html' name='trai'><frame src='tin.html' name='noidung'>"
WAYS = {
    "a refresh": ("<meta http-equiv='Refresh' content='0; URL=web/guest/home'>", "/web/guest/home"),
    "in other words": (
        "<meta http-equiv=refresh content=\"3;'/vi/trang-chu.html'\"><p>Xin chờ</p>",
        "/vi/trang-chu.html",
    ),
    "a refresh of itself": ("<meta http-equiv=refresh content='5;url=/'>" + MENU, None),
    "a refresh that keeps new": ("<meta http-equiv=refresh content='600;url=/index.html'>" + MENU, None),
    "a refresh without scripts": ("<noscript><meta http-equiv=refresh content='0;url=/js.html'></noscript>", None),
    "a script": ("<script>window.location.href = '/trang-chu.html';</script>", "/trang-chu.html"),
    "a script that replaces": ('<script>top.location.replace("/vi-vn/")</script>', "/vi-vn/"),
    "a script of the body": ("<body onload=\"location='trangchu.php'\">", "/trangchu.php"),
    "a script among others": (MENU + "<script>if (nho) location.href = '/m/'</script>", None),
    "a script that searches": ("<script>function tim() { location.href='/tim-kiem?q=' + o.value }</script>", None),
    "a script to the login": ("<script>location.href='/login.aspx'</script>", None),
    "a challenge with a cookie": ("<script>document.cookie='a=1';location.href='/tin/'</script>", None),
    "a challenge with a token": ("<script>location.href='/?chk=19'</script>", None),
    "a challenge by its title": ("<title>Just a moment...</title><script>location.href='/tin/'</script>", None),
    "frames": (f"<frameset cols='20%,*'>{FRAMES}</frameset>", "/tin.html"),
    "a frame in the page": ("<iframe src='/portal/index.jsp'></iframe><p>Bản quyền</p>", "/portal/index.jsp"),
    "a video of others": ("<iframe src='https://video.example.com/1'></iframe>", None),
    "a picture": ("<a href='trangchu.aspx'><img src='chao.jpg'></a><p>Bản quyền</p>", "/trangchu.aspx"),
    "words to click": ("<a href='/chao.swf'>x</a><a href='/home'>Bỏ qua phần giới thiệu</a>", "/home"),
    "languages": ("<a href='/vi/'>Tiếng Việt</a> <a href='/en/'>English</a>", "/vi/"),
    "a small home page": (
        "<a href='/'><img></a><a href='/tin'>Tin tức</a><a href='/vb'>Văn bản</a>",
        None,
    ),
}


@pytest.mark.parametrize(("html", "way"), WAYS.values(), ids=WAYS)
def test_the_way_on(html: str, way: str | None) -> None:
    body = html if "<body" in html or "<frameset" in html else f"<body>{html}</body>"
    page = parse(RawPage(f"{X}/", f"<html>{body}</html>".encode(), datetime(2026, 3, 1, tzinfo=UTC)))
    assert way_on(page) == (way and X + way)
    if "document.cookie" in html or "Just a moment" in html or "chk=" in html:
        assert wall(page) == "blocked"
