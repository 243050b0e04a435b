"""The article of a NukeViet page: what `detail.tpl` guarantees in every theme, then its words."""

import re

from lxml import etree
from lxml.html import HtmlElement

from pipelines.blocks import Reader, plain
from pipelines.families import fields
from pipelines.families.base import DateClaim, Found
from pipelines.families.links import segments
from pipelines.page import Page

_VISIBLE = re.compile(r"^((thứ \w+|chủ nhật)\b.{0,4})?\s*\d{1,2}/\d{1,2}/\d{4}.{0,4}\d{1,2}:\d{2}", re.I)
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
    frame = _frame(page, body)
    lead_box = _lead_box(frame, body)
    outside = list(fields.lines(frame, outside=body))
    headline = next((n for n in frame.iter("h1") if n.get("itemprop") == "headline"), None)
    found = Found(
        body=body,
        title=fields.title(page, headline, next(frame.iter("h1"), None)),
        lead=_lead(lead_box),
        captions=_captions(frame, body),
        published=_published(page, outside),
        updated=fields.claims("nukeviet:modified", *fields.metas(page, "article:modified_time")),
        author=fields.labelled(fields.AUTHOR, outside),
        source=fields.labelled(fields.SOURCE, outside),
        category=fields.first(fields.metas(page, "article:section")) or _breadcrumb(page),
        tags=_tags(page),
        attachments=fields.files(page, frame),
        canonical=fields.canonical(page),
    )
    fields.prune(body)
    return found


def _body(page: Page) -> HtmlElement | None:
    for path in _BODIES:
        for found in path(page.tree):
            return found
    return next(fields.by_class(page.tree, "bodytext"), None)


def _frame(page: Page, body: HtmlElement) -> HtmlElement:
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
        if node is body or body in node.iterancestors():
            continue
        names = (node.get("class") or "").split()
        if "hometext" in names or node.get("id") == "hometext":
            return node
        if node.get("itemprop") == "description" and node.tag != "meta":
            return node
    return None


def _lead(box: HtmlElement | None) -> str | None:
    if box is None:
        return None
    said = [b.text for b in Reader("").read(box).blocks if b.kind != "caption"]
    return " ".join(said) or None


def _captions(frame: HtmlElement, body: HtmlElement) -> tuple[str, ...]:
    # the hidden copy in #imgpreview says the same again
    found = [plain(n) for n in frame.iter("figcaption") if body not in n.iterancestors()]
    return tuple(dict.fromkeys(caption for caption in found if caption))


def _published(page: Page, outside: list[str]) -> tuple[DateClaim, ...]:
    # the hidden datePublished is the edit time (the template assigns one variable twice): never taken
    visible = next((line for line in outside if _VISIBLE.match(line)), None)
    metas = fields.metas(page, "article:published_time")
    return (*fields.claims("nukeviet:meta", *metas), *fields.claims("nukeviet:visible", visible))


def _breadcrumb(page: Page) -> str | None:
    for crumb in fields.by_class(page.tree, "breadcrumb", "breadcrumbs", "temp-breadcrumbs"):
        names = [plain(a) for a in crumb.iter("a")]
        if len(names) > 1:
            return names[-1] or None
    return None


def _tags(page: Page) -> tuple[str, ...]:
    named = list(fields.metas(page, "article:tag"))
    if not named:
        named = [plain(a) for a in page.tree.iter("a") if "tag" in segments(a.get("href") or "")[:-1]]
    return tuple(dict.fromkeys(tag for tag in named if tag))
