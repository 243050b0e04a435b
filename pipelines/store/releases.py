"""The releases that a bucket has: their index and manifests, and what a takedown takes out of them."""

from datetime import datetime

from pipelines.store.bucket import Bucket, MissingObjectError
from schemas import keys
from schemas.errors import StorageError
from schemas.frozen import Frozen
from schemas.release import Manifest, Release, ReleaseIndex
from schemas.zone import HANOI

_TRIES = 20


def index(clean: Bucket) -> tuple[Release, ...]:
    """The complete releases, oldest first; none before the first. Raises StorageError."""
    return _index(clean)[0].releases


def manifest(clean: Bucket, name: str) -> Manifest:
    """What the release `name` (`YYYY-MM`) holds. Raises MissingObjectError when there is none or it is unfinished."""
    return Manifest.model_validate_json(clean.get(keys.manifest_key(name)))


def month_of(now: datetime) -> str:
    """The name of the release that is made now: the local month."""
    return f"{now.astimezone(HANOI):%Y-%m}"


def due(clean: Bucket, now: datetime) -> str | None:
    """The release that this month still lacks; None when it is there. Raises StorageError."""
    name = month_of(now)
    return None if any(one.release == name for one in index(clean)) else name


def enlist(clean: Bucket, done: Manifest) -> None:
    """Name the release in the index, or replace what the index says of it. Raises StorageError."""
    ours = Release.model_validate(done.model_dump(exclude={"files"}))
    for _ in range(_TRIES):
        known, etag = _index(clean)
        named = {one.release: one for one in known.releases} | {ours.release: ours}
        grown = ReleaseIndex(releases=tuple(named[name] for name in sorted(named)))
        if grown == known or put(clean, keys.RELEASES_INDEX, grown, etag):
            return
    raise StorageError(f"Others keep replacing {keys.RELEASES_INDEX} in {clean.uri}; try again later.")


def _index(clean: Bucket) -> tuple[ReleaseIndex, str | None]:
    try:
        data, etag = clean.get_tagged(keys.RELEASES_INDEX)
    except MissingObjectError:
        return ReleaseIndex(), None
    return ReleaseIndex.model_validate_json(data), etag


def put(clean: Bucket, key: str, value: Frozen, etag: str | None) -> str | None:
    """Write the value if the object still has that etag, or is still absent; None when it changed."""
    data = value.model_dump_json(indent=1, exclude_none=True).encode()
    if etag is None:
        return clean.put_new(key, data, "application/json")
    return clean.replace(key, data, etag, "application/json")
