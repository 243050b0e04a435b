"""The post of a WordPress page: core's own classes first, then what the names of a theme's classes mean."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipelines import dates
from pipelines.blocks import hidden, plain
from pipelines.families import fields, generic_article, surroundings
from pipelines.families.base import DateClaim, Found
from pipelines.families.container import densest
from pipelines.families.headline import headline_of
from pipelines.families.listing import DATE
from pipelines.page import Page

_CONTENT = (
    "td-post-content",
    "tdb_single_content",
    "wp-block-post-content",
    "elementor-widget-theme-post-content",
    "et_pb_post_content",
    "entry-content",
    "amp-wp-article-content",
    "post-content",
    "single-content",
    "the-content",
    "article-content",
    "post_content",
    "post-entry",
    "entry",
)
_CONTENT_NAMES = frozenset(_CONTENT)
_NOT_SINGLE = frozenset(
    {"home", "archive", "category", "blog", "search", "error404", "tag", "author", "date", "search-results"}
)
_LISTED = 3
"""Texts of posts side by side that make a listing."""
_LINES = frozenset({"p", "div", "span", "li", "h1", "h2", "h3"})
_SINGLE = frozenset({"single", "single-post"})
_ASIDE = re.compile(
    r"(^|[\s_-])(comments?|commentlist|respond|related\w*|sidebar\w*|widget\w*|(?<!entry-)(?<!article-)(?<!post-)footer|menu|nav|recent\w*|latest\w*"
    r"|td_block_\w*related\w*|td_block_wrap|td-post-next-prev|catlist|lcp_\w+|post-navigation|nav-links"
    r"|wp-block-query|elementor-posts|elementor-grid-item|author-(box|bio|info|desc\w*)|tin-?(khac|lien-?quan|moi))([\s_-]|$)",
    re.I,
)
_COMMENTS = re.compile(r"(^|[\s_-])(comments?|commentlist|respond)([\s_-]|$)", re.I)
_BUILT = re.compile(
    r"^(?!.*(elementor-widget-(posts|archive-posts|loop|nav-menu|sidebar|wp-widget)|tdb_single_(related|comments|next)))"
    r".*(^|\s)(tdb_title|tdb_single_\w+|td_block_text|so-panel|elementor-widget\S*)(\s|$)",
    re.S,
)
"""Builders name every part of a page alike: tagDiv's blocks and Elementor's widgets that belong to the post."""
_TITLE = frozenset(
    {"entry-title", "wp-block-post-title", "post-title", "td-post-title", "tdb-title-text", "single-title"}
)
_AUTHOR = re.compile(r"(^|[\s_-])(author|by-?author|byline|posted-by|tac-?gia)(_{0,2}name)?([\s_-]|$)", re.I)
_BY = re.compile(
    r"^\W*((được )?(đăng|viết|bài viết|posted|written)\s+)?(bởi|by|tác giả|người đăng)\s*:?\s*|\s*[-–|]\s*$", re.I
)
_DATE = re.compile(r"(^|[\s_-])(date|published|posted-on|post-?time|thoi-?gian|ngay(-?dang)?)([\s_-]|$)", re.I)
_UPDATE = re.compile(r"(^|[\s_-])(updated|modified|cap-?nhat)([\s_-]|$)", re.I)


_CATEGORY = re.compile(
    r"(^|[\s_-])(category|categories|cats?|terms|chuyen-?muc)([\s_-](links?|names?|list|item)\S*)?(\s|$)", re.I
)
_POST = re.compile(r"(^|\s)(hentry|post|type-post)(\s|$)")
_TAG_BOXES = frozenset(("taxonomy-post_tag", "tags-links", "td-tags", "tdb-tags", "post-tags", "tagcloud-single"))
_IN_CATEGORY = etree.XPath("descendant::a[contains(@rel, 'category')]")


def read(page: Page) -> Found | None:
    """None when the page is no single post."""
    body_tag = page.tree.find("body")
    kinds = set((body_tag.get("class") or "").split()) if body_tag is not None else set()
    single = not kinds.isdisjoint(_SINGLE)
    classed = [node for node in page.tree.iter() if node.get("class")]
    texts = _texts(classed)
    if not single and (kinds & _NOT_SINGLE or len(texts) >= _LISTED):
        return None
    headline = _headline(page)
    if not texts and not single:
        return generic_article.read(page, headline)
    body = max(texts, key=lambda n: len("".join(n.itertext()))) if texts else densest(page, headline)
    return _post(page, body, headline, classed) if body is not None else None


def _post(page: Page, body: HtmlElement, headline: HtmlElement | None, classed: list[HtmlElement]) -> Found:
    _inner_block(body)
    frame = surroundings.frame(page, body, headline)
    title = fields.title(page, headline)
    own = list(_own(frame, body))
    said = [words for node in own if node.tag in _LINES and (words := fields.line(node))]
    printed = dates.labelled([part for line in said for part in re.split(r"\s*[|•]\s*", line)], page.fetched_at, title)
    attachments, tags = fields.files(page, body), _tags(page, classed)
    fields.prune(body)
    generic_article.prune_above(body, headline)
    return Found(
        body=body,
        title=title,
        lead=_lead(frame, body, title),
        captions=_captions(own),
        published=(
            *_published(page, own),
            *fields.claims("wordpress:printed", printed.published and printed.published[1]),
        ),
        updated=(*_updated(page, own), *fields.claims("wordpress:printed", printed.updated and printed.updated[1])),
        poster=_author(own),
        author=fields.labelled(fields.AUTHOR, said),
        source=fields.labelled(fields.SOURCE, said),
        category=_category(page, own),
        tags=tags,
        attachments=attachments,
        canonical=fields.canonical(page),
    )


def _texts(classed: list[HtmlElement]) -> list[HtmlElement]:
    """The outermost boxes that core or a theme marks as a post's text: one on a post's own page, many in a listing."""
    named = [node for node in classed if _may_hold_text(node.get("class") or "")]
    found = ([n for n in named if _has(n, name) and not _aside(n)] for name in _CONTENT)
    boxes = next((boxes for boxes in found if boxes), [])
    every = frozenset(boxes)
    return [box for box in boxes if every.isdisjoint(box.iterancestors())]


@lru_cache(maxsize=4096)
def _may_hold_text(names: str) -> bool:
    return not _CONTENT_NAMES.isdisjoint(names.split())


def _inner_block(body: HtmlElement) -> None:
    # block themes wrap the post's meta and comments into template parts inside the content's parent, never the prose
    for part in list(fields.by_class(body, "wp-block-comments", "comments-area", "wp-block-post-comments")):
        fields.cut(part)


def _aside(node: HtmlElement) -> bool:
    return any(
        up.tag == "aside" or _is_site_footer(up) or _is_beside(up)
        for up in (node, *node.iterancestors())
        if up.tag not in ("body", "html")
    )


def _is_beside(node: HtmlElement) -> bool:
    """By its names; but what is named for a sidebar and holds the headline is the frame of both ("with-sidebar")."""
    names = f"{node.get('class') or ''} {node.get('id') or ''}"
    if names == " " or not _beside(names):
        return False
    return _COMMENTS.search(names) is not None or next(node.iter("h1"), None) is None


def _is_site_footer(node: HtmlElement) -> bool:
    """A footer inside an article is the post's own: its category, tags and author."""
    return node.tag == "footer" and next(node.iterancestors("article"), None) is None


