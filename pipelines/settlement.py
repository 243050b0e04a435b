"""Every page ends once: refined captures and what the bucket knows become rows and counts. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from pipelines import identity, missing
from pipelines.article_row import article_id, article_row, content_hash, facts, month_of
from pipelines.ledger import KnownPage, after, shown_by
from pipelines.ledger_row import ledger_row
from schemas.article import Accepted
from schemas.outcome import SETTLED, Outcome
from schemas.refined import Refined
from schemas.rows import Article, LedgerRow
from schemas.run import SiteCounts
from schemas.site import Site
from schemas.urls import url_hash
from schemas.window import Window

ALWAYS = Window()
RELAUNCHED = 5
"""Ids of a run that name another article now, from which on it is the site that changed, not a page."""
Ids = Callable[[str], str]
"""From the id that an article's URL gives to the one that it has: they differ after a rekey."""


def same_id(article_id: str) -> str:
    """Where nothing was ever rekeyed."""
    return article_id


def allowed(_: Refined, _id: str) -> bool:
    """Where nothing was ever taken down."""
    return False


@dataclass
class Settlement:
    """The rows of one site in one run, and its counts."""

    articles: dict[str, Article] = field(default_factory=dict)
    """Rows to merge, by article id: only what changes the table."""
    ledger: list[LedgerRow] = field(default_factory=list)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    """Blocks dropped as boilerplate, by rule."""
    undated: int = 0
    """Accepted pages without a date."""
    alarm: str | None = None
    """Why missing pages are not taken for gone, or that its ids begin again, in a sentence each."""

    def with_counts(self, other: "Settlement") -> "Settlement":
        """Its counts and those of another part of the site, without any rows."""
        return Settlement(
            outcomes=self.outcomes + other.outcomes,
            removed=self.removed + other.removed,
            undated=self.undated + other.undated,
            alarm=self.alarm or other.alarm,
        )

    def counts(self, requests: int = 0, failed: Mapping[str, int] | None = None) -> SiteCounts:
        """The site's line of the run report."""
        return SiteCounts(
            captured=self.outcomes.total(),
            new=self.outcomes[Outcome.NEW],
            changed=self.outcomes[Outcome.CHANGED],
            unchanged=self.outcomes[Outcome.UNCHANGED],
            gone=self.outcomes[Outcome.GONE],
            rejected={o.value: n for o, n in sorted(self.outcomes.items()) if o.rejected},
            failed=dict(failed or {}),
            requests=requests,
        )


def wanted(
    site: str, refined: Iterable[Refined], known: Mapping[int, KnownPage], ids: Ids = same_id, reextract: bool = False
) -> dict[str, set[str]]:
    """Ids of the articles whose stored rows `settle` must see, under each month where they may be."""
    places: dict[str, set[str]] = {}
    for item in refined:
        past = known.get(url_hash(item.capture.url_key))
        months = {past.month} if past and past.month else set()
        if isinstance(item.verdict, Accepted):
            content = item.verdict.content
            left = past is not None and (past.gone_on or past.closed_on)
            if not reextract and past and not left and past.content_hash == content_hash(content):
                continue
            months.add(month_of(content.published_at))
        elif not missing.is_missing(item.capture, item.verdict) and not missing.is_shut(item.capture, item.verdict):
            continue
        for month in months:
            places.setdefault(month, set()).add(ids(article_id(site, item.capture.url_key)))
    return places


