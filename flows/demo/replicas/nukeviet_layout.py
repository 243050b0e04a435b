"""The markup of the NukeViet replica: article, listings, print twin and frame, after the theme `default`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.demo.replicas.base import Entry, Section, slugify, text

if TYPE_CHECKING:
    from flows.demo.replicas.nukeviet import NukeViet


def news_page(site: NukeViet, entry: Entry) -> tuple[str, str]:
    """Head and main part of an article page."""
    return _head(site, entry), _article(site, entry) + _below(site, entry)


def _head(site: NukeViet, entry: Entry) -> str:
    def php(at: object) -> str:
        # The product prints date('Y-m-dTH:i:s'), where T is the zone.
        return f"{at:%Y-%m-%d}+07{at:%H:%M:%S}"

    url, title, lead = site.base + site.path(entry), text(entry.story.title), text(entry.story.lead)
    tags = "".join(f'<meta property="article:tag" content="{tag}">\n' for tag in entry.story.tags)
    return f"""<meta name="description" content="{lead[:150]}">
<meta property="og:title" content="{title}">
<meta property="og:type" content="article">
<meta property="og:site_name" content="{site.title}">
<meta property="og:url" content="{url}">
<meta property="article:published_time" content="{php(entry.published)}">
<meta property="article:modified_time" content="{php(entry.edited)}">
<meta property="article:section" content="{entry.section.name}">
{tags}<link rel="canonical" href="{url}">"""


def _article(site: NukeViet, entry: Entry) -> str:
    story, url, edited = entry.story, site.base + site.path(entry), entry.edited.isoformat()
    prose = "\n".join(f'<p style="text-align: justify;">{text(p)}</p>\n' for p in story.paragraphs)
    author = (
        f'<p class="h5 text-right"><strong>Tác giả: </strong>{story.author}</p>\n'
        f'<p class="h5 text-right"><strong>Nguồn tin: </strong>Văn phòng HĐND tỉnh {site.province_name}</p>'
    )
    return f"""<div class="news_column panel panel-default" itemtype="http://schema.org/NewsArticle" itemscope>
<div class="panel-body"><h1 class="title margin-bottom-lg" itemprop="headline">{text(story.title)}</h1>
<div class="hidden hide d-none" itemprop="author" itemtype="http://schema.org/Person" itemscope><span
 itemprop="name">quantri</span></div>
<span class="hidden hide d-none" itemprop="datePublished">{edited}</span>
<span class="hidden hide d-none" itemprop="dateModified">{edited}</span>
<span class="hidden hide d-none" itemprop="mainEntityOfPage">{url}</span>
<div class="row margin-bottom-lg"><div class="col-md-12"><span
 class="h5">{site.weekday_line(entry.published)}</span></div>
<div class="col-md-12"><ul class="list-inline text-right">
<li><a class="dimgray" rel="nofollow" title="Giới thiệu bài viết cho bạn bè" href="javascript:void(0);"><em
 class="fa fa-envelope"></em></a></li>
<li><a class="dimgray" rel="nofollow" title="In ra" href="/print{site.path(entry)}"><em
 class="fa fa-print"></em></a></li>
<li><a class="dimgray" rel="nofollow" title="Lưu bài viết này" href="/savefile{site.path(entry)}"><em
 class="fa fa-save"></em></a></li>
</ul></div></div>
<div class="clearfix">
<div class="hometext m-bottom" itemprop="description">{text(story.lead)}</div>
<figure class="article center"><img alt="{text(story.title)}"
 src="/uploads/news/{entry.published:%Y_%m}/anh-{entry.number}.jpg" width="460" class="img-thumbnail"/>
<figcaption>{text(story.caption)}</figcaption></figure></div>
<div id="news-bodyhtml" class="bodytext margin-bottom-lg">
{prose}</div>
{_files(site, entry)}<div class="margin-bottom-lg">{author}</div></div></div>
"""


def _files(site: NukeViet, entry: Entry) -> str:
    if not entry.attached:
        return ""
    url = f"{site.path(entry)}?download=1&amp;id=0"
    return f"""<h3 class="newh3 text-danger"><em class="fa fa-download"></em> File đính kèm</h3>