@lru_cache(maxsize=4096)
def _beside(names: str) -> bool:
    return _ASIDE.search(names) is not None and _BUILT.search(names) is None


def _own(root: HtmlElement, body: HtmlElement) -> Iterator[HtmlElement]:
    """Elements of this post outside its body that bear a name: not in comments, related lists, sidebars."""
    stack = [root]
    while stack:
        node = stack.pop()
        if not isinstance(node.tag, str) or node is body or node.tag in ("script", "style", "aside", "head", "nav"):
            continue
        names = f"{node.get('class') or ''} {node.get('id') or ''}"
        if node.tag not in ("body", "html") and (_is_beside(node) or _is_site_footer(node)):
            continue
        if names != " " or node.get("itemprop") or node.get("rel") or node.tag in ("time", "p", "figcaption"):
            yield node
        stack.extend(reversed(node))


def _has(node: HtmlElement, *names: str) -> bool:
    held = node.get("class")
    return held is not None and not frozenset(names).isdisjoint(held.split())


def _headline(page: Page) -> HtmlElement | None:
    """The h1 that core or the theme marks, what the document's own title names, or the only marked heading."""
    first = next(iter(_marked(page, "h1")), None)
    if first is not None:
        return first
    named = headline_of(page)
    if named is not None and not _aside(named):
        return named
    lower = [*_marked(page, "h2"), *_marked(page, "h3")]
    return lower[0] if len(lower) == 1 else None


def _marked(page: Page, level: str) -> list[HtmlElement]:
    heads = (h for h in page.tree.iter(level) if _has(h, *_TITLE) or h.get("itemprop") == "headline")
    return [head for head in heads if not _aside(head)]


def _lead(frame: HtmlElement, body: HtmlElement, title: str | None) -> str | None:
    """An excerpt that an author wrote; the one that core cuts off the text ends in dots."""
    lead = surroundings.lead(frame, body, title)
    return None if lead and re.search(r"(…|\.{3})\W*$|\[…|đọc tiếp|xem thêm", lead[-20:], re.I) else lead


