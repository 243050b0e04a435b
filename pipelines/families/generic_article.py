"""The article of a page that no product explains: the container by text density, fields by microdata and place."""

import re

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.blocks import Reader, hidden, plain
from pipelines.families import fields
from pipelines.families.base import DateClaim, Found
from pipelines.families.container import densest, prose
from pipelines.families.links import squeeze
from pipelines.families.structure import articles_by_structure
from pipelines.instants import Instant
from pipelines.page import Page

_LEAD = re.compile(
    r"(^|[\s_-])(sapo|lead|hometext|tom-?tat|trich-?dan|trich-?yeu|chapeau|brief|sum(mary)?|intro(text)?|short-?(desc|intro)\w*"
    r"|desc(ription)?|excerpt|sub-?title|mo-?ta)([\s_-]|$)",
    re.I,
)
TITLE = re.compile(r"(^|[\s_-])(title|tieu-?de\w*|headline|\w*title|ten-?bai\w*)([\s_-]|$)", re.I)
_SITE = re.compile(r"(^|[\s_-])(site-?(title|name|description)|logo\w*|brand)([\s_-]|$)", re.I)
_AUTHOR = re.compile(r"(^|[\s_-])(author|byline|tac-?gia)(__?name|-name)?(\s|$)", re.I)
_NO_HEADLINE = frozenset({"title", "meta", "script", "style", "a", "body", "html", "head", "option", "link", "img"})


def read(page: Page, marked: HtmlElement | None = None, scope: HtmlElement | None = None) -> Found | None:
    """None when no part of the page holds prose.

    A product that knows more says so: `marked`, its headline; `scope`, the part of the page that holds the article.
    """
    headline = marked if marked is not None else headline_of(page)
    body = _marked(page)
    if body is None:
        body = densest(page, headline, scope)
    if body is None:
        body = _around_a_document(page, headline)
    if body is None:
        return None
    frame = _frame(page, body, headline)
    if _is_beside_a_listing(page, body, headline, frame):
        return None
    title = fields.title(page, headline)
    near = list(fields.lines(frame, outside=body))
    inside = [squeeze("".join(n.itertext())) for n in body.iter("p", "div", "span", "td", "li")][:12]
    said = [line.strip("()[] ") for line in (*near, *(line for line in inside if len(line) < 160))]
    labelled = dates.labelled(said, page.fetched_at, title)
    ld = fields.json_ld(page)
    author = ld.get("author")
    found = Found(
        body=body,
        title=title,
        lead=_lead(frame, body, title),
        captions=_captions(frame, body, headline),
        published=(
            *fields.claims("meta", *fields.metas(page, "article:published_time", "datepublished", "pubdate")),
            *fields.claims("json-ld", ld.get("datePublished")),
            *fields.claims("itemprop", *_itemprop(frame, "datePublished")),
            *fields.claims("time", *_times(frame)),
            *_as_claims(labelled.published),
        ),
        updated=(
            *fields.claims("meta", *fields.metas(page, "article:modified_time")),
            *fields.claims("json-ld", ld.get("dateModified")),
            *_as_claims(labelled.updated),
        ),
        author=fields.labelled(fields.AUTHOR, near)
        or fields.first(_itemprop(frame, "author"))
        or _named_author(frame, body)
        or (author.get("name") if isinstance(author, dict) and author.get("@type") == "Person" else None),
        source=fields.labelled(fields.SOURCE, near),
        category=fields.first(fields.metas(page, "article:section")) or _breadcrumb(page),
        tags=tuple(dict.fromkeys(fields.metas(page, "article:tag"))),
        attachments=fields.files(page, frame),
        canonical=fields.canonical(page),
    )
    fields.prune(body)
    _prune_dates(body, headline)
    return found


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


def _is_beside_a_listing(page: Page, body: HtmlElement, headline: HtmlElement | None, frame: HtmlElement) -> bool:
    """Whether the little prose found is only a box of a page that lists articles."""
    if prose(body) >= 600 or not (headline is None or frame.tag in ("body", "html", "form")):
        return False
    others = {link.url for link in articles_by_structure(page)}
    return len(others) >= (3 if headline is None else 6)


def _marked(page: Page) -> HtmlElement | None:
    """The container that microdata name."""
    for node in page.tree.iterfind(".//*[@itemprop='articleBody']"):
        if node.tag != "meta" and prose(node) > 200:
            return node
    return None


