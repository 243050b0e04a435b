"""The post of a WordPress page: core's own classes first, then those of widespread themes."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipelines.blocks import hidden, plain
from pipelines.families import fields
from pipelines.families.base import DateClaim, Found
from pipelines.page import Page

_CONTENT = (
    "td-post-content",
    "tdb_single_content",
    "wp-block-post-content",
    "entry-content",
    "post-content",
    "single-content",
    "the-content",
    "article-content",
    "post_content",
)
_CONTENTS = etree.XPath("descendant::*[contains(@class, 'content')]")
"""All that may have a class of `_CONTENT`."""
_NOT_SINGLE = frozenset(
    {"archive", "category", "blog", "search", "error404", "tag", "author", "date", "search-results"}
)
_ASIDE = re.compile(
    r"(^|[\s_-])(comments?|commentlist|respond|related\w*|sidebar\w*|widget\w*|footer|menu|nav|recent\w*|latest\w*"
    r"|td_block_\w*related\w*|td_block_wrap|catlist|lcp_\w+|post-navigation|nav-links)([\s_-]|$)",
    re.I,
)


def _anchors(rel: str, depth: int, *classes: str) -> etree.XPath:
    """Anchors that may have this `rel` or stand, at most `depth` elements deep, in one of these classes."""
    near = " or ".join(f"contains(@class, '{name}')" for name in classes)
    return etree.XPath(f"descendant::a[contains(@rel, '{rel}') or ancestor-or-self::*[position() <= {depth}][{near}]]")


_CATEGORY_BOXES = ("taxonomy-category", "cat-links", "td-post-category")
_TAG_BOXES = ("taxonomy-post_tag", "tags-links", "td-tags", "post-tags", "tagcloud-single")
_IN_CATEGORY, _IN_TAGS = _anchors("category", 3, *_CATEGORY_BOXES), _anchors("tag", 4, *_TAG_BOXES)


def read(page: Page) -> Found | None:
    """None when the page is no single post."""
    body_tag = page.tree.find("body")
    kinds = set((body_tag.get("class") or "").split()) if body_tag is not None else set()
    if kinds & _NOT_SINGLE and not kinds & {"single", "single-post"}:
        return None
    body = _content(page)
    if body is None:
        return None
    _inner_block(body)
    meta = list(_own(page.tree))
    found = Found(
        body=body,
        title=fields.title(page, _headline(page)),
        lead=_lead(meta),
        captions=_captions(meta, body),
        published=_published(page, meta),
        updated=_updated(page, meta),
        author=_author(meta),
        category=_category(page),
        tags=_tags(page),
        attachments=fields.files(page, body),
        canonical=fields.canonical(page),
    )
    fields.prune(body)
    return found


def _content(page: Page) -> HtmlElement | None:
    named = _CONTENTS(page.tree)
    for name in _CONTENT:
        boxes = [n for n in named if _has(n, name) and not _aside(n)]
        if boxes:
            return max(boxes, key=lambda n: len("".join(n.itertext())))
    for article in page.tree.iter("article"):
        if not _aside(article):
            return article
    return None


def _inner_block(body: HtmlElement) -> None:
    # block themes wrap the post's meta and comments into template parts inside the content's parent, never the prose
    for part in list(fields.by_class(body, "wp-block-comments", "comments-area", "wp-block-post-comments")):
        fields.cut(part)


def _aside(node: HtmlElement) -> bool:
    return any(
        up.tag in ("aside", "footer") or _beside(f"{up.get('class') or ''} {up.get('id') or ''}")
        for up in (node, *node.iterancestors())
        if up.tag not in ("body", "html")
    )


@lru_cache(maxsize=4096)
def _beside(names: str) -> bool:
    return _ASIDE.search(names) is not None


def _own(root: HtmlElement) -> Iterator[HtmlElement]:
    """Elements with a class or itemprop that belong to this post: not in comments, related lists, sidebars."""
    stack = [root]
    while stack:
        node = stack.pop()
        if not isinstance(node.tag, str) or node.tag in ("script", "style", "aside", "footer", "head", "nav"):
            continue
        names = f"{node.get('class') or ''} {node.get('id') or ''}"
        if node.tag not in ("body", "html") and names != " " and _beside(names):
            continue
        if names != " " or node.get("itemprop") or node.tag == "time":
            yield node
        stack.extend(reversed(node))


def _has(node: HtmlElement, *names: str) -> bool:
    held = node.get("class")
    return held is not None and not frozenset(names).isdisjoint(held.split())


def _headline(page: Page) -> HtmlElement | None:
    heads = [h for h in page.tree.iter("h1") if not _aside(h)]
    named = [
        h
        for h in heads
        if _has(
            h, "entry-title", "wp-block-post-title", "post-title", "td-post-title", "tdb-title-text", "single-title"
        )
        or h.get("itemprop") == "headline"
    ]
    return next(iter(named), None)


def _lead(meta: list[HtmlElement]) -> str | None:
    for node in meta:
        if _has(node, "td-post-sub-title", "entry-subtitle", "entry-sub-title", "post-sapo", "sapo") and not hidden(
            node
        ):
            return plain(node) or None
    return None


def _captions(meta: list[HtmlElement], body: HtmlElement) -> tuple[str, ...]:
    found = []
    for node in meta:
        if node.tag == "figcaption" and body not in node.iterancestors():
            found.append(plain(node))
    return tuple(dict.fromkeys(caption for caption in found if caption))


def _published(page: Page, meta: list[HtmlElement]) -> tuple[DateClaim, ...]:
    times = [n for n in meta if n.tag == "time" and n.get("datetime")]
    named = [t.get("datetime") for t in times if _has(t, "published", "entry-date") or _dated(t)]
    plain_times = [t.get("datetime") for t in times if not _has(t, "updated", "modified")]
    visible = [plain(n) for n in meta if _has(n, "td-post-date", "entry-date", "post-date", "meta-date", "posted-on")]
    return (
        *fields.claims("wordpress:meta", *fields.metas(page, "article:published_time")),
        *fields.claims("wordpress:json-ld", fields.json_ld(page).get("datePublished")),
        *fields.claims("wordpress:time", *named),
        *fields.claims("wordpress:itemprop", *(_itemprop(meta, "datePublished"))),
        *fields.claims("wordpress:time", *plain_times),
        *fields.claims("wordpress:visible", *visible),
    )


def _dated(node: HtmlElement) -> bool:
    near = [node, *islice(node.iterancestors(), 3)]
    return any(
        _has(n, "wp-block-post-date", "posted-on", "td-post-date", "entry-meta", "post-date") for n in near
    ) and not (_has(node, "updated") and not _has(node, "entry-date"))


def _itemprop(meta: list[HtmlElement], name: str) -> list[str]:
    return [n.get("datetime") or n.get("content") or plain(n) for n in meta if n.get("itemprop") == name]


def _updated(page: Page, meta: list[HtmlElement]) -> tuple[DateClaim, ...]:
    times = [
        n.get("datetime")
        for n in meta
        if n.tag == "time" and _has(n, "updated") and not _has(n, "published", "entry-date")
    ]
    return (
        *fields.claims("wordpress:meta", *fields.metas(page, "article:modified_time")),
        *fields.claims("wordpress:json-ld", fields.json_ld(page).get("dateModified")),
        *fields.claims("wordpress:time", *times),
        *fields.claims("wordpress:itemprop", *_itemprop(meta, "dateModified")),
    )


def _author(meta: list[HtmlElement]) -> str | None:
    for node in meta:
        if _has(
            node, "wp-block-post-author__name", "wp-block-post-author-name", "td-post-author-name", "tdb-author-name"
        ):
            return re.sub(r"^(bởi|by|tác giả)\s*:?\s*|\s*-\s*$", "", plain(node), flags=re.I) or None
    for node in meta:
        if _has(node, "byline", "author", "post-author", "meta-author") or "author" in (node.get("rel") or ""):
            inner = next((a for a in node.iter("a")), node)
            if words := plain(inner):
                return re.sub(r"^(bởi|by|tác giả)\s*:?\s*", "", words, flags=re.I) or None
    return None


def _category(page: Page) -> str | None:
    for node in _IN_CATEGORY(page.tree):
        near = (node, *islice(node.iterancestors(), 2))
        marked = "category" in (node.get("rel") or "").split()
        if (marked or any(_has(n, *_CATEGORY_BOXES) for n in near)) and not _aside(node):
            return plain(node) or None
    return fields.first(fields.metas(page, "article:section"))


def _tags(page: Page) -> tuple[str, ...]:
    found = []
    for node in _IN_TAGS(page.tree):
        near = (node, *islice(node.iterancestors(), 3))
        rel = (node.get("rel") or "").split()
        named = rel == ["tag"] and "/tag/" in (node.get("href") or "")
        if named or any(_has(n, *_TAG_BOXES) for n in near):
            found.append(plain(node))
    return tuple(dict.fromkeys(t for t in (*found, *fields.metas(page, "article:tag")) if t))
