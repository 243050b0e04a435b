"""One site's part of a run: ship what waits, remember, crawl, ship, and list the material to refine."""

import shutil
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import BoundedSemaphore
from typing import BinaryIO, Literal

from flows import crawl as child
from flows import templates
from flows.memory import SiteMemory, remember
from flows.refining import Material, Refiners
from flows.settings import Settings
from flows.storage import Storage
from pipelines import walks, warc
from pipelines.page import RawPage, UnreadablePage, parse
from pipelines.payload import PayloadTooLargeError
from pipelines.store import attachments, erasing_raw, state, suppressed
from pipelines.store.archive import Archive, why_withheld, withheld
from pipelines.store.tables import Tables
from pipelines.walls import wall
from schemas import keys
from schemas.article import Rejected
from schemas.capture import Capture, CrawlPlan, CrawlReport
from schemas.errors import CrawlError, MachineError
from schemas.outcome import Outcome
from schemas.site import Site
from schemas.suppression import Suppressed
from schemas.urls import url_hash
from schemas.window import Window
from schemas.zone import HANOI
from spiders.spool import is_live

WALL_BYTES = 16_000
"""Compressed; challenges and logins are smaller."""
BATCH = 100
"""Articles refined by one Prefect task: a task costs 7-40 ms, a page 5 (measured; see docs/decisions)."""

_WITHHELD = {
    "classified": Rejected(reason=Outcome.CLASSIFIED, detail="withheld: a secrecy stamp"),
    "suppressed": Rejected(reason=Outcome.SUPPRESSED, detail="withheld: it was taken down"),
}

RunKind = Literal["nightly", "backfill", "reprocess", "recheck", "import"]
Say = Callable[[str], None]
Order = Callable[[CrawlPlan, SiteMemory], CrawlPlan | None]
"""From what a child would be told to what it is told; None: nothing is to be asked."""


@dataclass(frozen=True)
class Desk:
    """What every step of one run works with."""

    run: str
    kind: RunKind
    settings: Settings
    storage: Storage
    refiners: Refiners
    window: Window
    slots: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(4))
    """Crawls at once."""
    since: int = 0
    """Version of `articles` before anything that the run remembers was read."""

    @property
    def tables(self) -> Tables:
        """The Delta tables of the clean bucket."""
        return Tables(self.storage.clean)

    @property
    def archive(self) -> Archive:
        """The WARC archive of the raw bucket."""
        return Archive(self.storage.raw)

    @property
    def suppressed(self) -> Suppressed:
        """What was taken down, as the bucket says now."""
        return suppressed.load(self.storage.clean, self.storage.raw)

    @property
    def scratch(self) -> Path:
        """This run's folder on local disk, removed at its end."""
        return self.settings.home / "runs" / self.run


@dataclass(frozen=True)
class Warc:
    """A shipped WARC file of a site that waits to be published, on local disk, with what it holds."""

    name: str
    key: str
    path: Path
    window: Window
    """What the crawl that wrote it was asked for: a backfill's file keeps its window whoever publishes it."""
    articles: tuple[tuple[Capture, ...], ...] = field(repr=False)
    """Captures of one article in page order, the first page first."""


@dataclass(frozen=True)
class Visit:
    """What visiting one site gave."""

    site: Site
    memory: SiteMemory
    due: tuple[Warc, ...] = ()
    report: CrawlReport | None = None
    error: str | None = None
    """Why the site gave nothing, in one sentence."""
    broken: bool = False
    """The visit itself ended in an error: what it captured waits for the next run."""
    unsettled: bool = False
    """Captures waited already when it began: a run that was cut short may have published them without a word in the
    ledger."""
    templates: Mapping[str, Path] = field(default_factory=dict)
    """The template memory of each WARC file by its name, as a file on local disk."""

    def batches(self) -> Iterator[tuple[Warc, Sequence[tuple[Capture, ...]]]]:
        """The material in pieces of at most `BATCH` articles."""
        for file in self.due:
            for start in range(0, len(file.articles), BATCH):
                yield file, file.articles[start : start + BATCH]


def visit(desk: Desk, site: Site, say: Say, rechecks: int | None = None, order: Order | None = None) -> Visit:
    """Crawl one site and bring everything of it that waits to be published to local disk.

    `rechecks`: pages that are asked again at most, else as the site's TOML says. `order` may change what the child is
    told, or leave the crawl out. A crawl that fails is told in `error`; what it captured before is shipped all the
    same.

    Raises:
        StorageError: the raw bucket cannot be reached; the spool stays for the next run.
    """
    ship_orphans(desk, site, say)
    due = _due(desk, site)
    memory = remember(desk.tables, site.key, desk.kind)
    waiting = frozenset(key for file in due for key in _waiting(file))
    memory = replace(memory, waiting=waiting | _fetched(desk, site, due) | desk.suppressed.urls(site.key))
    report, error = _crawl(desk, site, memory, say, rechecks, order)
    ship_orphans(desk, site, say)
    told, files = error or (_trouble(report) if report else None), _due(desk, site, due)
    return Visit(site, memory.about(asked(files)), files, report, told, unsettled=bool(due))


