"""`tintinh explain`: why a page, saved or stored, became what it is, or the stage at which it stopped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from flows import templates
from flows.settings import Settings
from flows.storage import Storage, attached
from pipelines.page import RawPage
from pipelines.payload import PayloadTooLargeError
from pipelines.refinery import refine_saved_text
from pipelines.store.archive import Archive
from pipelines.store.arrow import from_table
from pipelines.store.bucket import MissingObjectError
from pipelines.store.tables import Tables
from pipelines.tracing import Explanation, explain
from schemas import keys
from schemas.article import Accepted, Rejected
from schemas.errors import StorageError, UsageError
from schemas.frozen import Frozen
from schemas.outcome import Outcome
from schemas.rows import Article, LedgerRow
from schemas.site import Site
from schemas.urls import canonical, url_hash, url_key
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
    try:
        body = Path(question.target).read_bytes()
    except OSError as error:
        raise UsageError(f"{question.target} cannot be read: {error.strerror}") from None
    if Path(question.target).suffix == ".txt":
        saved = body.decode("utf-8", errors="replace")
        verdict = refine_saved_text(saved, question.url, datetime.now(UTC), question.include_out_of_scope)
        told = Explanation(verdict=verdict)
        return Answer(asked=question.target, stage=_judged(told), explanation=told)
    page = RawPage(question.url or "about:blank", body, datetime.now(UTC))
    told = explain(
        [page],
        sites.get(question.site or ""),
        None,
        family=question.family,
        include_out_of_scope=question.include_out_of_scope,
    )
    return Answer(asked=question.target, stage=_judged(told), explanation=told)


def _of_url(question: Question, sites: dict[str, Site], storage: Storage) -> Answer:
    url = canonical(question.target)
    rows = _rows(Tables(storage.clean), url, question.site or _site_of(url, sites))
    if not rows:
        return Answer(asked=url, stage=_before_the_ledger(url, question.site or _site_of(url, sites), storage))
    row = rows[-1]
    stored = _stored(Tables(storage.clean), row, len(rows))
    if row.status != 200:
        return Answer(asked=url, stage=f"captured with status {row.status}: {row.outcome}", stored=stored)
    try:
        record = Archive(storage.raw).read(row.warc, row.offset, row.length)
        if record.type == "metadata":
            stage = f"withheld before storing: {Outcome.CLASSIFIED.value}; the bucket never held the page"
            return Answer(asked=url, stage=stage, stored=stored)
        page = RawPage(
            row.url, record.payload, row.fetched_at, record.headers.get("content-type"), row.listed_at, row.found_on
        )
    except (MissingObjectError, PayloadTooLargeError, StorageError) as error:
        return Answer(asked=url, stage=f"captured, but its record cannot be read: {error}", stored=stored)
    template = templates.load(storage.clean, row.site, row.fetched_at)
    told = explain([page], sites.get(row.site), template, family=question.family)
    where = "in articles" if stored.article else "in no table of articles"
    return Answer(asked=url, stage=f"settled as {row.outcome}, {where}", stored=stored, explanation=told)


def _site_of(url: str, sites: dict[str, Site]) -> str | None:
    """Key of the registered site with the URL's host."""
    host = _host(url)
    return next((key for key, site in sites.items() if _host(site.url) == host), None)


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{(parts.hostname or '').removeprefix('www.')}:{parts.port or ''}"


def _rows(tables: Tables, url: str, site: str | None) -> list[LedgerRow]:
    """The ledger's rows of the page, oldest first."""
    quoted = url.replace("'", "''")
    where = f"(url = '{quoted}' OR url_hash = {url_hash(url_key(url))})"
    if site is not None:
        where = f"site = '{site}' AND {where}"
    rows = from_table(tables.captures.read(where=where), LedgerRow)
    same_host = [row for row in rows if site is not None or _host(row.url) == _host(url)]
    return sorted(same_host, key=lambda row: row.fetched_at)


def _stored(tables: Tables, row: LedgerRow, captures: int) -> Stored:
    article = None
    if row.article_id is not None:
        quoted = row.article_id.replace("'", "''")
        month = f" AND month = '{row.month}'" if row.month else ""
        found = from_table(tables.articles.read(where=f"article_id = '{quoted}'{month}"), Article)
        article = next((f"articles, month {a.month}, revision {a.revision}, {a.source_status}" for a in found), None)
    facts = row.model_dump(include=set(Stored.model_fields) - {"article", "captures"})
    return Stored(**facts, article=article, captures=captures)


def _before_the_ledger(url: str, site: str | None, storage: Storage) -> str:
    if site is None:
        return "not known: no site of the registry has this host, and no run captured it"
    archive = Archive(storage.raw)
    for name in archive.due(site):
        try:
            index = storage.raw.get(keys.cdxj_key(keys.warc_key(site, name))).decode("utf-8", "replace")
        except MissingObjectError:
            continue
        if f'"{url}"' in index:
            return f"captured in {name}, not published yet: the next run of {site} refines it"
    return f"never captured: no listing of {site} that was walked showed it, or it was out of the walks' depth"


def _judged(told: Explanation) -> str:
    verdict = told.verdict
    if isinstance(verdict, Accepted):
        return "accepted"
    assert isinstance(verdict, Rejected)
    return f"rejected as {verdict.reason.value}: {verdict.detail}"


def show(said: Answer) -> None:
    """Print the answer for a person."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    console.print(f"[bold]{escape(said.asked)}[/]\n{escape(said.stage)}", soft_wrap=True)
    if said.stored is not None:
        for name, value in said.stored.model_dump(mode="json").items():
            console.print(f"  {name:<11} {escape(str(value)) if value is not None else '-'}", soft_wrap=True)
    told = said.explanation
    if told is None:
        return
    sure = ", ".join(f"{claim.rule} {claim.value}" for claim in told.families)
    console.print(f"\nverdict   {escape(_judged(told))}", soft_wrap=True)
    console.print(f"family    {told.family or '-'} (how sure: {sure or '-'})\ntemplate  {told.template or '-'}\n")
    fields = Table("field", "value", "from", "lost against it", title="Fields", title_justify="left")
    for field in told.fields:
        lost = "\n".join(f"{claim.rule}: {_short(claim.value)}" for claim in field.lost)
        fields.add_row(field.name, escape(_short(field.value or "-")), escape(field.rule or "-"), escape(lost))
    if told.fields:
        console.print(fields)
    removed = [(block.rule, block.text) for block in told.removed]
    _blocks(console.print, "Removed, by rule", removed)
    _blocks(console.print, "Put back, though trafilatura drops it", [("", line) for line in told.restored])
    _blocks(console.print, "Dropped, though trafilatura lets it in", [("", line) for line in told.refused])
    _blocks(console.print, "Mended", [(mend.rule, f"{mend.found} → {mend.became}") for mend in told.mended])


def _blocks(say: object, title: str, blocks: Sequence[tuple[str, str]]) -> None:
    from rich.markup import escape

    assert callable(say)
    if blocks:
        say(f"\n[bold]{title}[/]")
    for rule, line in blocks:
        say(f"  {escape(rule + ': ' if rule else '')}{escape(_short(line, 200))}", soft_wrap=True)


def _short(words: str, most: int = 90) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