def settle(
    site: Site,
    run: str,
    refined: Iterable[Refined],
    known: Mapping[int, KnownPage],
    stored: Mapping[str, Article],
    *,
    now: datetime,
    windows: Mapping[str, Window] = MappingProxyType({}),
    reextract: bool = False,
    listings_ok: bool = True,
    ids: Ids = same_id,
    suppressed: Callable[[Refined, str], bool] = allowed,
    inherited: Mapping[int, Article] = MappingProxyType({}),
) -> Settlement:
    """Decide the one outcome of each capture, in the order in which they were fetched.

    `windows`: for the WARC files of a backfill, by key, the days that were asked for. `reextract`: the pages are old
    captures read again, so an article changes when any of its facts does, and the ledger gets a row only where its
    last word on the page changes. `listings_ok`: the site's listings answered; else no article is said to be gone.
    `ids`: what became of ids since. `suppressed`: whether a page, with the id of its article, was taken down.
    `inherited`: by URL hash, the articles of the moved sites that this one carries on: what it shows of them is theirs.
    """
    result = Settlement()
    latest: dict[str, Article] = dict(stored)
    seen: dict[int, KnownPage] = {}
    shown = identity.Shown(shown_by(known))
    material = sorted(refined, key=lambda r: r.capture.fetched_at)
    result.alarm = missing.alarm(material, known, listings_ok)
    for item in material:
        capture = item.capture
        key = url_hash(capture.url_key)
        past = seen.get(key) or known.get(key)
        window = windows.get(capture.warc, ALWAYS)
        name = ids(article_id(site.key, capture.url_key))
        other = ids(article_id(site.key, capture.alias_of)) if capture.alias_of else None
        outcome, article = Outcome.SUPPRESSED, None
        if not suppressed(item, name):
            outcome, article = _decide(site, run, name, item, past, latest, window, reextract, result.alarm is None)
        if outcome is Outcome.NEW and article and (other := _other(article, inherited.get(key), shown)):
            outcome, article = Outcome.DUPLICATE_URL, None
        if article is not None and outcome is not Outcome.UNCHANGED:
            shown.take(article)
            latest[article.article_id] = article
            result.articles[article.article_id] = article
        if isinstance(item.verdict, Accepted):
            result.removed.update({r.rule: r.count for r in item.verdict.content.removed})
            result.undated += item.verdict.content.published_at is None
        row = ledger_row(site.key, run, now, item, outcome, article, past, other, reextract)
        if not (reextract and past and _same_word(row, past)):
            result.ledger.append(row)
        result.outcomes[outcome] += 1
        seen[key] = after(row.model_dump(), past)
    result.alarm = "; ".join(filter(None, (result.alarm, _relaunched(result.outcomes)))) or None
    return result


def _relaunched(outcomes: Mapping[Outcome, int]) -> str | None:
    """What the operator is told where many ids name another article now."""
    if (reused := outcomes.get(Outcome.ID_REUSED, 0)) < RELAUNCHED:
        return None
    said = "pages have the number of an older article and another text, and are held: a relaunched CMS that counts from"
    return f"{reused} {said} one again needs an id `space` in the site's TOML (docs/moves.md)"


def _decide(
    site: Site,
    run: str,
    name: str,
    item: Refined,
    past: KnownPage | None,
    stored: Mapping[str, Article],
    window: Window,
    reextract: bool,
    may_go: bool,
) -> tuple[Outcome, Article | None]:
    capture, verdict = item.capture, item.verdict
    before = stored.get(name)
    if capture.status == 304:
        return Outcome.UNCHANGED, None
    told = None if reextract else verdict  # how an old capture is read now says nothing of where the page is today
    if missing.is_missing(capture, told):
        return missing.settled(run, item, past, before, may_go)
    if missing.is_shut(capture, told):
        return missing.shut(run, item, past, before)
    if capture.alias_of is not None:
        return Outcome.DUPLICATE_URL, None
    if verdict is None:
        return Outcome.UNREADABLE, None
    if not isinstance(verdict, Accepted):
        return verdict.reason, None
    content = verdict.content
    if not window.holds(content.published_at):
        return Outcome.OUT_OF_WINDOW, None
    if content.published_at is None and site.undated == "reject":
        return Outcome.UNDATED, None
    if past and not before and past.content_hash == content_hash(content):
        return Outcome.UNCHANGED, None
    article = article_row(site, run, name, item, content, before)
    if before is None:
        return Outcome.NEW, article
    read_again = (before.warc, before.warc_offset) == (capture.warc, capture.offset)
    if not read_again and capture.fetched_at < before.last_seen:
        return Outcome.UNCHANGED, before  # a later capture is shown already
    if not read_again and identity.reused(before, content):
        return Outcome.ID_REUSED, None
    if reextract:  # an old capture says nothing of where the page is today
        status = before.model_dump(include={"source_status", "gone_at"})
        article = article.model_copy(update=status)
    same = facts(before) == facts(article) if reextract else before.content_hash == article.content_hash
    if same and before.source_status == article.source_status:
        return Outcome.UNCHANGED, before
    return Outcome.CHANGED, article


def _other(article: Article, elder: Article | None, shown: identity.Shown) -> str | None:
    """The id under which readers have a new article already: of the site that moved here, or of another URL."""
    if elder is not None and not identity.reused(elder, article):
        return elder.article_id
    return shown.twin(article)


def _same_word(row: LedgerRow, past: KnownPage) -> bool:
    settled = row.outcome in SETTLED and past.outcome in SETTLED
    return (settled or row.outcome == past.outcome) and row.content_hash == past.content_hash
