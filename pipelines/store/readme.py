"""README.md of the bucket: how to read it and what each column means, generated from the models."""

import ast
import inspect
import textwrap
from functools import lru_cache

import pyarrow as pa
from pydantic import BaseModel

from pipelines.store.arrow import arrow_schema
from schemas.rows import Article, LedgerRow, Revision, RunRow

_TEXT = """**Never read a folder below by a Parquet glob: it is a Delta table, and old and deleted rows are in it.**

# Tin tỉnh: articles of Vietnam's provincial Party committees and People's Councils

| what | where | how |
|---|---|---|
| the articles as they are now | `articles/` | Delta, one row per article, by month of publication |
| every version of every article | `revisions/` | Delta, append-only |
| each fetch of an article page | `captures/` | Delta, by site |
| what each run did at each site | `runs/` | Delta |
| what changed, in order | `changes/` | gzip JSON Lines, named by `changes/index.json` |
| versions, counts, newest change | `catalog.json` | JSON |
| when each site was last read | `freshness.json` | JSON |
| JSON Schema of an article | `schema/article.v1.json` | JSON |

Instants are UTC; `published_on` is the day in Asia/Ho_Chi_Minh. Columns are only added.
`text.split("\\n\\n")` gives the paragraphs of an article exactly. Each article keeps its source's URL and rights line.

## Reading

The usual `AWS_*` variables say where the server is and who asks (`AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, and `AWS_ALLOW_HTTP=true` for plain HTTP). Install `deltalake pyarrow duckdb`.

DuckDB:

```python
import duckdb, pyarrow
from deltalake import DeltaTable
table = DeltaTable("{uri}/articles")
articles = pyarrow.table(table.scan(["site", "title", "published_at"], "month >= '2026-01'"))
print(duckdb.sql("SELECT site, count(*) AS n FROM articles GROUP BY site ORDER BY n DESC"))
```

pandas:

```python
from deltalake import DeltaTable
frame = DeltaTable("{uri}/articles").to_pandas(filters=[("month", "=", "2026-01")])
print(frame[["published_at", "title"]])
```

Polars:

```python
import polars, pyarrow
from deltalake import DeltaTable
print(polars.from_arrow(pyarrow.table(DeltaTable("{uri}/articles").scan(predicate="month = '2026-01'"))))
```

An older state: `DeltaTable("{uri}/articles", version=N)`; `runs.version` tells which run made which.

## Following the changes

Read `changes/index.json`, then each file whose `last` is beyond the last `seq` you have, in order:

```sh
aws s3 cp {uri}/changes/index.json - | jq -r '.files[].key'
```

A line is `{{"seq", "op", "reason", "article_id", "changed", "article"}}`. `ADD` and `MOD` carry the whole article (also
when its source removed it: then `source_status` is `gone`), `DEL` says that the row is no more. Replayed from the first
file, the feed gives `articles` exactly.

## Columns
"""

_TABLES = (("articles", Article), ("revisions", Revision), ("captures", LedgerRow), ("runs", RunRow))


def readme(uri: str) -> str:
    """The README for the bucket at `uri` (`s3://bucket/prefix`)."""
    return _TEXT.format(uri=uri) + "".join(_dictionary(name, model) for name, model in _TABLES)


@lru_cache
def notes(model: type[BaseModel]) -> dict[str, str]:
    """What the model's source says of each field: the string below it, on one line."""
    found: dict[str, str] = {}
    for part in reversed(model.__mro__):
        if not issubclass(part, BaseModel) or part is BaseModel:
            continue
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(part))).body
        assert isinstance(tree, ast.ClassDef)
        for field, below in zip(tree.body, tree.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
                found[field.target.id] = " ".join(str(ast.literal_eval(below.value)).split())
    return found


def _dictionary(name: str, model: type[BaseModel]) -> str:
    said = notes(model)
    inherited = set(Article.model_fields) if model is Revision else set()
    lines = [f"\n### {name}\n\n{' '.join((model.__doc__ or '').split())}\n\n"]
    if inherited:
        lines.append("All columns of `articles`, and:\n\n")
    lines.append("| column | type | null | meaning |\n|---|---|---|---|\n")
    for field in arrow_schema(model):
        if field.name not in inherited:
            null = "yes" if field.nullable else ""
            lines.append(f"| `{field.name}` | {_type(field.type)} | {null} | {said.get(field.name, '')} |\n")
    return "".join(lines)


def _type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list of {_type(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "struct of " + ", ".join(f"{part.name} ({_type(part.type)})" for part in kind)
    if pa.types.is_timestamp(kind):
        return "timestamp (UTC)"
    return {"date32[day]": "date", "int64": "integer", "double": "number", "bool": "boolean"}.get(str(kind), str(kind))