<div class="news-download-file"><div class="list-group"><div class="list-group-item">
<a href="{url}" title="Tập tin" download><em class="fa fa-file-pdf-o"></em> bao-cao-{entry.number}.pdf</a>
<span class="badge" data-src="{url.replace("download", "pdf")}">Xem trước</span></div></div></div>
"""


def _below(site: NukeViet, entry: Entry) -> str:
    near = site.listed(entry.section)
    newer = [e for e in near if e.published > entry.published][-3:]
    older = [e for e in near if e.published < entry.published][:3]

    def related(name: str, entries: list[Entry]) -> str:
        links = "".join(
            f'<li><em class="fa fa-angle-right">&nbsp;</em><h4><a href="{site.path(e)}" title="{text(e.story.title)}">'
            f"{text(e.story.title)}</a></h4> <em>({e.published:%d/%m/%Y})</em></li>"
            for e in entries
        )
        return (
            f'<p class="h3"><strong>{name}</strong></p><ul class="detail-related related list-none">{links}</ul>'
            if entries
            else ""
        )

    tags = ", ".join(f'<a href="/tag/{slugify(tag)}"><em>{tag}</em></a>' for tag in entry.story.tags)
    return f"""<div class="news_column panel panel-default"><div class="panel-body"><div class="h5"><em
 class="fa fa-tags">&nbsp;</em>
<strong>Tags: </strong>{tags}</div></div></div>
<div class="news_column panel panel-default"><div class="panel-body"><form id="form3B" action=""><div
 class="h5 clearfix">
<p id="stringrating">Tổng số điểm của bài viết là: {entry.number % 40} trong {entry.number % 8} đánh giá</p>
<span id="hover-test">Click để đánh giá bài viết</span></div></form></div></div>
<div class="news_column panel panel-default"><div class="panel-body"><div id="idcomment" class="nv-fullbg">
<p class="comment-title"><em class="fa fa-comments">&nbsp;</em> Ý kiến bạn đọc</p></div></div></div>
<div class="news_column panel panel-default"><div class="panel-body other-news">
{related("Những tin mới hơn", newer)}
{related("Những tin cũ hơn", older)}</div></div>
<div id="imgpreview" style="display:none"><figure class="article center"><img alt=""
 src="/uploads/news/anh-{entry.number}.jpg"/>
<figcaption>{text(entry.story.caption)}</figcaption></figure></div>
"""


def listing_items(
    site: NukeViet, section: Section, shown: tuple[Entry, ...], older: tuple[Entry, ...], first: int
) -> str:
    """The items of a listing page in the layout of its section; `first`: how many entries stand on the pages before."""
    if section.slug in site.plain_lists:
        items = "".join(
            f'<a class="show h4" href="{site.shown_path(e, section)}" data-content="{text(e.story.lead)}"'
            f' title="{text(e.story.title)}">\n<h4 class="list-group-item-heading">'
            f'<span class="label label-default">{n}</span>&nbsp;&nbsp;{text(e.story.title)}</h4></a>\n'
            for n, e in enumerate(shown, start=first + 1)
        )
        return f'<div class="list-group">{items}</div>'
    panels = "".join(
        _panel(site, section, e, "h2" if not place and not first else "h3") for place, e in enumerate(shown)
    )
    others = "".join(
        f'<li><em class="fa fa-angle-right">&nbsp;</em><a href="{site.shown_path(e, section)}">{text(e.story.title)}'
        f" <em>({e.published:%d/%m/%Y}) </em></a></li>"
        for e in older
    )
    box = f'<h4>Các tin khác</h4><ul class="related list-none">{others}</ul>' if others else ""
    return f'<div class="news_column">{panels}</div>{box}'


def _panel(site: NukeViet, section: Section, entry: Entry, heading: str) -> str:
    url, title = site.shown_path(entry, section), text(entry.story.title)
    return f"""<div class="panel panel-default"><div class="panel-body{" featured" if heading == "h2" else ""}">
<a href="{url}" title="{title}"><img alt="{title}" src="/assets/news/anh-{entry.number}.jpg" width="100"
 class="img-thumbnail imghome" /></a>
<{heading}><a href="{url}" title="{title}">{title}</a></{heading}>
<div class="text-muted"><ul class="list-unstyled list-inline"><li><em
 class="fa fa-clock-o">&nbsp;</em> {entry.published:%d/%m/%Y %H:%M:%S}</li>
