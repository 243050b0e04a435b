"""Which articles belong together, and under which name: clusters out of the pairs that repeat each other.

Copies and light edits of one text are one cluster, however far apart. An excerpt joins the cluster of one text that it
is most like, and binds nothing together: a digest that holds parts of two stories does not make them one.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.similarity import Compared
from schemas.clusters import ClusterRow

_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Member:
    """An article as it stands in a cluster."""

    article_id: str
    site: str
    month: str
    published_at: datetime | None
    first_seen: datetime
    previous_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """Two articles of different sites of which one repeats the other."""

    one: str
    other: str
    found: Compared

    @property
    def rank(self) -> tuple[float, float, str, str]:
        """Most like first."""
        return (-self.found.jaccard, -self.found.contained, self.one, self.other)


def cluster(
    members: Mapping[str, Member], pairs: Iterable[Pair], before: Mapping[str, ClusterRow], version: int
) -> list[ClusterRow]:
    """The rows of the clusters that `pairs` make of `members`, compared in this version of `articles`.

    `before`: the rows until now of all members of the clusters concerned. An id goes on with the group that holds most
    of its members; the others keep it in `formerly`, or take a new one: that of their earliest article.
    """
    known = sorted((pair for pair in pairs if pair.one in members and pair.other in members), key=lambda p: p.rank)
    was = {one: _before(member, before) for one, member in members.items()}
    groups = [sorted(group, key=lambda one: _age(members[one])) for group in _grouped(known)]
    place = {one: number for number, group in enumerate(groups) for one in group}
    best: dict[str, tuple[str, Compared]] = {}
    for pair in known:
        if place.get(pair.one, -1) == place.get(pair.other, -2):
            best.setdefault(pair.one, (pair.other, pair.found))
            best.setdefault(pair.other, (pair.one, pair.found))
    rows = []
    for name, group in zip(_named(groups, was, before, version), groups, strict=True):
        for one in group:
            rows.append(_row(members[one], name, group[0] == one, best[one], was[one], version))
    return rows


def _grouped(pairs: Sequence[Pair]) -> list[Collection[str]]:
    """Members by group, each of two or more."""
    group: dict[str, set[str]] = {}
    for pair in pairs:
        group.setdefault(pair.one, {pair.one})
        group.setdefault(pair.other, {pair.other})
    for pair in pairs:
        if pair.found.kind != "excerpt":
            _join(group, pair)
    whole = {one for one, found in group.items() if len(found) > 1}
    placed = set(whole)
    for pair in pairs:
        loose = {pair.one, pair.other} - placed
        if pair.found.kind == "excerpt" and loose:
            _join(group, pair)
            placed |= loose
    return list({id(found): found for found in group.values() if len(found) > 1}.values())


def _join(group: dict[str, set[str]], pair: Pair) -> None:
    joined = group[pair.one] | group[pair.other]
    for one in joined:
        group[one] = joined


def _age(member: Member) -> tuple[datetime, datetime, str]:
    return (member.published_at or _LAST, member.first_seen, member.article_id)


def _before(member: Member, before: Mapping[str, ClusterRow]) -> ClusterRow | None:
    ids = (member.article_id, *reversed(member.previous_ids))
    return next((before[one] for one in ids if one in before), None)


def _named(
    groups: Sequence[Sequence[str]],
    was: Mapping[str, ClusterRow | None],
    before: Mapping[str, ClusterRow],
    version: int,
) -> list[str]:
    """An id for each group; a founder that founded another before adds the version of `articles`."""
    used = {row.cluster for row in before.values()} | {name for row in before.values() for name in row.formerly}
    held: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, group in enumerate(groups):
        for name, count in Counter(row.cluster for one in group if (row := was[one])).items():
            held[name].append((-count, number))
    names: dict[int, str] = {}
    for name in sorted(held, key=lambda name: (min(held[name]), name)):
        _, number = min(held[name])
        names.setdefault(number, name)
    for number, group in enumerate(groups):
        if number not in names:
            names[number] = next((one for one in group if one not in used), f"{group[0]}+{version}")
            used.add(names[number])
    return [names[number] for number in range(len(groups))]


def _row(
    member: Member, name: str, earliest: bool, best: tuple[str, Compared], was: ClusterRow | None, version: int
) -> ClusterRow:
    like, found = best
    formerly = was.formerly if was else ()
    if was and was.cluster != name:
        formerly = (*(one for one in formerly if one != name), was.cluster)
    return ClusterRow(
        cluster=name,
        article_id=member.article_id,
        site=member.site,
        month=member.month,
        published_at=member.published_at,
        like=member.article_id if earliest else like,
        kind="copy" if earliest else found.kind,
        similarity=1.0 if earliest else found.jaccard,
        contained=1.0 if earliest else found.contained,
        earliest=earliest,
        version=version,
        formerly=formerly,
    )
