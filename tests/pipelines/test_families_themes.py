"""Themes of NukeViet and WordPress: what their templates wrap an article in, and what of it is the article."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.page import RawPage
from pipelines.refinery import refine
from schemas.article import Accepted, Rejected

NOW = datetime(2024, 11, 9, 20, tzinfo=UTC)
TITLE = "Hội Nông dân xã Tà Pứa ra mắt tổ hợp tác nuôi cá lồng trên hồ"
LEAD = "Hội Nông dân xã Tà Pứa vừa ra mắt tổ hợp tác nuôi cá lồng với mười hai hộ hội viên tự nguyện tham gia."
ONE = "Tổ hợp tác có 36 lồng cá trắm, cá lăng; mỗi hộ góp vốn ban đầu 20 triệu đồng và một ngày công mỗi tuần."
TWO = "Ngân hàng Chính sách xã hội cho vay thêm 600 triệu đồng, thời hạn ba năm, lãi suất ưu đãi theo quy định."
THREE = (
    "Ông Lường Văn Ú, tổ trưởng, cho biết lứa cá đầu tiên sẽ xuất bán vào dịp Tết, giá dự kiến 110.000 đồng một cân."
)
P = f"<p>{ONE}</p><p>{TWO}</p><p>{THREE}</p>"
ALL = [ONE, TWO, THREE]
CLOCK = "<div class='today'>Chủ nhật, 10/11/2024</div>"
OTHER = (
    "<h3 class=entry-title><a href='/khac/'>Lễ xuống đồng ở bản Nà Mít</a></h3><time datetime='2024-11-08'>8/11</time>"
)


def nukeviet(inner: str) -> str:
    script = "<script>var nv_base_siteurl='/';</script>"
    trail = "<h3 class='breakcolumn'><a href='/'><img src='h.png'></a><a href='/nong-thon/'>Nông thôn</a></h3>"
    cloud = "<div class='block'><a href='/tag/ca/'>cá</a></div><footer>Chịu trách nhiệm: Ban Biên tập</footer>"
    return f"<title>{TITLE} - Tà Pứa</title>{script}<body>{CLOCK}{trail}{inner}{cloud}"


def wordpress(inner: str, kind: str = "single single-post postid-4") -> str:
    head = f"<title>{TITLE} - Tà Pứa</title><link rel=stylesheet href='/wp-content/themes/t.css'>"
    return f"{head}<body class='{kind}'>{CLOCK}{inner}<footer class=site-footer>Người đăng: admin</footer>"


def post(content: str, meta: str = "", foot: str = "") -> str:
    date = "<time class='entry-date published' datetime='2024-11-05T09:40:00+07:00'>5/11</time>"
    head = f"<header class=entry-header><h1 class=entry-title>{TITLE}</h1><p class=posted-on>{date}</p>{meta}</header>"
    return wordpress(f"<article class=post>{head}<div class=entry-content>{content}</div>{foot}</article>")


BUILT = "".join(
    f"<div class='elementor-widget elementor-widget-text-editor'><div class=elementor-widget-container>{p}</div></div>"
    for p in P.replace("</p>", "</p>|").split("|")
)
TDB = f"""<article class="post-9 tdb_templates"><div class="td_block_wrap tdb_single_categories"><a
class="tdb-entry-category" href="/category/nong-thon/">Nông thôn</a></div><div class="td_block_wrap tdb_title"><h1
class="tdb-title-text">{TITLE}</h1></div><div class="td_block_wrap tdb_single_subtitle"><p>{LEAD}</p></div>
<div class="td_block_wrap tdb_single_author"><span>Bởi</span> <a class="tdb-author-name" href="/author/h">Lò Hặc</a>
</div>
<div class="td_block_wrap tdb_single_date"><time class="entry-date updated td-module-date"
datetime="2024-11-05T09:40:00+07:00">5 Tháng 11, 2024</time></div><div class="td_block_wrap tdb_single_content
td-post-content"><div class="tdb-block-inner">{P}<div class="td_block_wrap td_block_related_posts">{OTHER}</div>
</div></div>
<div class="td_block_wrap tdb_single_tags"><ul class="tdb-tags"><li><a href="/tag/ca-long/">cá lồng</a></li></ul>
</div>
<div class="td_block_wrap tdb_single_related">{OTHER}</div></article>"""
ELEMENTOR = f"""<div class="elementor-location-single">
<div class="elementor-widget elementor-widget-theme-post-title"><h1
class="elementor-heading-title">{TITLE}</h1></div><ul class="elementor-post-info"><li itemprop="author">
<a href="/a/"><span
class="elementor-post-info__item--type-author">Lò Hặc</span></a></li><li><span
class="elementor-post-info__item--type-date">05/11/2024</span></li></ul><div class="elementor-widget
elementor-widget-theme-post-content"><div class="elementor-widget-container">{P}</div></div>
<div class="elementor-widget
elementor-widget-posts"><article class="elementor-post">{OTHER}</article></div></div>"""
OWN_FOOTER = """<footer class="entry-meta">Đăng trong <a href="/category/nong-thon/" rel="category tag">Nông
thôn</a> bởi
<a href="/author/quantri/" rel="author">quantri</a></footer>"""
OLD = f"""<div class="post"><h2 class="post-title">{TITLE}</h2>
<div class="info">Ngày đăng: 05/11/2024 09:40 | Chuyên mục:
<a href="/category/nong-thon/" rel="category tag">Nông thôn</a> | Lượt xem: 88</div><div class="entry">{P}</div>
</div>"""
PLUGINS = """<div class="pvc_clear"></div><p class="pvc_stats">31 lượt xem</p><div class="saboxplugin-wrap">
<a class="vcard
author" href="/a/">Quản trị</a><div class="saboxplugin-desc">
<p>Người phụ trách trang tin điện tử của Hội Nông dân xã.</p>
</div></div><blockquote class="wp-embedded-content"><a href="/k/">Lễ xuống đồng ở bản Nà Mít</a></blockquote>"""
NV3 = f"""<div id="news_detail"><h1>{TITLE}</h1><span class="time">Thứ ba - 05/11/2024 09:40</span>
<div id="hometext"><div
id="imghome"><img src="a.jpg"><p><em>Lồng cá trên hồ</em></p></div>{LEAD}</div><div class="bodytext">{P}</div><p>
<strong>Tác giả bài viết: </strong>Lò Hặc</p></div><div class="keywords"><strong>Từ khóa: </strong><a
href="/nong-thon/tag/ca-long/"><em>cá lồng</em></a></div>"""
NV_THEME = f"""<div class="detail"><h1 class="post-heading">{TITLE}</h1><div class="info">
<span>05/11/2024 09:40</span><span>Lượt
xem: 12</span></div><div class="post-sapo">{LEAD}</div><div id="news-bodyhtml">{P}</div><div>
<span>Tác giả: Lò Hặc</span><span>Nguồn:
Báo Tà Pứa</span></div><div class="tin-khac">
<p class="description">Bà con các bản cùng xuống đồng trong ngày hội đầu năm mới.</p>
</div></div>"""
WRAPPED = f"""<div class="main-sticky-sidebar"><h1 class="entry-title">{TITLE}</h1><p><span class="cat-name"><a
href="/nt/">Nông thôn</a></span> <time datetime="2024-11-05T09:40:00+07:00">5/11</time></p><div class="inner-post-entry
entry-content">{P}<div class="post-tags"><a href="/tag/ca-long/" rel="tag">cá lồng</a></div></div></div>"""
NV_MOBILE = f"""<div itemtype="http://schema.org/NewsArticle" itemscope><h1 itemprop="headline">{TITLE}</h1><em
class="time">Thứ ba - 05/11/2024 09:40</em><div id="hometext"><div class="imghome"><img src="/a.jpg"><div
class="modal-title"><strong>a.jpg</strong></div></div><div class="h2" itemprop="description">{LEAD}</div></div><div
class="bodytext">{P}</div></div>"""
HOUR = datetime(2024, 11, 5, 2, 40, tzinfo=UTC)
DAY = datetime(2024, 11, 4, 17, tzinfo=UTC)
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "NukeViet 3: the caption stands in the lead": (
        nukeviet(NV3),
        {"lead": LEAD, "captions": ("Lồng cá trên hồ",), "category": "Nông thôn", "tags": ("cá lồng",), "at": HOUR},
    ),
    "NukeViet in a theme of its own": (
        nukeviet(NV_THEME),
        {"lead": LEAD, "authors": ("Lò Hặc",), "source": "Báo Tà Pứa", "category": "Nông thôn", "tags": (), "at": HOUR},
    ),
    "NukeViet on a telephone": (
        nukeviet(NV_MOBILE),
        {"lead": LEAD, "at": HOUR, "images": ("https://tapua.example.vn/a.jpg",)},
    ),
    "a frame named for its sidebar": (
        wordpress(WRAPPED),
        {"category": "Nông thôn", "tags": ("cá lồng",), "at": HOUR},
    ),
    "a post without a class that core prints": (
        wordpress(f"<div class=news><h1>{TITLE}</h1><div class=news-text>{P}</div></div>", "custom"),
        {"lead": None},
    ),
    "tagDiv's builder": (
        wordpress(TDB, "single single-post tdb-template"),
        {"lead": LEAD, "authors": ("Lò Hặc",), "category": "Nông thôn", "tags": ("cá lồng",), "at": HOUR},
    ),
    "Elementor's template": (wordpress(ELEMENTOR), {"lead": None, "authors": ("Lò Hặc",), "at": DAY}),
    "a text built of Elementor's widgets": (post(BUILT), {"lead": None, "authors": (), "at": HOUR}),
    "a footer of the post's own": (post(P, foot=OWN_FOOTER), {"category": "Nông thôn", "authors": ()}),
    "a text that names its author": (
        post(f"{P}<p>Tin, ảnh: Mùa Dế</p>", "<span class=byline>bởi <a rel=author href='/a/'>Lò Hặc</a></span>"),
        {"authors": ("Mùa Dế",)},
    ),
    "a theme without classes of core": (wordpress(OLD), {"category": "Nông thôn", "at": HOUR}),
    "plugins in the text": (post(P + PLUGINS), {"lead": None, "authors": ()}),
    "a lead set as a heading": (post(f"<h3>{LEAD}</h3>{P}"), {"lead": LEAD}),
    "an excerpt that core cut off": (post(P, f"<div class=excerpt>{ONE[:60]} […]</div>"), {"lead": None}),
    "undated under a clock": (post(P).replace("2024-11-05T09:40:00+07:00", ""), {"at": None}),
}


@pytest.mark.parametrize(("body", "wanted"), CASES.values(), ids=CASES)
def test_an_article_in_a_theme(body: str, wanted: dict[str, Any]) -> None:
    verdict = refine([RawPage("https://tapua.example.vn/nong-thon/ca-long-41.html", body.encode(), NOW)], None, None)
    assert isinstance(verdict, Accepted), verdict
    content = verdict.content
    assert (content.title, content.body.split("\n\n")) == (TITLE, ALL)
    named = {"at": "published_at"}
    assert {key: getattr(content, named.get(key, key)) for key in wanted} == wanted


def test_posts_side_by_side_are_a_listing() -> None:
    head = f"<article class=post><h2 class=entry-title><a href='/b/'>{TITLE}</a></h2><div class=entry-content>"
    body = "".join(f"{head}<p>{text}</p></div></article>" for text in ALL)
    verdict = refine([RawPage("https://tapua.example.vn/nong-thon/", wordpress(body, "x").encode(), NOW)], None, None)
    assert isinstance(verdict, Rejected)
