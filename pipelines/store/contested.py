"""Changing an object that others change at the same time."""

from collections.abc import Callable

from pipelines.store.bucket import Bucket, MissingObjectError
from schemas.errors import StorageError

ATTEMPTS = 20
"""Others that may replace the object meanwhile."""


def change(
    clean: Bucket, key: str, changed: Callable[[bytes | None], bytes], content_type: str = "application/json"
) -> bytes:
    """Replace the object by what `changed` makes of it (None: it is absent), and return that.

    `changed` is called again with the object as it then is whenever another writer was first: what it reads itself
    is never older than what it is given. Raises StorageError.
    """
    for _ in range(ATTEMPTS):
        try:
            old, etag = clean.get_tagged(key)
        except MissingObjectError:
            new = changed(None)
            done = clean.put_new(key, new, content_type)
        else:
            new = changed(old)
            done = etag if new == old else clean.replace(key, new, etag, content_type)
        if done is not None:
            return new
    raise StorageError(f"{clean.uri} lets nobody change {key}: others change it all the time; try again.")
