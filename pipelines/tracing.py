"""Why an article reads as it does: every field with its origin, every block that went or came back, as a pure value."""

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy

import trafilatura
from lxml.html import Element, HtmlElement

from pipelines import dates, refinery, remainder, text
from pipelines.blocks import Reader, plain
from pipelines.draft import Draft
from pipelines.families import FAMILIES, DateClaim
from pipelines.families.fields import metas
from pipelines.families.links import squeeze
from pipelines.page import Page, RawPage, parse
from pipelines.template import Template
from schemas.article import Accepted, Content, Mended, Verdict
from schemas.frozen import Frozen
from schemas.site import Site

_SPACES = re.compile(r"[\s|]+")
_NOT_HEARD = frozenset({"field", remainder.PRUNED, remainder.OUTSIDE})
"""Rules of what trafilatura was not given, or what is not lost."""
_TELLING = 12
"""Letters from which words that are also in the article are taken for the article's own."""
_LABEL = 20
"""Letters that may stand with a field's value on its line: "Tác giả:", a day of the week."""


class Claim(Frozen):
    """A value that somebody on the page claims."""

    rule: str
    value: str


class Field(Frozen):
    """One field of the article."""

    name: str
    value: str | None
    rule: str | None
    """Where it came from; None: nothing on the page told it."""
    lost: tuple[Claim, ...] = ()
    """What else claimed to be it."""


class Dropped(Frozen):
    """A block of the page that is not in the text."""

    rule: str
    """A rule of boilerplate.toml, `template`, `extraction` (chrome by its shape), `field` (it became a field),
    `pruned` (cut out of the container by the family) or `outside` (it stands around the container)."""
    text: str


class Explanation(Frozen):
    """The verdict and its reasons."""

    verdict: Verdict
    family: str | None = None
    families: tuple[Claim, ...] = ()
    """How sure each family was of the page, surest first."""
    fields: tuple[Field, ...] = ()
    removed: tuple[Dropped, ...] = ()
    restored: tuple[str, ...] = ()
    """Blocks that trafilatura dropped and we put back."""
    refused: tuple[str, ...] = ()
    """Blocks that trafilatura let in and we dropped."""
    mended: tuple[Mended, ...] = ()
    template: str | None = None


def explain(
    pages: Sequence[RawPage],
    site: Site | None,
    template: Template | None,
    *,
    family: str | None = None,
    include_out_of_scope: bool = False,
) -> Explanation:
    """What `refine` says of the pages, and why: arguments as there, the same body, never raises for a bad page."""
    reading = refinery.read(pages, site, template, family=family, include_out_of_scope=include_out_of_scope)
    told = Explanation(
        verdict=reading.verdict, family=reading.family, template=template.version if template is not None else None
    )
    if reading.page is None:
        return told
    told = told.model_copy(update={"families": _families(pages[0])})
    if reading.draft is None:
        shown = (Dropped(rule=remainder.OUTSIDE, text=line.text) for line in remainder.visible(parse(pages[0]).tree))
        return told.model_copy(update={"removed": tuple(shown)})
    draft = reading.draft
    content = reading.verdict.content if isinstance(reading.verdict, Accepted) else draft.content()
    blocks = [block.text for block in Reader(reading.page.base_url).read(draft.found.body).blocks if block.text]
    kept = _key(" ".join([*draft.lines, *content.captions]))
    unread = [line for line in blocks if _key(line) not in kept]
    gone = [*((rule, line) for rule, line in draft.dropped), *(("extraction", line) for line in unread)]
    named = {line for _, line in gone}
    final = _key(content.text)
    gone += [("field", line) for line in draft.lines if line not in named and _key(line) not in final]
    gone += _around(pages, content, [*blocks, *draft.lines, *(line for _, line in gone)])
    heard = _heard(draft.found.body)
    return told.model_copy(
        update={
            "fields": tuple(_fields(reading.page, parse(pages[0]), draft, content)),
            "removed": tuple(Dropped(rule=rule, text=line) for rule, line in gone),
            "restored": tuple(line for line in blocks if _key(line) in final and _key(line) not in heard),
            "refused": tuple(line for rule, line in gone if rule not in _NOT_HEARD and _key(line) in heard),
            "mended": content.mended,
        }
    )


