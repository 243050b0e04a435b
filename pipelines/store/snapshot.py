"""The tables as they stood together at one moment, file by file: what a question or an export reads.

Nothing is read that the caller did not ask to keep: each file comes with the bounds that the Delta log has of it.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.fs as pafs
from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler

from pipelines.store.bucket import MissingObjectError
from pipelines.store.delta import Table
from pipelines.store.tables import Tables
from schemas.errors import StorageError, UsageError
from schemas.keys import ARTICLES, TABLES

_ATTEMPTS = 5
"""Times that the tables are opened anew because somebody published meanwhile."""
_EPOCH = datetime.fromtimestamp(0, UTC)
_GONE = "Version {version} of {name} cannot be read any more: maintenance or a takedown removed its {what}; {newest}."


@dataclass(frozen=True)
class StoredFile:
    """One Parquet file of a table, and what the log says of its rows."""

    path: str
    """Below the table."""
    size: int
    """Bytes."""
    rows: int
    bounds: Mapping[str, tuple[Any, Any]]
    """Smallest and largest value by column, of those columns that the log has them of."""
    parts: Mapping[str, str]
    """Value of the partition column, where the table has one."""
    nulls: frozenset[str] = frozenset()
    """Columns that hold nothing but nulls."""


@dataclass(frozen=True)
class Pinned:
    """One table at one version; `delta` is None where it did not exist."""

    table: Table
    delta: DeltaTable | None
    files: tuple[StoredFile, ...] = field(repr=False, default=())

    @property
    def version(self) -> int | None:
        """None: there was no such table."""
        return self.delta.version() if self.delta else None

    def dataset(self, keep: Callable[[StoredFile], bool] = lambda _: True) -> pads.Dataset:
        """The kept files for a query engine that pushes its filters down (DuckDB does).

        Strings are views, as delta-rs notes them in files that it merged: PyArrow compares no string with a view,
        but a view with either.
        """
        wanted = pa.schema([_viewed(column) for column in self.table.schema])
        kept = [file for file in self.files if keep(file)]
        if not kept:
            return pads.dataset(wanted.empty_table())
        clean = self.table.clean
        handler = DeltaStorageHandler(
            clean.table_uri(self.table.name), clean.storage_options(), {file.path: file.size for file in kept}
        )
        system, parquet = pafs.PyFileSystem(handler), pads.ParquetFileFormat()
        fragments = [
            parquet.make_fragment(file.path, system, _partition(file.parts), file_size=file.size) for file in kept
        ]
        return pads.FileSystemDataset(fragments, wanted, parquet, system)


@dataclass(frozen=True)
class Moment:
    """Which state is asked for: the newest one, a version of `articles`, or what stood before an instant (aware)."""

    version: int | None = None
    before: datetime | None = None


NOW = Moment()


def take(tables: Tables, names: Collection[str] = TABLES, moment: Moment = NOW) -> dict[str, Pinned]:
    """The named tables as they stood together.

    At the newest state no row of another table belongs to a later version of `articles` than the one taken. With a
    version, the others are as they were when the next version was committed.

    Raises:
        UsageError: there is no such version, there was nothing yet, or its files were vacuumed since.
        StorageError: the bucket cannot be read.
    """
    wanted = [table for table in tables.read if table.name in names]
    if moment == NOW:
        taken = _newest(tables, wanted)
    else:
        articles = _articles_then(tables.articles, moment)
        before = moment.before or _instant(tables.articles, (articles.version or 0) + 1)
        others = [table for table in wanted if table is not tables.articles]
        taken = [_then(table, before) if before else _pinned(table, table.open()) for table in others]
        taken += [articles] * (tables.articles in wanted)
    return {pinned.table.name: pinned for pinned in taken}


def _newest(tables: Tables, wanted: Sequence[Table]) -> list[Pinned]:
    for _ in range(_ATTEMPTS):
        opened = [(table, table.open()) for table in wanted]
        versions = {table.name: delta.version() for table, delta in opened if delta}
        seen = versions.get(ARTICLES)
        if len(wanted) < 2 or seen is None or _instant(tables.articles, seen + 1) is None:
            break
    return [_pinned(table, delta) for table, delta in opened]


def _articles_then(articles: Table, moment: Moment) -> Pinned:
    newest = articles.open()
    if newest is None:
        raise UsageError(f"Nothing was published yet in {articles.clean.uri}.")
    if moment.before is not None:
        version = _version_before(articles, newest.version(), moment.before)
        if version is None:
            raise UsageError(f"Nothing was published yet before {moment.before.isoformat(timespec='minutes')}.")
    else:
        version = moment.version or 0
    if not 0 <= version <= newest.version():
        raise UsageError(f"articles has no version {version}; the newest is {newest.version()}.")
    return _pinned(articles, newest) if version == newest.version() else _old(articles, version, newest.version())


def _then(table: Table, before: datetime) -> Pinned:
    newest = table.open()
    version = None if newest is None else _version_before(table, newest.version(), before)
    if newest is None or version is None:
        return Pinned(table, None)
    return _pinned(table, newest) if version == newest.version() else _old(table, version, newest.version())


def _old(table: Table, version: int, newest: int) -> Pinned:
    """An older version, all of whose files must still be there."""
    told = {"version": version, "name": table.name, "newest": f"the newest is {newest}"}
    try:
        pinned = _pinned(table, table.open(version))
    except StorageError:
        raise UsageError(_GONE.format(what="log", **told)) from None
    present = {found.key for found in table.clean.list(f"{table.name}/")}
    if any(f"{table.name}/{file.path}" not in present for file in pinned.files):
        raise UsageError(_GONE.format(what="files", **told))
    return pinned


def _version_before(table: Table, newest: int, before: datetime) -> int | None:
    """The last version committed before the instant, by bisection of the log; None when there was none."""
    if (_instant(table, newest) or _EPOCH) < before:
        return newest
    low, high = -1, newest  # `high` was committed at or after the instant; `low` before it, or is out of the log
    while high - low > 1:
        middle = (low + high) // 2
        when = _instant(table, middle)
        low, high = (middle, high) if when is None or when < before else (low, middle)
    if low >= 0 and _instant(table, low) is None:
        raise UsageError(f"The log of {table.name} does not go back to {before.isoformat(timespec='minutes')}.")
    return low if low >= 0 else None


def _instant(table: Table, version: int) -> datetime | None:
    """When a version was committed, by its own word; None where the log does not have it (any more)."""
    try:
        lines = table.clean.get(f"{table.name}/_delta_log/{version:020d}.json").splitlines()
    except MissingObjectError:
        return None
    for line in lines:
        if (note := json.loads(line).get("commitInfo")) and "timestamp" in note:
            return datetime.fromtimestamp(note["timestamp"] / 1000, UTC)
    return _EPOCH


def _pinned(table: Table, delta: DeltaTable | None) -> Pinned:
    if delta is None:
        return Pinned(table, None)
    with table.told("open"):
        actions = pa.table(delta.get_add_actions(flatten=True))
    return Pinned(table, delta, tuple(_files(actions)))


def _files(actions: pa.Table) -> list[StoredFile]:
    columns = {name: actions[name].to_pylist() for name in actions.column_names}
    bounded = [
        name.removeprefix("min.") for name in columns if name.startswith("min.") and f"max.{name[4:]}" in columns
    ]
    parted = [name.removeprefix("partition.") for name in columns if name.startswith("partition.")]
    blank = [None] * actions.num_rows
    files = []
    for at, path in enumerate(columns["path"]):
        parts = {name: columns[f"partition.{name}"][at] for name in parted}
        bounds = {name: (columns[f"min.{name}"][at], columns[f"max.{name}"][at]) for name in bounded}
        bounds = {name: pair for name, pair in bounds.items() if None not in pair}
        bounds |= {name: (value, value) for name, value in parts.items() if value is not None}
        rows = columns["num_records"][at] or 0
        nulls = frozenset(name for name in bounded if rows and columns.get(f"null_count.{name}", blank)[at] == rows)
        files.append(StoredFile(path, columns["size_bytes"][at], rows, bounds, parts, nulls))
    return sorted(files, key=lambda file: (*file.parts.values(), file.path))


def _partition(parts: Mapping[str, str]) -> pads.Expression:
    expression = pads.scalar(True)
    for name, value in parts.items():
        expression &= pads.field(name) == pa.scalar(value, pa.string_view())
    return expression


def _viewed(column: pa.Field) -> pa.Field:
    return pa.field(column.name, pa.string_view() if column.type == pa.string() else column.type)
