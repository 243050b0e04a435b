"""The one way in which rows of `articles` are written: those with the same ids go, in the same commit.

A commit says what it replaces as one SQL predicate ("replace where"), month by month, so that only files which may
hold such an id are opened, and its change data holds exactly the rows that went and came (a merge rewrote every file
of 24 months for 100 edits: 11.5 s and 2.9 GB at 200,000 rows against 5.5 s and 1.1 GB; docs/decisions).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake

from pipelines.store.arrow import plain, to_table
from pipelines.store.delta import WRITING, once
from schemas.rows import Article

_GOES = ("delete", "update_preimage")


def to_arrow(rows: Sequence[Article] | pa.Table) -> pa.Table:
    """The rows as Arrow."""
    return rows if isinstance(rows, pa.Table) else to_table(rows, Article)


def moves(articles: DeltaTable, since: int, run: str = "") -> dict[str, str | None]:
    """Where each id that other runs than `run` wrote after version `since` stands now: its month, or None where it
    was deleted."""
    now: dict[str, str | None] = {}
    came: dict[str, int] = {}
    if since >= articles.version():
        return now
    columns = ["article_id", "month", "run", "_change_type", "_commit_version"]
    changes = plain(pa.table(articles.load_cdf(since + 1, articles.version(), columns=columns)), pa.schema([]))
    wrote = pc.and_(pc.equal(changes["run"], run), pc.invert(pc.is_in(changes["_change_type"], pa.array(_GOES))))
    mine = pc.unique(changes["_commit_version"].filter(wrote))  # a commit is one run's
    changes = changes.filter(pc.invert(pc.is_in(changes["_commit_version"], mine)))
    for row in changes.sort_by("_commit_version").to_pylist():
        one, version, goes = row["article_id"], row["_commit_version"], row["_change_type"] in _GOES
        if not goes:
            now[one] = row["month"]
            came[one] = version
        elif came.get(one) != version:  # in one version, what came counts, in whatever order they are told
            now[one] = None
    return now


def standing(ids_by_month: Mapping[str, Collection[str]]) -> str:
    """The SQL predicate that holds for the rows with these ids in these months."""
    each = (
        f"(month = {quoted(m)} AND article_id IN ({listed(ids)}))" for m, ids in sorted(ids_by_month.items()) if ids
    )
    return " OR ".join(each)


def replace_rows(articles: DeltaTable, rows: pa.Table, stood: Mapping[str, str | None], app: str) -> None:
    """Commit `rows` at the very next version, instead of those with their ids, which stand in the months `stood`.

    `app`: name of the application transaction that it carries, with the version that it makes. Raises
    CommitFailedError when another writer was first.
    """
    places: dict[str, set[str]] = {}
    for one, month in zip(rows["article_id"].to_pylist(), rows["month"].to_pylist(), strict=True):
        places.setdefault(month, set()).add(one)
        if (before := stood.get(one)) is not None:
            places.setdefault(before, set()).add(one)
    write_deltalake(
        articles,
        rows.sort_by([("month", "ascending"), ("site", "ascending"), ("article_id", "ascending")]),
        mode="overwrite",
        predicate=standing(places),
        writer_properties=WRITING,
        commit_properties=once((app, articles.version() + 1), alone=True),
    )


def quoted(text: str) -> str:
    """An SQL string."""
    return "'" + text.replace("'", "''") + "'"


def listed(values: Iterable[str]) -> str:
    """SQL strings, joined by commas."""
    return ", ".join(quoted(value) for value in sorted(values))
