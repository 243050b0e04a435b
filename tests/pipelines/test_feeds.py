"""Feeds and sitemaps: links, dates, and files made to do harm."""

import gzip
from collections.abc import Sequence

import pytest

from pipelines.feeds import MAX_BYTES, Feed, read
from pipelines.payload import PayloadTooLargeError

HOME = "http://mau.vn/rss/"
SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'

FILES: dict[str, tuple[str, Sequence[tuple[str, str | None]]]] = {
    "rss": (
        """<?xml version="1.0" encoding="utf-8"?><?xml-stylesheet href="/rss.xsl"?><rss version="2.0"><channel>
        <title>Tin</title><link>http://mau.vn/</link><item><title><![CDATA[ Họp <b>tổ</b> ]]></title>
        <link> http://mau.vn/tin/hop-to-5.html </link><guid isPermaLink="false">news_5</guid>
        <pubDate>Thu, 17 Oct 2024 22:11:18 GMT</pubDate></item>
        <item><guid>http://mau.vn/tin/hop-4.html</guid><pubDate>hôm qua</pubDate></item></channel></rss>""",
        (("http://mau.vn/tin/hop-to-5.html", "2024-10-17T22:11:18+00:00"), ("http://mau.vn/tin/hop-4.html", None)),
    ),
    "rss with relative links": (
        "<rss><channel><item><link>/tin/a-1.html</link></item></channel></rss>",
        (("http://mau.vn/tin/a-1.html", None),),
    ),
    "atom": (
        f"""<feed {ATOM}><link rel="self" href="/atom"/><entry><title>Tin</title><link rel="edit" href="/sua/1"/>
        <link rel="alternate" href="http://mau.vn/a/"/><published>2024-05-06T07:08:09+07:00</published>
        <updated>2025-01-01T00:00:00Z</updated></entry><entry><link href="b/"/><updated>2025-01-01T00:00:00Z</updated>
        </entry></feed>""",
        (("http://mau.vn/a/", "2024-05-06T07:08:09+07:00"), ("http://mau.vn/rss/b/", None)),
    ),
    "rdf": (
        f"""<rdf:RDF {RDF} xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="http://mau.vn/"/>
        <item rdf:about="http://mau.vn/x-1.aspx"><title>Một</title><dc:date>2019-10-21T08:28</dc:date></item></rdf:RDF>""",
        (("http://mau.vn/x-1.aspx", "2019-10-21T08:28:00+07:00"),),
    ),
    "sitemap": (
        f"""<urlset {SITEMAP} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url>
        <image:image><image:loc>http://mau.vn/anh.jpg</image:loc></image:image>
        <loc>http://mau.vn/tin/a-1.html</loc><lastmod>2024-11-20</lastmod></url><url><loc>/tin/b-2.html</loc></url></urlset>""",
        (("http://mau.vn/tin/a-1.html", "2024-11-20"), ("http://mau.vn/tin/b-2.html", None)),
    ),
    "news sitemap": (
        f"""<urlset {SITEMAP} xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>http://mau.vn/a/</loc>
        <lastmod>2026-01-01</lastmod><n:news><n:publication><n:name>Báo Mẫu</n:name></n:publication>
        <n:publication_date>2024-02-11T23:43:00+07:00</n:publication_date><n:title>Họp</n:title></n:news></url></urlset>""",
        (("http://mau.vn/a/", "2024-02-11T23:43:00+07:00"),),
    ),
    "no namespace, cut short": (
        "<urlset><url><loc>http://mau.vn/a/</loc></url><url><loc>http://mau.vn/b/</loc></url><url><lo",
        (("http://mau.vn/a/", None), ("http://mau.vn/b/", None)),
    ),
    "an ampersand not escaped": (
        "<rss><channel><item><link>http://mau.vn/t.aspx?a=1&id=2</link></item></channel></rss>",
        (("http://mau.vn/t.aspx?a=1&id=2", None),),
    ),
    "an old doctype": (
        """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://mau.vn/rss-0.91.dtd">
        <rss version="0.91"><channel><item><link>http://mau.vn/a/</link></item></channel></rss>""",
        (("http://mau.vn/a/", None),),
    ),
    "no web link": ("<rss><channel><item><link>javascript:alert(1)</link></item></channel></rss>", ()),
    "a page": ("<!DOCTYPE html><html><body><a href='/x'>x</a></body></html>", ()),
    "an SVG": ("<svg xmlns='http://www.w3.org/2000/svg'><url><loc>http://mau.vn/a/</loc></url></svg>", ()),
    "nothing": ("", ()),
    "bombs": (
        """<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
        <rss><channel><item><link>http://mau.vn/&b;</link></item></channel></rss>""",
        (),
    ),
    "a file of the machine": (
        """<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>
        <rss><channel><item><link>http://mau.vn/&x;</link></item></channel></rss>""",
        (),
    ),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_links_and_times(name: str, packed: bool, encoding: str) -> None:
    text, wanted = FILES[name]
    body = text.replace('encoding="utf-8"', f'encoding="{encoding}"').encode(encoding)
    feed = read(gzip.compress(body) if packed else body, HOME)
    assert [(link.url, link.listed_at) for link in feed.links] == list(wanted)


def test_titles_are_text() -> None:
    assert [link.title for link in read(FILES["rss"][0].encode(), HOME).links] == ["Họp <b>tổ</b>", None]


def test_an_index_lists_sitemaps() -> None:
    body = f"""<sitemapindex {SITEMAP}><sitemap><loc>http://mau.vn/s1.xml.gz</loc><lastmod>2026-01-01</lastmod></sitemap>
    <sitemap><loc>/s2.xml</loc></sitemap></sitemapindex>"""
    feed = read(body.encode(), "http://mau.vn/sitemap.xml")
    assert feed == Feed("sitemap", (), ("http://mau.vn/s1.xml.gz", "http://mau.vn/s2.xml"))


def test_a_packed_bomb_is_refused() -> None:
    with pytest.raises(PayloadTooLargeError):
        read(gzip.compress(b" " * (MAX_BYTES + 2)), HOME)


def test_deep_nesting_and_long_lists_are_bounded() -> None:
    assert read(b"<rss>" + b"<a>" * 100_000, HOME).links == ()
    many = b"".join(b"<url><loc>http://mau.vn/%d</loc></url>" % n for n in range(50_010))
    assert len(read(b"<urlset>" + many + b"</urlset>", HOME).links) == 50_000