def headline_of(page: Page) -> HtmlElement | None:
    """The heading that the document's own title names, else the only h1, else the first titled element."""
    documents = [squeeze(t.text or "") for t in page.tree.iter("title")] + list(fields.metas(page, "og:title"))
    named: list[tuple[int, int, HtmlElement]] = []
    others: list[tuple[int, HtmlElement]] = []
    site = set(fields.metas(page, "og:site_name"))
    for node in page.tree.iter():
        if not isinstance(node.tag, str) or node.tag in _NO_HEADLINE or len(node) > 6 or hidden(node):
            continue
        names = fields.names(node)
        marked = node.tag in ("h1", "h2", "h3") or node.get("itemprop") == "headline"
        titled = marked or (names != " " and TITLE.search(names) is not None)
        if _SITE.search(names):
            continue
        words = squeeze("".join(node.itertext()))
        if not 8 <= len(words) <= 300 or words in site or next(node.iterancestors("a"), None) is not None:
            continue
        if not marked and next(node.iterdescendants("a"), None) is not None:
            continue
        rank = 2 if node.tag == "h1" else int(titled)
        if any(words in document if titled else _heads(words, document) for document in documents):
            named.append((len(words), rank, node))
        elif node.tag == "h1":
            others.append((rank, node))
    if named:
        longest = max(size for size, _, _ in named)
        return max((n for n in named if n[0] >= 0.9 * longest), key=lambda n: n[1])[2]
    return others[0][1] if len(others) == 1 else None


def _heads(words: str, document: str) -> bool:
    """Whether a document's title begins with the words: how a page without heading marks shows its headline."""
    return len(words) >= 20 and document.startswith(words)


def _frame(page: Page, body: HtmlElement, headline: HtmlElement | None) -> HtmlElement:
    """The smallest element that holds both the headline and the body."""
    if headline is None:
        parent = body.getparent()
        return parent if parent is not None and parent.tag != "html" else body
    above = set(headline.iterancestors())
    return next((n for n in (body, *body.iterancestors()) if n in above), page.tree)


def _lead(frame: HtmlElement, body: HtmlElement, title: str | None) -> str | None:
    for node in frame.iterdescendants():
        if node is body or not isinstance(node.tag, str) or node.tag == "meta" or hidden(node):
            continue
        names = fields.names(node)
        if (names != " " and _LEAD.search(names)) or node.get("itemprop") == "description":
            inside = body in node.iterancestors()
            words = plain(node)
            if 40 <= len(words) <= 1200 and words != title and next(node.iterdescendants("h1"), None) is None:
                if inside:
                    fields.cut(node)
                return words
    return None


def _itemprop(root: HtmlElement, name: str) -> list[str]:
    return [n.get("content") or n.get("datetime") or plain(n) for n in root.iterfind(f".//*[@itemprop='{name}']")]


def _captions(frame: HtmlElement, body: HtmlElement, headline: HtmlElement | None) -> tuple[str, ...]:
    """Captions of pictures that stand between the headline and the body."""
    if headline is None:
        return ()
    around = {body, *body.iterancestors(), *headline.iterancestors()}
    found: list[str] = []
    passed = False
    stack = list(reversed(frame))
    while stack:
        node = stack.pop()
        if node is body:
            break
        if node is headline:
            passed = True
        elif node in around:
            stack.extend(reversed(node))
        elif passed and isinstance(node.tag, str) and next(node.iter("img"), None) is not None:
            found.extend(b.text for b in Reader("").read(node).blocks if b.kind == "caption")
    return tuple(dict.fromkeys(found))


def _named_author(frame: HtmlElement, body: HtmlElement) -> str | None:
    for node in frame.iterfind(".//*[@class]"):
        if _AUTHOR.search(fields.names(node)) and body not in node.iterancestors() and not hidden(node):
            inner = next(node.iter("a"), node)
            words = re.sub(r"^(bởi|by|tác giả)\s*:?\s*", "", plain(inner), flags=re.I)
            if 2 <= len(words) <= 60:
                return words
    return None


def _times(frame: HtmlElement) -> list[str]:
    return [t.get("datetime") or plain(t) for t in frame.iter("time")][:1]


def _breadcrumb(page: Page) -> str | None:
    for crumb in fields.by_class(page.tree, "breadcrumb*", "bread-crumb*", "duong-dan"):
        names = [squeeze("".join(a.itertext())) for a in crumb.iter("a")]
        if len(names) > 1:
            return names[-1] or None
    return None


def _prune_dates(body: HtmlElement, headline: HtmlElement | None) -> None:
    """Take the headline and what stands before it out of the body, when the container was wide enough to hold it."""
    if headline is None or body not in headline.iterancestors():
        return
    for node in list(body.iterdescendants()):
        if node is headline:
            break
        if isinstance(node.tag, str) and headline not in node.iterdescendants() and node.getparent() is not None:
            fields.cut(node)
    fields.cut(headline)
