"""The one refinery: the captured pages of an article in, a verdict out. Pure, and it never raises for a bad page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

from pipelines import judge
from pipelines.draft import Draft
from pipelines.families import FAMILIES, Family, Found, recognise
from pipelines.families.links import host, never_article
from pipelines.families.split import further_parts
from pipelines.page import Page, RawPage, UnreadablePage, absolute, parse
from pipelines.template import Template
from schemas.article import Accepted, Rejected, Verdict
from schemas.outcome import Outcome
from schemas.site import Site


def refine(
    pages: Sequence[RawPage],
    site: Site | None,
    template: Template | None,
    *,
    family: str | None = None,
    include_out_of_scope: bool = False,
) -> Verdict:
    """Read one article.

    Args:
        pages: its captured pages in order, at least one.
        site: the registered site it is from; None: any page, its scope is judged too.
        template: the site's template memory; None: none yet.
        family: name of the CMS family to read it as; None: the site's, else recognised.
        include_out_of_scope: accept what is no provincial organ's text.

    Returns:
        The article, or the outcome that refuses it; a page that cannot be read is `unreadable`.
    """
    return read(pages, site, template, family=family, include_out_of_scope=include_out_of_scope).verdict


@dataclass(frozen=True)
class Reading:
    """The verdict, and beside it what it was made of, as far as the reading came; for `explain`."""

    verdict: Verdict
    page: Page | None = None
    """The first page; the family has pruned its tree."""
    family: str | None = None
    draft: Draft | None = None


def read(
    pages: Sequence[RawPage],
    site: Site | None,
    template: Template | None,
    *,
    family: str | None = None,
    include_out_of_scope: bool = False,
) -> Reading:
    """The body of `refine`, and of `explain`: arguments as there."""
    if not pages:
        return Reading(Rejected(reason=Outcome.UNREADABLE, detail="no page was given"))
    try:
        return _read(pages, site, template, family, include_out_of_scope)
    except Exception as error:  # one page that no rule foresaw must not cost the others
        return Reading(Rejected(reason=Outcome.EXTRACT_CRASH, detail=f"{type(error).__name__}: {error}"))


def _read(
    pages: Sequence[RawPage],
    site: Site | None,
    template: Template | None,
    family: str | None,
    include_out_of_scope: bool,
) -> Reading:
    try:
        parsed = [parse(raw) for raw in pages]
    except UnreadablePage as error:
        return Reading(Rejected(reason=error.outcome, detail=str(error)))
    if any(judge.bears_stamp(page) for page in parsed):
        return Reading(Rejected(reason=Outcome.CLASSIFIED, detail="the heading bears a secrecy stamp"))
    page = parsed[0]
    if refusal := judge.of_page(page):
        return Reading(Rejected(reason=refusal.reason, detail=refusal.detail), page)
    named = family or (site.family if site else None)
    product = FAMILIES.get(named or "") or recognise(page)
    found = _article(product, page)
    if found is None:
        nothing = judge.of_nothing(page)
        return Reading(Rejected(reason=nothing.reason, detail=f"{nothing.detail} ({product.name})"), page, product.name)
    draft = Draft(page, product.name, found, site, template)
    links_inside, siblings = _links_inside(found.body, page), _siblings(found.body)
    further = [(p, f) for p in parsed[1:] if (f := _article(product, p)) is not None]
    draft.read(further_parts(found, further) if further else ())
    material = judge.Material(
        len(found.attachments), draft.captions, links_inside, draft.teasers, siblings, bool(found.published)
    )
    if refusal := judge.of_article(page, draft.title, draft.all_blocks, material):
        return Reading(Rejected(reason=refusal.reason, detail=refusal.detail), page, product.name, draft)
    if site is None and not include_out_of_scope and judge.out_of_scope(page, draft.title, draft.all_blocks):
        stranger = Rejected(reason=Outcome.OUT_OF_SCOPE, detail="a thesis or a slice of one, not a text of an organ")
        return Reading(stranger, page, product.name, draft)
    return Reading(Accepted(content=draft.content()), page, product.name, draft)


def says(page: RawPage, site: Site | None, template: Template | None, family: str | None, further: bool) -> str:
    """All that one page says as an article, in words; empty when it is none. `further`: it is a later page of one,
    which would not stand alone."""
    reading = read([page], site, template, family=family, include_out_of_scope=True)
    if isinstance(reading.verdict, Accepted):
        content = reading.verdict.content
    elif further and reading.draft is not None:
        content = reading.draft.content()
    else:
        return ""
    return content.all_said


def refine_saved_text(saved: str, url: str | None, fetched_at: datetime, include_out_of_scope: bool = False) -> Verdict:
    """Read a page that somebody saved as plain text: its visible text line by line, chrome and all."""
    from pipelines import saved_text  # rarely used, and it is not part of a night

    return saved_text.refine(saved, url, fetched_at, include_out_of_scope)


def _article(product: Family, page: Page) -> Found | None:
    """The product's article; by structure where the product's own marks are missing on what it calls an article."""
    found = product.article(page)
    if found is None and product.is_article_url(page.url) is True:
        return FAMILIES["generic"].article(page)
    return found


def _links_inside(body: HtmlElement, page: Page) -> int:
    """How many other pages of the site the container links under headline-long texts."""
    found = set()
    for anchor in body.iter("a"):
        url = absolute(page.base_url, anchor.get("href") or "")
        if (
            url
            and host(url) == host(page.url)
            and len("".join(anchor.itertext()).strip()) >= 25
            and not never_article(url)
        ):
            found.add(url.split("#")[0])
    return len(found)


def _siblings(body: HtmlElement) -> int:
    """How many boxes beside the container, or beside what holds it, are made like it and headed by a link each."""
    node: HtmlElement | None = body
    for _ in range(4):
        parent = node.getparent() if node is not None else None
        if node is None or parent is None or node.tag in ("body", "td"):
            return 0
        if made := _made(node):
            alike = [n for n in islice(parent, 60) if n is not node and n.tag == node.tag and _made(n) == made]
            if len(alike) >= 3 and (headed := sum(map(_headed_by_link, alike))) >= 3:
                return headed
        node = parent
    return 0


def _made(node: HtmlElement) -> str:
    """The first class of an element that has no number in it."""
    names = node.get("class")
    return _named(names) if names else ""


@lru_cache(maxsize=4096)
def _named(names: str) -> str:
    return next((name for name in names.split() if not any(map(str.isdigit, name))), "")


def _headed_by_link(box: HtmlElement) -> bool:
    """Whether the first words of a box, at headline's length or in a heading, lead to another page."""
    if any(next(heading.iter("a"), None) is not None for heading in box.iter("h2", "h3", "h4")):
        return True
    for node in box.iter():
        if isinstance(node.tag, str) and node.text and len(words := node.text.strip()) >= 15:
            return len(words) >= 20 and (node.tag == "a" or next(node.iterancestors("a"), None) is not None)
    return False
