"""What the bucket says of itself is true and enough to read it."""

import contextlib
import io
import json
import re
from datetime import timedelta

import pytest
from rows_made import NOON, article, capture, run_row

from pipelines.store import catalog, feed
from pipelines.store.readme import readme
from pipelines.store.tables import Tables
from schemas import keys
from schemas.rows import Article, LedgerRow, Revision, RunRow


@pytest.fixture
def written(tables: Tables) -> Tables:
    tables.publish("r1", [article(1, month="2026-01"), article(2), article(3)])
    tables.publish("r2", [article(1, month="2026-01", title="Sửa")])
    feed.derive(tables)
    tables.append_captures("r1", [capture(1)])
    tables.append_run("r1", [run_row("r1", new=3), run_row("r1", site="khac", held="too few")])
    tables.append_run("r2", [run_row("r2", finished_at=NOON + timedelta(days=1))])
    catalog.write(tables, NOON)
    return tables


def test_the_catalog_counts_the_tables(written: Tables) -> None:
    told = json.loads(written.clean.get(keys.CATALOG))
    assert {name: facts["rows"] for name, facts in told["tables"].items()} == {
        "articles": 3,
        "revisions": 4,
        "captures": 1,
        "runs": 3,
        "clusters": 0,
        "documents": 0,
    }
    assert told["changes"] == {"index": "changes/index.json", "newest_seq": 4, "version": 2}


def test_freshness_tells_each_sites_last_run_and_publication(written: Tables) -> None:
    told = json.loads(written.clean.get(keys.FRESHNESS))
    assert told["valid_until"] == "2026-11-21T07:00:00Z"
    assert told["sites"]["mau"] == {
        "last_published_at": "2026-11-21T05:00:00Z",
        "last_new_at": "2026-11-20T05:00:00Z",
        "last_run": "r2",
        "last_run_at": "2026-11-21T05:00:00Z",
        "held": None,
        "error": None,
    }
    assert (told["sites"]["khac"]["last_published_at"], told["sites"]["khac"]["held"]) == (None, "too few")


def test_the_schema_is_that_of_a_stored_article(written: Tables) -> None:
    schema = json.loads(written.clean.get(keys.ARTICLE_SCHEMA))
    assert set(schema["properties"]) == set(Article.model_fields)


def test_an_empty_bucket_describes_itself_too(tables: Tables) -> None:
    catalog.write(tables, NOON)
    told = json.loads(tables.clean.get(keys.CATALOG))
    assert told["tables"]["articles"] == {"version": None, "rows": 0, "files": 0, "bytes": 0}


def test_the_readme_warns_first() -> None:
    assert readme("s3://x/clean").splitlines()[0].startswith("**Never read a folder below by a Parquet glob")


@pytest.mark.parametrize("model", [Article, Revision, LedgerRow, RunRow])
def test_the_readme_names_every_column(model: type[Article | LedgerRow | RunRow]) -> None:
    text = readme("s3://x/clean")
    assert [name for name in model.model_fields if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize(("reader", "said"), [("duckdb", "mau"), ("pandas", "Sửa"), ("polars", "Sửa")])
def test_the_readmes_snippets_run(written: Tables, monkeypatch: pytest.MonkeyPatch, reader: str, said: str) -> None:
    pytest.importorskip(reader)
    options = written.clean.options
    monkeypatch.setenv("AWS_ENDPOINT_URL", options.endpoint or "")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", options.access_key or "")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", options.secret_key or "")
    monkeypatch.setenv("AWS_REGION", options.region)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    snippets = re.findall(r"```python\n(.*?)```", written.clean.get(keys.README).decode(), re.S)
    (snippet,) = [one for one in snippets if f"import {reader}" in one or f"to_{reader}" in one]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(snippet, {})
    assert said in printed.getvalue()
