"""Every page ends once: refined captures and what the bucket knows become rows and counts. Pure."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from types import MappingProxyType

from pipelines import identity, missing
from pipelines.ledger import KnownPage, after, shown_by
from schemas.article import Accepted, Content
from schemas.capture import Capture
from schemas.outcome import SETTLED, Outcome
from schemas.provinces import PROVINCES
from schemas.refined import Refined
from schemas.rows import UNDATED_MONTH, Article, LedgerRow
from schemas.run import SiteCounts
from schemas.site import Site
from schemas.urls import url_hash
from schemas.window import Window
from schemas.zone import HANOI

EXTRACTOR = f"tintinh {version('tintinh')}"

ALWAYS = Window()


@dataclass
class Settlement:
    """The rows of one site in one run, and its counts."""

    articles: dict[str, Article] = field(default_factory=dict)
    """Rows to merge, by article id: only what changes the table."""
    old_months: set[str] = field(default_factory=set)
    """Months that moved articles leave."""
    ledger: list[LedgerRow] = field(default_factory=list)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    """Blocks dropped as boilerplate, by rule."""
    undated: int = 0
    """Accepted pages without a date."""
    alarm: str | None = None
    """Why missing pages are not taken for gone, in one sentence."""

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


def article_id(site: str, url_key: str) -> str:
    """The article's name for good: the product's own id where it has one, else 16 hex digits of the URL key."""
    own = url_key.removeprefix("id:")
    return f"{site}:{own}" if own != url_key else f"{site}:{url_hash(url_key) & (2**64 - 1):016x}"


def content_hash(content: Content) -> str:
    """16 hex digits that change when the article does: its words, people, dates and documents, never its chrome."""
    parts = (
        content.title,
        content.text,
        *content.captions,
        *content.authors,
        content.source or "",
        content.published_at.astimezone(UTC).isoformat() if content.published_at else "",
        *(f"{a.url} {a.sha256}" if a.sha256 else a.url for a in content.attachments),
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def month_of(published: datetime | None) -> str:
    """The partition of an article: `YYYY-MM` of its local day, or `undated`."""
    return f"{published.astimezone(HANOI):%Y-%m}" if published else UNDATED_MONTH


def wanted(site: str, refined: Iterable[Refined], known: Mapping[int, KnownPage]) -> dict[str, set[str]]:
    """Ids of the articles whose stored rows `settle` must see, under each month where they may be."""
    ids: dict[str, set[str]] = {}
    for item in refined:
        past = known.get(url_hash(item.capture.url_key))
        months = {past.month} if past and past.month else set()
        if isinstance(item.verdict, Accepted):
            left = past is not None and (past.gone_on or past.closed_on)
            if past and not left and past.content_hash == content_hash(item.verdict.content):
                continue
            months.add(month_of(item.verdict.content.published_at))
        elif not missing.is_missing(item.capture, item.verdict) and not missing.is_shut(item.capture, item.verdict):
            continue
        for month in months:
            ids.setdefault(month, set()).add(article_id(site, item.capture.url_key))
    return ids


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
) -> Settlement:
    """Decide the one outcome of each capture, in the order in which they were fetched.

    `windows`: for the WARC files of a backfill, by key, the days that were asked for. `reextract`: the pages are old
    captures read again, so an article changes when any of its facts does, and the ledger gets a row only where its
    last word on the page changes. `listings_ok`: the site's listings answered; else no article is said to be gone.
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
        outcome, article = _decide(site, run, item, past, latest, window, reextract, result.alarm is None)
        other = article_id(site.key, capture.alias_of) if capture.alias_of else None
        if outcome is Outcome.NEW and article and (other := shown.twin(article)):
            outcome, article = Outcome.DUPLICATE_URL, None
        if article is not None and outcome is not Outcome.UNCHANGED:
            shown.take(article)
            before = latest.get(article.article_id)
            if before and before.month != article.month:
                result.old_months.add(before.month)
            latest[article.article_id] = article
            result.articles[article.article_id] = article
        if isinstance(item.verdict, Accepted):
            result.removed.update({r.rule: r.count for r in item.verdict.content.removed})
            result.undated += item.verdict.content.published_at is None
        row = _ledger_row(site.key, run, now, item, outcome, article, past, other, reextract)
        if not (reextract and past and _same_word(row, past)):
            result.ledger.append(row)
        result.outcomes[outcome] += 1
        seen[key] = after(row.model_dump(), past)
    return result


