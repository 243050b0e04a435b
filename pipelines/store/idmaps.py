"""The maps from the ids that articles had to those that they have: `aliases/<site>.json`, replaced under its ETag."""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
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


def follow(rows: pa.Table, ids: IdMap) -> pa.Table:
    """Rows of the ledger, with the ids that their articles have today."""
    if not ids.ids:
        return rows
    old, new = pa.array(ids.ids.keys(), pa.string()), pa.array(ids.ids.values(), pa.string())
    for name in ("article_id", "duplicate_of"):
        column = rows[name].cast(pa.string())
        now = pc.coalesce(new.take(pc.index_in(column.combine_chunks(), old)), column.combine_chunks())
        rows = rows.set_column(rows.schema.get_field_index(name), name, now)
    return rows


def _read(clean: Bucket, site: str, data: bytes) -> IdMap:
    try:
        return IdMap.model_validate_json(data)
    except ValidationError as error:  # one that cannot be read must not pass for an empty one
        raise StorageError(f"{aliases_key(site)} in {clean.uri} is no map of ids; restore it.") from error
