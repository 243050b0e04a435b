"""The list of what was taken down: ids, URLs and files in the clean bucket, phrases of the texts in the raw one."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from pipelines.store.bucket import Bucket, MissingObjectError
from schemas import keys
from schemas.errors import StorageError
from schemas.suppression import PhraseIndex, Phrases, Suppressed, Suppression, SuppressionIndex

_TRIES = 20
"""Other takedowns that may replace the list meanwhile."""

Index = TypeVar("Index", bound=BaseModel)


def load(clean: Bucket, raw: Bucket | None = None) -> Suppressed:
    """What was taken down; with `raw` texts can be recognised too. Empty when nothing was. Raises StorageError."""
    index, _ = _read(clean, keys.SUPPRESSED_INDEX, SuppressionIndex)
    known, _ = _read(raw, keys.SUPPRESSED_PHRASES, PhraseIndex) if raw else (PhraseIndex(), None)
    return Suppressed(index.suppressions, known.phrases)


def add(clean: Bucket, raw: Bucket, suppression: Suppression, phrases: tuple[Phrases, ...]) -> None:
    """Put a takedown on the list, in place of an earlier one of the same articles and URLs; what that knew of their
    texts and of further URLs is kept. Raises StorageError."""

    def known(index: PhraseIndex) -> PhraseIndex:
        have = {one.article for one in index.phrases}
        return PhraseIndex(phrases=(*index.phrases, *(one for one in phrases if one.article not in have)))

    def listed(index: SuppressionIndex) -> SuppressionIndex:
        others = (one for one in index.suppressions if _names(one) != _names(suppression))
        return SuppressionIndex(suppressions=(*others, suppression))

    _change(raw, keys.SUPPRESSED_PHRASES, PhraseIndex, known)  # first: who is on the list is known by his words
    _change(clean, keys.SUPPRESSED_INDEX, SuppressionIndex, listed)


def _names(one: Suppression) -> tuple[object, ...]:
    return one.site, one.articles, one.documents if not one.articles else ()


def _read(bucket: Bucket, key: str, model: type[Index]) -> tuple[Index, str | None]:
    try:
        data, etag = bucket.get_tagged(key)
    except MissingObjectError:
        return model(), None
    try:
        return model.model_validate_json(data), etag
    except ValueError as error:  # a list that cannot be read must not pass for an empty one
        raise StorageError(f"{key} in {bucket.uri} is no list of takedowns; restore it.") from error


def _change(bucket: Bucket, key: str, model: type[Index], changed: Callable[[Index], Index]) -> None:
    for _ in range(_TRIES):
        before, etag = _read(bucket, key, model)
        after = changed(before)
        data = after.model_dump_json(exclude_defaults=True).encode()
        if after == before or (bucket.replace(key, data, etag) if etag else bucket.put_new(key, data)):
            return
    raise StorageError(f"Others keep replacing {key} in {bucket.uri}; try again later.")
