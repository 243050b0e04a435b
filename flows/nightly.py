"""The night: every active site is visited, refined, weighed, and all that passed is published in one commit."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, as_completed

from flows import publish as publishing
from flows import visit as visiting
from flows.captured import Warc
from flows.crawl import require_contact, require_room
from flows.desk import at_desk
from flows.learning import with_templates
from flows.material import material
from flows.memory import SiteMemory
from flows.settings import Settings
from flows.staging import stage
from flows.visit import Desk, RunKind, Say, Visit
from flows.weighing import SiteResult, failed, weigh
from pipelines.store.tables import Standing
from schemas.capture import Capture
from schemas.errors import SiteFileError, TintinhError
from schemas.refined import Refined
from schemas.rows import RawPlace
from schemas.run import RunReport, SiteCounts
from schemas.site import Site
from schemas.window import Window
from spiders import registry

CAMPAIGNS = timedelta(hours=6)
"""How long a night goes on with backfills at most: the next one must not find it at work."""


@flow(name="nightly", persist_result=False)
def nightly(site: list[str] | None = None, include_candidates: bool = False) -> dict[str, object]:
    """Visit the active sites (or the named ones) and publish what is new.

    Returns:
        The `RunReport` as a plain dict.
    """
    settings = Settings()
    book = registry.load(settings.sites, settings.home)
    report = run_sites("nightly", book.pick(site or [], include_candidates), settings)
    if not site:
        report = with_broken(report, book.broken)
        _go_on(settings, book)
    return report.model_dump(mode="json")


def _go_on(settings: Settings, book: registry.Registry) -> None:
    """Backfills go on once the night is published; their trouble is not the night's."""
    from flows import campaigns  # which runs the steps of this module

    try:
        campaigns.go_on(settings, book, datetime.now(UTC) + CAMPAIGNS)
    except TintinhError as error:
        get_run_logger().warning(f"backfills do not go on: {error}")


def with_broken(report: RunReport, broken: Mapping[str, SiteFileError]) -> RunReport:
    """The report with a line for each site whose TOML cannot be read: not visited is not the same as quiet."""
    lines = {key: SiteCounts(failed={f"site: {error}": 1}) for key, error in broken.items()}
    return report.model_copy(update={"sites": {**report.sites, **lines}})


T = TypeVar("T")
Gather = Callable[[Desk, Site, Say], Visit]
"""How the material of one site comes to local disk: by a visit, or from the archive."""
Batches = Sequence[tuple[Visit, Sequence[PrefectFuture[Path]]]]
"""The sites' visits, each with its verdicts as they are being staged."""
Finish = Callable[[Desk, Batches, float], RunReport]
"""What is done with the verdicts, where it is not one commit for all; the last is the start on the monotonic clock."""


def run_sites(
    kind: RunKind,
    sites: Sequence[Site],
    settings: Settings,
    window: Window | None = None,
    gather: Gather = visiting.visit,
    finish: "Finish | None" = None,
) -> RunReport:
    """Gather, refine, weigh and publish `sites`: the body of every flow.

    Raises:
        TintinhError: nothing could be begun, or the storage went away; what was captured is kept.
    """
    started = time.monotonic()
    require_room(settings)
    if kind not in ("reprocess", "import"):
        require_contact(settings, list(sites))
    with at_desk(kind, settings, window or Window()) as run:
        return work(run, sites, gather, started, finish)


def work(run: Desk, sites: Sequence[Site], gather: Gather, started: float, finish: Finish | None = None) -> RunReport:
    """The steps of one run at its desk; `started` on the monotonic clock. Raises as `run_sites`."""
    run = replace(run, since=run.tables.articles.version() or 0)
    visits = [step("visit", site.key, partial(_gather, run, site, gather)) for site in sites]
    names = dict(zip(visits, sites, strict=True))
    batches = [_begun(run, names[gathered], gathered) for gathered in as_completed(visits)]
    if finish is None:
        stands = Standing(run.tables)
        results = [weighed(run, visit, files, stands) for visit, files in batches]
        finish = partial(publishing.publish, run, results, started)
    else:
        finish = partial(finish, run, batches, started)
    return step("publish", run.run, finish).result()


def step(kind: str, name: str, work: Callable[[], T]) -> PrefectFuture[T]:
    """Begin `work` as a Prefect task: a line in the UI with logs of its own. It takes no parameters, so that Prefect
    neither hashes nor walks through what it works on."""

    @task(name=kind, task_run_name=f"{kind} {name}", cache_policy=NO_CACHE, persist_result=False)
    def body() -> T:
        return work()

    return body.submit()


def _gather(run: Desk, site: Site, gather: Gather) -> Visit:
    return with_templates(run, gather(run, site, get_run_logger().info))


def _begun(run: Desk, site: Site, gathered: PrefectFuture[Visit]) -> tuple[Visit, list[PrefectFuture[Path]]]:
    """A site's visit with the refining of what it brought; one that broke brought nothing, and says so."""
    try:
        visit = gathered.result()
        return visit, _batches(run, visit)
    except Exception as error:
        return broken(site, error), []


def weighed(
    run: Desk, visit: Visit, files: Sequence[PrefectFuture[Path] | Path], stands: Standing | None = None
) -> SiteResult:
    """A site's result; what breaks on the way is its own failure, never the night's."""
    if visit.broken:
        return failed(visit)
    try:
        return weigh(run, visit, [file if isinstance(file, Path) else file.result() for file in files], stands)
    except Exception as error:
        return failed(broken(visit.site, error))


def broken(site: Site, error: Exception) -> Visit:
    """What is known of a site whose visit ended in an error that is no answer of the site."""
    get_run_logger().error("%s: %r", site.key, error, exc_info=error)
    said = str(error) if isinstance(error, TintinhError) else f"a bug of ours, {type(error).__name__}: {error}"
    return Visit(site, SiteMemory(), error=said[:300], broken=True)


def _batches(run: Desk, visit: Visit) -> list[PrefectFuture[Path]]:
    return [
        step("refine", f"{visit.site.key} {number}", partial(_refine, run, visit, file, captures, number))
        for number, (file, captures) in enumerate(visit.batches())
    ]


def _refine(run: Desk, visit: Visit, file: Warc, captures: Sequence[tuple[Capture, ...]], number: int) -> Path:
    """Refine one batch of captured pages and stage the verdicts."""
    more = {first.offset: _places(others) for first, *others in captures}
    told = run.refiners.refine(material(visit, file.path, captures))
    refined = [Refined(capture=c, verdict=v, more_pages=more.get(c.offset, ())) for c, v in told]
    return stage(refined, run.scratch / visit.site.key / f"{number:05d}.parquet")


def _places(captures: Sequence[Capture]) -> tuple[RawPlace, ...]:
    return tuple(RawPlace(warc=c.warc, offset=c.offset, length=c.length) for c in captures if c.status == 200)
