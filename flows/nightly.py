"""The night: every active site is visited, refined, weighed, and all that passed is published in one commit."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, as_completed
from prefect.utilities.annotations import quote

from flows import publish as publishing
from flows import visit as visiting
from flows.crawl import require_contact, require_room
from flows.doctor import require_fit
from flows.names import run_name
from flows.refining import refiners
from flows.settings import Settings
from flows.staging import stage
from flows.storage import attached
from flows.visit import Desk, RunKind, Say, Visit, Warc
from pipelines.settlement import Window
from schemas.capture import Capture
from schemas.refined import Refined
from schemas.run import RunReport
from schemas.site import Site
from spiders import registry


@flow(name="nightly", persist_result=False)
def nightly(site: list[str] | None = None, include_candidates: bool = False) -> dict[str, object]:
    """Visit the active sites (or the named ones) and publish what is new.

    Returns:
        The `RunReport` as a plain dict.
    """
    settings = Settings()
    sites = registry.load(settings.sites, settings.home).pick(site or [], include_candidates)
    return run_sites("nightly", sites, settings).model_dump(mode="json")


@contextmanager
def desk(kind: RunKind, settings: Settings, window: Window) -> Iterator[Desk]:
    """Everything a run works with: storage attached and fit, refining processes, a folder of its own."""
    with attached(settings) as storage, refiners(settings) as pool:
        require_fit(storage, settings)
        run = Desk(run_name(kind), kind, settings, storage, pool, window, BoundedSemaphore(settings.crawls))
        try:
            yield run
        finally:
            visiting.clear(run)


Gather = Callable[[Desk, Site, Say], Visit]
"""How the material of one site comes to local disk: by a visit, or from the archive."""


def run_sites(
    kind: RunKind,
    sites: Sequence[Site],
    settings: Settings,
    window: Window | None = None,
    gather: Gather = visiting.visit,
) -> RunReport:
    """Gather, refine, weigh and publish `sites`: the body of every flow.

    Raises:
        TintinhError: nothing could be begun, or the storage went away; what was captured is kept.
    """
    started = time.monotonic()
    require_room(settings)
    if kind != "reprocess":
        require_contact(settings, list(sites))
    with desk(kind, settings, window or Window()) as run:
        visits = [
            _visit.with_options(task_run_name=f"visit {s.key}").submit(quote(run), quote(s), quote(gather))
            for s in sites
        ]
        batches = [(v, _batches(run, v)) for v in (f.result() for f in as_completed(visits))]
        results = [publishing.weigh(run, v, [f.result() for f in files]) for v, files in batches]
        results.sort(key=lambda r: r.site.key)
        return _publish(quote(run), quote(results), started)


def _submit_visit(run: Desk, site: Site, gather: Gather) -> PrefectFuture[Visit]:
    named = _visit.with_options(task_run_name=f"visit {site.key}")
    return named.submit(quote(run), quote(site), quote(gather))


def _batches(run: Desk, visit: Visit) -> list[PrefectFuture[Path]]:
    return [
        _refine.with_options(task_run_name=f"refine {visit.site.key} {n}").submit(
            quote(run), quote(visit), quote(file), quote(captures), n
        )
        for n, (file, captures) in enumerate(visit.batches())
    ]


@task(name="visit", cache_policy=NO_CACHE, persist_result=False)
def _visit(run: Desk, site: Site, gather: Gather) -> Visit:
    """One site's material."""
    return gather(run, site, get_run_logger().info)


@task(name="refine", cache_policy=NO_CACHE, persist_result=False)
def _refine(run: Desk, visit: Visit, file: Warc, captures: Sequence[tuple[Capture, ...]], number: int) -> Path:
    """One batch of captured pages, staged as Parquet."""
    material = visiting.material(visit, file.path, captures)
    refined = [Refined(capture=c, verdict=v) for c, v in run.refiners.refine(material)]
    return stage(refined, run.scratch / visit.site.key / f"{number:05d}.parquet")


@task(name="publish", cache_policy=NO_CACHE, persist_result=False)
def _publish(run: Desk, results: Sequence[publishing.SiteResult], started: float) -> RunReport:
    """The one commit."""
    return publishing.publish(run, results, started)
