"""What is remembered of a site between its crawls, in the clean bucket: read before a crawl, replaced after it."""

from collections.abc import Callable

from pydantic import ValidationError

from pipelines.store.bucket import Bucket, MissingObjectError
from schemas import keys
from schemas.errors import StorageError
from schemas.state import SiteState

_TRIES = 20
"""Other runs of the same site that may replace the state meanwhile."""


def load(clean: Bucket, site: str) -> SiteState:
    """The state of a site; that of an unknown site when there is none. Raises StorageError when it cannot be read."""
    return _load(clean, site)[0]


def change(clean: Bucket, site: str, changed: Callable[[SiteState], SiteState]) -> SiteState:
    """Replace the state of a site by `changed` of it, which is called again when another run was faster.

    Raises StorageError when others replace it without end.
    """
    for _ in range(_TRIES):
        before, etag = _load(clean, site)
        after = changed(before)
        if after == before:
            return before
        data = after.model_dump_json(exclude_defaults=True, indent=1).encode()
        if _put(clean, keys.state_key(site), data, etag) is not None:
            return after
    raise StorageError(f"Others keep replacing {keys.state_key(site)} in {clean.uri}; try again later.")


def _put(clean: Bucket, key: str, data: bytes, etag: str | None) -> str | None:
    if etag is None:
        return clean.put_new(key, data, "application/json")
    return clean.replace(key, data, etag, "application/json")


def _load(clean: Bucket, site: str) -> tuple[SiteState, str | None]:
    key = keys.state_key(site)
    try:
        data, etag = clean.get_tagged(key)
        return SiteState.model_validate_json(data), etag
    except MissingObjectError:
        return SiteState(site=site), None
    except ValidationError as error:
        raise StorageError(f"{key} in {clean.uri} is no state of a site: {error.error_count()} errors.") from error
