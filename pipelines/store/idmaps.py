"""The maps from the ids that articles had to those that they have: `aliases/<site>.json`, replaced under its ETag."""

from collections.abc import Callable

from pydantic import ValidationError

from pipelines.store.bucket import Bucket, MissingObjectError
from pipelines.store.contested import change as replace_object
from schemas.errors import StorageError
from schemas.idmap import IdMap
from schemas.keys import aliases_key


def load(clean: Bucket, site: str) -> IdMap:
    """The map of a site; empty when none of its articles was ever rekeyed. Raises StorageError."""
    try:
        return _read(clean, site, clean.get_tagged(aliases_key(site))[0])
    except MissingObjectError:
        return IdMap(site=site)


def change(clean: Bucket, site: str, changed: Callable[[IdMap], IdMap]) -> IdMap:
    """Replace the map by what `changed` makes of it, which is called again when another was faster.

    Raises StorageError.
    """

    def renewed(old: bytes | None) -> bytes:
        after = changed(_read(clean, site, old) if old else IdMap(site=site))
        return after.model_dump_json(exclude_defaults=True, indent=1).encode()

    return _read(clean, site, replace_object(clean, aliases_key(site), renewed))


def _read(clean: Bucket, site: str, data: bytes) -> IdMap:
    try:
        return IdMap.model_validate_json(data)
    except ValidationError as error:  # one that cannot be read must not pass for an empty one
        raise StorageError(f"{aliases_key(site)} in {clean.uri} is no map of ids; restore it.") from error
