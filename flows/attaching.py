"""The documents that a run's articles link: read in the refining processes, kept by content, told to the articles."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from flows.visit import Desk, Visit
from pipelines import warc
from pipelines.attachments import file_key
from pipelines.payload import PayloadTooLargeError
from pipelines.store import attachments as store
from pipelines.store.archive import why_withheld
from pipelines.store.attachments import Kept, Shelf
from schemas.article import Accepted, Attachment, Rejected
from schemas.outcome import Outcome
from schemas.refined import Refined
from schemas.rows import Article


def shelve(desk: Desk, visit: Visit, refined: Iterable[Refined]) -> Shelf:
    """Keep the documents that accepted articles link and this visit captured; all that the site has kept.

    What only a refused page links is not kept. Raises StorageError.
    """
    clean = desk.tables.clean
    have = store.shelf(clean, visit.site.key)
    missing = {
        key
        for item in refined
        if isinstance(item.verdict, Accepted)
        for one in item.verdict.content.attachments
        if (key := file_key(one.url)) not in have
    }
    if not missing:
        return have
    new = {key: kept for file in visit.due for key, kept in _kept(desk, file.path, missing)}
    store.add(clean, visit.site.key, new)
    return {**have, **new}


def _kept(desk: Desk, path: Path, missing: Collection[str]) -> Iterator[tuple[str, Kept]]:
    with path.open("rb") as stream:
        for key, record in warc.attachments(warc.scan(stream)):
            if key not in missing or record.url is None:
                continue
            if why := why_withheld(record):
                yield key, Kept(url=record.url, refused=why)
                continue
            try:
                body = record.payload
            except PayloadTooLargeError:
                continue
            answer = desk.refiners.read_document(body, record.url)
            if not isinstance(answer, Rejected):
                yield key, store.keep(desk.tables.clean, record.url, body, answer)
            elif answer.reason is not Outcome.UNREADABLE:  # a web page in its place may be a document tomorrow
                yield key, Kept(url=record.url, refused=answer.reason)


def told(refined: Iterable[Refined], shelf: Shelf) -> Iterator[Refined]:
    """The verdicts, with what is kept of each article's attachments."""
    for item in refined:
        verdict = item.verdict
        if isinstance(verdict, Accepted) and verdict.content.attachments:
            known = tuple(_told(one, shelf.get(file_key(one.url))) for one in verdict.content.attachments)
            content = verdict.content.model_copy(update={"attachments": known})
            yield item.model_copy(update={"verdict": verdict.model_copy(update={"content": content})})
        else:
            yield item


def _told(attachment: Attachment, kept: Kept | None) -> Attachment:
    if kept is None or kept.sha256 is None:
        return attachment
    fields = ("sha256", "size", "media_type", "text_key", "scanned")
    return attachment.model_copy(update={name: getattr(kept, name) for name in fields})


def link(desk: Desk, articles: Sequence[Article]) -> None:
    """Write beside each document which articles link it. Raises StorageError."""
    ids: dict[str, set[str]] = {}
    for article in articles:
        for one in article.attachments:
            if one.sha256:
                ids.setdefault(one.sha256, set()).add(article.article_id)
    for sha256, linking in ids.items():
        store.link(desk.tables.clean, sha256, linking)