def _around(pages: Sequence[RawPage], content: Content, told: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What the pages show besides the blocks that are told of already."""
    facts = [content.title, content.lead, content.source, content.category, content.published_raw]
    named = [_key(fact) for fact in [*facts, *content.authors, *content.tags] if fact]
    exact = {*map(_key, told), *map(_key, content.captions), *named}
    whole = "\n".join(exact)

    def is_kept(line: str) -> bool:
        key = _key(line)
        return key in exact or (len(key) >= _TELLING and key in whole)

    seen = dict.fromkeys(pair for raw in pages for pair in remainder.around(parse(raw).tree, is_kept))
    for rule, line in seen:
        key = _key(line)
        if any(fact in key and len(key) <= len(fact) + _LABEL for fact in named if len(fact) > 3):
            yield "field", line
        elif rule == remainder.OUTSIDE or key not in whole:
            yield rule, line


def _families(raw: RawPage) -> tuple[Claim, ...]:
    page = parse(raw)  # the tree that was read is pruned
    sure = sorted(((family.recognise(page), name) for name, family in FAMILIES.items()), reverse=True)
    return tuple(Claim(rule=name, value=f"{degree:.2f}") for degree, name in sure if degree > 0)


def _fields(page: Page, whole: Page, draft: Draft, content: Content) -> Iterator[Field]:
    found, family = draft.found, draft.family
    yield _chosen("title", content.title, [*_claims(family, found.title), *_titles(whole)])
    first = content.lead if content.lead and not found.lead else None
    described = _claims("meta description", *metas(whole, "description", "og:description"))
    yield _chosen(
        "lead", content.lead, [*_claims(family, found.lead), *_claims("first paragraph in bold", first), *described]
    )
    yield _date("published_at", content.published_at, found.published, page, content)
    yield _date("updated_at", content.updated_at, found.updated, page, content)
    authors = ", ".join(content.authors) or None
    yield _chosen("authors", authors, [*_claims(family, found.author), *_claims("signature in the text", authors)])
    yield _chosen("author_role", content.author_role, _claims("byline", content.author_role))
    yield _chosen("source", content.source, [*_claims(family, found.source), *_claims("line", content.source)])
    yield _chosen("category", content.category, _claims(family, found.category))
    yield _chosen("tags", ", ".join(content.tags) or None, _claims(family, ", ".join(content.tags)))
    captions = " / ".join(content.captions) or None
    yield _chosen("captions", captions, _claims("container", captions))
    yield _chosen("canonical_url", content.canonical_url, _claims("link rel=canonical", content.canonical_url))
    linked = " ".join(a.url for a in content.attachments) or None
    yield _chosen("attachments", linked, _claims("links to documents", linked))
    cited = ", ".join(ref.number for ref in content.document_refs) or None
    yield _chosen("document_refs", cited, _claims("numbers in title and text", cited))
    yield Field(name="words", value=str(len(content.text.split())), rule=family)


def _titles(page: Page) -> list[Claim]:
    heads = (plain(head) for head in page.tree.iter("h1"))
    return [
        *_claims("h1", *heads),
        *_claims("og:title", *metas(page, "og:title")),
        *_claims("title", *(squeeze(title.text or "") for title in page.tree.iter("title"))),
    ]


def _claims(rule: str, *values: str | None) -> list[Claim]:
    return [Claim(rule=rule, value=text.clean(value).text) for value in values if value and value.strip()]


def _chosen(name: str, value: str | None, claims: Iterable[Claim]) -> Field:
    """The first claim that says the value is its origin, those that say something else lost."""
    claims = list(claims)
    if value is None:
        return Field(name=name, value=None, rule=None, lost=tuple(claims))
    key = text.fold(value)
    rule = next((claim.rule for claim in claims if text.fold(claim.value) == key), "byline")
    lost = dict.fromkeys(claim for claim in claims if text.fold(claim.value) != key)
    return Field(name=name, value=value, rule=rule, lost=tuple(lost))


def _date(name: str, value: object, claims: Sequence[DateClaim], page: Page, content: Content) -> Field:
    read = [(claim, dates.read(claim.raw, page.fetched_at)) for claim in claims]
    won = next((claim for claim, instant in read if instant and instant.value == value), None)
    rule = content.published_from if name == "published_at" else (won.rule if won else None)
    lost = tuple(
        Claim(rule=claim.rule, value=claim.raw if instant else f"{claim.raw} (cannot be read)")
        for claim, instant in read
        if claim is not won and (instant is None or instant.value != value)  # who says the same lost nothing
    )
    shown = value.isoformat() if hasattr(value, "isoformat") else None
    return Field(name=name, value=shown, rule=rule if shown else None, lost=lost)


def _key(words: str) -> str:
    return _SPACES.sub("", words)


def _heard(container: HtmlElement) -> str:
    """Everything that trafilatura by itself takes from the container, without spaces."""
    tree, body = Element("html"), Element("body")
    tree.append(body)
    body.append(deepcopy(container))
    try:
        found = trafilatura.extract(tree, fast=True, favor_recall=True, include_comments=False)
    except Exception:  # a library's fault on one odd page
        return ""
    return _key(text.clean(found or "").text)