def asked(files: Iterable[Warc]) -> Iterator[str]:
    """The URL keys of the articles that some WARC files hold."""
    return (one[0].url_key for file in files for one in file.articles)


def _waiting(file: Warc) -> Iterator[int]:
    """URL hashes of the articles that the file holds; what is a wall instead is asked again."""
    with file.path.open("rb") as stream:
        for first, *_ in file.articles:
            if first.status == 200 and not _is_wall(stream, first):
                yield url_hash(first.url_key)


def _is_wall(stream: BinaryIO, capture: Capture) -> bool:
    if capture.length > WALL_BYTES:
        return False
    try:
        record = _record(stream, capture)
        return record.type == "response" and wall(parse(warc.raw_page(capture, record))) is not None
    except (PayloadTooLargeError, UnreadablePage):
        return False


def _fetched(desk: Desk, site: Site, due: Sequence[Warc]) -> frozenset[int]:
    """URL hashes of the attachments that are kept, or wait in a file that is due."""
    known = set(attachments.shelf(desk.tables.clean, site.key))
    for file in due:
        with file.path.open("rb") as stream:
            known.update(key for key, _ in warc.attachments(warc.scan(stream)))
    return frozenset(map(url_hash, known))


def _trouble(report: CrawlReport) -> str | None:
    """Why the site as a whole gave nothing, or not all, in one sentence."""
    if report.finish_reason == "spool_error":
        return "the spool could not be written; is the disk full?"
    return report.site_error


def _crawl(
    desk: Desk, site: Site, memory: SiteMemory, say: Say, rechecks: int | None, order: Order | None
) -> tuple[CrawlReport | None, str | None]:
    with desk.slots:
        try:
            child.require_room(desk.settings)
            plan = child.plan(site, desk.run, desk.kind, desk.settings, memory, desk.window, rechecks)
            ordered = order(plan, memory) if order else plan
            if ordered is None:
                return None, None
            return child.crawl(ordered, lambda line: say(f"{site.key}: {line}")), None
        except (CrawlError, MachineError) as error:
            return None, str(error)


def ship_orphans(desk: Desk, site: Site, say: Say) -> None:
    """Ship every spool file of the site that no living crawl holds: tonight's, and those of a killed run."""
    folder = child.spool_folder(desk.settings, site.key)
    for spool in sorted(folder.glob("*.warc.gz")) if folder.is_dir() else ():
        if not is_live(spool):
            with suppress(FileNotFoundError):  # another run of this home shipped it first
                _remember(desk, site, spool)
                known = desk.suppressed
                shipped = desk.archive.ship(spool, site.key, desk.refiners.is_classified, known)
                if shipped.records and (now := desk.suppressed) != known:  # a takedown may have looked before it came
                    desk.scratch.mkdir(parents=True, exist_ok=True)
                    erasing_raw.scour(desk.archive, shipped.key, site.key, now, desk.scratch)
                say(f"{site.key}: shipped {shipped.key}")


def _remember(desk: Desk, site: Site, spool: Path) -> None:
    """Add what a crawl noted to the site's state: before its file is shipped, so that no crash parts the two."""
    with spool.open("rb") as stream:
        notes = list(warc.notes(warc.scan(stream)))
    captured = (capture for group in articles(spool, "") for capture in group)
    answered = {c.url_key if c.part == 1 else f"{c.url_key} {c.part}" for c in captured}
    today = datetime.now(HANOI).date()
    state.change(desk.storage.clean, site.key, lambda past: walks.fold(past, spool.name, notes, answered, today))


def due(desk: Desk, site: Site) -> tuple[Warc, ...]:
    """The site's WARC files that wait to be published, on local disk. Raises StorageError."""
    return _due(desk, site)


def _due(desk: Desk, site: Site, have: Sequence[Warc] = ()) -> tuple[Warc, ...]:
    known = {file.name: file for file in have}
    return tuple(known.get(name) or _open(desk, site, name) for name in sorted(desk.archive.due(site.key)))


def _open(desk: Desk, site: Site, name: str) -> Warc:
    folder = desk.scratch / site.key
    folder.mkdir(parents=True, exist_ok=True)
    key = keys.warc_key(site.key, name)
    path = desk.archive.fetch(key, folder)
    return opened(name, key, path)


