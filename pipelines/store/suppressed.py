"""The list of what was taken down: ids, URLs and files in the clean bucket, phrases of the texts in the raw one."""

from typing import TypeVar

import pyarrow as pa
from pydantic import BaseModel

from pipelines.store.bucket import Bucket, MissingObjectError
from pipelines.store.contested import change
from schemas import keys
from schemas.errors import StorageError
from schemas.suppression import PhraseIndex, Phrases, Suppressed, Suppression, SuppressionIndex

Index = TypeVar("Index", bound=BaseModel)


def load(clean: Bucket, raw: Bucket | None = None) -> Suppressed:
    """What was taken down; with `raw` texts can be recognised too. Empty when nothing was. Raises StorageError."""
    index = _got(clean, keys.SUPPRESSED_INDEX, SuppressionIndex)
    known = _got(raw, keys.SUPPRESSED_PHRASES, PhraseIndex) if raw else PhraseIndex()
    return Suppressed(index.suppressions, known.phrases)


def add(clean: Bucket, raw: Bucket, suppression: Suppression, phrases: tuple[Phrases, ...]) -> None:
    """Put a takedown on the list, in place of an earlier one of the same articles and URLs; what that knew of their
    texts and of further URLs is kept. Raises StorageError."""

    def known(old: bytes | None) -> bytes:
        index = _read(raw, keys.SUPPRESSED_PHRASES, old, PhraseIndex)
        have = {one.article for one in index.phrases}
        added = (one for one in phrases if one.article not in have)
        return _written(PhraseIndex(phrases=(*index.phrases, *added)))

    def listed(old: bytes | None) -> bytes:
        index = _read(clean, keys.SUPPRESSED_INDEX, old, SuppressionIndex)
        others = (one for one in index.suppressions if not same(one, suppression))
        return _written(SuppressionIndex(suppressions=(*others, suppression)))

    change(raw, keys.SUPPRESSED_PHRASES, known)  # first: who is on the list is known by his words
    change(clean, keys.SUPPRESSED_INDEX, listed)


def allowed(rows: pa.Table, listed: Suppressed) -> pa.Table:
    """The articles among `rows` that were not taken down, by id, URL, or, where `listed` knows phrases, text."""
    if not listed.suppressions:
        return rows
    names = ("article_id", "site", "url_key", *(("text",) if listed.phrases else ()))

    def fine(article_id: str, site: str, url_key: str, text: str = "") -> bool:
        return not (listed.article(article_id) or listed.url(site, url_key) or listed.repeats(text))

    return rows.filter(pa.array(map(fine, *(rows[name].to_pylist() for name in names)), pa.bool_()))


def same(one: Suppression, other: Suppression) -> bool:
    """Whether two entries are of one takedown: of an article, or of files alone."""
    if one.articles or other.articles:
        return one.site == other.site and not set(one.articles).isdisjoint(other.articles)
    return one.site == other.site and not set(one.documents).isdisjoint(other.documents)


def _got(bucket: Bucket, key: str, model: type[Index]) -> Index:
    try:
        return _read(bucket, key, bucket.get(key), model)
    except MissingObjectError:
        return model()


def _read(bucket: Bucket, key: str, data: bytes | None, model: type[Index]) -> Index:
    try:
        return model.model_validate_json(data) if data is not None else model()
    except ValueError as error:  # a list that cannot be read must not pass for an empty one
        raise StorageError(f"{key} in {bucket.uri} is no list of takedowns; restore it.") from error


def _written(index: BaseModel) -> bytes:
    return index.model_dump_json(exclude_defaults=True).encode()
