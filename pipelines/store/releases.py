"""Releases: `articles` as it was at one version, in plain Parquet by month."""

from pipelines.store.bucket import Bucket, MissingObjectError
from schemas import keys
from schemas.release import Manifest, Release, ReleaseIndex


def index(clean: Bucket) -> tuple[Release, ...]:
    """The complete releases, oldest first; none before the first. Raises StorageError."""
    return _index(clean)[0].releases


def manifest(clean: Bucket, name: str) -> Manifest:
    """What the release `name` (`YYYY-MM`) holds. Raises MissingObjectError when there is none or it is unfinished."""
    return Manifest.model_validate_json(clean.get(keys.manifest_key(name)))


def _index(clean: Bucket) -> tuple[ReleaseIndex, str | None]:
    try:
        data, etag = clean.get_tagged(keys.RELEASES_INDEX)
    except MissingObjectError:
        return ReleaseIndex(), None
    return ReleaseIndex.model_validate_json(data), etag
