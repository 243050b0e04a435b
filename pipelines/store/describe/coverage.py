"""How many articles each province, organ and month has, counted anew only for the months whose files changed."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pyarrow as pa
from deltalake import DeltaTable

from pipelines.store.delta import Table
from schemas.rows import UNDATED_MONTH

By = Literal["province", "province_now"]
_BY: tuple[By, By] = ("province", "province_now")
_COLUMNS = ("month", *_BY, "organ")


def coverage(articles: Table, at: DeltaTable, before: Mapping[str, Any]) -> dict[str, Any]:
    """What `catalog.json` says under `coverage`.

    `months`: of each month its rows, bytes, files, and a mark that changes with the files; `province` and
    `province_now`: the articles by slug, organ and month. `before`: what the catalog said last, of whatever version:
    the counts of a month with the same mark still hold, for a file of a Delta table never changes. Raises StorageError.
    """
    months = _months(articles, at)
    old = before.get("months", {})
    touched = sorted(m for m, facts in months.items() if facts["mark"] != old.get(m, {}).get("mark"))
    kept = months.keys() - set(touched)
    cells: dict[By, Counter[tuple[str, str, str]]] = {by: Counter() for by in _BY}
    for by in _BY:
        cells[by].update({cell: n for cell, n in _cells(before.get(by, {})) if cell[2] in kept})
    if touched:
        where = None if not kept else f"month IN ({', '.join(repr(month) for month in touched)})"
        counted = articles.rows(at, _COLUMNS, where).group_by(list(_COLUMNS)).aggregate([([], "count_all")])
        for row in counted.to_pylist():
            for by in _BY:
                cells[by][row[by] or UNDATED_MONTH, row["organ"], row["month"]] += row["count_all"]
    return {"months": months} | {by: _nested(cells[by]) for by in _BY}


def _months(articles: Table, at: DeltaTable) -> dict[str, dict[str, Any]]:
    with articles.told("read"):
        actions = pa.table(at.get_add_actions(flatten=True))
    files: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    names = ("partition.month", "path", "num_records", "size_bytes")
    for month, path, rows, size in zip(*(actions[name].to_pylist() for name in names), strict=True):
        files[month].append((path, rows, size))
    return {
        month: {
            "rows": sum(rows for _, rows, _ in found),
            "bytes": sum(size for *_, size in found),
            "files": len(found),
            "mark": hashlib.sha256("\n".join(sorted(path for path, *_ in found)).encode()).hexdigest()[:12],
        }
        for month, found in sorted(files.items())
    }


def _cells(nested: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Iterator[tuple[tuple[str, str, str], int]]:
    for slug, organs in nested.items():
        for organ, months in organs.items():
            yield from (((slug, organ, month), count) for month, count in months.items())


def _nested(cells: Mapping[tuple[str, str, str], int]) -> dict[str, dict[str, dict[str, int]]]:
    nested: dict[str, dict[str, dict[str, int]]] = {}
    for (slug, organ, month), count in sorted(cells.items()):
        nested.setdefault(slug, {}).setdefault(organ, {})[month] = count
    return nested
