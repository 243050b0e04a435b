"""What `tintinh takedown` is about: the articles, URLs and files that a name stands for, and the words they said."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from flows.explaining import site_of
from flows.explaining_past import Past
from flows.storage import Storage
from pipelines.article_row import article_id
from pipelines.store import attachments, idmaps, suppressed
from pipelines.store.arrow import from_table
from pipelines.store.erasing import Target, linked_elsewhere
from pipelines.store.tables import Tables
from schemas.article import Content
from schemas.errors import UsageError
from schemas.rows import Article, LedgerRow
from schemas.site import Site
from schemas.suppression import (
    REPEATED,
    WORDS,
    Phrases,
    Suppressed,
    Suppression,
    name_hash,
    phrase_hashes,
    phrases,
    words,
)
from schemas.urls import canonical, pack_hashes, unpack_hashes, url_hash

FORMULA = 2
"""Further articles that use a phrase, from which it is a formula and nobody's."""
COMPARED = 2000
"""Articles of the site, and of all sites, the newest, in which formulas and copies are looked for."""
_SHA256 = re.compile("[0-9a-f]{64}", re.I)


@dataclass(frozen=True)
class Case:
    """One takedown: what is to go, what the list says of it, and where else the text stands."""

    target: Target
    suppression: Suppression
    phrases: tuple[Phrases, ...] = field(repr=False)
    elsewhere: tuple[str, ...] = ()
    """Ids of articles, of other sites as a rule, that carry the same text: they stay."""

    @property
    def suppressed(self) -> Suppressed:
        """The list as if it held this case alone."""
        return Suppressed((self.suppression,), self.phrases)


def cases(storage: Storage, sites: Mapping[str, Site], name: str, reason: str, now: datetime) -> list[Case]:
    """What an article id, a URL or the SHA-256 of a file stands for: one case for each site concerned.

    Raises UsageError when the bucket has never heard of it, StorageError.
    """
    tables, listed = Tables(storage.clean), suppressed.load(storage.clean, storage.raw)
    if _SHA256.fullmatch(name):
        return _of_file(tables, listed, name.lower(), reason, now)
    site, ids, rows = _of_url(storage, sites, name) if "://" in name else _of_id(tables, name)
    case = _case(tables, listed, site, ids, rows, reason, now)
    return [case, *_carried(tables, case, sites)]


def _of_file(tables: Tables, listed: Suppressed, sha256: str, reason: str, now: datetime) -> list[Case]:
    sites = [one.site for one in listed.suppressions if sha256 in one.documents] + [
        site for site in tables.captured_sites() if any(k.sha256 == sha256 for k in _shelf(tables, site).values())
    ]
    if not sites:
        raise UsageError(f"no document with SHA-256 {sha256} is kept")
    found = []
    for site in dict.fromkeys(sites):
        urls = _file_urls(tables, site, {sha256})
        target = Target(site, urls=urls, documents=frozenset({sha256}))
        entry = Suppression(site=site, at=now, reason=reason, urls=pack_hashes(urls), documents=(sha256,))
        found.append(Case(target, entry, ()))
    return found


def _of_url(storage: Storage, sites: Mapping[str, Site], url: str) -> tuple[str, set[str], list[LedgerRow]]:
    try:
        url = canonical(url)
    except ValueError:
        raise UsageError(f"{url!r} is no URL") from None
    key = site_of(url, sites)
    past = Past(url, key, sites.get(key or ""), storage)
    rows = past.rows()
    if not rows:
        raise UsageError(f"nothing of {url} is in the bucket: {past.why_no_row()}")
    site = rows[0].site
    ids = {one for r in rows for one in (r.article_id, r.duplicate_of) if one} or {article_id(site, rows[0].url_key)}
    ids = idmaps.load(storage.clean, site).every(ids)
    return site, ids, _rows(Tables(storage.clean), site, ids, {r.url_hash for r in rows})


def _of_id(tables: Tables, name: str) -> tuple[str, set[str], list[LedgerRow]]:
    site, _, own = name.partition(":")
    if not own or re.search(r"[\s']", name):
        raise UsageError(f"{name!r} is no article id, URL or SHA-256 of a file; an id reads <site>:<number>")
    ids = idmaps.load(tables.clean, site).every({name})
    return site, ids, _rows(tables, site, ids, set())


def _rows(tables: Tables, site: str, ids: Iterable[str], hashes: set[int]) -> list[LedgerRow]:
    """The ledger's rows of these articles, under whatever URLs."""
    where = f"article_id IN ({_quoted(ids)}) OR duplicate_of IN ({_quoted(ids)})"
    if hashes:
        where += f" OR url_hash IN ({', '.join(map(str, sorted(hashes)))})"
    return from_table(tables.captures.read(where=f"site = '{site}' AND ({where})"), LedgerRow)


