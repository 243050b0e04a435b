"""The gate holds a site that is not itself, and only then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.gate import Past, Tonight, hold
from schemas.site import Expect

NOW = datetime(2026, 3, 20, 18, tzinfo=UTC)
FINE = Tonight(20, 20, {}, 0, None, 12)
NEWBORN = Past(None, [], [])
OLD = Past(NOW - timedelta(days=40), [0.0, 0.1, 0.05], [0.0, 0.0])
EXPECT = Expect(per_week=(2, 120))

CASES = {
    "a fine first night": (FINE, NEWBORN, False),
    "a fine night": (FINE, OLD, False),
    "nothing new": (Tonight(0, 0, {}, 0, None, 0), OLD, False),
    "a listing is a wall": (replace(FINE, listing_wall="blocked"), NEWBORN, True),
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
