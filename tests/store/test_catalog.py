"""What the bucket tells machines of itself is true, small to keep up, and never goes backwards."""

import csv
import gzip
import io
import json
from datetime import timedelta
from typing import Any

import jsonschema
import pyarrow.parquet as pq
import pytest
from rows_made import NOON, article, capture, run_row

from pipelines.store import catalog, feed
from pipelines.store.describe import dictionary, provinces
from pipelines.store.describe.croissant import croissant
from pipelines.store.describe.schemas import schema
from pipelines.store.tables import Tables
from schemas import keys
from schemas.article import Attachment, DocumentRef
from schemas.clusters import ClusterRow
from schemas.documents import DocumentRow
from schemas.release import Release
from schemas.rows import ReasonCount


def told(tables: Tables, key: str = keys.CATALOG) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(tables.clean.get(key))
    return said


@pytest.fixture
def written(tables: Tables) -> Tables:
    tables.publish("r1", [article(1, month="2026-01"), article(2), article(3, organ="party")])
    tables.publish("r2", [article(1, month="2026-01", title="Sửa")])
    feed.derive(tables)
    tables.append_captures("r1", [capture(1)])
    tables.append_run("r1", [run_row("r1", new=3), run_row("r1", site="khac", held="too few")])
    tables.append_run("r2", [run_row("r2", finished_at=NOON + timedelta(days=1))])
    catalog.write(tables, NOON)
    return tables


def test_the_catalog_counts_the_tables(written: Tables) -> None:
    said = told(written)
    rows = {"articles": 3, "revisions": 4, "captures": 1, "runs": 3, "clusters": 0, "documents": 0}
    assert {name: facts["rows"] for name, facts in said["tables"].items()} == rows
    assert said["changes"] == {"index": "changes/index.json", "newest_seq": 4, "version": 2}
    assert all(written.clean.exists(key) for key in said["schema"].values())
    cells = {"council": {"2026-01": 1, "2026-11": 1}, "party": {"2026-11": 1}}
    assert said["coverage"]["province"] == said["coverage"]["province_now"] == {"cao-bang": cells}
    assert [facts["rows"] for facts in said["coverage"]["months"].values()] == [1, 2]
    for key in (keys.README, keys.CHANGELOG, keys.PROVINCES_CSV, keys.PROVINCES_PARQUET, keys.CROISSANT, keys.VERIFY):
        assert written.clean.get(key)


