"""One site's part of a run: ship what waits, remember, crawl, ship, and list the material to refine."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import BoundedSemaphore
from typing import Literal

from flows import crawl as child
from flows.captured import Warc, answers, articles, asked, cut_out, halves, opened
from flows.memory import SiteMemory, remember
from flows.own_words import OwnWords
from flows.refining import Refiners
from flows.settings import Settings
from flows.storage import Storage
from pipelines import walks, warc
from pipelines.store import attachments, erasing_raw, state, suppressed
from pipelines.store.archive import Archive
from pipelines.store.bucket import MissingObjectError
from pipelines.store.tables import Tables
from schemas import keys
from schemas.capture import BegunArticle, Capture, CrawlPlan, CrawlReport
from schemas.errors import CrawlError, MachineError
from schemas.site import Site
from schemas.suppression import Suppressed
from schemas.urls import url_hash
from schemas.window import Window
from schemas.zone import HANOI
from spiders.spool import is_live

BATCH = 100
"""Articles refined by one Prefect task: a task costs 7-40 ms, a page 5 (measured; see docs/decisions)."""

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

    def suppressed(self, site: Site) -> Suppressed:
        """What was taken down, as the bucket says now, with the texts of the site and of those it carries on."""
        return suppressed.load(self.storage.clean, self.storage.raw).about(site.key, *site.carries_on)

    def own_words(self, site: Site) -> OwnWords:
        """What the site's pages say as articles."""
        return OwnWords(self.refiners.says, self.storage.clean, site.key, site, self.scratch / site.key)

    @property
    def scratch(self) -> Path:
        """This run's folder on local disk, removed at its end."""
        return self.settings.home / "runs" / self.run


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
    waiting = frozenset(key for file in due for key in answers(file))
    memory = replace(memory, waiting=waiting | _fetched(desk, site, due) | desk.suppressed(site).urls(site.key))
    memory = replace(memory, begun=tuple(_begun(desk, site, memory, due)))
    report, error = _crawl(desk, site, memory, say, rechecks, order)
    ship_orphans(desk, site, say)
    told, files = error or (_trouble(report) if report else None), _due(desk, site, due)
    return Visit(site, memory.about(asked(files)), files, report, told, unsettled=bool(due))


def _fetched(desk: Desk, site: Site, due: Sequence[Warc]) -> frozenset[int]:
    """URL hashes of the attachments that are kept, or wait in a file that is due."""
    known = set(attachments.shelf(desk.tables.clean, site.key))
    for file in due:
        with file.path.open("rb") as stream:
            known.update(key for key, _ in warc.attachments(warc.scan(stream)))
    return frozenset(map(url_hash, known))


def _begun(desk: Desk, site: Site, memory: SiteMemory, due: Sequence[Warc]) -> Iterator[BegunArticle]:
    """The articles that a killed crawl captured some pages of, each in a file of its own for the next crawl."""
    files = {file.name: file.path for file in due}
    for number, half in enumerate(memory.halves()):
        target = desk.scratch / site.key / f"begun-{number}.warc.gz"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            path = files.get(half.warc) or desk.archive.fetch(keys.warc_key(site.key, half.warc), target.parent)
        except MissingObjectError:
            continue  # the article is asked for all its pages then
        files[half.warc] = path
        if cut_out(path, half, target):
            yield BegunArticle(**half.model_dump(), path=str(target))


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
                known, says = desk.suppressed(site), desk.own_words(site)
                shipped = desk.archive.ship(spool, site.key, desk.refiners.is_classified, known, says)
                now = desk.suppressed(site)
                if shipped.records and now != known:  # a takedown may have looked before it came
                    desk.scratch.mkdir(parents=True, exist_ok=True)
                    erasing_raw.scour(desk.archive, shipped.key, site.key, now, desk.scratch, says)
                say(f"{site.key}: shipped {shipped.key}")


def _remember(desk: Desk, site: Site, spool: Path) -> None:
    """Add what a crawl noted to the site's state: before its file is shipped, so that no crash parts the two."""
    with spool.open("rb") as stream:
        notes = list(warc.notes(warc.scan(stream)))
    answered = {first.url_key for first, *_ in articles(spool, "")}
    begun, today = tuple(halves(spool)), datetime.now(HANOI).date()
    state.change(desk.storage.clean, site.key, lambda past: walks.fold(past, spool.name, notes, answered, today, begun))


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


def clear(desk: Desk) -> None:
    """Remove the run's folder; the plans and reports in it have served."""
    shutil.rmtree(desk.scratch, ignore_errors=True)
