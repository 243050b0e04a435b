"""The gate holds a site that is not itself, and only then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.gate import Listing, Past, Tonight, alarm, all_well, hold
from schemas.site import Expect

NOW = datetime(2026, 3, 20, 18, tzinfo=UTC)
GOOD = Listing("https://mau.vn/tin/", gave=True, gave_before=True)
NEW_LOGIN = Listing("https://mau.vn/noi-bo/", gave=False, wall="login_wall")
LOST = Listing("https://mau.vn/hdnd/", gave=False, gave_before=True, wall="blocked")
DOWN = Listing("https://mau.vn/ubnd/", gave=False, gave_before=True, trouble="http_500")
EMPTY = Listing("https://mau.vn/moi/", gave=False)
FINE = Tonight(20, 20, {}, 0, [GOOD], 12)
NEWBORN = Past(None, [], [])
OLD = Past(NOW - timedelta(days=40), [0.0, 0.1, 0.05], [0.0, 0.0])
EXPECT = Expect(per_week=(2, 120))

CASES = {
    "a fine first night": (FINE, NEWBORN, False),
    "a fine night": (FINE, OLD, False),
    "nothing new": (Tonight(0, 0, {}, 0, [GOOD], 0), OLD, False),
    "the only listing is a wall": (replace(FINE, listings=[NEW_LOGIN]), NEWBORN, True),
    "all listings are walls": (replace(FINE, listings=[LOST, NEW_LOGIN]), OLD, True),
    "most that gave links are walls": (replace(FINE, listings=[GOOD, LOST, LOST]), OLD, True),
    "one of two that gave links is a wall": (replace(FINE, listings=[GOOD, LOST]), OLD, False),
    "a login in a menu": (replace(FINE, listings=[GOOD, NEW_LOGIN, NEW_LOGIN]), OLD, False),
    "four walls of ten pages": (replace(FINE, pages=10, accepted=6, rejected={"blocked": 4}), NEWBORN, True),
    "three walls of ten pages": (replace(FINE, pages=10, accepted=7, rejected={"login_wall": 3}), NEWBORN, False),
    "a wall among a few pages": (replace(FINE, pages=3, accepted=1, rejected={"blocked": 2}), OLD, False),
    "rejects jump": (replace(FINE, accepted=5, rejected={"not_an_article": 15}), OLD, True),
    "rejects on a first night": (replace(FINE, accepted=5, rejected={"not_an_article": 15}), NEWBORN, False),
    "dates vanish": (replace(FINE, undated=18), OLD, True),
    "too many articles": (replace(FINE, published_last_week=400), OLD, True),
    "many articles on a first night": (replace(FINE, published_last_week=400), NEWBORN, False),
    "many articles before 14 days of history": (
        replace(FINE, published_last_week=400),
        replace(OLD, first_run=NOW - timedelta(days=13)),
        False,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_hold(name: str) -> None:
    tonight, past, held = CASES[name]
    assert (hold(tonight, past, EXPECT, NOW) is not None) is held


WELL = {
    "all fine": ([GOOD, EMPTY], None, True),
    "a login that never listed anything": ([GOOD, NEW_LOGIN], "noi-bo/ is a wall (login_wall)", True),
    "a section that is a wall now": ([GOOD, LOST, NEW_LOGIN], "hdnd/ is a wall (blocked) and 1 more", False),
    "a wall in the middle of a walk": ([replace(GOOD, wall="blocked")], "is a wall (blocked)", True),
    "a section that fails": ([GOOD, DOWN], "ubnd/ fails (http_500)", False),
    "a new section that fails": ([GOOD, replace(DOWN, gave_before=False)], None, True),
    "nothing was asked": ([], None, False),
}


@pytest.mark.parametrize("name", WELL)
def test_what_a_listing_that_fails_means(name: str) -> None:
    listings, said, well = WELL[name]
    told = alarm(listings)
    assert (told is not None and said is not None and said in told) or told is said
    assert all_well(listings) is well
