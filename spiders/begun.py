"""An article that a killed crawl captured some pages of: they are copied as they are, and only the others asked."""

from dataclasses import dataclass
from pathlib import Path

from pipelines import warc
from pipelines.warc import PageFacts, StoredRecord
from schemas.capture import BegunArticle
from spiders.answer import Answer


@dataclass(frozen=True)
class Begun:
    """The captured pages of one article."""

    first: Answer
    """The article's first page, as it was answered then."""
    facts: PageFacts
    """Of the first page."""
    parts: frozenset[int]
    """Numbers of the pages."""
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
    pages = {record.facts.part: record for record in found if record.facts and record.status == 200}
    if 1 not in pages or (facts := pages[1].facts) is None:
        return None
    return Begun(_answer(pages[1]), facts, frozenset(pages), records)


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
