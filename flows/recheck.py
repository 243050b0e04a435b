"""A recheck: published articles are asked again, for edits, for what is gone, and for what has returned."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from prefect import flow

from flows.memory import remember
from flows.nightly import run_sites
from flows.settings import Settings
from flows.storage import attached
from flows.visit import visit
from pipelines.store.tables import Tables
from schemas.site import Site
from spiders import registry


@flow(name="recheck", persist_result=False)
def recheck(site: list[str] | None = None, most: int | None = None) -> dict[str, object]:
    """Ask published articles of the named sites (or of all active ones) again, the most overdue first.

    Args:
        site: site keys; empty: every active site.
        most: pages of each site at most; None: as many as its TOML lets a night ask.

    Returns:
        The `RunReport` as a plain dict.
    """
    settings = Settings()
    sites = registry.load(settings.sites, settings.home).pick(site or [])
    return run_sites("recheck", sites, settings, gather=partial(visit, rechecks=most)).model_dump(mode="json")


def due(sites: Sequence[Site], settings: Settings, most: int | None = None) -> dict[str, tuple[str, ...]]:
    """The URLs that a recheck of these sites would ask now. Raises StorageError."""
    now = datetime.now(UTC)
    with attached(settings) as storage:
        tables = Tables(storage.clean)
        return {
            site.key: tuple(
                page.url
                for page in remember(tables, site.key).revalidations(
                    now, site.rechecks_per_night if most is None else most, eager=True
                )
            )
            for site in sites
        }
