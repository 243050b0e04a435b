"""Captured pages of real CMS software, served again: every article is captured exactly once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.capture import CrawlPlan
from schemas.urls import url_key
from tests.spiders.child import Done
from tests.static_server import serve_capture

GOLD = Path(__file__).parents[2] / "../shared/gold"


@pytest.mark.skipif(not GOLD.exists(), reason="the gold pages are not beside this repository")
@pytest.mark.parametrize("family", ["nukeviet", "wordpress"])
def test_every_gold_article_once(
    family: str, planned: Callable[..., CrawlPlan], crawl: Callable[[CrawlPlan], Done]
) -> None:
    with serve_capture(GOLD / family / "index_full.json") as site:
        done = crawl(planned(f"{site.base_url}/"))
        truth = site.truth()
    firsts = [capture for capture in done.captures if capture.part == 1]
    assert sorted(url_key(c.url) for c in firsts) == sorted(url_key(url) for url in truth)
    assert done.report.captured == len(truth)
    assert done.report.family == family


@pytest.mark.skipif(not GOLD.exists(), reason="the gold pages are not beside this repository")
@pytest.mark.parametrize(("family", "year"), [("nukeviet", 2024), ("nukeviet", 2021), ("wordpress", 2022)])
def test_a_backfill_of_a_year_fetches_that_year(
    family: str, year: int, planned: Callable[..., CrawlPlan], crawl: Callable[[CrawlPlan], Done]
) -> None:
    window = {"kind": "backfill", "since": f"{year}-01-01", "until": f"{year}-12-31", "campaign": "c1"}
    with serve_capture(GOLD / family / "index_full.json") as site:
        done = crawl(planned(f"{site.base_url}/", **window))
        wanted = {url_key(url) for url, true in site.truth().items() if true["published_at"].startswith(str(year))}
    fetched = {url_key(capture.url) for capture in done.captures if capture.part == 1}
    assert wanted <= fetched, done.log
    assert len(fetched) <= 1.1 * len(wanted), sorted(fetched - wanted)
