"""An export opens in the programs it is for, and holds what was asked for and nothing that was taken down."""

import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from rows_made import NOON, article

from flows import export_formats
from flows.export import Exported, Wish, export
from flows.export_places import Folder, opened
from flows.query import Scope
from flows.storage import Storage
from pipelines.store import feed, suppressed
from pipelines.store.tables import Tables
from schemas.errors import UsageError
from schemas.suppression import Suppression, name_hash
from schemas.urls import pack_hashes

LONG = "Chữ " * 9000


@pytest.fixture(scope="module")
def storage(server: Storage) -> Storage:
    return replace(
        server, raw=replace(server.raw, prefix="export/raw/"), clean=replace(server.clean, prefix="export/clean/")
    )


@pytest.fixture(scope="module")
def filled(storage: Storage) -> Tables:
    """Three months, one row with what a spreadsheet would mistake, one that was taken down."""
    tables = Tables(storage.clean)
    awkward: dict[str, Any] = {
        "title": '=HYPERLINK("http://x","Bấm")',
        "lead": "-1+1",
        "text": "Đoạn một, có dấu phẩy.\n\nĐoạn “hai”.",
        "markdown": "**Đoạn một**",
        "authors": ("@Nguyễn Văn A", "Trần B"),
        "published_at": NOON,
    }
    rows = [article(n, month=f"2026-0{n % 3 + 1}") for n in range(2, 9)]
    tables.publish("r1", [article(1, month="2026-01", **awkward), *rows, article(9, text=LONG, month="undated")])
    tables.publish("r2", [article(20, title="Ẩn"), article(21)])
    feed.derive(tables)
    gone = Suppression(site="mau", at=NOON, reason="court", articles=(name_hash("mau:20"),))
    suppressed.add(storage.clean, storage.raw, gone, ())
    linked = Suppression(site="mau", at=NOON, reason="court", urls=pack_hashes([_hash("id:21")]))
    suppressed.add(storage.clean, storage.raw, linked, ())
    return tables


def _hash(key: str) -> int:
    from schemas.urls import url_hash

    return url_hash(key)


def exported(tables: Tables, folder: Path, form: export_formats.Format, **wish: Any) -> Exported:
    done = export(tables.clean, Wish(form, **wish), Folder(folder))
    for file in done.files:
        assert hashlib.sha256((folder / file.name).read_bytes()).hexdigest() == file.sha256
    assert Exported.model_validate_json((folder / "manifest.json").read_bytes()) == done
    assert not list(folder.rglob("*.part"))
    return done


def test_a_sheet_opens_right_in_excel(filled: Tables, tmp_path: Path) -> None:
    done = exported(filled, tmp_path, "csv")
    data = (tmp_path / "articles.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfarticle_id,")
    assert data.count(b"\r\n") == done.rows + 1
    rows = {row["article_id"]: row for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))}
    assert (done.rows, done.suppressed, done.version, done.seq) == (9, 2, 2, 11)
    one = rows["mau:1"]
    assert one["title"] == '\'=HYPERLINK("http://x","Bấm")'
    assert (one["lead"], one["authors"]) == ("'-1+1", "'@Nguyễn Văn A; Trần B")
    assert one["text"] == "Đoạn một, có dấu phẩy.\n\nĐoạn “hai”."
    assert one["published_at"] == "2026-11-20 12:00"
    assert (len(rows["mau:9"]["text"]), rows["mau:9"]["text"][-1]) == (export_formats.CELL, "…")
    assert done.cut == ("mau:9",)


def test_a_full_sheet_is_followed_by_another(filled: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_formats, "SHEET_ROWS", 4)
    done = exported(filled, tmp_path, "csv", columns=("title",))
    assert [(file.name, file.rows) for file in done.files] == [
        ("articles.csv", 4),
        ("articles-2.csv", 4),
        ("articles-3.csv", 1),
    ]


