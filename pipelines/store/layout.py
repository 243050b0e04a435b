"""How the rows of `articles` lie in files: small and sorted, so that an edit rewrites and a question opens few.

delta-rs cuts its files at 1,024 rows whatever it is asked for, and the cost of replacing a row is that of its file
(8,333 rows a file: 11.5 s and 2.9 GB for 100 edits in 24 months; 256: 5.5 s and 1.1 GB; docs/decisions). So the
files are written here and put into the log as a change of layout that is none of data.
"""

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import AddAction, RemoveAction

from pipelines.store.arrow import plain
from pipelines.store.delta import Table, once
from pipelines.store.replacing import quoted

ROWS = 256
"""Rows of one file."""
MONTHS = 6
"""Months laid out anew in one commit: a lost race costs no more than these."""
BLOCK = 32
"""Files whose rows are in memory at once: the month of undated articles may hold any number."""


def due(actions: pa.Table, rows: int = ROWS) -> list[str]:
    """The months whose files are too large, or too many for what they hold; `actions`: the files of the log."""
    months = actions.group_by("partition.month").aggregate(
        [("num_records", "sum"), ("num_records", "max"), ("path", "count")]
    )
    return sorted(
        month["partition.month"]
        for month in months.to_pylist()
        if month["num_records_max"] > 4 * rows or month["path_count"] > 2 * (month["num_records_sum"] // rows + 1)
    )


def split(table: Table, rows: int = ROWS, months: Collection[str] | None = None) -> int:
    """Lay out the months that are due anew, or only those named; how many were. The rows stay the same, and the
    change data stays silent. Safe beside writers: a month that changed meanwhile is read again. Raises StorageError."""
    articles = table.open()
    if articles is None:
        return 0
    with table.told("read"):
        wanted = due(pa.table(articles.get_add_actions(flatten=True)), rows)
    wanted = [month for month in wanted if months is None or month in months]
    for start in range(0, len(wanted), MONTHS):
        some = wanted[start : start + MONTHS]

        def attempt(articles: DeltaTable, some: Sequence[str] = some) -> None:
            _lay_out(table, articles, some, rows)

        table.commit(attempt)
    return len(wanted)


def _lay_out(table: Table, articles: DeltaTable, months: Sequence[str], rows: int) -> None:
    files = plain(pa.table(articles.get_add_actions(flatten=True)), pa.schema([]))
    old = files.filter(pc.is_in(files["partition.month"], pa.array(months)))
    now = int(time.time() * 1000)
    gone = [
        RemoveAction(
            path=row["path"],
            data_change=False,
            deletion_timestamp=now,
            size=row["size_bytes"],
            partition_values={"month": row["partition.month"]},
        )
        for row in old.select(["path", "size_bytes", "partition.month"]).to_pylist()
    ]
    new = [one for month in months for one in _written(table, articles, month, rows, now)]
    articles.create_write_transaction(
        [*new, *gone],
        mode="append",
        schema=articles.schema(),
        partition_by=["month"],
        commit_properties=once(alone=True),
    )


def _written(table: Table, articles: DeltaTable, month: str, rows: int, now: int) -> Iterator[AddAction]:
    for part in _parts(table, articles, month, rows):
        yield put_file(table, part, {"month": month}, now)


def put_file(
    table: Table, rows: pa.Table, partition: Mapping[str, str], now: int, data_change: bool = False
) -> AddAction:
    """Write the rows, without the column that they are partitioned by, as one file of the table with one row group;
    what the log is to say of it. `now`: in milliseconds since 1970. Raises StorageError."""
    folder = "".join(f"{name}={value}/" for name, value in partition.items())
    path = f"{folder}part-{uuid4()}.zstd.parquet"
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="zstd", row_group_size=max(rows.num_rows, 1))
    data = sink.getvalue().to_pybytes()
    table.clean.put(f"{table.name}/{path}", data, "application/vnd.apache.parquet")
    return AddAction(
        path=path,
        size=len(data),
        partition_values=dict(partition),
        modification_time=now,
        data_change=data_change,
        stats=json.dumps(_statistics(rows, table.indexed)),
    )


def _parts(table: Table, articles: DeltaTable, month: str, rows: int) -> Iterator[pa.Table]:
    """The rows of a month in order of their ids, and so of their sites, one file's at a time; `BLOCK` are in memory."""
    keys = plain(pa.table(articles.scan(columns=["article_id"], predicate=f"month = '{month}'")), pa.schema([]))
    ids = keys["article_id"].combine_chunks().sort()
    for first in range(0, len(ids), BLOCK * rows):
        block = ids.slice(first, BLOCK * rows)
        span = f"article_id BETWEEN {quoted(block[0].as_py())} AND {quoted(block[-1].as_py())}"
        held = pa.table(articles.scan(predicate=f"month = '{month}' AND {span}"))
        ordered = plain(held, table.schema).sort_by("article_id").drop_columns(["month"])
        for start in range(0, ordered.num_rows, rows):
            yield ordered.slice(start, rows)


def _statistics(part: pa.Table, indexed: Sequence[str]) -> Mapping[str, Any]:
    """What the log says of a file, as the Delta protocol spells it: instants in UTC with milliseconds, rounded down
    and up."""
    told: dict[str, Any] = {"numRecords": part.num_rows, "minValues": {}, "maxValues": {}, "nullCount": {}}
    for name in indexed:
        column = part[name]
        told["nullCount"][name] = column.null_count
        if column.null_count == len(column):
            continue
        span = pc.min_max(column)
        for bound, where in (("min", "minValues"), ("max", "maxValues")):
            told[where][name] = _spelled(span[bound].as_py(), up=bound == "max")
    return told


def _spelled(value: Any, up: bool) -> Any:
    if not hasattr(value, "isoformat"):
        return value
    floor = value.replace(microsecond=value.microsecond // 1000 * 1000)
    shown = floor if floor == value or not up else floor + timedelta(milliseconds=1)
    return shown.strftime("%Y-%m-%dT%H:%M:%S.") + f"{shown.microsecond // 1000:03d}Z"
