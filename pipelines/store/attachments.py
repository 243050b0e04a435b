"""Attached documents in the clean bucket: by content, with their text and the articles that link them."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping

from pydantic import TypeAdapter, ValidationError

from pipelines.attachments import media_type
from pipelines.documents import Document
from pipelines.store.bucket import Bucket, MissingObjectError
from schemas import keys
from schemas.errors import StorageError
from schemas.frozen import Frozen

ATTEMPTS = 20
"""Tries to change an object that others change at the same time."""


class Kept(Frozen):
    """What became of one linked URL of a site. Without `sha256` nothing is kept of it."""

    url: str
    sha256: str | None = None
    size: int | None = None
    """Bytes."""
    media_type: str | None = None
    key: str | None = None
    """Of the document below the clean prefix."""
    text_key: str | None = None
    scanned: bool = False
    refused: str | None = None
    """The outcome that refused it: `classified`, `extract_timeout`, ..."""


Shelf = Mapping[str, Kept]
"""A site's linked URLs, by `pipelines.attachments.file_key`."""
_SHELF = TypeAdapter(dict[str, Kept])


def shelf(clean: Bucket, site: str) -> Shelf:
    """What is kept for a site; empty when there is nothing, or nothing that can be read."""
    try:
        return _SHELF.validate_json(clean.get(keys.attachment_list_key(site)))
    except (MissingObjectError, ValidationError):
        return {}


def keep(clean: Bucket, url: str, body: bytes, document: Document) -> Kept:
    """Store one document and its text by content, if they are not there yet. Raises StorageError."""
    sha256 = hashlib.sha256(body).hexdigest()
    key = keys.attachment_key(sha256, document.extension)
    kind = media_type(f"a.{document.extension}") or "application/octet-stream"
    clean.put_new(key, body, kind)
    text_key = keys.attachment_key(sha256, "txt") if document.text else None
    if text_key and document.text:
        clean.put(text_key, document.text.encode(), "text/plain; charset=utf-8")
    return Kept(
        url=url,
        sha256=sha256,
        size=len(body),
        media_type=kind,
        key=key,
        text_key=text_key,
        scanned=document.scanned,
    )


def add(clean: Bucket, site: str, new: Shelf) -> None:
    """Note what became of further URLs of a site; safe when other runs do so too. Raises StorageError."""

    def merged(old: bytes | None) -> bytes:
        try:
            have = _SHELF.validate_json(old) if old else {}
        except ValidationError:
            have = {}
        return _SHELF.dump_json(dict(sorted((have | dict(new)).items())), exclude_defaults=True)

    if new:
        _change(clean, keys.attachment_list_key(site), merged)


def link(clean: Bucket, sha256: str, article_ids: Collection[str]) -> None:
    """Note beside a document that these articles link it; safe when other runs do so too. Raises StorageError."""

    def merged(old: bytes | None) -> bytes:
        have = _linking(old) if old else set()
        return json.dumps({"sha256": sha256, "articles": sorted(have | set(article_ids))}).encode()

    _change(clean, keys.attachment_key(sha256, "json"), merged)


def _linking(note: bytes) -> set[str]:
    """The articles that a note names; one that cannot be read is written anew."""
    try:
        return {str(name) for name in json.loads(note)["articles"]}
    except (ValueError, KeyError, TypeError):
        return set()


def _change(clean: Bucket, key: str, merged: Callable[[bytes | None], bytes]) -> None:
    for _ in range(ATTEMPTS):
        try:
            old, etag = clean.get_tagged(key)
        except MissingObjectError:
            done = clean.put_new(key, merged(None), "application/json")
        else:
            new = merged(old)
            done = etag if new == old else clean.replace(key, new, etag, "application/json")
        if done is not None:
            return
    raise StorageError(f"{clean.uri} lets nobody change {key}: others change it all the time; try again.")
