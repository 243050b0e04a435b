"""`tintinh explain`: why a page, saved or stored, became what it is, or the stage at which it stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from flows import templates
from flows.explaining_past import Past, host
from flows.extracting import instant
from flows.settings import Settings
from flows.storage import Storage, attached
from pipelines.page import RawPage
from pipelines.payload import PayloadTooLargeError
from pipelines.refinery import refine_saved_text
from pipelines.store import idmaps
from pipelines.store.arrow import from_table
from pipelines.store.bucket import MissingObjectError
from pipelines.store.tables import Tables
from pipelines.tracing import Explanation, explain
from schemas.article import Rejected, Verdict
from schemas.errors import StorageError, UsageError
from schemas.frozen import Frozen
from schemas.outcome import Outcome
from schemas.rows import Article, LedgerRow
from schemas.site import Site
from schemas.urls import canonical
from schemas.zone import HANOI
from spiders import registry


class Stored(Frozen):
    """Where a page of the bucket is and what the run said of it."""

    site: str
    url: str
    found_on: str | None
    """The listing or feed that showed it."""
    listed_at: str | None
    robots: str
    status: int
    fetched_at: datetime
    outcome: str
    run: str
    warc: str
    """Key below the raw prefix, with offset and length."""
    offset: int
    length: int
    article_id: str | None = None
    article: str | None = None
    """Where the article's row is: table, month and revision; None: it is in none."""
    captures: int = 1
    """How often the page was captured."""


class Answer(Frozen):
    """All that `explain` says of one page."""

    asked: str
    stage: str
    """The last stage that the page reached, in one sentence."""
    stored: Stored | None = None
    explanation: Explanation | None = None


@dataclass(frozen=True)
class Question:
    """What is asked, with the flags of `extract` that make a difference."""

    target: str
    """A file or a URL."""
    site: str | None = None
    family: str | None = None
    url: str | None = None
    include_out_of_scope: bool = False
    more: tuple[Path, ...] = ()
    """Further saved pages of the article."""
    text: bool = False
    """The file is a page's visible text."""
    fetched_at: str | None = None
    """When a saved page was fetched, ISO 8601; None: now."""


def answer(question: Question, settings: Settings) -> Answer:
    """Explain a saved page, or a URL that the bucket may know.

    Raises:
        UsageError: neither a file nor an http(s) URL; no such site or family.
        StorageError: the bucket cannot be reached.
    """
    from pipelines.families import FAMILIES

    if question.family is not None and question.family not in FAMILIES:
        raise UsageError(f"no family {question.family!r}; there are {', '.join(sorted(FAMILIES))}")
    sites = dict(registry.load(settings.sites, settings.home).sites)
    if question.site is not None and question.site not in sites:
        raise UsageError(f"no site {question.site!r} in the registry; tintinh sites list shows them")
    if urlsplit(question.target).scheme.lower() in ("http", "https"):
        with attached(settings) as storage:
            return _of_url(question, sites, storage)
    return _of_file(question, sites)


def _of_file(question: Question, sites: dict[str, Site]) -> Answer:
    bodies = []
    for path in (Path(question.target), *question.more):
        try:
            bodies.append(path.read_bytes())
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    try:
        fetched = instant(question.fetched_at) if question.fetched_at else datetime.now(UTC)
    except ValueError:
        raise UsageError(f"--fetched-at {question.fetched_at!r} is no ISO 8601 instant") from None
    if question.text or Path(question.target).suffix == ".txt":
        saved = bodies[0].decode("utf-8", errors="replace")
        verdict = refine_saved_text(saved, question.url, fetched, question.include_out_of_scope)
        return Answer(asked=question.target, stage=judged(verdict), explanation=Explanation(verdict=verdict))
    told = explain(
        [RawPage(question.url or "about:blank", body, fetched) for body in bodies],
        sites.get(question.site or ""),
        None,
        family=question.family,
        include_out_of_scope=question.include_out_of_scope,
    )
    return Answer(asked=question.target, stage=judged(told.verdict), explanation=told)


def _of_url(question: Question, sites: dict[str, Site], storage: Storage) -> Answer:
    url = canonical(question.target)
    key = question.site or site_of(url, sites)
    past = Past(url, key, sites.get(key or ""), storage)
    rows = past.rows()
    if not rows:
        return Answer(asked=url, stage=past.why_no_row())
    row = rows[-1]
    stored = _stored(Tables(storage.clean), row, len({(one.warc, one.offset) for one in rows}))
    told = None
    kept = rows if row.outcome != Outcome.SUPPRESSED else []
    whole = next((one for one in reversed(kept) if one.status == 200), None)  # a 304 and a 404 have nothing to read
    if whole is not None:
        try:
            pages = past.pages(whole)
        except (MissingObjectError, PayloadTooLargeError, StorageError) as error:
            return Answer(asked=url, stage=f"captured, but its record cannot be read: {error}", stored=stored)
        if pages:
            template = templates.load(storage.clean, whole.site, whole.fetched_at)
            told = explain(pages, sites.get(row.site), template, family=question.family)
    return Answer(asked=url, stage=_stage(row, stored), stored=stored, explanation=told)


def _stage(row: LedgerRow, stored: Stored) -> str:
    """Where the page's way ended, in one sentence."""
    day = f"{row.fetched_at.astimezone(HANOI):%Y-%m-%d}"
    where = f"stored: {stored.article}" if stored.article else "in no table of articles"
    if row.outcome == Outcome.CLASSIFIED:
        return f"rejected as {row.outcome}: withheld before storing; the bucket never held the page"
    if row.outcome == Outcome.SUPPRESSED:
        return f"taken down: of the page captured on {day} only hashes are kept, and it is not asked again"
    if row.outcome == Outcome.GONE:
        return f"gone: it answered {row.status} on {day}; {where}"
    if row.outcome == Outcome.UNCHANGED and row.status == 304:
        return f"settled as unchanged: it answered 304 on {day}; {where}"
    if Outcome(row.outcome).rejected:
        return f"rejected as {row.outcome}: captured on {day} with status {row.status}; {where}"
    return f"settled as {row.outcome}: captured on {day}; {where}"


def site_of(url: str, sites: Mapping[str, Site]) -> str | None:
    """Key of the registered site with the URL's host."""
    names = {key: [site.url, *(f"https://{name}" for name in site.hosts)] for key, site in sites.items()}
    return next((key for key, urls in names.items() if host(url) in map(host, urls)), None)


def _stored(tables: Tables, row: LedgerRow, captures: int) -> Stored:
    article = None
    if row.article_id is not None:
        quoted = idmaps.load(tables.clean, row.site).current(row.article_id).replace("'", "''")
        month = f" AND month = '{row.month}'" if row.month else ""
        found = from_table(tables.articles.read(where=f"article_id = '{quoted}'{month}"), Article)
        article = next((f"articles, month {a.month}, revision {a.revision}, {a.source_status}" for a in found), None)
    facts = row.model_dump(include=set(Stored.model_fields) - {"article", "captures"})
    return Stored(**facts, article=article, captures=captures)


def judged(verdict: Verdict) -> str:
    """The verdict in a few words."""
    if isinstance(verdict, Rejected):
        return f"rejected as {verdict.reason.value}: {verdict.detail}"
    return "accepted"
