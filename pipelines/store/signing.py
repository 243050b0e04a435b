"""Signatures: which articles changed since they were signed, and which others could be like them.

An article is compared with those of its month and of the months beside it: sites repeat each other within days, a
weekly digest or a slow office within weeks, so that a copy is found for at least 28 days in either direction, and what
a night costs follows from the months that it touches, not from the archive. An undated article is looked up by the
month in which it was first seen.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from pipelines import similarity
from pipelines.clustering import Member
from pipelines.similarity import Words
from pipelines.store.arrow import plain, to_table
from pipelines.store.replacing import standing
from pipelines.store.tables import Tables
from schemas.clusters import SignatureRow
from schemas.rows import UNDATED_MONTH
from schemas.zone import HANOI

CHUNK = 500
"""Articles whose texts are held at once."""
MOST = 20
"""Candidates that one article is compared with: those that share the most bands."""
HOLDERS = 64
"""Articles that one band proposes: a text that more carry is found through any of them."""
GROUP = 20_000
"""Changed articles after which no further version of `articles` is taken into one commit."""
_KEYS = ("article_id", "month", "first_seen", "content_hash")


@dataclass(frozen=True)
class Standing:
    """Where an article stands, and what it says."""

    month: str
    """Its month in `articles`."""
    near: str
    """The month by which it is looked up."""
    content_hash: str


Changes = Mapping[str, tuple[Standing | None, Standing | None]]
"""What was signed and what is to be signed now, by article id."""


def changes(tables: Tables, articles: DeltaTable, since: int) -> tuple[int, Changes]:
    """The articles that changed after version `since`, and the version up to which that is said: the newest, or one
    before it where `GROUP` is reached. Told by the change data, or where a vacuum or takedown removed that, by
    comparing the keys of both tables."""
    found: dict[str, tuple[Standing | None, Standing | None]] = {}
    done = since
    while done < articles.version() and len(found) < GROUP:
        done += 1
        try:
            _follow(articles, done, found)
        except (pa.ArrowInvalid, FileNotFoundError, DeltaError):
            return articles.version(), differences(tables, articles)
    return done, {one: (old, new) for one, (old, new) in found.items() if old != new}


def differences(tables: Tables, articles: DeltaTable, every: bool = False) -> Changes:
    """What is signed otherwise than it stands in `articles`, or by another algorithm (or everything): from the keys of
    both tables."""
    stands = dict(_standing(tables.articles.rows(articles, _KEYS)))
    names = ("article_id", "article_month", "month", "content_hash", "algorithm")
    signed, columns = dict[str, tuple[Standing, str]](), tables.signatures.read(names)
    for one, month, near, content, algorithm in zip(*(columns[name].to_pylist() for name in names), strict=True):
        signed[one] = (Standing(month, near, content), algorithm)
    nothing = (None, "")
    return {
        one: (signed.get(one, nothing)[0], stands.get(one))
        for one in sorted(stands.keys() | signed.keys())
        if every or signed.get(one) != (stands.get(one), similarity.ALGORITHM)
    }


def _follow(articles: DeltaTable, version: int, found: dict[str, tuple[Standing | None, Standing | None]]) -> None:
    rows = plain(pa.table(articles.load_cdf(version, version, columns=[*_KEYS, "_change_type"])), pa.schema([]))
    goes = pc.is_in(rows["_change_type"], pa.array(["delete", "update_preimage"]))
    before, after = dict(_standing(rows.filter(goes))), dict(_standing(rows.filter(pc.invert(goes))))
    for one in before.keys() | after.keys():
        found[one] = (found[one][0] if one in found else before.get(one), after.get(one))


def _standing(rows: pa.Table) -> Iterator[tuple[str, Standing]]:
    for one, month, seen, content in zip(*(rows[name].to_pylist() for name in _KEYS), strict=True):
        near = month if month != UNDATED_MONTH else f"{seen.astimezone(HANOI):%Y-%m}"
        yield one, Standing(month, near, content)


def beside(month: str) -> tuple[str, str, str]:
    """The month before, the month itself and the month after."""
    first = date.fromisoformat(f"{month}-01")
    return f"{first - timedelta(days=1):%Y-%m}", month, f"{first + timedelta(days=31):%Y-%m}"


def texts(tables: Tables, articles: DeltaTable, ids_by_month: Mapping[str, Collection[str]]) -> dict[str, "Read"]:
    """The articles with these ids in these months, as they are compared."""
    if not any(ids_by_month.values()):
        return {}
    names = ("article_id", "site", "month", "published_at", "first_seen", "previous_ids", "content_hash", "text")
    found: dict[str, Read] = {}
    for batch in tables.articles.rows(articles, names, standing(ids_by_month)).to_batches(max_chunksize=100):
        for row in batch.to_pylist():
            words, content = similarity.read(row.pop("text")), row.pop("content_hash")
            previous = tuple(row.pop("previous_ids") or ())
            found[row["article_id"]] = Read(Member(**row, previous_ids=previous), content, words)
    return found


@dataclass(frozen=True)
class Read:
    """An article whose text was read."""

    member: Member
    content_hash: str
    words: Words


def sign(read: Sequence[Read]) -> pa.Table:
    """Rows of `signatures`."""
    rows = []
    for one, bands in zip(read, similarity.sign([one.words for one in read]), strict=True):
        member = one.member
        near = member.month if member.month != UNDATED_MONTH else f"{member.first_seen.astimezone(HANOI):%Y-%m}"
        about = {"article_id": member.article_id, "site": member.site, "month": near, "article_month": member.month}
        about |= {"content_hash": one.content_hash, "algorithm": similarity.ALGORITHM}
        rows.append(SignatureRow.model_validate(about | {"words": len(one.words.words), "bands": bands}))
    return to_table(rows, SignatureRow)


def candidates(ours: pa.Table, near: pa.Table) -> dict[str, list[str]]:
    """For each of our articles, those of other sites in `near` that share bands with it, the most alike first."""
    wanted = pc.unique(pc.list_flatten(ours["bands"]))
    bands, owners = pc.list_flatten(near["bands"]), pc.list_parent_indices(near["bands"])
    hits = pc.is_in(bands, wanted)
    holders: dict[int, list[int]] = defaultdict(list)
    for band, owner in zip(bands.filter(hits).to_pylist(), owners.filter(hits).to_pylist(), strict=True):
        if len(holders[band]) < HOLDERS:
            holders[band].append(owner)
    ids, sites = near["article_id"].to_pylist(), near["site"].to_pylist()
    found = {}
    for one, site, signed in zip(*(ours[name].to_pylist() for name in ("article_id", "site", "bands")), strict=True):
        shared = Counter(owner for band in signed for owner in holders.get(band, ()) if sites[owner] != site)
        ranked = sorted(shared.items(), key=lambda pair: (-pair[1], ids[pair[0]]))[:MOST]
        if ranked:
            found[one] = [ids[owner] for owner, _ in ranked]
    return found


class Near:
    """The signatures among which candidates are looked up: the stored ones, with those of the night instead of the
    rows of the same articles. Three months are held at a time."""

    def __init__(self, tables: Tables, changed: Changes, fresh: pa.Table) -> None:
        self._tables, self._fresh = tables, fresh
        self._changed = pa.array(sorted(changed), pa.string())
        self._months: dict[str, pa.Table] = {}

    def rows(self, month: str) -> pa.Table:
        """The signatures of this month."""
        if month not in self._months:
            names = ("article_id", "site", "article_month", "bands")
            stored = self._tables.signatures.read(names, f"month = '{month}' AND algorithm = '{similarity.ALGORITHM}'")
            stored = stored.filter(pc.invert(pc.is_in(stored["article_id"], self._changed)))
            fresh = plain(self._fresh.filter(pc.equal(self._fresh["month"], month)).select(names), stored.schema)
            both = pa.concat_tables([stored, fresh]).sort_by("article_id").combine_chunks()
            self._months = {**dict(list(self._months.items())[-4:]), month: both}
        return self._months[month]

    def around(self, month: str) -> pa.Table:
        """The signatures of this month and of the months beside it."""
        return pa.concat_tables([self.rows(one) for one in beside(month)]).combine_chunks()
