"""A question opens the files that it needs, and answers as if it had opened all."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unicodedata import normalize

import duckdb
import pyarrow as pa
import pytest
from deltalake.fs import DeltaStorageHandler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rows_made import NOON, article, capture, run_row

from flows.pushdown import reading
from flows.query import EVERYTHING, Scope, engine, moment, rows, show
from flows.storage import Storage
from pipelines.store import feed
from pipelines.store.snapshot import Moment, Pinned, StoredFile, take
from pipelines.store.tables import Tables
from schemas.errors import StorageError, UsageError
from schemas.rows import Article
from schemas.zone import HANOI

MONTHS = ("2024-04", "2024-05", "2024-06", "undated")


def made(number: int, month: str, **fields: Any) -> Article:
    site = f"site-{number % 3}"
    if month != "undated":
        fields["published_on"] = date.fromisoformat(f"{month}-{number % 28 + 1:02d}")
        fields["published_at"] = datetime.combine(fields["published_on"], NOON.time(), UTC)
    return article(number, article_id=f"{site}:{number}", site=site, month=month, **fields)


@pytest.fixture(scope="module")
def filled(server: Storage) -> Tables:
    """Four months in files that were appended and merged, and rows in the other tables."""
    tables = Tables(replace(server.clean, prefix="query/"))
    tables.publish("r1", [made(10 * at + n, month) for at, month in enumerate(MONTHS) for n in range(6)])
    tables.publish("r2", [made(3, "2024-04", title="Sửa"), made(44, "2024-05")])
    feed.derive(tables)
    tables.append_captures("r1", [capture(n, site=f"site-{n % 3}", article_id=f"site-{n % 3}:{n}") for n in range(6)])
    tables.append_run("r1", [run_row("r1", version=1)])
    return tables


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Paths of the data files that are opened from now on."""
    paths: set[str] = set()
    real = DeltaStorageHandler.open_input_file

    def noting(handler: DeltaStorageHandler, path: str) -> Any:
        paths.add(path)
        return real(handler, path)

    monkeypatch.setattr(DeltaStorageHandler, "open_input_file", noting)
    return paths


@pytest.mark.parametrize(
    ("sql", "months", "found"),
    [
        ("select * from articles where month = '2024-05'", {"2024-05"}, 7),
        ("select * from Articles a where '2024-05' >= a.month and title <> ''", {"2024-04", "2024-05"}, 13),
        (
            "select * from articles where (month = '2024-06' or month = 'undated') and site = 'site-1'",
            {"2024-06", "undated"},
            4,
        ),
        ("select * from articles where published_on >= date '2024-06-25'", {"2024-06"}, 2),
        ("select * from articles where published_at between '2024-05-01' and '2024-05-31 12:00+07'", {"2024-05"}, 7),
        ("select * from articles where month in ('2024-04', '2024-06') and word_count > 0", {"2024-04", "2024-06"}, 12),
        ("select 1 from articles a join captures c using (article_id) where a.month = '2024-04'", {"2024-04"}, 6),
        ("select 1 from articles a left join captures c using (article_id) where a.month = '2024-04'", {"2024-04"}, 6),
        ("with x as (from articles where month = '2024-06') select count(*) from x", {"2024-06"}, 1),
        ("select * from articles where month = '2024-05' limit 2", {"2024-05"}, 2),
        ("select * from articles where not month = '2024-05'", set(MONTHS), 18),
        ("pivot articles on site using count(*)", set(MONTHS), None),
        ("select 1 where exists (from articles where site = 'site-9')", set(), 0),
    ],
)
def test_only_files_that_a_question_can_need_are_opened(
    filled: Tables, opened: set[str], sql: str, months: set[str] | None, found: int | None
) -> None:
    answer = list(rows(filled.clean, sql))
    files = {path.partition("/")[0].removeprefix("month=") for path in opened if path.startswith("month=")}
    if months is not None:
        assert files == months
    if found is not None:
        assert len(answer) == found


