"""A backfill: the same visit over a window of publication days."""

from datetime import date

from prefect import flow

from flows.nightly import run_sites
from flows.settings import Settings
from schemas.errors import UsageError
from schemas.window import Window
from spiders import registry


@flow(name="backfill", persist_result=False)
def backfill(site: str, since: date, until: date) -> dict[str, object]:
    """Visit one site for the articles published from `since` to `until` (local days, inclusive).

    Returns:
        The `RunReport` as a plain dict.

    Raises:
        UsageError: the window ends before it begins, or the site is unknown.
    """
    if until < since:
        raise UsageError(f"the window ends ({until}) before it begins ({since}); swap --since and --until")
    settings = Settings()
    sites = registry.load(settings.sites, settings.home).pick([site])
    return run_sites("backfill", sites, settings, Window(since=since, until=until)).model_dump(mode="json")
