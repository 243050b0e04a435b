"""A Party site on WordPress with a tagDiv Newspaper theme.

Its habits: a header clock that shows today, ad boxes whose images are named "spot_img", dated related lists inside
the article,
a right-aligned byline and source line, an article split over two pages, a "special topic" page of links in a listing,
`/page/2/` with 404 past the end, a feed, and entity tags from its page cache.
"""

from collections.abc import Sequence
from datetime import date
from email.utils import format_datetime

from flows.demo.replicas.base import WEEKDAYS, Entry, Replica, Section, integer, text
from flows.demo.server import Reply
from flows.demo.texts import Newsroom
from schemas.outcome import Outcome

_MONTHS = ("Một", "Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười", "Mười Một", "Mười Hai")
_SPLIT_PLACE = 10
_SPOT = '<div class="td-a-rec td-a-rec-id-content_bottom"><a class="td_spot_img_all" href="#"><img src="/wp-content/uploads/qc.jpg" alt="spot_img"></a></div>'  # noqa: E501 - one tag


class WordPress(Replica):
    key, title = "tra-vinh-wordpress", "Trang tin Đảng bộ tỉnh Trà Vinh (bản dựng thử)"
    organ, province, province_name = "party", "tra-vinh", "Trà Vinh"
    sections = (
        Section("xay-dung-dang", "Xây dựng Đảng"),
        Section("tin-trong-tinh", "Tin trong tỉnh"),
        Section("dan-van", "Dân vận"),
    )
    articles, per_page = 20, 4
    trap = Outcome.NOT_AN_ARTICLE
    revalidates = True
    disallowed = ("/wp-admin/", "/?s=")

    def __init__(self, base: str, today: date, newsroom: Newsroom) -> None:
        super().__init__(base, today, newsroom)
        self.split = self.listed()[_SPLIT_PLACE].number

    def middle(self, place: int) -> int | None:
        return 7 if place == _SPLIT_PLACE else None

    def path(self, entry: Entry) -> str:
        return f"/{entry.slug}/"

    def route(self, path: str, query: dict[str, str]) -> Reply | None:
        if "s" in query:
            return self.page("Kết quả tìm kiếm", "<h1>Kết quả tìm kiếm</h1>", kind="search search-results")
        parts = [part for part in path.split("/") if part]
        match parts:
            case [] | ["page", _]:
                return self._list(None, integer(parts[1]) if parts else 1)
            case ["category", slug] | ["category", slug, "page", _] if self.section(slug):
                return self._list(self.section(slug), integer(parts[3]) if len(parts) > 2 else 1)
            case ["feed"]:
                return self._feed()
            case ["gioi-thieu"]:
                main = (
                    '<div class="td-page-content"><h1 class="entry-title">Giới thiệu</h1><p>Trang dựng thử.</p></div>'
                )
                return self.page("Giới thiệu", main, kind="page-template-default page page-id-2")
            case ["wp-content", "uploads", name] if name.endswith(".pdf"):
                entry = self.numbered(integer(name.removesuffix(".pdf").rpartition("-")[2], 0))
                return self.attachment(entry) if entry else None
            case [slug] | [slug, "2"]:
                return self._article(slug, len(parts))
        return None

    def _article(self, slug: str, part: int) -> Reply | None:
        with self._lock:
            entry = next((entry for entry in self._entries.values() if entry.slug == slug), None)
        if entry is None or (part == 2 and entry.number != self.split):
            return None
        if entry.gone:
            return self.gone()
        if entry.trap:
            return self._topic_page(entry)
        kind = f"post-template-default single single-post postid-{entry.number} single-format-standard td-standard-pack"
        body = self.layout(entry.story.title, self._post(entry, part), head=self._head(entry), kind=kind)
        return Reply(body.encode(), etag=entry.etag)

    def _post(self, entry: Entry, part: int) -> str:
        at, section = entry.published, entry.section
        return f"""<article id="post-{entry.number}" class="td-post-template-default post-{entry.number} post type-post
 status-publish format-standard hentry category-{section.slug} td-container-wrap" itemscope itemtype="https://schema.org/Article">
<div class="td-crumb-container"><div class="entry-crumbs"><span><a class="entry-crumb"
 href="{self.base}/">Trang chủ</a></span>
 <i class="td-icon-right td-bread-sep"></i> <span><a class="entry-crumb"
 href="{self._archive(section)}">{section.name}</a></span></div></div>
<div class="td-post-header"><ul class="td-category"><li class="entry-category"><a
 href="{self._archive(section)}">{section.name}</a></li></ul>
<header class="td-post-title"><h1 class="entry-title">{text(entry.story.title)}</h1>
<div class="td-module-meta-info"><span class="td-post-date"><time class="entry-date updated td-module-date"
 datetime="{at.isoformat()}">{at:%d/%m/%Y}</time></span>
<div class="td-post-comments"><a href="#respond"><i class="td-icon-comments"></i>0</a></div>
<div class="td-post-views"><i class="td-icon-views"></i><span
 class="td-nr-views-{entry.number}">{self.visits()}</span></div></div></header></div>
<div class="td-post-sharing-top"><div class="td-post-sharing td-ps-bg"><div class="td-social-but-text">Chia sẻ</div>
<a class="td-social-facebook" href="#">Facebook</a> <a class="td-social-twitter" href="#">Twitter</a></div></div>
<div class="td-post-content tagdiv-type">
{self._content(entry, part)}
</div></article>"""

    def _content(self, entry: Entry, part: int) -> str:
        story, half = entry.story, len(entry.story.paragraphs) // 2
        split = entry.number == self.split
        shown = story.paragraphs if not split else story.paragraphs[:half] if part == 1 else story.paragraphs[half:]
        blocks = [f'<p style="text-align: justify;">{text(paragraph)}</p>' for paragraph in shown]
        if part == 1:
            picture = f'<img src="/wp-content/uploads/anh-{entry.number}.jpg" alt="" class="entry-thumb">'
            caption = f'<figcaption class="wp-caption-text">{text(story.caption)}</figcaption>'
            blocks[0:0] = [
                f'<div class="td-post-featured-image"><figure>{picture}{caption}</figure></div>',
                f'<p style="text-align: justify;"><strong>{text(story.lead)}</strong></p>',
            ]
        if entry.attached:
            name = f"/wp-content/uploads/van-ban-{entry.number}.pdf"
            blocks.append(
                f'<div class="wp-block-file"><a href="{self.base}{name}">Toàn văn báo cáo</a>'
                f'<a href="{self.base}{name}" class="wp-block-file__button" download>Tải về</a></div>'
            )
        if split:
            blocks.append(self._part_links(entry, part))
        if not split or part == 2:
            blocks.append(f'<p style="text-align: right;"><strong>{story.author}</strong></p>')
            blocks.append(f"<p><em>Nguồn: Ban Tuyên giáo Tỉnh ủy {self.province_name}</em></p>")
        return "\n".join([*blocks, _SPOT * 3, self._related(entry)])

    def _part_links(self, entry: Entry, part: int) -> str:
        here = f'<span class="post-page-numbers current" aria-current="page">{part}</span>'
        other = self.base + self.path(entry) + ("2/" if part == 1 else "")
        there = f'<a href="{other}" class="post-page-numbers">{3 - part}</a>'
        links = here + there if part == 1 else there + here
        return f'<div class="page-nav page-nav-post td-pb-padding-side">{links}</div>'

    def _related(self, entry: Entry) -> str:
        def block(name: str, entries: Sequence[Entry]) -> str:
            links = "".join(
                f'<div class="td_module_related_posts"><h3 class="entry-title td-module-title">'
                f'<a href="{self.base}{self.path(e)}">{text(e.story.title)}</a></h3>'
                f'<span class="td-post-date">{e.published:%d/%m/%Y}</span></div>'
                for e in entries
            )
            return f'<h4 class="td-related-title td-block-title"><span>{name}</span></h4>{links}'

        latest = [e for e in self.listed() if e.number != entry.number][:3]
        blocks = block("TIN CÙNG MỤC", self.neighbours(entry, 3)) + block("TIN MỚI NHẤT", latest)
        return f'<div class="td_block_wrap td_block_related_posts">{blocks}</div>'

    def _topic_page(self, entry: Entry) -> Reply:
        links = "".join(self._module(e) for e in self.listed() if not e.trap)
        main = f'<h1 class="entry-title td-page-title">{text(entry.story.title)}</h1>'
        main += f'<div class="td-ss-main-content">{links}</div>'
        return self.page(entry.story.title, main, kind="page-template page-template-page-pagebuilder-latest page")

    def _list(self, section: Section | None, number: int) -> Reply | None:
        entries = self.listed(section)
        shown = self.cut(entries, number)
        if not shown:
            return None
        root = self._archive(section) if section else f"{self.base}/"
        title = section.name if section else self.title
        main = f'<h1 class="entry-title td-page-title">{title}</h1>' if section else ""
        modules, pager = "".join(map(self._module, shown)), self._pager(root, number, self.pages(entries))
        main += f'<div class="td-ss-main-content">{modules}{pager}</div>'
        return self.page(title, main, kind=f"archive category category-{section.slug}" if section else "home blog")

    def _module(self, entry: Entry) -> str:
        url, at = self.base + self.path(entry), entry.published
        return f"""<div class="td_module_10 td_module_wrap td-animation-stack"><div class="td-module-thumb"><a
 href="{url}" rel="bookmark"><img
 class="entry-thumb" src="/wp-content/uploads/anh-{entry.number}.jpg" alt=""></a></div><div class="item-details">
<h3 class="entry-title td-module-title"><a href="{url}" rel="bookmark"
 title="{text(entry.story.title)}">{text(entry.story.title)}</a></h3>
<div class="td-module-meta-info"><span class="td-post-date"><time class="entry-date updated td-module-date"
 datetime="{at.isoformat()}">{at:%d/%m/%Y}</time></span></div>
<div class="td-excerpt">{text(entry.story.lead[:90])}...</div></div></div>
"""

    def _pager(self, root: str, number: int, last: int) -> str:
        links = [
            f'<span class="current">{n}</span>'
            if n == number
            else f'<a href="{root if n == 1 else f"{root}page/{n}/"}" class="page" title="{n}">{n}</a>'
            for n in range(1, last + 1)
        ]
        if number < last:
            links.append(
                f'<a href="{root}page/{number + 1}/" aria-label="next-page"><i class="td-icon-menu-right"></i></a>'
            )
        links.append(f'<span class="pages">Trang {number} của {last}</span>')
        return f'<div class="page-nav td-pb-padding-side">{"".join(links)}</div>'

    def _archive(self, section: Section) -> str:
        return f"{self.base}/category/{section.slug}/"

    def _head(self, entry: Entry) -> str:
        canonical = f'<link rel="canonical" href="{self.base}{self.path(entry)}">'
        return f'{canonical}\n<link rel="shortlink" href="{self.base}/?p={entry.number}">'

    def _feed(self) -> Reply:
        items = "".join(
            f"<item><title>{text(e.story.title)}</title><link>{self.base}{self.path(e)}</link>"
            f"<pubDate>{format_datetime(e.published)}</pubDate><category><![CDATA[{e.section.name}]]></category>"
            f'<guid isPermaLink="false">{self.base}/?p={e.number}</guid>'
            f"<description><![CDATA[{e.story.lead}]]></description></item>\n"
            for e in self.listed()[:10]
            if not e.trap
        )
        feed = f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>{self.title}</title>