TEXTS = st.sampled_from(["'2024-05'", "'2024-04'", "'undated'", "'site-1'", "'site-0:3'", "'Sửa'", "NULL", "'2024'"])
DAYS = st.sampled_from(["DATE '2024-05-03'", "'2024-05-20'", "TIMESTAMPTZ '2024-06-01 00:00+07'", "DATE '2024-04-01'"])
COMPARED = st.sampled_from(["=", "<", "<=", ">", ">=", "<>"])
LEAVES = st.one_of(
    st.builds("{0} {1} {2}".format, st.sampled_from(["month", "site", "article_id", "a.title"]), COMPARED, TEXTS),
    st.builds("{2} {1} {0}".format, st.sampled_from(["a.month", "a.site"]), COMPARED, TEXTS),
    st.builds("{0} {1} {2}".format, st.sampled_from(["published_on", "a.published_at"]), COMPARED, DAYS),
    st.builds("{0} IN ({1}, {2})".format, st.sampled_from(["month", "a.site"]), TEXTS, TEXTS),
    st.builds("{0} BETWEEN {1} AND {2}".format, st.sampled_from(["month", "article_id"]), TEXTS, TEXTS),
    st.builds("published_on BETWEEN {0} AND {1}".format, DAYS, DAYS),
    st.sampled_from(["month IS NULL", "published_on IS NULL", "length(month) = 7", "month LIKE '2024-0%'", "true"]),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("({0} AND {1})".format, inner, inner),
        st.builds("({0} OR {1})".format, inner, inner),
        st.builds("(NOT {0})".format, inner),
        st.builds("(CASE WHEN {0} THEN {1} END)".format, inner, inner),
    ),
    max_leaves=5,
)
SHAPES = st.sampled_from(
    [
        "SELECT a.article_id FROM articles a WHERE {0}",
        "SELECT a.article_id, a.month AS site FROM articles a WHERE {0}",
        "SELECT count(*), max(a.title) FROM articles a WHERE {0} AND {1}",
        "SELECT a.article_id, b.seq FROM articles a"
        " LEFT JOIN (SELECT article_id AS i, seq FROM revisions) b ON a.article_id = b.i WHERE {0}",
        "SELECT b.n, a.article_id FROM (SELECT 'site-1' AS n) b LEFT JOIN articles a ON a.site = b.n WHERE {0}",
        "SELECT b.n, a.article_id FROM (SELECT 'site-1' AS n) b FULL JOIN articles a ON a.site = b.n WHERE {0}",
        "SELECT b.n FROM (SELECT unnest(['site-1', 'site-2']) AS n) b ANTI JOIN articles a ON a.site = b.n",
        "SELECT a.article_id FROM articles a WHERE {0} UNION ALL SELECT a.title FROM articles a WHERE {1}",
        "WITH articles AS (SELECT * FROM articles a WHERE {0}) SELECT article_id FROM articles a WHERE {1}",
        "SELECT a.article_id FROM articles a WHERE EXISTS (FROM revisions r WHERE r.article_id = a.article_id AND {0})",
        "SELECT a.title, (SELECT count(*) FROM articles a WHERE {0}) FROM articles a WHERE {1}",
        "FROM articles a SELECT a.site, count(*) WHERE {0} GROUP BY ALL HAVING count(*) > 1",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SHAPES, CONDITIONS, CONDITIONS)
def test_the_narrowed_answer_is_the_whole_answer(
    pinned: dict[str, Pinned], hall: duckdb.DuckDBPyConnection, shape: str, one: str, other: str
) -> None:
    sql = shape.format(one, other)
    answers = []
    for narrowed in (True, False):
        show(hall, pinned, EVERYTHING, reading(hall, sql) if narrowed else None)
        answers.append(sorted(map(repr, hall.sql(sql).fetchall())))
    assert answers[0] == answers[1]


@pytest.fixture(scope="module")
def hall() -> Iterator[duckdb.DuckDBPyConnection]:
    """One engine for many questions."""
    with engine() as connection:
        yield connection


@dataclass(frozen=True)
class Remembered(Pinned):
    """A table whose files were read before."""

    contents: Mapping[str, pa.Table] = field(default_factory=dict)

    def dataset(self, keep: Callable[[StoredFile], bool] = lambda _: True) -> pa.Table:
        empty = self.contents[self.files[0].path].slice(0, 0)
        return pa.concat_tables([empty, *(self.contents[file.path] for file in self.files if keep(file))])


@pytest.fixture(scope="module")
def pinned(filled: Tables) -> dict[str, Pinned]:
    """The tables in memory."""
    read: dict[str, Pinned] = {}
    for name, table in take(filled, ("articles", "revisions")).items():
        contents = {one.path: table.dataset(one.__eq__).to_table() for one in table.files}
        read[name] = Remembered(table.table, table.delta, table.files, contents)
    return read


def test_months_and_sites_are_shown_alone(filled: Tables, opened: set[str]) -> None:
    scope = Scope(months=("2024-05",), sites=("site-0", "site-1"))
    found = list(rows(filled.clean, "select distinct month, site from articles order by all", scope))
    assert found == [{"month": "2024-05", "site": "site-0"}, {"month": "2024-05", "site": "site-1"}]
    assert {path.partition("/")[0] for path in opened} == {"month=2024-05"}
    assert list(rows(filled.clean, "select distinct site from captures order by 1", Scope(sites=scope.sites))) == [
        {"site": "site-0"},
        {"site": "site-1"},
    ]


def test_an_older_state_is_shown_whole(tables: Tables) -> None:
    tables.publish("r1", [article(1)])
    feed.derive(tables)
    tables.publish("r2", [article(2)])
    feed.derive(tables)
    count = "select (select count(*) from articles) n, (select count(*) from revisions) r"
    assert list(rows(tables.clean, count, Scope(Moment(1)))) == [{"n": 1, "r": 1}]
    assert list(rows(tables.clean, count)) == [{"n": 2, "r": 2}]
    log = tables.clean.get("articles/_delta_log/00000000000000000002.json").splitlines()
    (when,) = (json.loads(line)["commitInfo"]["timestamp"] for line in log if b"commitInfo" in line)
    second = datetime.fromtimestamp(when / 1000, UTC)
    n = "select count(*) n from articles"
    assert list(rows(tables.clean, n, Scope(Moment(before=second)))) == [{"n": 1}]
    assert list(rows(tables.clean, n, Scope(Moment(before=second + timedelta(milliseconds=1))))) == [{"n": 2}]
    with pytest.raises(UsageError, match="has no version 9; the newest is 2"):
        list(rows(tables.clean, n, Scope(Moment(9))))
    with pytest.raises(UsageError, match="Nothing was published yet before 2020-01-01"):
        list(rows(tables.clean, n, Scope(moment(None, "2020-01-01"))))


def test_a_version_whose_files_are_gone_is_told_in_one_sentence(tables: Tables) -> None:
    tables.publish("r1", [article(1)])
    tables.publish("r2", [article(1, title="Sửa")])
    table = tables.articles.open()
    assert table is not None
    table.vacuum(0, dry_run=False, enforce_retention_duration=False)
    with pytest.raises(UsageError, match=r"Version 1 of articles cannot be read any more: .* the newest is"):
        list(rows(tables.clean, "select 1 from articles", Scope(Moment(1))))


def test_a_file_that_cannot_be_read_is_no_fault_of_the_question(tables: Tables) -> None:
    tables.publish("r1", [article(1)])
    (path,) = (found.key for found in tables.clean.list("articles/month="))
    tables.clean.delete(path)
    with pytest.raises(StorageError, match="cannot be read"):
        list(rows(tables.clean, "select title from articles"))


def test_an_instant_is_hanois_unless_it_says_otherwise() -> None:
    assert moment(None, "2026-11-20T06:00") == Moment(before=datetime(2026, 11, 20, 6, tzinfo=HANOI))
    assert moment(None, "2026-11-20T06:00Z") == Moment(before=datetime(2026, 11, 20, 6, tzinfo=UTC))
    for wrong in ((1, "2026-11-20"), (None, "hôm qua")):
        with pytest.raises(UsageError):
            moment(*wrong)


def test_a_question_sees_the_tables_and_nothing_else(filled: Tables) -> None:
    for sql in (
        "select * from read_csv('/etc/passwd')",
        "copy articles to '/tmp/x.csv'",
        "select * from filled",
        "nonsense",
    ):
        with pytest.raises(UsageError, match="the query failed"):
            list(rows(filled.clean, sql))


@pytest.mark.parametrize(
    ("sql", "row"),
    [
        ("select 1 as a, 2 as a, 3 as a_1", {"a": 1, "a_1": 2, "a_1_1": 3}),
        ("select 0/0.0 as a, 'inf'::double as b", {"a": None, "b": None}),
        (f"select '{normalize('NFD', 'Hội nghị')}' = 'Hội nghị' as a", {"a": True}),
    ],
)
def test_a_row_is_json(filled: Tables, sql: str, row: dict[str, object]) -> None:
    assert list(rows(filled.clean, sql)) == [row]


def test_an_empty_bucket_answers(tables: Tables) -> None:
    assert list(rows(tables.clean, "select count(*) n from articles, clusters")) == [{"n": 0}]
