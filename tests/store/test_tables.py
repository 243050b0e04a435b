"""Publishing is one commit, repeats are seen, and writers at once lose nothing."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from multiprocessing import get_context

import pytest
from rows_made import NOON, article, capture, run_row

from pipelines.store.bucket import Bucket, S3Options
from pipelines.store.tables import Tables, latest
from schemas.errors import StorageError
from schemas.rows import Article

MONTHS = ("2026-01", "2026-02")


def titles(tables: Tables) -> dict[str, tuple[str, str]]:
    rows = tables.articles.read(("article_id", "month", "title")).to_pylist()
    assert len(rows) == len({row["article_id"] for row in rows}), "an article is there twice"
    return {row["article_id"]: (row["month"], row["title"]) for row in rows}


def test_a_missing_ledger_and_history_read_as_empty(tables: Tables) -> None:
    assert tables.ledger("mau", ("url_hash", "month")).column_names == ["url_hash", "month"]
    assert tables.history("mau") == []
    assert tables.current({"2026-11": {"mau:1"}}) == {}


def test_making_the_tables_may_be_raced_and_repeated(tables: Tables) -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(Tables(tables.clean).create) for _ in range(4)]:
            done.result()
    tables.create()
    assert [table.open().version() for table in tables.all] == [0] * len(tables.all)  # type: ignore[union-attr]


def test_a_publish_inserts_and_replaces_in_one_version(tables: Tables) -> None:
    assert tables.publish("r1", [article(1, title="A"), article(2, title="B")]) == 1
    assert tables.publish("r2", [article(2, title="B2"), article(3, title="C")]) == 2
    assert {key: title for key, (_, title) in titles(tables).items()} == {"mau:1": "A", "mau:2": "B2", "mau:3": "C"}


def test_a_repeated_publish_changes_nothing(tables: Tables) -> None:
    tables.publish("r1", [article(1, title="A")])
    tables.publish("r2", [article(1, title="B")])
    assert tables.publish("r1", [article(1, title="A")]) == 1
    assert titles(tables)["mau:1"][1] == "B"


def test_an_article_is_published_once_in_a_run(tables: Tables) -> None:
    with pytest.raises(ValueError, match="an article twice"):
        tables.publish("r1", [article(1), article(1, title="B")])


def test_nothing_to_publish_is_no_version(tables: Tables) -> None:
    assert tables.publish("r1", []) is None


@pytest.mark.parametrize(("was", "now"), [("2026-11", "2020-03"), ("undated", "2026-11"), ("2026-11", "undated")])
def test_an_article_whose_date_is_corrected_moves(tables: Tables, was: str, now: str) -> None:
    tables.publish("r1", [article(1, month=was), article(2, month=was)])
    tables.publish("r2", [article(1, month=now)], {"mau:1": was}, since=1)
    assert {key: month for key, (month, _) in titles(tables).items()} == {"mau:1": now, "mau:2": was}


def test_only_the_wanted_articles_are_read(tables: Tables) -> None:
    tables.publish("r1", [article(n, month=MONTHS[n % 2]) for n in range(6)])
    found = tables.current({MONTHS[0]: {"mau:0", "mau:2", "mau:99"}, MONTHS[1]: set(), "2026-09": {"mau:4"}})
    assert found.keys() == {"mau:0", "mau:2"}
    assert found["mau:0"] == article(0, month=MONTHS[0])


Stands = tuple[str, int]
MEANWHILE = {
    "edited": ([article(1, revision=4)], ("2026-11", 5)),
    "moved": ([article(1, revision=4, month="2020-03")], ("2026-11", 5)),
    "untouched": ([article(2)], ("2026-11", 2)),
    "removed": ([], None),
}


@pytest.mark.parametrize(("others", "stands"), MEANWHILE.values(), ids=MEANWHILE)
def test_what_others_did_meanwhile_is_asked_before_writing(
    tables: Tables, others: list[Article], stands: Stands | None
) -> None:
    """A run that read version 1 writes after others: it is told what became of its articles, wherever they stand."""
    tables.publish("r1", [article(1, revision=1)])
    if others:
        tables.publish("r2", others)
    else:
        tables.articles.open().delete("article_id = 'mau:1'")  # type: ignore[union-attr]

    def again(now: Mapping[str, Article | None]) -> list[Article]:
        assert now.keys() == {"mau:1"}
        return [article(1, revision=row.revision + 1) for row in now.values() if row]

    tables.publish("r3", [article(1, revision=2)], {"mau:1": "2026-11"}, since=1, rebase=again)
    rows = tables.articles.read(("article_id", "month", "revision")).to_pylist()
    found = [(row["month"], row["revision"]) for row in rows if row["article_id"] == "mau:1"]
    assert found == ([stands] if stands else [])


def test_two_runs_that_find_one_article_in_two_months_leave_one_row(tables: Tables) -> None:
    tables.create()
    tables.publish("r1", [article(1, month="2026-11")], since=0)
    tables.publish("r2", [article(1, month="undated")], since=0)
    assert titles(tables).keys() == {"mau:1"}


def test_a_first_night_is_published(tables: Tables) -> None:
    many = [article(n, month=f"20{n % 20:02}-01", text="chữ " * 300) for n in range(5000)]
    assert tables.publish("r1", many) == 1
    assert len(titles(tables)) == 5000


def publish_twice(uri: str, options: S3Options, writer: int) -> None:
    tables = Tables(Bucket.open(uri, options))
    for turn in range(2):
        run, month = f"w{writer}-{turn}", MONTHS[turn % 2]

        def add(now: Mapping[str, Article | None], month: str = month) -> list[Article]:
            old = {key: row.revision for key, row in now.items() if row}
            return [article(n, month=month, revision=old.get(f"mau:{n}", 0) + 1) for n in range(3)]

        for _ in range(2):
            tables.publish(run, [article(n, month=month) for n in range(3)], rebase=add)
            tables.append_captures(run, [capture(writer * 10 + turn)])


@pytest.mark.each_server
def test_four_processes_at_once_end_as_one_after_another(tables: Tables) -> None:
    with get_context("spawn").Pool(4) as pool:
        pool.starmap(publish_twice, [(tables.clean.uri, tables.clean.options, n) for n in range(4)])
    rows = tables.articles.read(("article_id", "revision")).to_pylist()
    assert sorted((row["article_id"], row["revision"]) for row in rows) == [(f"mau:{n}", 8) for n in range(3)]
    assert len(set(tables.ledger("mau", ("url_hash",))["url_hash"].to_pylist())) == 8
    assert tables.captures.read().num_rows == 8


def test_the_ledger_gives_one_sites_rows(tables: Tables) -> None:
    tables.append_captures("r1", [capture(1), capture(2, site="o'khac")])
    tables.append_captures("r1", [capture(3)])
    tables.append_captures("r1", [capture(4)], part="2")
    tables.append_captures("r2", [capture(1), capture(4)])
    assert sorted(tables.ledger("mau", ("url_hash",))["url_hash"].to_pylist()) == [1, 4]
    assert tables.ledger("o'khac", ("url_hash",)).num_rows == 1


@pytest.mark.parametrize("by", ["fetched_at", "settled_at"])
def test_the_last_word_on_a_url_counts(tables: Tables, by: str) -> None:
    rows = [capture(1, run=f"r{hours}", **{by: NOON + timedelta(hours=hours)}) for hours in (2, 3, 1)]
    tables.append_captures("r1", [*rows, capture(2)])
    assert set(latest(tables.ledger("mau"))["run"].to_pylist()) == {"r1", "r3"}


def test_history_is_the_newest_runs_in_order(tables: Tables) -> None:
    tables.append_run("r", [run_row(f"r{n}", started_at=NOON + timedelta(days=n)) for n in (2, 0, 1)])
    tables.append_run("s", [run_row("s", site="khac")])
    assert [row.run for row in tables.history("mau", most=2)] == ["r1", "r2"]


def test_a_column_that_a_newer_model_knows_is_added(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    class Older(Article):
        pass

    fields = {name: info for name, info in Article.model_fields.items() if name not in ("rights", "tls")}
    monkeypatch.setattr(Older, "__pydantic_fields__", fields)
    current, tables.articles.model = tables.articles.model, Older
    tables.articles.create()
    tables.articles.model = current
    assert tables.articles.read(("article_id", "tls")).num_rows == 0
    tables.create()
    tables.publish("r1", [article(1, tls="unverified")])
    assert tables.current({"2026-11": {"mau:1"}})["mau:1"].tls == "unverified"


@pytest.mark.checks_keys
@pytest.mark.parametrize("change", [{"endpoint": "http://127.0.0.1:1"}, {"secret_key": "wrong"}])
def test_a_store_that_fails_is_told(bucket: Bucket, change: dict[str, str]) -> None:
    broken = Tables(Bucket.open(bucket.uri, S3Options(**(vars(bucket.options) | change))))
    with pytest.raises(StorageError, match="table articles in s3://tintinh/"):
        broken.create()


def test_no_text_stands_in_the_log(tables: Tables) -> None:
    tables.publish("r1", [article(1, text="Câu không được lưu trong nhật ký", title="Tiêu đề riêng")])
    log = b"".join(tables.clean.get(found.key) for found in tables.clean.list("articles/_delta_log/"))
    assert b"mau:1" in log
    assert "Câu không".encode() not in log and "Tiêu đề".encode() not in log
