"""Making a release: `articles` as it was at one version, in plain Parquet by month, for those who read without Delta.

`writing.json` says which version before the first file is written: whoever finds it, beside the first writer or after
a crash, writes the same bytes. `manifest.json` exists once all files are there, `releases/index.json` names it last.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable

from pipelines.store import feed, suppressed
from pipelines.store.bucket import Bucket, MissingObjectError, OtherContentError
from pipelines.store.releases import PARQUET, digest, enlist, index, manifest, put
from pipelines.store.suppressed import allowed
from pipelines.store.tables import Tables
from schemas import keys
from schemas.errors import StorageError, UsageError
from schemas.release import Claim, Manifest, ReleaseFile
from schemas.suppression import Suppressed
from schemas.zone import HANOI

ROWS = 2048
"""Rows of a row group: what is in memory at once, about 20 MB."""
_TRIES = 20
Say = Callable[[str], None]


def plan(tables: Tables, name: str, now: datetime | None = None) -> tuple[Claim, dict[str, int]]:
    """What `write` would write: the state, and the rows of each month. Raises as it does."""
    when = now or datetime.now(UTC)
    end = _end(name, when)
    _require_new(tables.clean, name)
    claim, _ = _claim(tables.clean, name)
    if claim is None or _kept(tables, claim) is None:
        claim = _state(tables, name, when, end)
    return claim, _months(tables, _opened(tables, claim))


def write(tables: Tables, name: str, scratch: Path, now: datetime | None = None, say: Say = lambda _: None) -> Manifest:
    """Write the release `name` (`YYYY-MM`), or complete one that was cut short.

    That of the running month holds the newest state, that of an earlier one the state at its end. Its files pass
    through the folder `scratch` one by one.

    Raises:
        UsageError: it exists, its month is no month or has not begun, there are no articles, or that state is no
            longer kept.
        StorageError: the bucket cannot be reached; the next call completes it.
    """
    clean, when = tables.clean, now or datetime.now(UTC)
    end = _end(name, when)
    _require_new(clean, name)
    try:
        done = manifest(clean, name)
    except MissingObjectError:
        claim = _claimed(tables, name, when, end)
        files = _written(tables, claim, scratch, say)
        done = Manifest(
            **claim.model_dump(),
            rows=sum(file.rows for file in files),
            bytes=sum(file.bytes for file in files),
            manifest=keys.manifest_key(name),
            files=files,
        )
        if put(clean, done.manifest, done, None) is None:
            done = manifest(clean, name)  # another's, who wrote the same files
    enlist(clean, done)
    clean.delete(keys.release_claim_key(name))
    return done


def _require_new(clean: Bucket, name: str) -> None:
    for one in index(clean):
        if one.release == name:
            clean.delete(keys.release_claim_key(name))  # of a call that was cut short at its very end
            raise UsageError(f"Release {name} exists since {one.created_at:%Y-%m-%d}; a release is never changed.")


def _claimed(tables: Tables, name: str, now: datetime, end: datetime) -> Claim:
    """The state that this release is to hold: as an earlier, unfinished call decided if it is still there, else as
    of now."""
    clean, key = tables.clean, keys.release_claim_key(name)
    for _ in range(_TRIES):
        claim, etag = _claim(clean, name)
        if claim and _kept(tables, claim):
            return claim
        fresh = _state(tables, name, now, end)
        if put(clean, key, fresh, etag):
            return fresh
    raise StorageError(f"Others keep replacing {key} in {clean.uri}; try again later.")


def _claim(clean: Bucket, name: str) -> tuple[Claim | None, str | None]:
    try:
        data, etag = clean.get_tagged(keys.release_claim_key(name))
    except MissingObjectError:
        return None, None
    return Claim.model_validate_json(data), etag


def _state(tables: Tables, name: str, now: datetime, end: datetime) -> Claim:
    """The newest version of `articles` before `end` and its last change, both told by the feed."""
    table = tables.articles.open()
    if table is not None:
        newest = table.version()
        feed.derive(tables)
        told = tables.revisions.read(("seq", "table_version", "changed_at"), f"table_version <= {newest}")
        if end < now:
            told = told.filter(pc.less(told["changed_at"], pa.scalar(end, pa.timestamp("us", "UTC"))))
        if told.num_rows:
            seq, version = (pc.max(told[column]).as_py() for column in ("seq", "table_version"))
            return Claim(release=name, seq=seq, version=version, created_at=now)
    raise UsageError(f"There is nothing to release: {tables.clean.uri} held no articles in {name}.")


def _end(name: str, now: datetime) -> datetime:
    """The first instant after the month. Raises UsageError when the month has not begun."""
    try:
        first = datetime.strptime(name, "%Y-%m").replace(tzinfo=HANOI)
    except ValueError:
        first = None
    if first is None or f"{first:%Y-%m}" != name:  # `2027-1` would sort behind `2027-02`
        raise UsageError(f"{name!r} is no month; write it as YYYY-MM.")
    if first > now:
        raise UsageError(f"{name} has not begun.")
    return (first + timedelta(days=32)).replace(day=1)


def _kept(tables: Tables, claim: Claim) -> DeltaTable | None:
    """`articles` at the claim's version; None when a vacuum has taken files of it."""
    table = tables.articles.open(claim.version)
    if table is None:
        return None
    folder = f"{keys.ARTICLES}/"
    there = {found.key.removeprefix(folder) for found in tables.clean.list(folder)}
    with tables.articles.told("read"):
        return table if there.issuperset(pa.table(table.get_add_actions())["path"].to_pylist()) else None


