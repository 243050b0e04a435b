"""What a moved site's successor shows again: articles that keep the id under which readers know them."""

from collections.abc import Iterable

from pipelines.store import idmaps
from pipelines.store.tables import Tables, latest
from schemas.article import Accepted
from schemas.refined import Refined
from schemas.rows import Article
from schemas.site import Site
from schemas.urls import url_hash

_COLUMNS = ("url_hash", "fetched_at", "settled_at", "article_id", "month")


def inherited(tables: Tables, site: Site, refined: Iterable[Refined]) -> dict[int, Article]:
    """The articles of the sites that this one carries on, by URL hash, as far as these pages have their own number or
    path. Nothing is read for a site that carries none on. Raises StorageError."""
    if not site.carries_on:
        return {}
    hashes = {url_hash(one.capture.url_key) for one in refined if isinstance(one.verdict, Accepted)}
    found: dict[int, Article] = {}
    for before in site.carries_on if hashes else ():
        ids = idmaps.load(tables.clean, before)
        rows = [row for row in latest(tables.ledger(before, _COLUMNS, hashes)).to_pylist() if row["article_id"]]
        months: dict[str, set[str]] = {}
        for row in rows:
            months.setdefault(row["month"], set()).add(ids.current(row["article_id"]))
        stored = tables.current(months)
        named = {row["url_hash"]: stored.get(ids.current(row["article_id"])) for row in rows}
        found |= {key: article for key, article in named.items() if article is not None}
    return found
