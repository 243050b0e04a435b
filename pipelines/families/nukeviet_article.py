"""The article of a NukeViet page: what `detail.tpl` guarantees in every theme, then its words."""

import re

from lxml import etree
from lxml.html import HtmlElement

from pipelines import dates
from pipelines.blocks import Reader, hidden, plain
from pipelines.families import fields, surroundings
from pipelines.families.base import Found
from pipelines.families.headline import headline_of
from pipelines.families.links import segments
from pipelines.page import Page

_TAGGED = re.compile(r"^\W*(tags?|từ khóa|thẻ)\b", re.I)
_BODIES = tuple(
    etree.XPath(f"descendant::*[{test}][1]")
    for test in ("@id='news-bodyhtml'", "@itemprop='articleBody'", "@id='bodytext'", "@id='bodyhtml'")
)
_LEADS = etree.XPath("descendant::*[@id='hometext' or @itemprop='description' or contains(@class, 'hometext')]")


def read(page: Page) -> Found | None:
    """None when the page has no article body (a listing, a home page, an error)."""
    body = _body(page)
    if body is None:
        return None
    part = _part(page, body)
    marked = next((n for n in part.iter("h1") if n.get("itemprop") == "headline"), next(part.iter("h1"), None))
    headline = marked if marked is not None else headline_of(page)
    frame = surroundings.frame(page, body, headline) if marked is None else part
    title = fields.title(page, headline)
    lead_box = _lead_box(frame, body)
    outside = list(fields.lines(frame, outside=body))
    printed = dates.labelled(outside, page.fetched_at, title)
    attachments = fields.files(page, frame)
    # the hidden copy in #imgpreview says the same again
    figures = [plain(n) for n in frame.iter("figcaption") if body not in n.iterancestors()]
    captions, images = surroundings.pictures(page, frame, body, headline)
    fields.prune(body)
    return Found(
        body=body,
        title=title,
        lead=surroundings.lead(frame, body, title) if lead_box is None else _lead(lead_box),
        captions=tuple(caption for caption in dict.fromkeys((*figures, *captions)) if caption),
        images=images,
        # the hidden datePublished is the edit time (the template assigns one variable twice): never taken
        published=(
            *fields.claims("nukeviet:meta", *fields.metas(page, "article:published_time")),
            *fields.claims("nukeviet:visible", printed.published and printed.published[1]),
        ),
        updated=(
            *fields.claims("nukeviet:modified", *fields.metas(page, "article:modified_time")),
            *fields.claims("nukeviet:visible", printed.updated and printed.updated[1]),
        ),
        author=fields.labelled(fields.AUTHOR, outside),
        source=fields.labelled(fields.SOURCE, outside),
        category=fields.first(fields.metas(page, "article:section")) or surroundings.breadcrumb(page),
        tags=_tags(page),
        attachments=attachments,
        canonical=fields.canonical(page),
    )


def _body(page: Page) -> HtmlElement | None:
    usual = next((node for node in page.tree.iter("div") if node.get("id") == "news-bodyhtml"), None)
    if usual is not None:  # many times faster than to ask all elements
        return usual
    for path in _BODIES:
        for found in path(page.tree):
            return found
    return next(fields.by_class(page.tree, "bodytext"), None)


def _part(page: Page, body: HtmlElement) -> HtmlElement:
    """The element that holds headline, lead, body and byline."""
    for node in body.iterancestors():
        if "NewsArticle" in (node.get("itemtype") or ""):
            return node
    for node in body.iterancestors():
        if next(node.iter("h1"), None) is not None:
            return node
    return page.tree


def _lead_box(frame: HtmlElement, body: HtmlElement) -> HtmlElement | None:
    """The lead where the template puts it, the innermost of its boxes: `#hometext` may hold a picture's window too."""
    boxes = [n for n in _LEADS(frame) if n is not body and body not in n.iterancestors() and not hidden(n)]
    shown = [n for n in boxes if n.get("itemprop") == "description" and n.tag != "meta"]
    named = [n for n in boxes if n.get("id") == "hometext" or "hometext" in (n.get("class") or "").split()]
    return next(iter((*shown, *named)), None)


def _lead(box: HtmlElement) -> str | None:
    said = [b.text for b in Reader("").read(box).blocks if b.kind != "caption"]
    return " ".join(said) or None


def _tags(page: Page) -> tuple[str, ...]:
    named = list(fields.metas(page, "article:tag"))
    if not named:
        # the same links stand in a cloud of tags beside every article; the article's own have a label before them
        near = [(a, a.get("href") or "") for a in page.tree.iter("a")]
        linked = [a for a, href in near if "tag" in href and "tag" in segments(href)[:-1]]
        boxes = {box: plain(box) for box in (a.getparent() for a in linked) if box is not None}
        named = [plain(a) for a in linked if _TAGGED.match(boxes.get(a.getparent(), ""))]
    return tuple(dict.fromkeys(tag for tag in named if tag))