def _opened(tables: Tables, claim: Claim) -> DeltaTable:
    """`articles` at the claim's version. Raises UsageError when it is no longer kept."""
    if table := _kept(tables, claim):
        return table
    raise UsageError(f"The state of articles that release {claim.release} would hold is no longer kept.")


def _months(tables: Tables, table: DeltaTable) -> dict[str, int]:
    with tables.articles.told("read"):
        files = pa.table(table.get_add_actions(flatten=True)).select(["partition.month", "num_records"])
    counted = files.group_by("partition.month").aggregate([("num_records", "sum")]).to_pylist()
    return dict(sorted((row["partition.month"], row["num_records_sum"]) for row in counted))


def _written(tables: Tables, claim: Claim, scratch: Path, say: Say) -> tuple[ReleaseFile, ...]:
    clean, table = tables.clean, _opened(tables, claim)
    scratch.mkdir(parents=True, exist_ok=True)
    while True:
        listed = suppressed.load(clean)
        made = [_file(tables, table, claim.release, month, scratch, listed) for month in _said(tables, table, say)]
        files = tuple(file for file in made if file.rows)
        named = {file.key for file in files}
        found = [one.key for one in clean.list(f"{keys.release_prefix(claim.release)}articles/")]
        clean.delete_many([key for key in found if key not in named])  # of an older, unfinished state
        if suppressed.load(clean) == listed:  # else something was taken down meanwhile
            return files


def _said(tables: Tables, table: DeltaTable, say: Say) -> Iterator[str]:
    for month, rows in _months(tables, table).items():
        say(f"{month}: {rows} articles")
        yield month


def _file(tables: Tables, table: DeltaTable, name: str, month: str, scratch: Path, listed: Suppressed) -> ReleaseFile:
    path, key = scratch / f"{month}.parquet", keys.release_key(name, month)
    try:
        rows = _fill(path, tables, table, month, listed)
        sha256 = _store(tables.clean, path, key) if rows else ""
        return ReleaseFile(key=key, month=month, rows=rows, bytes=path.stat().st_size, sha256=sha256)
    finally:
        path.unlink(missing_ok=True)


def _fill(path: Path, tables: Tables, table: DeltaTable, month: str, listed: Suppressed) -> int:
    """Write the month's articles in order of their ids, which begin with the site; the same rows, the same bytes."""
    schema = pa.schema([field.with_nullable(True) for field in tables.articles.schema])
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _groups(tables, table, month):
            kept = allowed(group, listed)
            writer.write_table(kept.cast(schema), row_group_size=ROWS)
            rows += kept.num_rows
    return rows


def _groups(tables: Tables, table: DeltaTable, month: str) -> Iterator[pa.Table]:
    where = f"month = '{month}'"
    ids = sorted(tables.articles.rows(table, ("article_id",), where)["article_id"].to_pylist())
    for start in range(0, len(ids), ROWS):
        first, last = (one.replace("'", "''") for one in (ids[start], ids[start : start + ROWS][-1]))
        among = f"{where} AND article_id >= '{first}' AND article_id <= '{last}'"
        yield tables.articles.rows(table, where=among).sort_by("article_id").combine_chunks()


def _store(clean: Bucket, path: Path, key: str) -> str:
    """Upload the file, in place of one that an unfinished release with an older state left; its SHA-256."""
    try:
        clean.upload(path, key, PARQUET)
    except OtherContentError:
        clean.delete(key)
        clean.upload(path, key, PARQUET)
    return digest(path)
