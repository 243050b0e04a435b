"""Small files of a Delta table written anew as fewer ones, by commits that change no row."""

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from pipelines.store import layout
from pipelines.store.delta import WRITING, Table
from schemas import keys

TARGET = 64 * 1024 * 1024
"""Bytes of a merged file of any table but `articles`, whose files stay small for the sake of edits."""


def due(table: Table, opened: DeltaTable) -> int:
    """How many files `merge` would write anew."""
    files = pa.table(opened.get_add_actions(flatten=True))
    if table.name == keys.ARTICLES:
        months = layout.due(files)
        return sum(month in months for month in files["partition.month"].to_pylist())
    parts = [name for name in files.column_names if name.startswith("partition.")]
    small = files.filter(pc.less(files["size_bytes"], TARGET))
    counted = small.group_by(parts).aggregate([("path", "count")])["path_count"].to_pylist()
    return sum(count for count in counted if count > 1)


def merge(table: Table) -> int:
    """Merge the small files of each partition, those of `articles` sorted by site; how many were replaced.

    Who loses a race does his part again. Raises StorageError.
    """
    opened = table.open()
    if opened is None or not (files := due(table, opened)):
        return 0
    if table.name == keys.ARTICLES:
        layout.split(table)
        return files
    replaced = 0

    def attempt(opened: DeltaTable) -> None:
        nonlocal replaced
        done = opened.optimize.compact(target_size=TARGET, max_concurrent_tasks=1, writer_properties=WRITING)
        replaced = done["numFilesRemoved"]

    table.commit(attempt)
    return replaced