<link>{self.base}</link><language>vi</language><generator>https://wordpress.org/?v=6.1</generator>
{items}</channel></rss>"""
        return Reply(feed.encode(), content_type="application/rss+xml; charset=UTF-8")

    def layout(self, title: str, main: str, *, head: str = "", kind: str = "") -> str:
        day = self.today
        clock = f"{WEEKDAYS[day.weekday()]}, {day.day} Tháng {_MONTHS[day.month - 1]}, {day.year}"
        menu = "".join(f'<li class="menu-item"><a href="{self._archive(s)}">{s.name}</a></li>' for s in self.sections)
        return f"""<!doctype html>
<html lang="vi"><head><meta charset="UTF-8"><title>{text(title)} - {self.title}</title>
<meta name="generator" content="WordPress 6.1">
<link rel="https://api.w.org/" href="{self.base}/wp-json/">
<link rel="alternate" type="application/rss+xml" title="Dòng thông tin" href="{self.base}/feed/">
<link rel="stylesheet" id="td-theme-css" href="{self.base}/wp-content/themes/Newspaper/style.css?ver=12.6" media="all">
{head}
</head><body class="{kind} global-block-template-1 td-full-layout">
<div class="td-header-wrap"><div class="td-header-sp-top-menu"><div class="td_data_time"><div>{clock}</div></div></div>
<div class="td-header-menu-wrap"><ul id="menu-chinh" class="sf-menu"><li class="menu-item"><a
 href="{self.base}/">Trang chủ</a></li>
<li class="menu-item"><a href="{self.base}/gioi-thieu/">Giới thiệu</a></li>{menu}</ul></div></div>
<div class="td-main-content-wrap td-container-wrap"><div class="td-container">
{main}
<aside class="td-main-sidebar"><div class="td-a-rec"><span class="td-adspot-title">spot_img</span></div>
<div class="widget"><h4 class="td-block-title"><span>THỐNG KÊ TRUY CẬP</span></h4>
<p>Hôm nay: {self.visits()}</p><p>Tổng lượt truy cập: 1.{self.visits():03d}.204</p></div></aside>
</div></div>
<div class="td-footer-wrapper"><p>{self.title}</p>
<p>Địa chỉ: 12 đường Dựng Thử, phường Mẫu, tỉnh {self.province_name}</p>
<p>Ghi rõ nguồn khi phát hành lại thông tin từ trang này</p></div></body></html>
"""
