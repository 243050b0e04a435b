"""The bucket describes itself: all that is written after each publish, the catalog last."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from pipelines import readers
from pipelines.store import releases
from pipelines.store.contested import change
from pipelines.store.delta import Table
from pipelines.store.describe import provinces
from pipelines.store.describe.card import card
from pipelines.store.describe.coverage import coverage
from pipelines.store.describe.croissant import croissant
from pipelines.store.describe.freshness import freshness, instant
from pipelines.store.describe.schemas import schema
from pipelines.store.feed import read_index
from pipelines.store.tables import Tables
from schemas import keys

_MARKDOWN = "text/markdown; charset=utf-8"


def write(tables: Tables, now: datetime | None = None, recount: bool = False) -> None:
    """Write what describes the bucket, from the tables as they are. `recount`: count all months anew.

    Catalog and freshness never go backwards, whoever writes at the same time: each is computed after what stands
    there was read, and put in its place only if it still is what stands there. Raises StorageError.
    """
    when, clean = now or datetime.now(UTC), tables.clean
    for key, data, content_type in (*_constant(), *readers.files(clean.uri)):
        clean.put(key, data, content_type)
    known = releases.index(clean)
    _renew(tables, keys.CROISSANT, lambda _: croissant(clean.uri, when, known), "application/ld+json")
    _renew(tables, keys.FRESHNESS, lambda before: freshness(tables, when, before))
    told = _renew(tables, keys.CATALOG, lambda before: catalog(tables, when, {} if recount else before))
    newest = known[-1].release if known else None
    clean.put(keys.README, card(clean.uri, told["tables"][keys.ARTICLES]["rows"], newest).encode(), _MARKDOWN)


def catalog(tables: Tables, now: datetime, before: Mapping[str, Any]) -> dict[str, Any]:
    """What `catalog.json` holds: each table's version, rows, files and bytes, the coverage of `articles`, and the
    newest change. `before`: what it held last."""
    index, _ = read_index(tables)
    newest = releases.index(tables.clean)[-1:]
    opened = {table.name: table.open() for table in tables.read}
    articles = opened[keys.ARTICLES]
    counted = coverage(tables.articles, articles, before.get("coverage", {})) if articles else {}
    return {
        "format": "tintinh.v1",
        "written_at": max(instant(now), before.get("written_at", "")),
        "tables": {table.name: _facts(table, opened[table.name]) for table in tables.read},
        "changes": {"index": keys.CHANGES_INDEX, "newest_seq": index.last_seq, "version": index.version},
        "releases": {"index": keys.RELEASES_INDEX, "newest": newest[0].release if newest else None},
        "schema": {table.name: keys.schema_key(table.name) for table in tables.read},
        "coverage": counted,
    }


def _renew(
    tables: Tables, key: str, made: Callable[[Mapping[str, Any]], dict[str, Any]], kind: str = "application/json"
) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(change(tables.clean, key, lambda old: _lines(made(_known(old))), kind))
    return written


def _known(data: bytes | None) -> Mapping[str, Any]:
    """What an object said; nothing when it is absent or broken: then all is counted anew."""
    try:
        said = json.loads(data) if data else {}
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _facts(table: Table, found: DeltaTable | None) -> dict[str, Any]:
    if found is None:
        return {"version": None, "rows": 0, "files": 0, "bytes": 0}
    with table.told("read"):
        actions = pa.table(found.get_add_actions(flatten=True))
    rows, size = (pc.sum(actions[name]).as_py() or 0 for name in ("num_records", "size_bytes"))
    return {"version": found.version(), "rows": rows, "files": actions.num_rows, "bytes": size}


def _constant() -> Iterator[tuple[str, bytes, str]]:
    """What depends on nothing but the version of the software: key, bytes, media type."""
    for name in keys.TABLES:
        yield keys.schema_key(name), _json(schema(name)), "application/schema+json"
    yield keys.PROVINCES_CSV, provinces.as_csv(), "text/csv; charset=utf-8"
    yield keys.PROVINCES_PARQUET, provinces.as_parquet(), releases.PARQUET
    yield keys.CHANGELOG, _changelog().read_bytes(), _MARKDOWN


def _changelog() -> Path:
    """CHANGELOG.md: packaged in the wheel, or at the top of a checkout."""
    packaged = Path(str(files("pipelines.store.describe").joinpath(keys.CHANGELOG)))
    return packaged if packaged.exists() else Path(__file__).parents[2] / keys.CHANGELOG


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def _lines(value: Mapping[str, Any]) -> bytes:
    """JSON with a line for each key: legible, and a third of the indented size."""
    parts = (f"{json.dumps(key)}: {json.dumps(part, ensure_ascii=False)}" for key, part in value.items())
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()
