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
    fields.prune(body)
    return Found(
        body=body,
        title=title,
        lead=surroundings.lead(frame, body, title) if lead_box is None else _lead(lead_box),
        captions=_captions(frame, body, headline),
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
    for node in _LEADS(frame):
        if node is body or body in node.iterancestors() or hidden(node):
            continue
        names = (node.get("class") or "").split()
        if "hometext" in names or node.get("id") == "hometext":
            return node
        if node.get("itemprop") == "description" and node.tag != "meta":
            return node
    return None


def _lead(box: HtmlElement) -> str | None:
    said = [b.text for b in Reader("").read(box).blocks if b.kind != "caption"]
    return " ".join(said) or None


def _captions(frame: HtmlElement, body: HtmlElement, headline: HtmlElement | None) -> tuple[str, ...]:
    # the hidden copy in #imgpreview says the same again
    figures = [plain(n) for n in frame.iter("figcaption") if body not in n.iterancestors()]
    found = (*figures, *surroundings.captions(frame, body, headline))
    return tuple(dict.fromkeys(caption for caption in found if caption))


def _tags(page: Page) -> tuple[str, ...]:
    named = list(fields.metas(page, "article:tag"))
    if not named:
        # the same links stand in a cloud of tags beside every article; the article's own have a label before them
        linked = [a for a in page.tree.iter("a") if "tag" in segments(a.get("href") or "")[:-1]]
        boxes = {box: plain(box) for box in (a.getparent() for a in linked) if box is not None}
        named = [plain(a) for a in linked if _TAGGED.match(boxes.get(a.getparent(), ""))]
    return tuple(dict.fromkeys(tag for tag in named if tag))
