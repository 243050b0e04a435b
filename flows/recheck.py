"""A recheck: published articles are asked again, for edits, for what is gone, and for what has returned."""

from functools import partial

from prefect import flow

from flows.nightly import run_sites
from flows.settings import Settings
from flows.visit import visit
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
