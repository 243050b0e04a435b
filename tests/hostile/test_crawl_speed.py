"""The benchmark of the crawl in its short form: nothing lost, one lane each, memory bounded."""

import sys

import pytest

from benchmarks import crawl

pytestmark = pytest.mark.slow


def test_a_capture_loses_nothing_and_stays_small() -> None:
    """So few pages say little of the speed: only what is grossly slower than bare Scrapy is caught here."""
    assert crawl.missed(crawl.beside_scrapy(pages=200), ratio=0.5) == []


def test_sites_at_once_keep_a_lane_each_and_lose_nothing() -> None:
    assert crawl.missed(crawl.at_once(sites=5)) == []


def test_a_missed_bound_is_named_and_ends_the_command_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        crawl, "beside_scrapy", lambda pages: {"ratio_to_bare_scrapy": 0.79, "pages_lost": 2000 - pages}
    )
    monkeypatch.setattr(crawl, "at_once", lambda sites: {"sites_most_in_flight": 2, "sites": sites})
    monkeypatch.setattr(sys, "argv", ["crawl", "--pages", "1999", "--assert"])
    assert crawl.main() == 1
    told = capsys.readouterr().out
    assert [line for line in told.splitlines() if line.startswith("missed")] == [
        "missed: pages_lost = 1",
        "missed: ratio_to_bare_scrapy = 0.79 < 0.8",
        "missed: sites_most_in_flight = 2",
    ]