def test_only_months_whose_files_changed_are_counted_anew(written: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    old, undated = {"province": "ha-giang", "province_now": "tuyen-quang"}, {"province": None, "month": "undated"}
    rows = [article(2, month="2026-12"), article(4, month="2024-05", **old), article(5, **undated)]
    written.publish("r3", rows)
    asked: list[str | None] = []
    read = written.articles.rows
    monkeypatch.setattr(
        written.articles, "rows", lambda table, columns, where: asked.append(where) or read(table, columns, where)
    )
    catalog.write(written, NOON)
    assert asked == ["month IN ('2024-05', '2026-11', '2026-12', 'undated')"]
    grown = told(written)["coverage"]
    assert grown["province"]["ha-giang"] == grown["province_now"]["tuyen-quang"] == {"council": {"2024-05": 1}}
    assert grown["province"]["undated"] == {"council": {"undated": 1}}
    assert grown["province"]["cao-bang"] == {"council": {"2026-01": 1, "2026-12": 1}, "party": {"2026-11": 1}}

    catalog.write(written, NOON)
    assert len(asked) == 1 and told(written)["coverage"] == grown
    catalog.write(written, NOON, recount=True)
    assert asked[1:] == [None] and told(written)["coverage"] == grown
    written.clean.put(keys.CATALOG, b"{broken")
    catalog.write(written, NOON)
    assert told(written)["coverage"] == grown


def test_the_slower_of_two_does_not_set_the_catalog_back(written: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    made, again = catalog.catalog, iter([True, False])

    def slow(tables: Tables, *about: Any) -> dict[str, Any]:
        computed = made(tables, *about)
        if next(again, False):  # another run publishes and describes while this one still holds what it computed
            tables.publish("r3", [article(9)])
            feed.derive(tables)
            catalog.write(tables, NOON + timedelta(hours=1))
        return computed

    monkeypatch.setattr(catalog, "catalog", slow)
    catalog.write(written, NOON)
    said = told(written)
    assert (said["changes"]["newest_seq"], said["tables"]["articles"]["version"]) == (5, 3)
    assert said["written_at"] == told(written, keys.FRESHNESS)["written_at"] == "2026-11-20T06:00:00Z"


def test_freshness_tells_each_sites_last_run_and_publication(written: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    said = told(written, keys.FRESHNESS)
    assert said["valid_until"] == "2026-11-21T07:00:00Z"
    assert said["sites"]["mau"] == {
        "last_published_at": "2026-11-21T05:00:00Z",
        "last_new_at": "2026-11-20T05:00:00Z",
        "last_run": "r2",
        "last_run_at": "2026-11-21T05:00:00Z",
        "held": None,
        "error": None,
    }
    assert (said["sites"]["khac"]["last_published_at"], said["sites"]["khac"]["held"]) == (None, "too few")

    asked: list[str | None] = []
    read = written.runs.read
    monkeypatch.setattr(written.runs, "read", lambda columns, where: asked.append(where) or read(columns, where))
    later = NOON + timedelta(days=60)
    written.append_run("r9", [run_row("r9", site="khac", started_at=later, finished_at=later, new=1)])
    catalog.write(written, later)
    assert asked == ["started_at >= TIMESTAMP '2026-10-20 05:00:00+00:00'"]
    sites = told(written, keys.FRESHNESS)["sites"]
    assert sites["mau"] == said["sites"]["mau"]
    assert (sites["khac"]["last_new_at"], sites["khac"]["held"]) == ("2027-01-19T05:00:00Z", None)
    catalog.write(written, later)
    assert asked[1] == "started_at >= TIMESTAMP '2026-12-19 05:00:00+00:00'"
    assert told(written, keys.FRESHNESS)["sites"] == sites


def test_an_empty_bucket_describes_itself_too(tables: Tables) -> None:
    catalog.write(tables, NOON)
    assert told(tables)["tables"]["articles"] == {"version": None, "rows": 0, "files": 0, "bytes": 0}
    assert (told(tables)["coverage"], told(tables, keys.FRESHNESS)["sites"]) == ({}, {})


def test_the_lines_of_the_feed_and_the_rows_are_as_their_schemas_say(written: Tables) -> None:
    reference = DocumentRef(kind="NQ", number="1", as_printed="1")
    dated = {"published_at": NOON, "published_on": NOON.date(), "attachments": (Attachment(url="u", size=1),)}
    written.publish("r4", [article(7, document_refs=(reference,), **dated)])
    feed.derive(written)
    checks = {
        name: jsonschema.Draft202012Validator(
            told(written, keys.schema_key(name)), format_checker=jsonschema.FormatChecker()
        )
        for name in keys.TABLES
    }
    for one in checks.values():
        one.check_schema(one.schema)
    lines = [
        json.loads(line)
        for file in told(written, keys.CHANGES_INDEX)["files"]
        for line in gzip.decompress(written.clean.get(file["key"])).splitlines()
    ]
    assert len(lines) == 5
    for line in lines:
        checks["articles"].validate(line["article"])
        checks["revisions"].validate(line["article"] | line | {"table_version": 1})
    cluster = {"cluster": "a:1", "article_id": "a:1", "site": "a", "month": "2026-11", "like": "a:1", "kind": "copy"}
    cluster |= {"similarity": 1.0, "contained": 1.0, "earliest": True, "version": 1}
    rows = {
        "captures": capture(1),
        "runs": run_row("r", rejected=(ReasonCount(reason="too_short", count=1),)),
        "clusters": ClusterRow.model_validate(cluster),
        "documents": DocumentRow(sha256="ab", size=1, key="attachments/ab/ab.pdf", article_ids=("a:1",)),
    }
    for name, row in rows.items():
        checks[name].validate(row.model_dump(mode="json"))
        checks[name].validate(row.model_dump(mode="json") | {"a_column_of_tomorrow": 1})
        with pytest.raises(jsonschema.ValidationError):
            checks[name].validate(row.model_dump(mode="json") | {next(iter(type(row).model_fields)): 7.5})


def test_the_provinces_stand_there_as_csv_and_as_parquet() -> None:
    rows = list(csv.DictReader(io.StringIO(provinces.as_csv().decode())))
    held = [(row["slug"], row["scheme"], row["valid_from"], row["valid_to"]) for row in rows]
    assert len(held) == 63 + 34 and ("ha-giang", "pre2025", "", "2025-06-30") in held
    assert [one for one in held if one[0] == "cao-bang"] == [
        ("cao-bang", "pre2025", "", "2025-06-30"),
        ("cao-bang", "2025", "2025-07-01", ""),
    ]
    table = pq.read_table(io.BytesIO(provinces.as_parquet()))
    assert table["slug"].to_pylist() == [row["slug"] for row in rows] and table.column_names == list(rows[0])


@pytest.mark.parametrize("table", keys.TABLES)
def test_each_column_has_a_meaning_and_its_terms_or_a_dash(table: str) -> None:
    columns = dictionary.columns(table)
    assert [one.name for one in columns] == list(dictionary.MODELS[table].model_fields)
    assert [one.name for one in columns if not one.meaning] == []
    assert set(dictionary.terms()[table]) <= {one.name for one in columns}
    assert any(one.schema_org for one in columns)
    assert {name for name, one in schema(table)["properties"].items() if not one.get("description")} == set()


def test_croissant_is_whole() -> None:
    release = Release(release="2026-01", seq=1, version=1, created_at=NOON, rows=1, bytes=1, manifest="m")
    made = croissant("s3://x/clean", NOON, (release,))
    assert made["@type"] == "sc:Dataset" and made["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert made["version"] == "1.2026.1" and made["isLiveDataset"] is True
    assert {"name", "description", "license", "url", "datePublished", "creator", "citeAs"} <= made.keys()
    names = {one["@id"]: one for one in made["distribution"]}
    assert names["release-files"]["includes"] == "releases/2026-01/articles/*.parquet"
    ids: list[str] = list(names)
    for records in made["recordSet"]:
        ids.append(records["@id"])
        for field in records["field"]:
            ids.append(field["@id"])
            for leaf in field.get("subField", (field,)):
                ids.extend([leaf["@id"]] if leaf is not field else [])
                assert leaf["source"]["fileSet"]["@id"] in names and leaf["dataType"].startswith("sc:")
        assert records["key"]["@id"] in ids
    assert len(set(ids)) == len(ids)
    articles = {field["name"]: field for field in made["recordSet"][0]["field"]}
    assert set(articles) == {one.name for one in dictionary.columns("articles")}
    assert articles["tags"]["repeated"] is True and articles["title"]["equivalentProperty"] == "sc:headline"
    assert croissant("s3://x/clean", NOON, ())["version"] == "1.0.0"
