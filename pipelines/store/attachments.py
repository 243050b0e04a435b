"""Attached documents by content: waiting on local disk until their site passed the gate, then in the clean bucket."""

import hashlib
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipelines.attachments import media_type
from pipelines.documents import Document
from pipelines.store.bucket import Bucket, MissingObjectError
from pipelines.store.contested import change
from schemas import keys
from schemas.frozen import Frozen

_LIST = "shelf.json"
"""In a folder of waiting documents: what becomes of each URL."""


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


def stage(folder: Path, url: str, body: bytes, document: Document) -> Kept:
    """Put one document and its text into a folder on local disk, and say what will be kept of it."""
    sha256 = hashlib.sha256(body).hexdigest()
    key = keys.attachment_key(sha256, document.extension)
    text_key = keys.attachment_key(sha256, "txt") if document.text else None
    _waiting(folder, key).write_bytes(body)
    if text_key and document.text:
        _waiting(folder, text_key).write_text(document.text, encoding="utf-8", newline="")
    return Kept(
        url=url,
        sha256=sha256,
        size=len(body),
        media_type=media_type(f"a.{document.extension}") or "application/octet-stream",
        key=key,
        text_key=text_key,
        scanned=document.scanned,
    )


def list_staged(folder: Path, shelf: Shelf) -> None:
    """Note in the folder what becomes of these URLs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _LIST).write_bytes(_SHELF.dump_json(dict(shelf), exclude_defaults=True))


def keep(clean: Bucket, site: str, folder: Path) -> None:
    """Bring what waits in the folder to the bucket: the documents, their texts, then the site's list; nothing when
    there is no folder. May be repeated after a crash. Raises StorageError."""
    if not (folder / _LIST).exists():
        return
    shelf = _SHELF.validate_json((folder / _LIST).read_bytes())
    for kept in shelf.values():
        if kept.key:
            clean.put_new(kept.key, _waiting(folder, kept.key).read_bytes(), kept.media_type or "")
        if kept.text_key:
            clean.put(kept.text_key, _waiting(folder, kept.text_key).read_bytes(), "text/plain; charset=utf-8")
    _add(clean, site, shelf)
    shutil.rmtree(folder)


def _waiting(folder: Path, key: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / key.rsplit("/", 1)[-1]


def _add(clean: Bucket, site: str, new: Shelf) -> None:
    def merged(old: bytes | None) -> bytes:
        try:
            have = _SHELF.validate_json(old) if old else {}
        except ValidationError:
            have = {}
        return _SHELF.dump_json(dict(sorted((have | dict(new)).items())), exclude_defaults=True)

    if new:
        change(clean, keys.attachment_list_key(site), merged)


def drop(clean: Bucket, site: str, sha256s: Collection[str]) -> None:
    """Forget what was noted of the URLs of these files; safe when other runs add to it. Raises StorageError."""

    def without(old: bytes | None) -> bytes:
        have = _SHELF.validate_json(old) if old else {}
        kept = {key: one for key, one in have.items() if one.sha256 not in sha256s}
        return _SHELF.dump_json(kept, exclude_defaults=True)

    if any(one.sha256 in sha256s for one in shelf(clean, site).values()):
        change(clean, keys.attachment_list_key(site), without)
