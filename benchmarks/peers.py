"""Other extractors, each made to answer as the refinery does. They are the `bench` group; absent ones say so."""

import logging
import re
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from types import MappingProxyType

import trafilatura
from lxml import html

from benchmarks.pages import Case
from pipelines import references
from pipelines.page import RawPage
from pipelines.refinery import refine, refine_saved_text
from schemas.article import Accepted, Content

Reader = Callable[[Case], Content | None]
_TAG_BREAK = re.compile(r"\s*\n\s*")


def ours(family: str | None) -> Reader:
    """The refinery, as a family or as recognised."""

    def read(case: Case) -> Content | None:
        if case.saved is not None:
            verdict = refine_saved_text(case.saved, None, case.pages[0].fetched_at, include_out_of_scope=True)
        else:
            verdict = refine(case.pages, None, None, family=family)
        return verdict.content if isinstance(verdict, Accepted) else None

    return read


def _trafilatura(precise: bool) -> Reader:
    def page(raw: RawPage) -> Content | None:
        found = trafilatura.bare_extraction(
            raw.body, include_comments=False, with_metadata=True, favor_precision=precise
        )
        if found is None or isinstance(found, dict):
            return None
        return _content(found.title, found.text, found.author and found.author.split("; "), found.date)

    return _page_by_page(page)


def _readability(raw: RawPage) -> Content | None:
    from readability import Document

    document = Document(raw.body.decode("utf-8", "replace"))
    kept = html.fromstring(document.summary())
    for block in kept.iter("p", "div", "li", "br", "h1", "h2", "h3", "h4", "tr", "blockquote"):
        block.tail = f"\n{block.tail or ''}"
    return _content(document.title(), "".join(kept.itertext()))


def _resiliparse(raw: RawPage) -> Content | None:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse_from_bytes(raw.body, "utf-8")
    return _content(tree.title, extract_plain_text(tree, main_content=True, alt_texts=False))


def _newspaper(raw: RawPage) -> Content | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for a language model that nothing here needs
        from newspaper import Article

        article = Article(raw.url, language="vi", fetch_images=False)
        article.download(input_html=raw.body.decode("utf-8", "replace"))
        article.parse()
    day = article.publish_date
    return _content(article.title, article.text, article.authors, day.isoformat() if day else None)


def _page_by_page(read: Callable[[RawPage], Content | None]) -> Reader:
    """The pages of an article read one by one: the first one's facts, the text of all."""

    def whole(case: Case) -> Content | None:
        found = [content for page in case.pages if (content := _tried(read, page)) is not None]
        if not found:
            return None
        text = "\n\n".join(content.text for content in found)
        cited = references.find(f"{found[0].title}\n\n{text}")
        return found[0].model_copy(update={"text": text, "body": text, "document_refs": cited})

    return whole


def _tried(read: Callable[[RawPage], Content | None], page: RawPage) -> Content | None:
    try:
        return read(page)
    except Exception:  # a peer's fault on a page is its loss of that page
        return None


def _content(
    title: str | None, text: str | None, authors: list[str] | str | None = None, date: str | None = None
) -> Content | None:
    if not text or not text.strip():
        return None
    lines = "\n\n".join(_TAG_BREAK.split(text.strip()))
    day = datetime.fromisoformat(date) if date else None
    return Content(
        title=title or "",
        lead=None,
        body=lines,
        text=lines,
        markdown=lines,
        family="-",
        authors=tuple(authors or ()),
        published_at=day if day is None or day.tzinfo else day.replace(tzinfo=UTC),
    )


_PEERS: Mapping[str, tuple[str, Reader]] = MappingProxyType(
    {
        "trafilatura": ("trafilatura", _trafilatura(False)),
        "favor_precision": ("trafilatura", _trafilatura(True)),
        "readability-lxml": ("readability", _page_by_page(_readability)),
        "resiliparse": ("resiliparse", _page_by_page(_resiliparse)),
        "newspaper4k": ("newspaper", _page_by_page(_newspaper)),
    }
)


def peers() -> tuple[dict[str, Reader], tuple[str, ...]]:
    """The peers that are installed by name, and the names of those that are not (`uv sync --group bench`)."""
    for noisy in ("trafilatura", "readability", "newspaper"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    there = {name: read for name, (module, read) in _PEERS.items() if find_spec(module) is not None}
    return there, tuple(name for name in _PEERS if name not in there)
