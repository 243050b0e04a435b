"""A release is one state of `articles`, frozen, from which the feed goes on."""

import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.dataset as pads
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest
from rows_made import article

from pipelines.store import feed, releases, releasing, suppressed
from pipelines.store.arrow import from_table
from pipelines.store.bucket import Bucket
from pipelines.store.tables import Tables
from schemas import keys
from schemas.errors import UsageError
from schemas.release import Manifest
from schemas.rows import Article
from schemas.suppression import Suppression, name_hash

NOW = datetime.now(UTC)
THIS = releases.month_of(NOW)
MONTHS = ("2026-09", "2026-10", "undated")


@pytest.fixture
def filled(tables: Tables) -> Tables:
    tables.publish("r1", [article(n, month=MONTHS[n % 3], captions=("Ảnh",)) for n in range(12)])
    tables.publish("r2", [article(1, month=MONTHS[1], title="Sửa"), article(12, month="2020-01")])
    return tables


def stored(tables: Tables) -> dict[str, Article]:
    return {row.article_id: row for row in from_table(tables.articles.read(), Article)}


def released(tables: Tables, manifest: Manifest, folder: Path) -> dict[str, Article]:
    """The release as a reader has it who copies its files and reads them with what he likes; checked on the way."""
    for file in manifest.files:
        data = tables.clean.get(file.key)
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.bytes, file.sha256)
        (folder / Path(file.key).name).write_bytes(data)
        assert pq.read_metadata(folder / Path(file.key).name).num_rows == file.rows
    listed = {found.key for found in tables.clean.list(f"releases/{manifest.release}/")}
    assert listed == {file.key for file in manifest.files} | {manifest.manifest}
    found = from_table(pads.dataset(folder, format="parquet").to_table(), Article)
    return {row.article_id: row for row in found}


def after(tables: Tables, seq: int, state: dict[str, Article]) -> dict[str, Article]:
    """The state with every change after `seq` laid over it."""
    lines = [
        json.loads(line)
        for file in feed.read_index(tables)[0].files
        if file.last > seq
        for line in gzip.decompress(tables.clean.get(file.key)).splitlines()
    ]
    state = dict(state)
    for line in lines:
        if line["seq"] > seq:
            state.pop(line["article_id"], None)
            if line["op"] != "DEL":
                state[line["article_id"]] = Article.model_validate(line["article"])
    return state


def test_a_release_and_the_feed_after_it_are_the_articles(filled: Tables, tmp_path: Path) -> None:
    before = stored(filled)
    made = releasing.write(filled, THIS, tmp_path / "scratch")
    assert releases.index(filled.clean)[0].model_dump() == made.model_dump(exclude={"files"})
    assert (made.version, made.seq, made.rows) == (2, 14, 13)
    assert [file.month for file in made.files] == ["2020-01", *MONTHS]
    for number in range(3):  # what came after it, and files rewritten, are not of the release
        edited = article(number, month=MONTHS[number], title=f"Mới {number}")
        filled.publish(f"n{number}", [edited, article(20 + number)])
    table = filled.articles.open()
    assert table is not None
    table.delete("article_id = 'mau:4'")
    table.optimize.compact()
    feed.derive(filled)
    copied = tmp_path / "copied"
    copied.mkdir()
    assert released(filled, made, copied) == before
    assert after(filled, made.seq, before) == stored(filled) != before
    titles = duckdb.sql(f"SELECT count(*), max(title) FROM '{copied}/*.parquet' WHERE month = '2026-10'").fetchall()
    assert titles == [(4, "Sửa")]


def test_pyarrow_reads_the_files_where_they_are(filled: Tables, tmp_path: Path) -> None:
    made = releasing.write(filled, THIS, tmp_path)
    clean = filled.clean
    assert clean.options.endpoint is not None
    server = pafs.S3FileSystem(
        access_key=clean.options.access_key,
        secret_key=clean.options.secret_key,
        endpoint_override=clean.options.endpoint.removeprefix("http://"),
        scheme="http",
    )
    folder = f"{clean.name}/{clean.prefix}releases/{made.release}/articles"
    assert pads.dataset(folder, filesystem=server).count_rows(filter=pads.field("month") == "undated") == 4


def test_a_release_is_never_changed(filled: Tables, tmp_path: Path) -> None:
    made = releasing.write(filled, THIS, tmp_path)
    filled.publish("r3", [article(3, title="Sửa")])
    with pytest.raises(UsageError, match="exists since"):
        releasing.write(filled, THIS, tmp_path)
    with pytest.raises(UsageError, match="exists since"):
        releasing.plan(filled, THIS)
    assert releases.manifest(filled.clean, THIS) == made
    assert releases.due(filled.clean, NOW) is None