<li><em class="fa fa-eye">&nbsp;</em> Đã xem: {site.visits()}</li><li><em
 class="fa fa-comment-o">&nbsp;</em> Phản hồi: 0</li></ul></div>
{text(entry.story.lead)}
</div></div>
"""


def print_page(site: NukeViet, entry: Entry) -> str:
    """The print twin of an article, which search engines are told to leave alone."""
    story = entry.story
    prose = "".join(f"<p>{text(p)}</p>\n" for p in story.paragraphs)
    return f"""<!DOCTYPE html><html lang="vi"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<title>{text(story.title)}</title><meta name="robots" content="noindex, follow">
<meta name="generator" content="NukeViet v4.5"></head><body>
<div id="print"><div id="content"><h1>{text(story.title)}</h1>
<ul class="list-inline"><li>{site.weekday_line(entry.published)}</li></ul>
<div id="hometext">{text(story.lead)}</div><div class="imghome"><em>{text(story.caption)}</em></div>
<div id="bodytext" class="clearfix">{prose}</div>
<div id="author"><strong>Tác giả: </strong>{story.author}</div></div></div></body></html>
"""


def counters(visit: int) -> str:
    """The visitor counter, each number glued to its label."""
    rows = (
        ("Đang truy cập", 12 + visit % 30),
        ("Khách viếng thăm", 11 + visit % 30),
        ("Hôm nay", 4_100 + visit),
        ("Tháng hiện tại", 98_000 + visit),
        ("Tổng lượt truy cập", 3_214_000 + visit),
    )
    items = "".join(
        f'<li class="display-table-row"><span class="display-table-cell">{label}</span>'
        f'<span class="text-right">{value:,}</span></li>'
        for label, value in rows
    )
    return f'<ul class="counter list-none display-table">{items}</ul>'


def chrome(site: NukeViet, title: str, main: str, head: str, kind: str, counted: str) -> str:
    """The frame around every page."""
    menu = "".join(
        f'<li role="presentation"><a class="dropdown-toggle" href="/{s.slug}/">{s.name}</a></li>' for s in site.sections
    )
    rss = "".join(
        f'<link rel="alternate" href="/rss/{s.slug}/" title="{s.name}" type="application/rss+xml">\n'
        for s in site.sections
    )
    return f"""<!DOCTYPE html>
<html lang="vi" xmlns="http://www.w3.org/1999/xhtml" prefix="og: http://ogp.me/ns#"><head>
<title>{text(title)}</title>
<meta name="author" content="{site.title}">
<meta name="generator" content="NukeViet v4.5">
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
{head}
<link rel="alternate" href="/rss/" title="Tin tức" type="application/rss+xml">
{rss}<link rel="stylesheet" href="/themes/default/css/style.css?t=1" type="text/css">
</head><body class="{kind}">
<noscript><div class="alert alert-danger">Trình duyệt của bạn đã tắt chức năng hỗ trợ JavaScript.</div></noscript>
<header><a title="{site.title}" href="/"><img src="/assets/images/logo.png" alt="{site.title}" /></a></header>
<nav id="menusite"><ul class="nav navbar-nav"><li><a class="home" title="Trang nhất" href="/"><em
 class="fa fa-home">&nbsp;</em></a></li>
{menu}</ul></nav>
<section><div class="row"><div class="col-sm-16 col-md-18">{main}</div>
<div class="col-sm-8 col-md-6"><a href="#"><img src="/uploads/banners/lich.png" alt="lichcongtac"></a>
<div class="panel panel-primary"><div class="panel-heading">Thống kê truy cập</div><div
 class="panel-body">{counted}</div></div></div></div></section>
<footer id="footer"><p>{site.title.upper()}</p>
<p>Địa chỉ: Phố Bản Mẫu, phường Ví Dụ, tỉnh {site.province_name}</p>
<p>Điện thoại: 0206 000 000 - Fax: 0206 000 001 - Email: mau@vidu.vn</p>
<p>Ghi rõ nguồn khi phát hành lại thông tin từ trang này</p>
<p>Powered by NukeViet. Designed by VINADES.,JSC</p></footer>
<div id="timeoutsess" class="chromeframe">Bạn đã không sử dụng Site, <a onclick="timeoutsesscancel();"
 href="#">Bấm vào đây để duy trì trạng thái
đăng nhập</a>. Thời gian chờ: <span id="secField"> 60 </span> giây</div>
</body></html>
"""
