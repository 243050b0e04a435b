"""The benchmark of the crawl in its short form: nothing lost, one lane each, memory bounded."""

import pytest

from benchmarks import crawl

pytestmark = pytest.mark.slow


def test_a_capture_loses_nothing_and_stays_small() -> None:
    figures = crawl.beside_scrapy(pages=100, rounds=1)
    assert crawl.missed(figures | {"ratio_to_bare_scrapy": crawl.RATIO}) == []


def test_sites_at_once_keep_a_lane_each_and_lose_nothing() -> None:
    assert crawl.missed(crawl.at_once(sites=5)) == []
