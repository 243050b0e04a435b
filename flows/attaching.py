"""The documents that a run's articles link: read in the refining processes, kept by content, told to the articles."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from flows.visit import Desk, Visit
from pipelines import warc
from pipelines.attachments import file_key
from pipelines.payload import PayloadTooLargeError
from pipelines.store import attachments as store
from pipelines.store.archive import why_withheld
from pipelines.store.attachments import Kept, Shelf
from pipelines.store.suppressed import load
from schemas.article import Accepted, Attachment, Rejected
from schemas.outcome import Outcome
from schemas.refined import Refined
from schemas.suppression import Suppressed


def shelve(desk: Desk, visit: Visit, refined: Iterable[Refined]) -> Shelf:
    """What is or will be kept of the documents that accepted articles link; all that the site has kept.

    Those that this visit captured wait on local disk for `keep`: nobody sees the documents of a site that the gate
    holds. What only a refused page links is not kept, nor what was taken down. Raises StorageError.
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
    suppressed, all_new = load(clean), dict[str, Kept]()
    for file in visit.due:
        new = dict(_found(desk, file.path, missing, suppressed))
        if new:
            store.list_staged(_folder(file.path), new)
        all_new |= new
    return {**have, **all_new}


def keep(desk: Desk, visit: Visit) -> None:
    """Bring the visit's documents to the bucket: after the gate, before the commit that names them. Raises
    StorageError."""
    for file in visit.due:
        store.keep(desk.tables.clean, visit.site.key, _folder(file.path))


def _folder(warc_file: Path) -> Path:
    return warc_file.with_name(f"{warc_file.name}.documents")


def _found(desk: Desk, path: Path, missing: Collection[str], suppressed: Suppressed) -> Iterator[tuple[str, Kept]]:
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
            if suppressed.document(hashlib.sha256(body).hexdigest()):
                yield key, Kept(url=record.url, refused=Outcome.SUPPRESSED)
                continue
            answer = desk.refiners.read_document(body, record.url)
            if not isinstance(answer, Rejected):
                yield key, store.stage(_folder(path), record.url, body, answer)
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
