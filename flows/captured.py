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
from schemas.state import HalfArticle, LinkFailed
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
    settled: set[int]
    """Numbers of the pages that were captured, or given up with a word."""

    @property
    def is_whole(self) -> bool:
        """Whether the crawl came to the article's end."""
        return self.pages[0].parts <= len(self.settled)


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
    """The articles in a crawl's WARC file that it had captured some pages of, and not all, when it ended."""
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
            if isinstance(found, LinkFailed):
                if (group := latest.get(found.url)) is not None:
                    group.settled.add(found.part)
            elif found.part_of is None:
                latest[found.url] = _Group([found], {1})
                groups.append(latest[found.url])
            elif (group := latest.get(found.part_of)) is not None:
                group.pages.append(found)
                group.settled.add(found.part)
    return groups


def _captures(records: Iterable[warc.StoredRecord], key: str) -> Iterator[Capture | LinkFailed]:
    """The captures, and the words for pages of an article that gave none."""
    for record in records:
        yield from (capture for capture, _ in warc.captures((record,), key))
        yield from withheld((record,), key)
        yield from (note for note in warc.notes((record,)) if isinstance(note, LinkFailed) and note.part > 1)


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

    False: they are not there, or not all that belongs to the first page."""
    with path.open("rb") as stream, path.open("rb") as source, target.open("wb") as copy:
        ids: set[str] = set()
        for one in warc.scan(stream):
            facts = one.facts
            mine = facts is not None and facts.kind == warc.ARTICLE and half.url in (facts.part_of, one.url)
            if mine and one.type == "metadata" and one.concurrent_to:
                ids.add(one.concurrent_to)
            if one.record_id in ids or one.concurrent_to in ids:
                source.seek(one.offset)
                copy.write(source.read(one.length))
    return bool(ids)
