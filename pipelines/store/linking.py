"""The `documents` table: which articles link each kept document now, derived from `revisions`.

Each of its commits notes the sequence number that it reached, and is made at the very next version or not at all, so
that it may be called at any time, by several at once, and again after a crash.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake

from pipelines.store import attachments
from pipelines.store.arrow import from_table, to_table
from pipelines.store.delta import WRITING, once
from pipelines.store.tables import Tables
from schemas.article import Attachment
from schemas.documents import DocumentRow

SEQ_DONE = "tintinh/documents/seq"
_READ = ("seq", "op", "site", "article_id", "changed", "attachments")


def update(tables: Tables) -> int:
    """Bring `documents` up to the newest row of `revisions`; returns the number of rows that changed.

    A document that no article links any more keeps its row, with no ids: its bytes are still there.
    Raises StorageError.
    """
    changed = 0

    def attempt(documents: DeltaTable) -> None:
        nonlocal changed
        done = documents.transaction_version(SEQ_DONE) or 0
        news = tables.revisions.read(_READ, f"seq > {done}")
        if not news.num_rows:
            return
        rows = _changed(tables, _relinked(news))
        marks = once((SEQ_DONE, pc.max(news["seq"]).as_py()), alone=True)
        if rows:
            write_deltalake(
                documents,
                to_table(rows, DocumentRow),
                mode="overwrite",
                predicate=_among(row.sha256 for row in rows),
                writer_properties=WRITING,
                commit_properties=marks,
            )
        else:
            documents.create_write_transaction([], "append", documents.schema(), commit_properties=marks)
        changed = len(rows)

    tables.documents.commit(attempt)
    return changed


def _relinked(news: pa.Table) -> list[dict[str, Any]]:
    """The last row of each article whose links may differ from what they were: the newest links."""
    linking = pc.greater(pc.list_value_length(news["attachments"]), 0)
    added = pc.and_kleene(pc.equal(news["op"], "ADD"), linking)
    rows = news.filter(pc.or_kleene(added, pc.not_equal(news["op"], "ADD"))).sort_by("seq").to_pylist()
    return list({r["article_id"]: r for r in rows if r["op"] != "MOD" or "attachments" in r["changed"]}.values())


def _changed(tables: Tables, relinked: list[dict[str, Any]]) -> list[DocumentRow]:
    """The rows of `documents` that these articles' links make different from what is stored."""
    links: dict[str, dict[str, Attachment]] = {}
    for row in relinked:
        kept = [Attachment.model_validate(one) for one in row["attachments"] or () if row["op"] != "DEL"]
        links[row["article_id"]] = {one.sha256: one for one in kept if one.sha256}
    if not links:
        return []
    linked = {sha256: one for found in links.values() for sha256, one in found.items()}
    known = {row.sha256: row for row in _stored(tables, linked, links.keys())}
    shelved = _shelved(tables, {row["site"] for row in relinked} if linked.keys() - known.keys() else ())
    rows = []
    for sha256 in sorted(known.keys() | linked.keys()):
        before = known.get(sha256) or shelved.get(sha256)
        if before is None:
            continue
        others = {one for one in before.article_ids if one not in links}
        ids = tuple(sorted(others | {one for one, found in links.items() if sha256 in found}))
        if sha256 not in known or ids != before.article_ids:
            rows.append(before.model_copy(update={"article_ids": ids}))
    return rows


def _stored(tables: Tables, linked: Collection[str], articles: Collection[str]) -> Iterator[DocumentRow]:
    """The rows of the documents that are linked now, or were linked by one of these articles."""
    links = tables.documents.read(("sha256", "article_ids"))
    ids, owners = pc.list_flatten(links["article_ids"]), pc.list_parent_indices(links["article_ids"])
    held = owners.filter(pc.is_in(ids, pa.array(sorted(articles), pa.string())))
    wanted = {*links["sha256"].take(held).to_pylist(), *linked}
    if links.num_rows and wanted:
        yield from from_table(tables.documents.read(where=_among(wanted)), DocumentRow)


def _shelved(tables: Tables, sites: Collection[str]) -> Mapping[str, DocumentRow]:
    shelves = (attachments.shelf(tables.clean, site) for site in sorted(sites))
    fields = set(DocumentRow.model_fields) - {"article_ids"}
    return {
        kept.sha256: DocumentRow.model_validate(kept.model_dump(include=fields))
        for shelf in shelves
        for kept in shelf.values()
        if kept.sha256
    }


def _among(hashes: Collection[str] | Iterator[str]) -> str:
    return f"sha256 IN ({', '.join(repr(one) for one in sorted(hashes))})"