def test_a_month_without_a_change_is_the_same_file_again(filled: Tables, tmp_path: Path) -> None:
    first = releasing.write(filled, THIS, tmp_path)
    filled.publish("r3", [article(3, month="2026-09", title="Sửa")])
    table = filled.articles.open()
    assert table is not None
    table.optimize.z_order(["title"])
    later = NOW + timedelta(days=32)
    name = releases.due(filled.clean, later)
    assert name and name != THIS
    second = releasing.write(filled, name, tmp_path, later)
    same = {a.month for a, b in zip(first.files, second.files, strict=True) if a.sha256 == b.sha256}
    assert same == {"2020-01", "2026-10", "undated"}
    assert [one.release for one in releases.index(filled.clean)] == [THIS, name]


def test_a_month_that_is_over_is_released_as_it_ended(filled: Tables, tmp_path: Path) -> None:
    later = NOW + timedelta(days=40)
    claim, months = releasing.plan(filled, THIS, later)
    assert (claim.version, claim.seq, months) == (2, 14, {"2020-01": 1, "2026-09": 4, "2026-10": 4, "undated": 4})
    assert not list(filled.clean.list("releases/"))
    with pytest.raises(UsageError, match="nothing to release"):
        releasing.write(filled, releases.month_of(NOW - timedelta(days=32)), tmp_path)
    filled.publish("r3", [article(1, month="2026-10")])
    feed.derive(filled)
    table = filled.articles.open()
    assert table is not None
    table.vacuum(0, dry_run=False, enforce_retention_duration=False, full=True)
    with pytest.raises(UsageError, match="no longer kept"):
        releasing._opened(filled, claim)
    filled.clean.put(keys.release_claim_key(THIS), claim.model_dump_json().encode())  # of a call that died long ago
    assert releasing.write(filled, THIS, tmp_path).version == 3


@pytest.mark.parametrize(
    ("name", "said"), [("2999-01", "not begun"), ("2026-13", "no month"), ("2026-1", "no month"), ("../x", "no month")]
)
def test_a_month_must_be_one(tables: Tables, tmp_path: Path, name: str, said: str) -> None:
    tables.create()
    with pytest.raises(UsageError, match=said):
        releasing.write(tables, name, tmp_path)


def test_without_articles_there_is_nothing_to_release(tables: Tables, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to release"):
        releasing.write(tables, THIS, tmp_path)


@pytest.mark.parametrize("at", [1, 3, 6, 7])
def test_a_killed_release_is_completed_as_it_was_begun(
    filled: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    feed.derive(filled)
    before, left = stored(filled), [at]

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            return real(*arguments, **named)

        return call

    with monkeypatch.context() as patch:
        for name in ("put_new", "upload", "delete"):
            patch.setattr(Bucket, name, dying(getattr(Bucket, name)))
        with pytest.raises(KeyboardInterrupt):
            releasing.write(filled, THIS, tmp_path)
    filled.publish("r3", [article(3, month="2026-09", title="Sửa"), article(30, month="2026-09")])
    feed.derive(filled)
    if at < 7:
        filled.clean.put(keys.release_key(THIS, "1999-01"), b"of an older state")
    made = releasing.write(filled, THIS, tmp_path / "scratch")
    begun = at > 1  # the claim stood: what was published meanwhile is not in it
    assert (made.version, made.seq) == ((2, 14) if begun else (3, 16))
    copied = tmp_path / "copied"
    copied.mkdir()
    assert released(filled, made, copied) == (before if begun else stored(filled))
    assert after(filled, made.seq, released(filled, made, copied)) == stored(filled)


def test_what_was_taken_down_is_in_no_release(filled: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = releasing.write(filled, THIS, tmp_path)
    filled.clean.put(keys.release_key("2026-01", "2020-01"), filled.clean.get(made.files[0].key))  # unfinished
    listed = Suppression(site="mau", at=NOW, reason="court", articles=(name_hash("mau:4"), name_hash("mau:12")))
    suppressed.add(filled.clean, filled.clean, listed, ())
    with monkeypatch.context() as patch:
        patch.setattr(releases, "_correct", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            releases.purge(filled.clean, suppressed.load(filled.clean), tmp_path)
    again = releases.purge(filled.clean, suppressed.load(filled.clean), tmp_path)
    assert again == ()  # each file was replaced before the crash, and only what tells of them was left to do
    left = releases.manifest(filled.clean, THIS)
    assert (left.rows, left.erased_at is None, releases.index(filled.clean)[0].rows) == (11, False, 11)
    assert [file.rows for file in left.files] == [0, 4, 3, 4]
    copied = tmp_path / "copied"
    copied.mkdir()
    assert released(filled, left, copied).keys() == stored(filled).keys() - {"mau:4", "mau:12"}
    assert releases.purge(filled.clean, suppressed.load(filled.clean), tmp_path) == ()
    assert releases.manifest(filled.clean, THIS) == left
    later = releasing.write(
        filled, str(releases.due(filled.clean, NOW + timedelta(days=32))), tmp_path, NOW + timedelta(days=32)
    )
    assert [(file.month, file.rows) for file in later.files] == [("2026-09", 4), ("2026-10", 3), ("undated", 4)]
