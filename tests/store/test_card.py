"""With README.md alone a reader can read the tables and answer questions: what it prints is what runs here."""

import contextlib
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import yaml
from deltalake import write_deltalake
from rows_made import NOON, article

from flows.storage import Storage
from pipelines.store import catalog
from pipelines.store.arrow import to_table
from pipelines.store.describe.card import WARNING, card
from pipelines.store.tables import Tables
from schemas import keys
from schemas.clusters import ClusterRow
from schemas.rows import Article, Revision

pytestmark = pytest.mark.each_server


def council(number: int, day: date | None, **more: Any) -> Article:
    """An article of Cao Bằng's council."""
    then = {"published_on": day, "month": f"{day:%Y-%m}" if day else "undated", "province": "cao-bang" if day else None}
    own = {"site": "cao-bang-council", "article_id": f"cao-bang-council:{number}"}
    return article(number, **{**own, **then, **more})


def revised(row: Article, seq: int, reason: str, **more: Any) -> Revision:
    note = {"seq": seq, "op": "ADD" if reason == "new" else "MOD", "reason": reason, "table_version": seq}
    return Revision.model_validate(row.model_dump() | note | more)


def member(row: Article, cluster: str, **more: Any) -> ClusterRow:
    about = {name: getattr(row, name) for name in ("article_id", "site", "month", "published_at")}
    about |= {"cluster": cluster, "like": cluster, "kind": "copy", "similarity": 0.9, "contained": 1.0}
    return ClusterRow.model_validate(about | {"earliest": row.article_id == cluster, "version": 1} | more)


@pytest.fixture(scope="module")
def tables(server: Storage) -> Tables:
    """A bucket with Cao Bằng's year 2024, and neighbours of all sorts that do not belong to it."""
    tables = Tables(replace(server.clean, prefix="described/"))
    tables.create()
    first, edited, reread = (council(n, date(2024, 1, n), title=f"Nghị quyết {n}") for n in (1, 2, 3))
    last = council(4, date(2024, 12, 31), previous_ids=("cao-bang-council:40",), source_status="gone")
    twin = council(5, date(2026, 1, 5), site="bac-kan-council", article_id="bac-kan-council:5", title="Sao lại")
    twin = twin.model_copy(update={"province": "thai-nguyen", "province_now": "thai-nguyen"})
    others = [
        council(6, date(2023, 12, 31)),
        council(7, date(2025, 1, 1)),
        council(8, None),
        council(9, date(2024, 5, 9), organ="party"),
        council(10, date(2024, 5, 10), province="ha-giang", province_now="tuyen-quang"),
    ]
    rows = [first, edited, reread, last, twin, *others]
    tables.publish("r1", rows)
    soon, later = NOON + timedelta(days=1), NOON + timedelta(days=2)
    history = [
        *(revised(row, seq, "new") for seq, row in enumerate(rows, 1)),
        revised(edited, 11, "edit", changed=("title", "text"), words_added=3, words_removed=1, last_seen=soon),
        revised(edited, 12, "edit", changed=("text",), words_added=1, last_seen=later),
        revised(reread, 13, "reextract", changed=("text",), words_added=9),
        revised(last, 14, "edit", article_id="cao-bang-council:40", changed=("lead",), last_seen=later),
        revised(last, 15, "rekey", changed=("article_id",)),
        revised(last, 16, "gone", changed=("source_status",)),
        revised(others[0], 17, "edit", changed=("text",)),
        revised(first, 18, "returned", changed=("source_status", "gone_at")),
        revised(last, 19, "returned", changed=("source_status", "text"), words_added=2, last_seen=later),
    ]
    append(tables, tables.revisions, to_table(history, Revision))
    cluster = edited.article_id
    group = [member(edited, cluster), member(twin, cluster, kind="light_edit", similarity=0.8), member(first, cluster)]
    append(tables, tables.clusters, to_table([*group, member(others[0], others[0].article_id)], ClusterRow))
    catalog.write(tables, NOON)
    return tables


def append(tables: Tables, table: Any, rows: Any) -> None:
    where, options = tables.clean.table_uri(table.name), tables.clean.storage_options()
    write_deltalake(where, rows, mode="append", storage_options=options)


@pytest.fixture
def readme(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The bucket's README, in the environment that it asks for."""
    options = tables.clean.options
    monkeypatch.setenv("AWS_ENDPOINT_URL", options.endpoint or "")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", options.access_key or "")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", options.secret_key or "")
    monkeypatch.setenv("AWS_REGION", options.region)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    yield tables.clean.get(keys.README).decode()


def section(readme: str, heading: str, language: str = "python") -> list[str]:
    """The code blocks below a heading."""
    text = re.split(r"^#{2,3} ", readme.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.M)[0]
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def test_the_card_warns_first_and_its_head_is_yaml() -> None:
    text = card("s3://x/clean", 20_000, "2026-01")
    head = re.match(r"---\n(.*?)\n---\n\n(.*)", text, re.S)
    assert head and head[1].startswith(f"# {WARNING}\n") and head[2].startswith(f"**{WARNING}**")
    said = yaml.safe_load(head[1])
    assert (said["language"], said["license"], said["size_categories"]) == (["vi"], "other", ["10K<n<100K"])
    assert said["configs"][0]["data_files"] == "releases/2026-01/articles/*.parquet"
    assert "{{" not in text and "}}" not in text
    for anchor in re.findall(r"\]\(#([\w-]+)\)", text):
        assert anchor in {line.strip("# ").lower().replace(" ", "-") for line in text.splitlines() if line[:1] == "#"}


@pytest.mark.parametrize(
    ("reader", "said"),
    [("DuckDB", "bac-kan-council"), ("Polars", "Sao lại"), ("pandas", "Sao lại"), ("pyarrow", "Sao lại")],
)
def test_the_snippets_run(readme: str, reader: str, said: str) -> None:
    (snippet,) = section(readme, reader)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(snippet, {})
    assert said in printed.getvalue() and "Nghị quyết" not in printed.getvalue()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_reads_the_bucket(readme: str) -> None:
    (snippet,) = section(readme, "curl", "sh")
    command = snippet.replace("changes/index.json", "catalog.json")
    told = subprocess.run(["sh", "-c", command], capture_output=True, timeout=30)
    assert json.loads(told.stdout)["format"] == "tintinh.v1", told.stderr


def test_the_three_questions_are_answered_by_what_the_readme_prints(readme: str) -> None:
    (setup,) = section(readme, "Three questions answered")
    counted, changed, carried = section(readme, "Three questions answered", "sql")
    names: dict[str, Any] = {}
    exec(setup, names)

    def ask(sql: str) -> list[tuple[Any, ...]]:
        names["sql"] = sql
        rows: list[tuple[Any, ...]] = eval("duckdb.sql(sql).fetchall()", names)
        return rows

    assert ask(counted) == [(4, 4)]
    assert [(row[0], row[2], *row[4:]) for row in ask(changed)] == [
        ("cao-bang-council:2", 2, ["text", "title"], 4, 1),
        ("cao-bang-council:4", 2, ["lead", "source_status", "text"], 2, 0),
    ]
    assert ask(changed)[0][3].astimezone(NOON.tzinfo) == NOON + timedelta(days=1)
    copy = ("bac-kan-council", "bac-kan-council:5", "2026-01", "light_edit", 0.8, False)
    assert ask(carried) == [("cao-bang-council:1", *copy), ("cao-bang-council:2", *copy)]
