"""`tintinh verify`: the checks that the bucket's own `verify.py` makes, over the bucket of the settings."""

from dataclasses import dataclass
from typing import Any

from deltalake import DeltaTable

from flows.storage import Storage
from pipelines.readers import sources
from pipelines.readers.verify import verify as made
from pipelines.store.bucket import Bucket, MissingObjectError
from schemas.errors import StorageError


@dataclass(frozen=True)
class Prefix:
    """A prefix of the bucket, as a verification reads it."""

    bucket: Bucket

    def get(self, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """As `sources.Source.get`."""
        try:
            return self.bucket.get(key) if length is None else self.bucket.get_range(key, offset, length)
        except MissingObjectError:
            raise sources.MissingError(key) from None
        except StorageError:
            if length is not None and (stored := self.bucket.head(key)) and stored.size < offset + length:
                return b""  # shorter than it should be: a finding, not a failing bucket
            raise

    def table(self, name: str) -> DeltaTable | None:
        """As `sources.Source.table`."""
        return sources.opened(self.bucket.table_uri(name), self.bucket.storage_options())


def verify(storage: Storage, sample: int | None) -> dict[str, Any]:
    """Verify both halves; `sample` is how many files, documents and records of a kind are looked at, None: all.

    Raises StorageError.
    """
    try:
        return made(Prefix(storage.clean), Prefix(storage.raw), sample)
    except sources.UnreadableError as error:
        raise StorageError(f"Cannot verify {storage.clean.uri}: {error}.") from error
