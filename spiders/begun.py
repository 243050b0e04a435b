"""An article that a crawl was killed in: what it captured is copied as it is, and only the rest asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines import warc
from pipelines.warc import ATTACHMENT, PageFacts, StoredRecord
from schemas.capture import BegunArticle
from spiders.answer import REDIRECTS, Answer


@dataclass(frozen=True)
class Begun:
    """The captured pages and documents of one article."""

    pages: Mapping[int, Answer]
    """The article's pages by their numbers, as they were answered then; the first is there."""
    facts: PageFacts
    """Of the first page."""
    documents: frozenset[str]
    """`file_key` of each document that answered."""
    records: bytes
    """Their WARC records, to be written again."""


def read(article: BegunArticle) -> Begun | None:
    """What an earlier crawl had of the article; None: nothing that can be gone on with."""
    try:
        with Path(article.path).open("rb") as stream:
            scanned = warc.scan(stream)
            found = [record for record in scanned if record.type == "response" and record.facts is not None]
            stream.seek(0)
            records = stream.read(scanned.valid)
    except OSError:
        return None
    pages: dict[int, StoredRecord] = {}
    documents: set[str] = set()
    for record in found:
        if record.facts is None or record.status in REDIRECTS:
            continue
        if record.facts.kind == ATTACHMENT:
            documents.add(record.facts.url_key or "")
        elif record.status == 200:
            pages[record.facts.part] = record
    if 1 not in pages or (facts := pages[1].facts) is None:
        return None
    answers = {number: _answer(page) for number, page in pages.items()}
    return Begun(answers, facts, frozenset(documents), records)


def _answer(record: StoredRecord) -> Answer:
    url = record.url or ""
    return Answer(
        url=url,
        status=record.status or 0,
        content_type=record.headers.get("content-type"),
        content_encoding=record.headers.get("content-encoding"),
        sent=record.block,
        fetched_at=record.date,
        asked=url,
    )