def _captions(own: list[HtmlElement]) -> tuple[str, ...]:
    found = [plain(n) for n in own if n.tag == "figcaption" or _has(n, "wp-caption-text", "tdb-caption-text")]
    return tuple(dict.fromkeys(caption for caption in found if caption))


def _published(page: Page, own: list[HtmlElement]) -> tuple[DateClaim, ...]:
    times = [n for n in own if n.tag == "time" and n.get("datetime")]
    named = [t.get("datetime") for t in times if _has(t, "published", "entry-date") or _dated(t)]
    plain_times = [t.get("datetime") for t in times if not _has(t, "updated", "modified")]
    return (
        *fields.claims("wordpress:meta", *fields.metas(page, "article:published_time")),
        *fields.claims("wordpress:json-ld", fields.json_ld(page).get("datePublished")),
        *fields.claims("wordpress:time", *named),
        *fields.claims("wordpress:itemprop", *(_itemprop(own, "datePublished"))),
        *fields.claims("wordpress:time", *plain_times),
        *fields.claims("wordpress:visible", *_visible(own)),
    )


def _visible(own: list[HtmlElement]) -> Iterator[str]:
    """The short elements whose class says that they are the date, in order."""
    for node in own:
        if node.tag == "time" or _dates(node.get("class") or ""):
            words = plain(node)
            if len(words) <= 80 and DATE.search(words):
                yield words


def _dated(node: HtmlElement) -> bool:
    near = [node, *islice(node.iterancestors(), 3)]
    return any(
        _has(n, "wp-block-post-date", "posted-on", "td-post-date", "entry-meta", "post-date") for n in near
    ) and not (_has(node, "updated") and not _has(node, "entry-date"))


def _itemprop(own: list[HtmlElement], name: str) -> list[str]:
    return [n.get("datetime") or n.get("content") or plain(n) for n in own if n.get("itemprop") == name]


def _updated(page: Page, own: list[HtmlElement]) -> tuple[DateClaim, ...]:
    times = [
        n.get("datetime")
        for n in own
        if n.tag == "time" and _has(n, "updated") and not _has(n, "published", "entry-date")
    ]
    return (
        *fields.claims("wordpress:meta", *fields.metas(page, "article:modified_time")),
        *fields.claims("wordpress:json-ld", fields.json_ld(page).get("dateModified")),
        *fields.claims("wordpress:time", *times),
        *fields.claims("wordpress:itemprop", *_itemprop(own, "dateModified")),
    )


@lru_cache(maxsize=4096)
def _dates(names: str) -> bool:
    return _DATE.search(names) is not None and _UPDATE.search(names) is None


@lru_cache(maxsize=4096)
def _names_author(names: str) -> bool:
    return _AUTHOR.search(names) is not None


def _author(own: list[HtmlElement]) -> str | None:
    """The name of the account that posted it: what a class, `rel` or itemprop says is the author, "by" cut off."""
    for node in own:
        marked = "author" in (node.get("rel") or "").split() or node.get("itemprop") == "author"
        if not marked and not _names_author(node.get("class") or ""):
            continue
        inner = next((words for a in node.iter("a") if (words := plain(a))), None)
        words = _BY.sub("", _BY.sub("", inner or plain(node)))
        if 2 <= len(words) <= 60 and not hidden(node):
            return words
    return None


def _category(page: Page, own: list[HtmlElement]) -> str | None:
    """What core links as a category, else what a class says is one; the breadcrumbs last."""
    for node in _IN_CATEGORY(page.tree):
        if "category" in (node.get("rel") or "").split() and not _aside(node):
            return plain(node) or None
    for node in own:
        if _names_category(node.get("class") or "") and (words := next((plain(a) for a in node.iter("a")), None)):
            return words
    section = fields.json_ld(page).get("articleSection")
    sections = section if isinstance(section, list) else [section]
    return (
        fields.first(fields.metas(page, "article:section"))
        or fields.first(words for words in sections if isinstance(words, str))
        or surroundings.breadcrumb(page)
    )


@lru_cache(maxsize=4096)
def _names_category(names: str) -> bool:
    return _CATEGORY.search(names) is not None and _POST.search(names) is None


def _tags(page: Page, classed: list[HtmlElement]) -> tuple[str, ...]:
    found = []
    boxes = {node for node in classed if _boxes_tags(node.get("class") or "")}
    for node in page.tree.iter("a"):
        named = (node.get("rel") or "").split() == ["tag"] and "/tag/" in (node.get("href") or "")
        boxed = bool(boxes) and not boxes.isdisjoint((node, *islice(node.iterancestors(), 3)))
        if (named or boxed) and not _aside(node):
            found.append(plain(node))
    return tuple(dict.fromkeys(t for t in (*found, *fields.metas(page, "article:tag")) if t))


@lru_cache(maxsize=4096)
def _boxes_tags(names: str) -> bool:
    return not _TAG_BOXES.isdisjoint(names.split())
