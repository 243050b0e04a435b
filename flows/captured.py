"""Shipped WARC files on local disk, article by article: which are whole, which only begun."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pipelines import warc
from pipelines.page import UnreadablePage, parse
from pipelines.payload import PayloadTooLargeError
from pipelines.store.archive import withheld
from pipelines.walls import wall
from schemas.capture import Capture
from schemas.state import ArticleEnded, HalfArticle
from schemas.urls import url_hash
from schemas.window import Window

WALL_BYTES = 16_000
"""Compressed; challenges and logins are smaller."""


@dataclass(frozen=True)
class Warc:
    """A shipped WARC file of a site that waits to be published, on local disk, with what it holds."""

    name: str
    key: str
    path: Path
    window: Window
    """What the crawl that wrote it was asked for: a backfill's file keeps its window whoever publishes it."""
    articles: tuple[tuple[Capture, ...], ...] = field(repr=False)
    """Captures of one article in page order, the first page first."""


@dataclass
class _Group:
    """The captures of one article in a file, in their order."""

    pages: list[Capture]
    is_whole: bool
    """Whether the crawl came to the article's end, its documents too."""


def opened(name: str, key: str, path: Path, offsets: Container[int] | None = None) -> Warc:
    """A WARC file on local disk, with the articles at these offsets, or all of them."""
    with path.open("rb") as stream:
        window = warc.window(stream)
    wanted = (a for a in articles(path, key) if offsets is None or a[0].offset in offsets)
    return Warc(name, key, path, window, tuple(wanted))


def articles(path: Path, key: str) -> Iterator[tuple[Capture, ...]]:
    """The captures in a WARC file on local disk, the pages of one article together. An article that the crawl was
    killed in is none: the next crawl goes on with it, and has it whole."""
    yield from (tuple(group.pages) for group in _groups(path, key) if group.is_whole)


def halves(path: Path) -> Iterator[HalfArticle]:
    """The articles in a crawl's WARC file of which it had not asked all pages and documents when it ended."""
    for group in _groups(path, ""):
        if not group.is_whole:
            first = group.pages[0]
            told = first.model_dump(include=set(HalfArticle.model_fields) & set(Capture.model_fields) - {"warc"})
            yield HalfArticle(warc=path.name, **told)


def _groups(path: Path, key: str) -> list[_Group]:
    groups: list[_Group] = []
    latest: dict[str, _Group] = {}
    with path.open("rb") as stream:
        for found in _captures(warc.scan(stream), key):
            if isinstance(found, ArticleEnded):
                if (group := latest.get(found.url)) is not None:
                    group.is_whole = True
            elif found.part_of is None:
                latest[found.url] = _Group([found], is_whole=not found.more)
                groups.append(latest[found.url])
            elif (group := latest.get(found.part_of)) is not None:
                group.pages.append(found)
    return groups


def _captures(records: Iterable[warc.StoredRecord], key: str) -> Iterator[Capture | ArticleEnded]:
    """The captures, and the notes that an article ended."""
    for record in records:
        yield from (capture for capture, _ in warc.captures((record,), key))
        yield from withheld((record,), key)
        yield from (note for note in warc.notes((record,)) if isinstance(note, ArticleEnded))


def asked(files: Iterable[Warc]) -> Iterator[str]:
    """The URL keys of the articles that some WARC files hold."""
    return (one[0].url_key for file in files for one in file.articles)


def answers(file: Warc) -> Iterator[int]:
    """URL hashes of the articles that the file holds; what is a wall instead is asked again."""
    with file.path.open("rb") as stream:
        for first, *_ in file.articles:
            if first.status == 200 and not _is_wall(stream, first):
                yield url_hash(first.url_key)


def _is_wall(stream: BinaryIO, capture: Capture) -> bool:
    if capture.length > WALL_BYTES:
        return False
    try:
        found = record(stream, capture)
        return found.type == "response" and wall(parse(warc.raw_page(capture, found))) is not None
    except (PayloadTooLargeError, UnreadablePage):
        return False


def record(stream: BinaryIO, capture: Capture) -> warc.StoredRecord:
    """The record of a capture, from its open WARC file."""
    stream.seek(capture.offset)
    return warc.read_member(stream.read(capture.length))


def cut_out(path: Path, half: HalfArticle, target: Path) -> bool:
    """Copy the records of an article that was begun, as they are, from a WARC file to a new one at `target`.

    False: there is none."""
    with path.open("rb") as stream, path.open("rb") as source, target.open("wb") as copy:
        ids: set[str] = set()
        for one in warc.scan(stream):
            if one.type == "metadata" and one.concurrent_to and _is_of(one, half):
                ids.add(one.concurrent_to)
            if one.record_id in ids or one.concurrent_to in ids:
                source.seek(one.offset)
                copy.write(source.read(one.length))
    return bool(ids)


def _is_of(facts: warc.StoredRecord, half: HalfArticle) -> bool:
    """Whether a record of facts speaks of a page of the article, or of a document that it links."""
    told = facts.facts
    if told is None:
        return False
    of_page = told.kind == warc.ARTICLE and half.url in (told.part_of, facts.url)
    return of_page or (told.kind == warc.ATTACHMENT and told.found_on == half.url)