def test_programs_get_a_file_a_month(filled: Tables, tmp_path: Path) -> None:
    done = exported(filled, tmp_path / "p", "parquet", columns=("article_id", "tags", "attachments", "published_at"))
    assert [(file.name, file.rows) for file in done.files] == [
        ("articles/2026-01.parquet", 3),
        ("articles/2026-02.parquet", 2),
        ("articles/2026-03.parquet", 3),
        ("articles/undated.parquet", 1),
    ]
    schema = pq.read_schema(tmp_path / "p/articles/2026-01.parquet")
    types = [str(field.type) for field in schema]
    assert (types[:2], types[-1]) == (["string", "list<element: string>"], "timestamp[us, tz=UTC]")
    done = exported(filled, tmp_path / "j", "jsonl", where="month = '2026-01' -- only")
    (line, *_) = (tmp_path / "j/articles/2026-01.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert (told["text"], told["published_at"]) == ("Đoạn một, có dấu phẩy.\n\nĐoạn “hai”.", "2026-11-20T05:00:00Z")
    assert list(told) == list(export_formats.COLUMNS["jsonl"])


def test_markdown_is_a_file_an_article(filled: Tables, tmp_path: Path) -> None:
    exported(filled, tmp_path, "markdown", scope=Scope(months=("2026-01",)))
    text = (tmp_path / "2026-01/mau_1.md").read_text()
    head, body = text.removeprefix("---\n").split("---\n", 1)
    assert json.loads(dict(line.split(": ", 1) for line in head.splitlines())["title"]).startswith("=HYPER")
    assert body.endswith("**Đoạn một**\n")
    for line in (tmp_path / "2026-01/SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "2026-01" / name).read_bytes()).hexdigest() == digest


def test_markdown_that_is_written_over_leaves_nothing_of_before(filled: Tables, tmp_path: Path) -> None:
    exported(filled, tmp_path, "markdown")
    before = set(tmp_path.rglob("*.md"))
    exported(filled, tmp_path, "markdown", where="month = '2026-01'", force=True)
    assert set(tmp_path.rglob("*.md")) == {path for path in before if path.parent.name == "2026-01"}
    exported(filled, tmp_path, "markdown", where="false", force=True)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["manifest.json"]


@pytest.mark.parametrize(
    ("one", "other"), [("mau:x/1", "mau:x_1"), ("mau:a:b", "mau:a_b"), ("mau:2024~1", "mau:2024_1")]
)
def test_no_two_articles_have_one_file(one: str, other: str) -> None:
    names = {export_formats.markdown_name(article_id) for article_id in (one, other)}
    assert len(names) == 2 and all(re.fullmatch(r"[\w.~%-]+", name) for name in names)


def test_a_condition_may_ask_of_other_rows_and_tables(filled: Tables, tmp_path: Path) -> None:
    newest = "content_hash = (select max(content_hash) from articles)"
    first = "article_id in (select article_id from revisions where seq = 1)"
    done = exported(filled, tmp_path, "jsonl", where=f"{newest} or {first}")
    assert done.rows == 1
    assert done.suppressed == 1


def test_nothing_is_written_over_unless_it_is_wished(filled: Tables, tmp_path: Path) -> None:
    dry = export(filled.clean, Wish("csv", dry_run=True), Folder(tmp_path))
    assert (dry.rows, dry.files, list(tmp_path.iterdir())) == (11, (), [])
    exported(filled, tmp_path, "jsonl")
    with pytest.raises(UsageError, match="is not empty"):
        export(filled.clean, Wish("jsonl"), Folder(tmp_path))
    exported(filled, tmp_path, "jsonl", where="month = '2026-02'", force=True)
    assert [path.name for path in (tmp_path / "articles").iterdir()] == ["2026-02.jsonl"]
    for wrong in ({"where": "nonsense("}, {"columns": ("title", "nope")}):
        with pytest.raises(UsageError):
            export(filled.clean, Wish("csv", force=True, **wrong), Folder(tmp_path))


def test_an_export_may_go_to_a_bucket(filled: Tables, storage: Storage, tmp_path: Path) -> None:
    out = f"s3://{storage.clean.name}/export/out"
    with opened(out, storage, tmp_path / "home") as place:
        done = export(filled.clean, Wish("parquet"), place)
    held = {found.key.removeprefix("out/") for found in replace(storage.clean, prefix="export/").list("out/")}
    assert held == {file.name for file in done.files} | {"manifest.json"}
    assert not list((tmp_path / "home").iterdir())
    with opened(out, storage, tmp_path / "home") as place, pytest.raises(UsageError, match="is not empty"):
        export(filled.clean, Wish("parquet"), place)
    with pytest.raises(UsageError, match="overlaps"), opened(f"{storage.clean.uri}/x", storage, tmp_path):
        pass


def test_an_empty_bucket_exports_a_head(tables: Tables, tmp_path: Path) -> None:
    done = exported(tables, tmp_path, "csv")
    assert (done.rows, done.version, done.files[0].rows) == (0, None, 0)
