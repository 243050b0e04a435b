"""Two nights at hostile sites: each ends by itself, finds every article once, stays a good guest, names every trap."""

from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from hostile.conftest import DELAY, Nights
from hostile.doors import Patient

pytestmark = pytest.mark.slow

OPEN = ("minefield", "patient", "calendar", "postbacks", "quiet", "large")
"""Sites that show all they have on the first night."""


def live(nights: Nights, night: int, site: str) -> list[str]:
    return sorted(r["title"] for r in nights.both[night - 1].rows[site] if r["source_status"] == "live")


@pytest.mark.parametrize("site", OPEN)
def test_every_true_article_exactly_once(nights: Nights, site: str) -> None:
    assert live(nights, 1, site) == nights.first.truth[site]
    assert live(nights, 2, site) == nights.second.truth[site]


def test_a_challenge_in_mid_run_costs_no_article(nights: Nights) -> None:
    assert live(nights, 2, "walled") == nights.second.truth["walled"]
    assert nights.server.walled.challenges_shown <= 5


@pytest.mark.parametrize("site", [*OPEN, "walled"])
def test_no_article_is_asked_twice_in_a_night(nights: Nights, site: str) -> None:
    again = nights.server.sites[site].asked_again
    for night in nights.both:
        paths = [one.path.lower() for one in night.seen[site] if one.method == "GET"]
        articles = [item.path.lower() for item in nights.server.sites[site].items]
        assert {path: paths.count(path) for path in articles if paths.count(path) > 1 + (path in again)} == {}


def test_nothing_disallowed_is_asked(nights: Nights) -> None:
    asked = [one for night in nights.both for seen in night.seen.values() for one in seen]
    assert not [one.path for one in asked if one.path.startswith("/noi-bo/")]
    assert nights.server.canary.seen == []
    assert {one.agent.split("/")[0] for one in asked} == {"tintinh"}
    for night in nights.both:
        assert {seen[0].path for seen in night.seen.values() if seen} == {"/robots.txt"}


def test_one_request_in_flight_and_the_delays_kept(nights: Nights) -> None:
    for night in nights.both:
        for site, seen in night.seen.items():
            assert max((one.in_flight for one in seen), default=1) == 1, site
            delay = Patient.crawl_delay if site == "patient" else DELAY
            # robots.txt is what tells the longer delay
            after_robots = [pair for pair in pairwise(seen) if pair[0].path != "/robots.txt"]
            assert min((b.at - a.at for a, b in after_robots), default=delay) >= delay * 0.98, site


def test_retry_after_is_obeyed(nights: Nights) -> None:
    told = nights.server.patient.told
    assert told is not None
    later = [one.at for one in nights.first.seen["patient"] if one.at > told + 0.01]
    assert later and min(later) - told >= Patient.retry_after * 0.98


FAILED = {
    "redirect loop": ("redirect_loop", "vong-lap-902"),
    "metadata address": ("guarded", "sieu-du-lieu-903"),
    "neighbour": ("guarded", "may-ben-canh-904"),
    "60 MB page": ("too_large", "trang-rat-lon-905"),
    "endless stream": ("too_large", "trang-khong-het-906"),
    "endless headers": ("head_too_large", "dau-khong-het-907"),
    "bad Location": ("bad_redirect", "dia-chi-hong-909"),
    "another site": ("moved", "nha-khac-911"),
    "disallowed section": ("robots", "van-ban-mat-912"),
}


@pytest.mark.parametrize("trap", FAILED)
def test_each_trap_is_named(nights: Nights, trap: str) -> None:
    reason, page = FAILED[trap]
    told = [one for one in nights.first.report["minefield"]["troubles"] if page in one["url"]]
    assert [one["reason"] for one in told] == [reason]
    assert nights.first.report["minefield"]["failed"][reason] > 0
    led = {"metadata address": "http://169.254.169.254/latest/meta-data/", "another site": nights.server.minefield.away}
    assert trap not in led or told[0]["target"] == led[trap]


REJECTED = {
    "gzip bomb": ("minefield", "too_large", 1),
    "broken gzip": ("minefield", "too_short", 1),
    "pages of a calendar": ("calendar", "soft_404", 3),
    "challenge": ("walled", "blocked", 1),
}


@pytest.mark.parametrize("trap", REJECTED)
def test_each_page_that_is_none_is_named(nights: Nights, trap: str) -> None:
    site, name, least = REJECTED[trap]
    assert nights.first.report[site]["rejected"].get(name, 0) >= least, nights.first.report[site]


def test_sites_that_shut_us_out_are_named_and_left(nights: Nights) -> None:
    first, second = nights.first.report, nights.second.report
    assert list(first["closed"]["failed"]) == ["site: http_503: asked us to come back in 3600 s"]
    assert [name for name in second["closed"]["failed"] if name.startswith("site: host: asked us to come back in 3")]
    assert nights.second.seen["closed"] == []
    assert "/tin-tuc/ is a wall (blocked)" in first["walled"]["alarm"] and second["walled"]["alarm"] is None
    assert {one["reason"] for one in first["walled"]["troubles"]} == {"blocked"}


def test_a_quiet_night_costs_no_more_for_ten_times_the_archive(nights: Nights) -> None:
    """The captured pages of real software keep the same bound in tests/flows/test_nights.py."""
    assert [nights.first.report[site]["new"] for site in ("quiet", "large")] == [20, 200]
    assert len(nights.second.seen["large"]) <= len(nights.second.seen["quiet"]) <= 12


def test_walks_without_end_are_left(nights: Nights) -> None:
    """Six pages of each of three listings, three links on each: a first night's cap."""
    capped = [one["url"] for one in nights.first.report["calendar"]["troubles"] if one["reason"] == "listing_cap"]
    assert [urlsplit(url).path for url in capped] == ["/su-kien"]
    assert len(nights.first.seen["calendar"]) <= 14 + 3 * 6 * 4 + 5
    assert len(nights.second.seen["calendar"]) <= 60
    shown = {urlsplit(one.path).path for one in nights.second.seen["calendar"]}
    assert len(shown & {"/lich-cong-tac", "/su-kien"}) <= 2


def test_an_edit_a_removal_an_addition(nights: Nights) -> None:
    counts = nights.second.report["minefield"]
    assert (counts["new"], counts["changed"], counts["gone"]) == (1, 1, 1)
    rows = {urlsplit(row["url"]).path: row for row in nights.second.rows["minefield"]}
    assert nights.edited.story.paragraphs[1] in str(rows[nights.edited.path])
    assert rows[nights.removed.path]["source_status"] == "gone"
    assert rows[nights.added.path]["title"] == nights.added.story.title
    others = [nights.second.report[site] for site in OPEN[1:]]
    assert [(c["new"], c["changed"], c["gone"], c["held"]) for c in others] == [(0, 0, 0, None)] * len(others)
