"""Articles get the ids that their site's map says: their rows under the old ids go as those under the new ones come.

The map is written first, so that whoever settles a page of the site from then on gives it its new id; what is left of
a rekey that was cut short is done by whoever reads the map next (`finish`), and doing it twice changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake

from pipelines.store import feed, idmaps
from pipelines.store.arrow import from_table, to_table
from pipelines.store.delta import WRITING, once
from pipelines.store.tables import Tables
from schemas.idmap import IdMap
from schemas.rows import Article, RunRow

GROUP = 1000
"""Articles of one commit at most; those of a month go together where they fit."""


def finish(tables: Tables, site: str) -> IdMap:
    """The map of the site's ids, with nothing left to do: a rekey that was begun is brought to its end.

    Its articles move month by month, a version of the table for each group of months; then the feed tells of them, and
    the rekey has its row in `runs`. Raises StorageError.
    """
    ids = idmaps.load(tables.clean, site)
    if not ids.pending or ids.run is None:
        return ids
    run, started = ids.run, datetime.now(UTC)
    while _moved(tables, site, ids.pending, run):
        pass
    feed.derive(tables)
    made = tables.revisions.read(("table_version",), f"site = '{site}' AND run = '{run}'")["table_version"]
    commits = tuple(sorted(set(made.to_pylist())))
    row = RunRow(
        run=run,
        kind="rekey",
        site=site,
        started_at=started,
        finished_at=datetime.now(UTC),
        version=commits[-1] if commits else None,
        commits=commits,
        captured=0,
        new=0,
        changed=len(ids.pending),
        unchanged=0,
        gone=0,
        requests=0,
    )
    tables.append_run(run, [row], site)
    return idmaps.change(tables.clean, site, lambda now: now.ended(run))


def _moved(tables: Tables, site: str, pending: Mapping[str, str], run: str) -> bool:
    """Move the next articles that still have an old id, in one commit; False: none has one."""
    found = False

    def attempt(table: DeltaTable) -> None:
        nonlocal found
        standing = _standing(tables, table, site, {*pending, *pending.values()})
        old = _first_group({one: month for one, month in standing.items() if one in pending})
        if found := bool(old):
            named = {*old, *(pending[one] for one in old)}
            where = _rows_of({one: standing[one] for one in named if one in standing})
            stored = {row.article_id: row for row in from_table(tables.articles.rows(table, where=where), Article)}
            rows = [_renamed(stored[one], stored.get(pending[one]), pending[one], run) for one in old]
            write_deltalake(
                table,
                to_table(sorted(rows, key=lambda row: (row.month, row.article_id)), Article),
                mode="overwrite",
                predicate=_rows_of({**standing, **{row.article_id: row.month for row in rows}}, named),
                writer_properties=WRITING,
                commit_properties=once((f"tintinh/rekey/{run}", table.version() + 1), alone=True),
            )

    tables.articles.commit(attempt)
    return found


def _renamed(before: Article, there: Article | None, name: str, run: str) -> Article:
    """The article under its new id; `there`: what stands under that id already, of the same article."""
    shown = there or before
    return shown.model_copy(
        update={
            "article_id": name,
            "previous_ids": tuple(dict.fromkeys((*before.previous_ids, before.article_id, *shown.previous_ids))),
            "revision": max(before.revision, shown.revision) + 1,
            "first_seen": min(before.first_seen, shown.first_seen),
            "run": run,
        }
    )


def _standing(tables: Tables, table: DeltaTable, site: str, ids: Collection[str]) -> dict[str, str]:
    """The month in which each of these ids stands; those that do not are left out."""
    keys = tables.articles.rows(table, ("article_id", "month"), f"site = '{site}'")
    keys = keys.filter(pc.is_in(keys["article_id"], pa.array(sorted(ids), pa.string())))
    return dict(zip(keys["article_id"].to_pylist(), keys["month"].to_pylist(), strict=True))


def _first_group(months: Mapping[str, str]) -> list[str]:
    """The ids of the first months, as many as one commit takes."""
    ordered = sorted(months, key=lambda one: (months[one], one))
    cut, after = ordered[:GROUP], ordered[GROUP : GROUP + 1]
    return [one for one in cut if not after or months[one] != months[after[0]]] or cut


def _rows_of(months: Mapping[str, str], named: Iterable[str] | None = None) -> str:
    """The SQL predicate that holds for the rows with these ids (of those `named`) in their months."""
    by_month: dict[str, list[str]] = {}
    for one in sorted(months if named is None else named):
        by_month.setdefault(months[one], []).append(f"'{one}'")
    return " OR ".join(f"(month = '{m}' AND article_id IN ({', '.join(some)}))" for m, some in sorted(by_month.items()))
