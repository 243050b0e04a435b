"""`tintinh query`: SQL over the bucket's tables, in this process."""

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import duckdb

from pipelines.store.bucket import Bucket
from pipelines.store.tables import Tables
from schemas.errors import UsageError
from schemas.keys import TABLES

ROWS = 1000
"""Rows fetched at a time: output streams."""


def rows(clean: Bucket, sql: str) -> Iterator[dict[str, Any]]:
    """Run one query and yield its rows, JSON-ready.

    Raises:
        UsageError: the SQL is wrong; the message is DuckDB's.
        StorageError: the bucket cannot be reached.
    """
    tables = Tables(clean)
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        connection.execute("SET TimeZone = 'Asia/Ho_Chi_Minh'")
        for name in TABLES:
            if name in sql.casefold():
                connection.register(name, tables.dataset(name))
        try:
            if (relation := connection.sql(sql)) is None:
                return
            for batch in relation.to_arrow_reader(ROWS):
                yield from (_plain(row) for row in batch.to_pylist())
        except duckdb.Error as error:
            raise UsageError(f"the query failed: {error}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.hex()
    return value