def _case(
    tables: Tables, listed: Suppressed, site: str, ids: set[str], rows: list[LedgerRow], reason: str, now: datetime
) -> Case:
    known_as = idmaps.load(tables.clean, site)
    ids |= {known_as.current(one) for one in ids}
    ids |= {old for old in known_as.ids if known_as.current(old) in ids}
    before = [one for one in listed.suppressions if not {*one.articles}.isdisjoint(map(name_hash, ids))]
    if before:  # a call that was cut short may have got no further than the list
        ids |= _named(tables, site, {one for entry in before for one in entry.articles})
    stored = from_table(tables.articles.read(where=f"article_id IN ({_quoted(ids)})"), Article)
    ids |= {one for article in stored for one in article.previous_ids}
    told = from_table(tables.revisions.read(tuple(Content.model_fields), f"article_id IN ({_quoted(ids)})"), Content)
    if not (stored or told or rows or before):
        raise UsageError(f"{', '.join(sorted(ids))} is not in the bucket and was never taken down")
    versions: list[Content] = [*stored, *told]
    hashes = {name_hash(one) for one in ids}.union(*(entry.articles for entry in before))
    known = tuple(one for one in listed.phrases if one.article in hashes)
    near = _neighbours(tables, site, ids)
    if not known and (said := [row.said for row in versions]):
        known = (_phrases(ids, said, near),)
    text = Suppressed((), known)
    if copies := {one.article_id for one in near if one.site == site and text.repeats(one.said)}:
        found = _rows(tables, site, ids | copies, {row.url_hash for row in rows})
        return _case(tables, listed, site, ids | copies, found, reason, now)
    files = {a.sha256 for row in versions for a in row.attachments if a.sha256}
    files |= {one for entry in before for one in entry.documents}
    files -= linked_elsewhere(tables, files, ids)
    urls = {r.url_hash for r in rows} | {url_hash(a.url_key) for a in stored} | _file_urls(tables, site, files)
    urls = urls.union(*(unpack_hashes(entry.urls) for entry in before if entry.site == site))
    addresses = frozenset(filter(None, (*(r.url for r in rows), *(a.url for a in stored))))
    entry = Suppression(
        site=site,
        at=min([now, *(one.at for one in before)]),
        reason=reason,
        articles=tuple(sorted(hashes)),
        urls=pack_hashes(urls),
        documents=tuple(sorted(files)),
    )
    target = Target(site, frozenset(ids), frozenset(urls), addresses, frozenset(files))
    return Case(target, entry, known, _elsewhere(tables, ids))


def _carried(tables: Tables, case: Case, sites: Mapping[str, Site]) -> Iterator[Case]:
    """The same articles at the sites that moved to this one, and at the one that it moved to."""
    site = case.target.site
    carried = {*sites[site].carries_on} if site in sites else set()
    for other in sorted(carried | {key for key, one in sites.items() if site in one.carries_on}):
        if rows := _rows(tables, other, case.target.ids, set()):
            urls = frozenset(row.url_hash for row in rows)
            target = Target(other, urls=urls, addresses=frozenset(row.url for row in rows if row.url))
            entry = case.suppression.model_copy(update={"site": other, "urls": pack_hashes(urls), "documents": ()})
            yield Case(target, entry, case.phrases)


def _named(tables: Tables, site: str, hashes: set[str]) -> set[str]:
    """The ids of the site that hash to these."""
    held = (tables.ledger(site, ("article_id",)), tables.revisions.read(("article_id",), f"site = '{site}'"))
    ids = {one for rows in held for one in rows["article_id"].unique().to_pylist() if one}
    return {one for one in ids if name_hash(one) in hashes}


def _neighbours(tables: Tables, site: str, ids: set[str]) -> list[Article]:
    """The articles in which formulas and copies are looked for: the newest of the site, the newest of all, and those
    that the clusters put beside these."""
    rows = tables.articles.read(("article_id", "site", "month", "published_at")).sort_by(
        [("published_at", "descending")]
    )
    mine, beside = rows.filter(pc.equal(rows["site"], site)), pa.array(_elsewhere(tables, ids), pa.string())
    chosen = (mine.slice(0, COMPARED), rows.slice(0, COMPARED), rows.filter(pc.is_in(rows["article_id"], beside)))
    places: dict[str, set[str]] = {}
    for one in (row for some in chosen for row in some.select(["article_id", "month"]).to_pylist()):
        if one["article_id"] not in ids:
            places.setdefault(one["month"], set()).add(one["article_id"])
    return list(tables.current(places).values())


def _phrases(ids: set[str], said: list[str], near: Iterable[Content]) -> Phrases:
    """What the article's versions said, without the formulas that other articles, of whatever site, use too."""
    own = phrases(said)
    width_of_all = set(own.values())
    used: Counter[int] = Counter()
    for row in near:
        heard = list(words(row.said))
        hits = own.keys() & {one for width in width_of_all for one in phrase_hashes(heard, width)}
        if len(hits) < REPEATED * len(own):  # else it is a copy, and no witness
            used.update(hits)
    kept = {one: width for one, width in own.items() if used[one] < FORMULA}
    widths = tuple(sorted({WORDS, *kept.values()}))
    return Phrases(article=name_hash(min(ids)), widths=widths, hashes=pack_hashes(kept), of=len(own))


def _elsewhere(tables: Tables, ids: set[str]) -> tuple[str, ...]:
    mine = set(tables.clusters.read(("cluster",), f"article_id IN ({_quoted(ids)})")["cluster"].to_pylist())
    if not mine:
        return ()
    members = tables.clusters.read(("article_id",), f"cluster IN ({_quoted(mine)})")["article_id"].to_pylist()
    return tuple(sorted(set(members) - ids))


def _quoted(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in sorted(values))


def _shelf(tables: Tables, site: str) -> attachments.Shelf:
    return attachments.shelf(tables.clean, site)


def _file_urls(tables: Tables, site: str, files: Iterable[str]) -> frozenset[int]:
    wanted = set(files)
    if not wanted:
        return frozenset()
    return frozenset(url_hash(key) for key, kept in _shelf(tables, site).items() if kept.sha256 in wanted)
