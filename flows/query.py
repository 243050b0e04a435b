"""`tintinh query`: SQL over the bucket's tables, in this process."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import count
from math import isfinite
from typing import Any
from unicodedata import normalize

import duckdb

from flows.pushdown import Reading, reading
from pipelines.store.bucket import Bucket
from pipelines.store.snapshot import NOW, Moment, Pinned, StoredFile, take
from pipelines.store.tables import Tables
from schemas.errors import StorageError, UsageError
from schemas.zone import HANOI

ROWS = 1000
"""Rows fetched at a time: output streams."""


@dataclass(frozen=True)
class Scope:
    """What of the tables is shown: a state, and only the rows of some months and sites (empty: of all)."""

    moment: Moment = NOW
    months: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()

    def limits(self, table: Pinned) -> dict[str, tuple[str, ...]]:
        """The values that rows of this table may have, by column."""
        asked = {"month": self.months, "site": self.sites}
        return {name: values for name, values in asked.items() if values and name in table.table.model.model_fields}

    def keeps(self, table: Pinned, file: StoredFile) -> bool:
        """Whether the file can hold rows that are shown."""
        bounds = ((file.bounds.get(name), values) for name, values in self.limits(table).items())
        return all(pair is None or any(pair[0] <= one <= pair[1] for one in values) for pair, values in bounds)


EVERYTHING = Scope()


def moment(version: int | None, as_of: str | None) -> Moment:
    """The state that two options name; `as_of` is ISO 8601, in Hanoi's time where it names no other.

    Raises UsageError when both are given, or the instant is none.
    """
    if as_of is None:
        return Moment(version)
    if version is not None:
        raise UsageError("Give --version or --as-of, not both.")
    try:
        when = datetime.fromisoformat(as_of)
    except ValueError:
        raise UsageError(f"--as-of {as_of!r} is no instant; write 2026-11-20 or 2026-11-20T06:00.") from None
    return Moment(before=when if when.tzinfo else when.replace(tzinfo=HANOI))


def rows(clean: Bucket, sql: str, scope: Scope = EVERYTHING) -> Iterator[dict[str, Any]]:
    """Run one query and yield its rows, JSON-ready, as they come.

    Raises:
        UsageError: the SQL is wrong (the message is DuckDB's), or the state asked for is not there.
        StorageError: the bucket cannot be reached.
    """
    sql = normalize("NFC", sql)  # as all text of the tables is
    with engine() as connection:
        wanted = reading(connection, sql)
        pinned = take(Tables(clean), wanted.tables, scope.moment)
        show(connection, {name: table for name, table in pinned.items() if name in wanted.tables}, scope, wanted)
        with told():
            if (relation := connection.sql(sql)) is None:
                return
            reader = relation.to_arrow_reader(ROWS)
            names = _apart(reader.schema.names)
            for batch in reader:
                yield from (plain(row) for row in batch.rename_columns(names).to_pylist())


def _apart(names: Sequence[str]) -> list[str]:
    """The names of columns, those that stood before with a number: a row of JSON has each once."""
    seen: list[str] = []
    for name in names:
        numbered = (f"{name}_{number}" if number else name for number in count())
        seen.append(next(one for one in numbered if one not in seen))
    return seen


@contextmanager
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own that sees what it is shown and nothing else of this machine; its clock is Hanoi's."""
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        connection.execute("SET TimeZone = 'Asia/Ho_Chi_Minh'")
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET enable_external_access = false")
        yield connection


def show(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Pinned], scope: Scope, wanted: Reading | None = None
) -> None:
    """Make the tables queryable under their names: those files only that the scope and the reading can need."""
    for name, table in tables.items():

        def keep(file: StoredFile, name: str = name, table: Pinned = table) -> bool:
            return scope.keeps(table, file) and (wanted is None or wanted.needs(name, file))

        limits = scope.limits(table)
        if not limits:
            connection.register(name, table.dataset(keep))
            continue
        connection.register(f"all {name}", table.dataset(keep))
        listed = {column: ", ".join(map(quoted, values)) for column, values in limits.items()}
        where = " AND ".join(f"{column} IN ({values})" for column, values in listed.items())
        connection.execute(f'CREATE VIEW {name} AS SELECT * FROM "all {name}" WHERE {where}')


@contextmanager
def told() -> Iterator[None]:
    """Turn DuckDB's errors into ours: it is the SQL that is wrong, or a file of a table that cannot be read."""
    try:
        yield
    except duckdb.Error as error:
        if "reading the stream" in str(error):
            reason = str(error).rpartition("failed: ")[2][:300]
            raise StorageError(f"A file of the tables cannot be read; try again. ({reason})") from None
        raise UsageError(f"the query failed: {error}") from None


def quoted(text: str) -> str:
    """The text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def plain(value: Any) -> Any:
    """The value as JSON can write it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