def opened(name: str, key: str, path: Path, offsets: Container[int] | None = None) -> Warc:
    """A WARC file on local disk, with the articles at these offsets, or all of them."""
    with path.open("rb") as stream:
        window = warc.window(stream)
    wanted = (a for a in articles(path, key) if offsets is None or a[0].offset in offsets)
    return Warc(name, key, path, window, tuple(wanted))


def articles(path: Path, key: str) -> Iterator[tuple[Capture, ...]]:
    """The captures in a WARC file on local disk, the pages of one article together."""
    groups: list[list[Capture]] = []
    latest: dict[str, list[Capture]] = {}
    with path.open("rb") as stream:
        for capture in _captures(warc.scan(stream), key):
            if capture.part_of is None:
                groups.append([capture])
                latest[capture.url] = groups[-1]
            elif capture.part_of in latest:
                latest[capture.part_of].append(capture)
    yield from map(tuple, groups)


def _captures(records: Iterable[warc.StoredRecord], key: str) -> Iterator[Capture]:
    for record in records:
        yield from (capture for capture, _ in warc.captures((record,), key))
        yield from withheld((record,), key)


def with_templates(desk: Desk, visit: Visit) -> Visit:
    """The visit with the template memory of its site: learned from a sample of what was captured, and stored. A file
    that waits from an earlier run taught it already.

    A reprocess learns nothing: it reads each file with the template of the time when it was captured.

    Raises:
        StorageError: the clean bucket cannot be reached.
    """
    clean, folder = desk.storage.clean, desk.scratch / visit.site.key
    if desk.kind == "reprocess":
        dated = [(file.name, min(a[0].fetched_at for a in file.articles)) for file in visit.due if file.articles]
        found = {name: templates.load(clean, visit.site.key, at) for name, at in dated}
        return replace(visit, templates={name: templates.write(t, folder) for name, t in found.items() if t})
    template = templates.load(clean, visit.site.key)
    fresh = [file for file in visit.due if not templates.is_learned(clean, visit.site.key, _last_fetched(file))]
    due = [(file, one) for file in fresh for one in file.articles if one[0].status == 200]
    pages: list[RawPage] = []
    for file, one in templates.sample(due):
        pages.extend(m.pages[0] for m in material(visit, file.path, [one]) if m.pages)
    learned = desk.refiners.learn(template, pages, visit.site.family or _recognised(visit)) if pages else template
    if learned is None or not learned.texts:
        return visit
    if pages:
        templates.store(clean, visit.site.key, learned)
    path = templates.write(learned, folder)
    return replace(visit, templates={file.name: path for file in visit.due})


def _last_fetched(file: Warc) -> datetime:
    return max((one[0].fetched_at for one in file.articles), default=datetime.min.replace(tzinfo=UTC))


def material(visit: Visit, path: Path, captured: Sequence[tuple[Capture, ...]]) -> Iterator[Material[Capture]]:
    """Read the pages of each article from a WARC file on local disk, one article at a time."""
    family = _recognised(visit)
    with path.open("rb") as stream:
        for captures in captured:
            told = tuple(_listed(c, visit.memory) for c in captures)
            yield replace(_material(stream, told, visit.site, family), template=visit.templates.get(path.name))


def _recognised(visit: Visit) -> str | None:
    """The family that this crawl met, or an earlier one: captures that wait are read alike whoever reads them. None:
    each page is asked for itself."""
    met = visit.report.family if visit.report else None
    state = visit.memory.state
    family = met or (state.family if state else None)
    return None if family == "generic" else family


def _listed(capture: Capture, memory: SiteMemory) -> Capture:
    """The capture with the date that a listing once told, where this visit did not come from a listing."""
    past = memory.pages.get(url_hash(capture.url_key))
    if capture.listed_at or past is None or past.listed_at is None:
        return capture
    return capture.model_copy(update={"listed_at": past.listed_at})


def _material(stream: BinaryIO, captures: Sequence[Capture], site: Site, family: str | None) -> Material[Capture]:
    first = captures[0]
    if first.status != 200:
        return Material(first)
    try:
        records = [(c, _record(stream, c)) for c in captures if c.status == 200]
        if why := why_withheld(records[0][1]):
            return Material(first, verdict=_WITHHELD[why])
        return Material(first, tuple(warc.raw_page(c, r) for c, r in records), site, family)
    except PayloadTooLargeError as error:
        return Material(first, verdict=Rejected(reason=Outcome.TOO_LARGE, detail=str(error)))


def _record(stream: BinaryIO, capture: Capture) -> warc.StoredRecord:
    stream.seek(capture.offset)
    return warc.read_member(stream.read(capture.length))


def clear(desk: Desk) -> None:
    """Remove the run's folder; the plans and reports in it have served."""
    shutil.rmtree(desk.scratch, ignore_errors=True)