def _decide(
    site: Site,
    run: str,
    item: Refined,
    past: KnownPage | None,
    stored: Mapping[str, Article],
    window: Window,
    reextract: bool,
    may_go: bool,
) -> tuple[Outcome, Article | None]:
    capture, verdict = item.capture, item.verdict
    before = stored.get(article_id(site.key, capture.url_key))
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
    article = _article(site, run, capture, content, before)
    if before is None:
        return Outcome.NEW, article
    read_again = (before.warc, before.warc_offset) == (capture.warc, capture.offset)
    if not read_again and identity.reused(before, content):
        return Outcome.ID_REUSED, None
    if reextract:  # an old capture says nothing of where the page is today
        status = before.model_dump(include={"source_status", "gone_at"})
        article = article.model_copy(update=status)
    same = _facts(before) == _facts(article) if reextract else before.content_hash == article.content_hash
    if same and before.source_status == article.source_status:
        return Outcome.UNCHANGED, before
    return Outcome.CHANGED, article


def _article(site: Site, run: str, capture: Capture, content: Content, before: Article | None) -> Article:
    published = content.published_at
    day = published.astimezone(HANOI).date() if published else None
    province = PROVINCES[site.province]
    return Article(
        **{name: getattr(content, name) for name in Content.model_fields},
        article_id=article_id(site.key, capture.url_key),
        site=site.key,
        site_name=site.name,
        organ=site.organ,
        url=capture.url,
        url_key=capture.url_key,
        province=province.on(day),
        province_now=province.successor,
        published_on=day,
        month=month_of(published),
        word_count=len(content.text.split()),
        content_hash=content_hash(content),
        revision=before.revision + 1 if before else 1,
        first_seen=before.first_seen if before else capture.fetched_at,
        last_seen=capture.fetched_at,
        robots=capture.robots,
        tls=capture.tls,
        extractor=EXTRACTOR,
        rights=f"Nguồn: {site.name}, {capture.url}",
        warc=capture.warc,
        warc_offset=capture.offset,
        warc_length=capture.length,
        run=run,
    )


_VOLATILE = {
    *("revision", "last_seen", "run", "extractor", "removed", "mended", "template", "first_seen"),
    *("warc", "warc_offset", "warc_length"),
}


def _facts(article: Article) -> dict[str, object]:
    return article.model_dump(exclude=_VOLATILE)  # instants, not their spelling: tables keep them in UTC


def _same_word(row: LedgerRow, past: KnownPage) -> bool:
    settled = row.outcome in SETTLED and past.outcome in SETTLED
    return (settled or row.outcome == past.outcome) and row.content_hash == past.content_hash


def _ledger_row(
    site: str,
    run: str,
    now: datetime,
    item: Refined,
    outcome: Outcome,
    article: Article | None,
    past: KnownPage | None,
    duplicate_of: str | None,
    reread: bool,
) -> LedgerRow:
    capture, keep = item.capture, past if article is None and past else None
    refused = item.verdict.content.published_at if isinstance(item.verdict, Accepted) else None
    return LedgerRow(
        site=site,
        run=run,
        url=capture.url,
        url_key=capture.url_key,
        url_hash=url_hash(capture.url_key),
        status=capture.status,
        outcome=Outcome.GONE.value if article and article.source_status == "gone" else outcome.value,
        fetched_at=capture.fetched_at,
        settled_at=now,
        reread=reread,
        article_id=article.article_id if article else keep.article_id if keep else None,
        content_hash=article.content_hash if article else keep.content_hash if keep else None,
        text_hash=identity.text_hash(article) if article else keep.text_hash if keep else None,
        duplicate_of=duplicate_of,
        month=article.month if article else keep.month if keep else None,
        published_at=article.published_at if article else (keep.published_at if keep else None) or refused,
        digest=capture.digest,
        found_on=capture.found_on,
        listed_at=capture.listed_at or (past.listed_at if past else None),
        robots=capture.robots,
        warc=capture.warc,
        offset=capture.offset,
        length=capture.length,
        **_validators(capture, outcome, past),
    )


def _validators(capture: Capture, outcome: Outcome, past: KnownPage | None) -> dict[str, str | None]:
    """Those of the stored article: a 304 may leave them out, and a page that is held has another's."""
    said = None if outcome is Outcome.ID_REUSED else capture
    kept = past if said is None or said.status == 304 else None
    return {name: getattr(said, name, None) or getattr(kept, name, None) for name in ("etag", "last_modified")}
