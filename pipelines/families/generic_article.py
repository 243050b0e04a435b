"""The article of a page that no product explains: the container by text density, fields by microdata and place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from lxml.html import HtmlElement

from pipelines import boilerplate, dates
from pipelines.blocks import Block, Reader, hidden, plain
from pipelines.credits import from_field
from pipelines.families import fields, surroundings
from pipelines.families.base import DateClaim, Found
from pipelines.families.boxes import cut_boxes
from pipelines.families.byplay import cut_byplay
from pipelines.families.container import densest, prose
from pipelines.families.headline import headline_above, headline_of
from pipelines.families.links import squeeze
from pipelines.families.structure import articles_by_structure
from pipelines.instants import Instant
from pipelines.names import is_vietnamese_name
from pipelines.page import Page

_POSTED = re.compile(
    r"^(?:được )?(?:đăng|gửi|viết|tạo|posted|submitted) (?:bởi|by)\s+(?P<who>.{2,60}?)\s*(?:,|\bvào\b|\blúc\b|\bon\b)"
    r"\s*(?P<when>.*\d{4}.*)$",
    re.I,
)
_BY = re.compile(r"^(?:(?:được )?(?:viết|đăng|gửi) bởi|bởi|by)\s*:?\s+(?P<value>.+)$", re.I)
_DATED = re.compile(
    r"(^|[\s_-])(date|time|datetime|pub(lish(ed)?)?-?date|ngay|ngay-?dang|thoi-?gian|posted?-?(on|date)|created)([\s_-]|$)",
    re.I,
)
_LEAD_LENGTH = 40
_AUTHOR = re.compile(r"(^|[\s_-])(author|byline|tac-?gia|nguoi-?viet)(__?name|-name)?(\s|$)", re.I)


def read(page: Page, marked: HtmlElement | None = None, scope: HtmlElement | None = None) -> Found | None:
    """None when no part of the page holds prose.

    A product that knows more says so: `marked`, its headline; `scope`, the part of the page that holds the article.
    """
    headline = marked if marked is not None else headline_of(page)
    root = page.tree.find("body")
    others = cut_boxes(root, headline) if root is not None else 0
    if headline is None and (headline := headline_above(page, scope)) is not None and root is not None:
        others += cut_boxes(root, headline)  # now that it is known what stands over them
    body = _marked(page)
    if body is None:
        body = densest(page, headline, scope)
    if body is None:
        body = _around_a_document(page, headline)
    if body is None:
        return None
    frame = surroundings.frame(page, body, headline)
    if _is_beside_a_listing(page, body, headline, frame, others):
        return None
    title = fields.title(page, headline)
    lead = surroundings.lead(frame, body, title)
    if lead is None and headline is not None:
        over = list(_between(frame, body, headline))
        if len(over) == 1:
            lead = over[0]
        elif over:
            body = frame
        else:
            lead = _set_apart(body, headline)
    near = [part for line in _near(frame, body) for part in _parted(line)]
    inside = [squeeze("".join(n.itertext())) for n in body.iter("p", "div", "span", "td", "li")][:12]
    said = [line.strip("()[] ") for line in (*near, *(line for line in inside if len(line) < 160))]
    labelled = dates.labelled(said, page.fetched_at, title)
    ld = fields.json_ld(page)
    captions, images = surroundings.pictures(page, frame, body, headline)
    found = Found(
        body=body,
        title=title,
        lead=lead,
        captions=captions,
        images=images,
        published=(
            *fields.claims("meta", *fields.metas(page, "article:published_time", "datepublished", "pubdate")),
            *fields.claims("json-ld", ld.get("datePublished")),
            *fields.claims("itemprop", *_itemprop(frame, "datePublished")),
            *fields.claims("time", *_times(frame)),
            *_as_claims(labelled.published),
            *fields.claims("class", *_dated(frame)),
        ),
        updated=(
            *fields.claims("meta", *fields.metas(page, "article:modified_time")),
            *fields.claims("json-ld", ld.get("dateModified")),
            *_as_claims(labelled.updated),
        ),
        author=_author(frame, body, near, ld),
        source=fields.labelled(fields.SOURCE, near),
        category=fields.first(fields.metas(page, "article:section")) or surroundings.breadcrumb(page),
        tags=tuple(dict.fromkeys(fields.metas(page, "article:tag"))),
        attachments=fields.files(page, frame),
        canonical=fields.canonical(page),
    )
    fields.prune(body)
    prune_above(body, headline)
    return _with_byplay(page, found)


def _with_byplay(page: Page, found: Found) -> Found:
    """The fields that lines of byplay in the body tell, those lines cut."""
    byplay = cut_byplay(found.body)
    said = dates.labelled(byplay.dates, page.fetched_at)
    return replace(
        found,
        category=found.category or byplay.category,
        published=(*found.published, *_as_claims(said.published)),
        updated=(*found.updated, *_as_claims(said.updated)),
    )


def _author(frame: HtmlElement, body: HtmlElement, near: list[str], ld: dict[str, Any]) -> str | None:
    """Labelled, marked, or alone below the text; never a login."""
    said = ld.get("author")
    claimed = (
        fields.labelled(fields.AUTHOR, near),
        *(_BY.sub(r"\g<value>", name) for name in _itemprop(frame, "author")),
        _named_author(frame, body),
        _signed_below(frame, body),
        fields.labelled(_BY, near),
        said.get("name") if isinstance(said, dict) and said.get("@type") == "Person" else None,
    )
    return fields.first(claim for claim in claimed if claim and from_field(claim) is not None)


def _as_claims(found: tuple[Instant, str] | None) -> tuple[DateClaim, ...]:
    return (DateClaim(found[1], "label"),) if found else ()


def _around_a_document(page: Page, headline: HtmlElement | None) -> HtmlElement | None:
    """The surroundings of a headline that hold no prose but link a document."""
    for near in headline.iterancestors() if headline is not None else ():
        if near.tag in ("body", "html"):
            return None
        if fields.files(page, near):
            return near
    return None


def _is_beside_a_listing(
    page: Page, body: HtmlElement, headline: HtmlElement | None, frame: HtmlElement, cut: int
) -> bool:
    """Whether the little prose found is only a box of a page that lists articles."""
    if prose(body) >= 600 or not (headline is None or frame.tag in ("body", "html", "form")):
        return False
    enough = 3 if headline is None else 6
    return cut >= enough or cut + len({link.url for link in articles_by_structure(page)}) >= enough


def _marked(page: Page) -> HtmlElement | None:
    """The container that microdata name."""
    for node in page.tree.iterfind(".//*[@itemprop='articleBody']"):
        if node.tag != "meta" and prose(node) > 200:
            return node
    return None


def _between(frame: HtmlElement, body: HtmlElement, headline: HtmlElement) -> Iterator[str]:
    """The prose between the headline and the body: the lead, where nothing marks it."""
    around = {body, *body.iterancestors(), *headline.iterancestors()}
    passed = False
    stack = list(reversed(frame)) if body is not frame else []
    while stack:
        node = stack.pop()
        if node is body:
            return
        if node is headline:
            passed = True
        elif node in around:
            stack.extend(reversed(node))
        elif passed and isinstance(node.tag, str) and prose(node) >= _LEAD_LENGTH:
            yield from (block.text for block in Reader("").read(node).blocks if _may_lead([block]))


def _may_lead(blocks: Sequence[Block]) -> bool:
    """Whether the blocks are one, and a sentence."""
    if len(blocks) != 1 or blocks[0].kind == "caption" or blocks[0].link_share >= 0.5:
        return False
    words = blocks[0].text
    sentence = len(words) >= 2 * _LEAD_LENGTH or (len(words) >= _LEAD_LENGTH and words[-1] in ".!?…")
    return sentence and not dates.is_date_line(words) and boilerplate.match(words) is None


def _set_apart(body: HtmlElement, headline: HtmlElement) -> str | None:
    """The first text after a headline in the body, cut out, where a name of its own sets it apart from what follows."""
    inside = body in headline.iterancestors()
    for up in (headline, *headline.iterancestors()) if inside else (None,):
        if up is body:
            return None
        following = body if up is None else up.itersiblings()
        later = [n for n in following if isinstance(n.tag, str) and prose(n) >= _LEAD_LENGTH]
        if not later:
            continue
        while len(later) == 1 and len(Reader("").read(later[0]).blocks) > 1:
            later = [n for n in later[0] if isinstance(n.tag, str) and prose(n) >= _LEAD_LENGTH]
        if not later:
            return None
        first, rest = later[0], later[1:]
        key = (first.tag, first.get("class"))
        words = plain(first)
        if (
            not rest
            or not (first.get("class") or "-" in first.tag)
            or any((n.tag, n.get("class")) == key for n in rest)
            or not _LEAD_LENGTH <= len(words) <= 1200
            or not _may_lead(Reader("").read(first).blocks)
            or sum(map(prose, rest)) < len(words)
        ):
            return None
        fields.cut(first)
        return words
    return None


def _near(frame: HtmlElement, body: HtmlElement) -> list[str]:
    """The short lines around the text; where the body holds the headline too, those over and under its prose."""
    if frame is not body:
        return list(fields.lines(frame, outside=body))
    lines = list(fields.lines(body, longest=None))
    long = [at for at, line in enumerate(lines) if boilerplate.is_prose(line)]
    first, last = (long[0], long[-1]) if long else (len(lines), len(lines))
    return [line for line in (*lines[:first], *lines[last + 1 :]) if len(line) <= 160]


def _parted(line: str) -> Iterator[str]:
    """The line; one that says who posted the article and when as two, and what bars part."""
    found = _POSTED.match(line)
    if found is None and " | " in line and not dates.is_date_line(line):
        yield from line.split(" | ")
    yield from (f"Bởi {found.group('who')}", f"Ngày đăng: {found.group('when')}") if found else (line,)


def _signed_below(frame: HtmlElement, body: HtmlElement) -> str | None:
    """A name that stands alone right below the body."""
    node = body
    while node is not frame:
        for after in node.itersiblings():
            if words := squeeze("".join(after.itertext())):
                return words if is_vietnamese_name(words) and boilerplate.match(words) is None else None
        up = node.getparent()
        if up is None:
            return None
        node = up
    return None


def _itemprop(root: HtmlElement, name: str) -> list[str]:
    return [n.get("content") or n.get("datetime") or plain(n) for n in root.iterfind(f".//*[@itemprop='{name}']")]


def _named_author(frame: HtmlElement, body: HtmlElement) -> str | None:
    for node in frame.iterfind(".//*[@class]"):
        if _AUTHOR.search(fields.names(node)) and body not in node.iterancestors() and not hidden(node):
            inner = next(node.iter("a"), node)
            words = re.sub(r"^(bởi|by|tác giả)\s*:?\s*", "", plain(inner), flags=re.I)
            if 2 <= len(words) <= 60:
                return words
    return None


def _dated(frame: HtmlElement) -> Iterator[str]:
    """What elements hold that are named for the date of publication; a page's header is not asked."""
    if frame.tag in ("body", "html", "form"):
        return
    for node in frame.iterfind(".//*[@class]"):
        if _DATED.search(fields.names(node)) and dates.is_date_line(words := plain(node)):
            yield words


def _times(frame: HtmlElement) -> list[str]:
    return [t.get("datetime") or plain(t) for t in frame.iter("time")][:1]


def prune_above(body: HtmlElement, headline: HtmlElement | None) -> None:
    """Take the headline and what stands before it out of the body, when the container was wide enough to hold it."""
    if headline is None or body not in headline.iterancestors():
        return
    for node in list(body.iterdescendants()):
        if node is headline:
            break
        if isinstance(node.tag, str) and headline not in node.iterdescendants() and node.getparent() is not None:
            fields.cut(node)
    fields.cut(headline)
