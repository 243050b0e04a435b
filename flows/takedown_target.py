"""What `tintinh takedown` is about: the articles, URLs and files that a name stands for, and the words they said."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

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
"""Further articles of the site that use a phrase, from which it is a formula and nobody's."""
COMPARED = 2000
"""Articles of the site, the newest, in which formulas are looked for."""
_SHA256 = re.compile("[0-9a-f]{64}", re.I)


@dataclass(frozen=True)
class Case:
    """One takedown: what is to go, what the list says of it, and where else the text stands."""

    target: Target
    suppression: Suppression
    phrases: tuple[Phrases, ...] = field(repr=False)
    elsewhere: tuple[str, ...] = ()
    """Ids of articles of other sites that carry the same text: they stay."""

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
    return [_case(tables, listed, site, ids, rows, reason, now)]


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
    names = ", ".join("'" + one.replace("'", "''") + "'" for one in sorted(ids))
    where = f"article_id IN ({names}) OR duplicate_of IN ({names})"
    if hashes:
        where += f" OR url_hash IN ({', '.join(map(str, sorted(hashes)))})"
    return from_table(tables.captures.read(where=f"site = '{site}' AND ({where})"), LedgerRow)


def _case(
    tables: Tables, listed: Suppressed, site: str, ids: set[str], rows: list[LedgerRow], reason: str, now: datetime
) -> Case:
    known_as = idmaps.load(tables.clean, site)
    ids |= {known_as.current(one) for one in ids}
    ids |= {old for old in known_as.ids if known_as.current(old) in ids}
    names = ", ".join(f"'{one}'" for one in sorted(ids))
    stored = from_table(tables.articles.read(where=f"article_id IN ({names})"), Article)
    ids |= {one for article in stored for one in article.previous_ids}
    told = from_table(tables.revisions.read(tuple(Content.model_fields), f"article_id IN ({names})"), Content)
    before = [one for one in listed.suppressions if not {*one.articles}.isdisjoint(map(name_hash, ids))]
    if not (stored or told or rows or before):
        raise UsageError(f"{', '.join(sorted(ids))} is not in the bucket and was never taken down")
    versions: list[Content] = [*stored, *told]
    files = {a.sha256 for row in versions for a in row.attachments if a.sha256}
    files |= {one for entry in before for one in entry.documents}
    files -= linked_elsewhere(tables, files, ids)
    urls = {r.url_hash for r in rows} | {url_hash(a.url_key) for a in stored} | _file_urls(tables, site, files)
    urls = urls.union(*(unpack_hashes(entry.urls) for entry in before))
    addresses = frozenset(filter(None, (*(r.url for r in rows), *(a.url for a in stored))))
    hashes = {name_hash(one) for one in ids}.union(*(entry.articles for entry in before))
    entry = Suppression(
        site=site,
        at=min([now, *(one.at for one in before)]),
        reason=reason,
        articles=tuple(sorted(hashes)),
        urls=pack_hashes(urls),
        documents=tuple(sorted(files)),
    )
    known = tuple(one for one in listed.phrases if one.article in hashes)
    if not known and (said := [row.said for row in versions]):
        known = (_phrases(tables, site, ids, said),)
    target = Target(site, frozenset(ids), frozenset(urls), addresses, frozenset(files))
    return Case(target, entry, known, _elsewhere(tables, ids))


def _phrases(tables: Tables, site: str, ids: set[str], said: list[str]) -> Phrases:
    """What the article's versions said, without the formulas that its site's other articles use too."""
    own = phrases(said)
    width_of_all = set(own.values())
    rows = tables.articles.read(("article_id", "published_at", "title", "text"), f"site = '{site}'")
    newest = rows.sort_by([("published_at", "descending")]).slice(0, COMPARED).to_pylist()
    used: Counter[int] = Counter()
    for row in newest:
        if row["article_id"] not in ids:
            heard = list(words(f"{row['title']}\n{row['text']}"))
            hits = own.keys() & {one for width in width_of_all for one in phrase_hashes(heard, width)}
            if len(hits) < 0.4 * len(own):  # else it is a copy, and no witness
                used.update(hits)
    kept = {one: width for one, width in own.items() if used[one] < FORMULA}
    widths = tuple(sorted({WORDS, *kept.values()}))
    return Phrases(article=name_hash(min(ids)), widths=widths, hashes=pack_hashes(kept))


def _elsewhere(tables: Tables, ids: set[str]) -> tuple[str, ...]:
    names = ", ".join(f"'{one}'" for one in sorted(ids))
    mine = set(tables.clusters.read(("cluster",), f"article_id IN ({names})")["cluster"].to_pylist())
    if not mine:
        return ()
    clusters = ", ".join(f"'{one}'" for one in sorted(mine))
    members = tables.clusters.read(("article_id",), f"cluster IN ({clusters})")["article_id"].to_pylist()
    return tuple(sorted(set(members) - ids))


def _shelf(tables: Tables, site: str) -> attachments.Shelf:
    return attachments.shelf(tables.clean, site)


def _file_urls(tables: Tables, site: str, files: Iterable[str]) -> frozenset[int]:
    wanted = set(files)
    if not wanted:
        return frozenset()
    return frozenset(url_hash(key) for key, kept in _shelf(tables, site).items() if kept.sha256 in wanted)
