"""The releases that a bucket has: their index and manifests, and what a takedown takes out of them."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from pipelines.store.bucket import Bucket, MissingObjectError
from pipelines.store.suppressed import allowed
from schemas import keys
from schemas.errors import StorageError
from schemas.frozen import Frozen
from schemas.release import Manifest, Release, ReleaseFile, ReleaseIndex
from schemas.suppression import Suppressed
from schemas.zone import HANOI

PARQUET = "application/vnd.apache.parquet"
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


def digest(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def purge(clean: Bucket, listed: Suppressed, scratch: Path) -> tuple[str, ...]:
    """Take what was taken down out of every release, unfinished ones too; the keys of the files that were replaced.

    Manifest and index then tell the new checksums, and `erased_at`. May be called again after a crash.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    replaced, releases = [], dict[str, dict[str, ReleaseFile]]()
    for found in clean.list("releases/"):
        if found.key.endswith(".parquet"):
            path = clean.download(found.key, scratch / "release.parquet")
            if _emptied(path, listed):
                clean.put(found.key, path.read_bytes(), PARQUET)
                replaced.append(found.key)
            _, name, _, file = found.key.split("/")
            month, rows = file.removesuffix(".parquet"), pq.read_metadata(path).num_rows
            facts = ReleaseFile(key=found.key, month=month, rows=rows, bytes=path.stat().st_size, sha256=digest(path))
            releases.setdefault(name, {})[found.key] = facts
            path.unlink()
    for name, files in releases.items():
        _correct(clean, name, files)
    return tuple(replaced)


def _emptied(path: Path, listed: Suppressed) -> bool:
    """Rewrite the file without what was taken down; False when it holds nothing of that."""
    fresh, dropped = path.with_suffix(".fresh"), 0
    with pq.ParquetFile(path) as old, pq.ParquetWriter(fresh, old.schema_arrow, compression="zstd") as writer:
        for number in range(old.num_row_groups):
            group = old.read_row_group(number)
            kept = allowed(group, listed)
            dropped += group.num_rows - kept.num_rows
            if kept.num_rows:
                writer.write_table(kept)
    if dropped:
        fresh.replace(path)
    fresh.unlink(missing_ok=True)
    return bool(dropped)


def _correct(clean: Bucket, name: str, files: dict[str, ReleaseFile]) -> None:
    """Let the manifest of a complete release tell of its files what is true."""
    for _ in range(_TRIES):
        try:
            data, etag = clean.get_tagged(keys.manifest_key(name))
        except MissingObjectError:
            return
        told = Manifest.model_validate_json(data)
        true = tuple(files.get(file.key, file) for file in told.files)
        if true != told.files:
            totals = {"rows": sum(file.rows for file in true), "bytes": sum(file.bytes for file in true)}
            told = told.model_copy(update={"files": true, "erased_at": datetime.now(UTC), **totals})
            if put(clean, told.manifest, told, etag) is None:
                continue
        if any(one.release == name for one in index(clean)):
            enlist(clean, told)
        return
    raise StorageError(f"Others keep replacing {keys.manifest_key(name)} in {clean.uri}; try again later.")


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
