"""The flow of `tintinh import`."""

from datetime import date
from functools import partial

from prefect import flow

from flows.import_draft import Tally
from flows.importing import gather, named, require
from flows.nightly import run_sites
from flows.settings import Settings
from schemas.window import Window


@flow(name="import", persist_result=False)
def import_captures(
    site: str, files: list[str], since: date | None = None, until: date | None = None
) -> dict[str, object]:
    """Bring the articles of one site out of WARC files of another crawler.

    Returns:
        The `RunReport` as a plain dict, and the `Haul` as `imported`.

    Raises:
        UsageError: an unknown site, a file that is missing or no WARC, or files without a page of the site.
    """
    window = Window(since=since, until=until)
    settings = Settings()
    wanted = named(site, settings)
    tally = Tally(require(files, wanted), window)
    report = run_sites("import", [wanted], settings, window, partial(gather, tally))
    return report.model_dump(mode="json") | {"imported": tally.haul().model_dump(mode="json")}
