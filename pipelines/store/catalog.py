"""The bucket describes itself: catalog, freshness, README and schema, written after each publish."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.store.delta import Table
from pipelines.store.feed import read_index
from pipelines.store.readme import readme
from pipelines.store.tables import Tables
from schemas import keys
from schemas.rows import Article

NIGHT = timedelta(hours=26)
"""A night and two hours: `freshness.json` older than that means that no night finished."""


def write(tables: Tables, now: datetime | None = None) -> None:
    """Write what describes the bucket, from the tables as they are. Raises StorageError."""
    when = now or datetime.now(UTC)
    put = tables.clean.put
    put(keys.README, readme(tables.clean.uri).encode(), "text/markdown; charset=utf-8")
    put(keys.ARTICLE_SCHEMA, _json(_article_schema()), "application/schema+json")
    put(keys.FRESHNESS, _json(freshness(tables, when)), "application/json")
    put(keys.CATALOG, _json(catalog(tables, when)), "application/json")


def catalog(tables: Tables, now: datetime) -> dict[str, Any]:
    """What `catalog.json` holds: each table's version, rows, files and bytes, and the newest change."""
    index, _ = read_index(tables)
    return {
        "format": "tintinh.v1",
        "written_at": _instant(now),
        "tables": {table.name: _facts(table) for table in tables.read},
        "changes": {"index": keys.CHANGES_INDEX, "newest_seq": index.last_seq, "version": index.version},
        "schema": {"articles": keys.ARTICLE_SCHEMA},
    }


def freshness(tables: Tables, now: datetime) -> dict[str, Any]:
    """What `freshness.json` holds: of each site the last run, and the last that published."""
    runs = tables.runs.read(("site", "run", "finished_at", "held", "error", "new", "changed", "gone"))
    sites: dict[str, dict[str, Any]] = {}
    for row in runs.sort_by("finished_at").to_pylist():
        site = sites.setdefault(row["site"], {"last_published_at": None, "last_new_at": None})
        finished = _instant(row["finished_at"])
        site |= {"last_run": row["run"], "last_run_at": finished, "held": row["held"], "error": row["error"]}
        if row["held"] is None and row["error"] is None:
            site["last_published_at"] = finished
            if row["new"]:
                site["last_new_at"] = finished
    return {"written_at": _instant(now), "valid_until": _instant(now + NIGHT), "sites": dict(sorted(sites.items()))}


def _facts(table: Table) -> dict[str, Any]:
    found = table.open()
    if found is None:
        return {"version": None, "rows": 0, "files": 0, "bytes": 0}
    with table.told("read"):
        files = pa.table(found.get_add_actions(flatten=True))
    rows, size = (pc.sum(files[name]).as_py() or 0 for name in ("num_records", "size_bytes"))
    return {"version": found.version(), "rows": rows, "files": files.num_rows, "bytes": size}


def _article_schema() -> dict[str, Any]:
    schema = Article.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": keys.ARTICLE_SCHEMA} | schema


def _instant(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
