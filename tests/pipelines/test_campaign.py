"""What becomes of a campaign as its months are worked on, and what the operator may do to it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipelines import campaign as of
from schemas.campaign import Campaign, Hours, Unit
from schemas.errors import UsageError

NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
"""22:00 in Hanoi."""
SOON = NOW + timedelta(minutes=45)
MONTHS = ("2024-03", "2024-02", "2024-01")


def campaign(*units: Unit, **more: Any) -> Campaign:
    units = units or tuple(Unit(site=site, month=month) for site in ("cu", "moi") for month in MONTHS)
    about = {"campaign": "c-1", "since": date(2024, 1, 5), "until": date(2024, 3, 9), "units": units}
    return Campaign.model_validate(about | {"created_at": NOW} | more)


def test_a_claim_is_believed_until_its_lease_has_run_out() -> None:
    first = of.claimed(campaign(), campaign().units[0], "here", NOW, SOON)
    assert (first.units[0].progress, first.units[0].holder, first.units[0].lease_until) == ("begun", "here", SOON)
    newer, other = first.units[1], first.units[3]
    assert of.claimed(first, newer, "there", NOW, SOON) == first  # the site is worked on, whatever the month
    assert of.claimed(first, newer, "here", NOW, SOON).units[1].holder == "here"  # a killed process of this home
    assert of.claimed(first, other, "there", NOW, SOON).units[3].holder == "there"
    late = SOON + timedelta(seconds=1)
    assert of.claimed(first, first.units[0], "there", late, late + timedelta(hours=1)).units[0].holder == "there"


def test_no_two_machines_spend_the_same_requests() -> None:
    first = of.claimed(campaign(max_requests=10), campaign().units[0], "here", NOW, SOON)
    assert of.claimed(first, first.units[3], "there", NOW, SOON) == first


@pytest.mark.parametrize("status", ["paused", "cancelled", "done"])
def test_nothing_is_claimed_of_a_campaign_that_does_not_run(status: str) -> None:
    still = campaign(status=status)
    assert of.claimed(still, still.units[0], "here", NOW, SOON) == still


def test_a_month_that_is_over_is_not_claimed_again() -> None:
    over = campaign().with_unit(campaign().units[0], {"progress": "done"})
    assert of.claimed(over, over.units[0], "here", NOW, SOON) == over


def test_a_site_that_is_down_for_good_fails_as_a_whole() -> None:
    changes = {"progress": "failed", "why": "dns", "finished_at": NOW}
    after = of.settled(campaign(), campaign().units[0], changes, "dns")
    assert [(u.site, u.progress, u.finished_at is not None) for u in after.units] == [
        *[("cu", "failed", True)] * 3,
        *[("moi", "todo", False)] * 3,
    ]


def test_a_held_month_is_done_with_the_next_one_published() -> None:
    held = of.settled(campaign(), campaign().units[0], {"progress": "held", "why": "few"})
    after = of.settled(held, held.units[1], {"progress": "done"})
    assert [u.progress for u in after.units] == ["done", "done", "todo", "todo", "todo", "todo"]


def test_a_session_leaves_it_done_paused_or_running() -> None:
    done = Unit(site="cu", month="2024-03", progress="done", requests=12)
    todo = Unit(site="cu", month="2024-02")
    assert of.closed(campaign(done)).status == "done"
    assert of.closed(campaign(done, todo)).status == "running"
    spent = of.closed(campaign(done, todo, max_requests=12))
    assert spent.status == "paused" and spent.why and "12 requests" in spent.why
    assert of.closed(campaign(done, max_requests=12)).status == "done"
    assert of.closed(campaign(todo, status="cancelled")).status == "cancelled"


Change = Callable[[Campaign], Campaign]


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (of.paused, "running", "paused"), (of.paused, "paused", None), (of.paused, "done", None),
        (of.paused, "cancelled", None), (of.resumed, "running", "running"), (of.resumed, "paused", "running"),
        (of.resumed, "done", None), (of.resumed, "cancelled", None), (of.cancelled, "running", "cancelled"),
        (of.cancelled, "paused", "cancelled"), (of.cancelled, "done", None), (of.cancelled, "cancelled", None),
    ],
)  # fmt: skip
def test_pause_resume_and_cancel(change: Change, before: str, after: str | None) -> None:
    asked = campaign(status=before, why="because")
    if after is None:
        with pytest.raises(UsageError, match="c-1 is"):
            change(asked)
    else:
        assert (change(asked).status, change(asked).why) == (after, None)


def test_a_spent_budget_wants_a_larger_one() -> None:
    spent = campaign(Unit(site="cu", month="2024-03", requests=12), status="paused", max_requests=12)
    for most in (None, 5, 12):
        with pytest.raises(UsageError, match="give more"):
            of.resumed(spent, most)
    assert of.resumed(spent, 13).max_requests == 13


def test_asked_for_again_it_takes_the_new_hours_and_budget_that_are_given() -> None:
    night, day = Hours.read("21:00-05:00"), Hours.read("09:00-16:00")
    before = campaign(hours=night, max_requests=100)
    assert of.asked_again(before, campaign()) == before
    assert of.asked_again(before, campaign(hours=day)).hours == day
    assert of.asked_again(before, campaign(max_requests=9)).max_requests == 9
    with pytest.raises(UsageError, match=r"paused \(spent\); `tintinh backfill resume c-1`"):
        of.asked_again(campaign(status="paused", why="spent"), campaign())


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "6 of 6 months are left: nights go on with it"),
        ({"hours": Hours.read("21:00-05:00")}, "nights"),
        ({"hours": Hours.read("09:00-16:00")}, "09:00-16:00 Asia/Ho_Chi_Minh"),
        ({"status": "paused"}, "resume c-1"),
        ({"status": "paused", "why": "its 12 requests are spent"}, "12 requests are spent"),
        ({"status": "cancelled"}, "cancelled"),
        ({"units": (Unit(site="cu", month="2024-03", progress="begun", lease_until=SOON),)}, "until 22:45"),
    ],
)
def test_what_is_left_is_told_with_its_reason(more: dict[str, Any], said: str) -> None:
    assert said in (of.why_left(campaign().model_copy(update=more), NOW) or "")


def test_nothing_is_told_of_a_campaign_that_is_done() -> None:
    assert of.why_left(campaign(Unit(site="cu", month="2024-03", progress="done"), status="done"), NOW) is None


FULL = {"2024-01": 30, "2024-02": 28, "2024-03": 14}


@pytest.mark.parametrize(
    ("month", "counts", "last", "gap"),
    [
        ("2024-04", FULL, None, True),  # without an article
        ("2024-03", FULL, None, False),  # half of the median is no gap
        ("2024-03", FULL | {"2024-03": 13}, None, True),
        ("2024-01", FULL, "held", True),
        ("2024-01", FULL, "failed", True),
        ("2024-01", {}, None, True),  # nothing is known
        ("2024-01", {}, "done", False),  # it was asked, and has nothing
    ],
)
def test_gaps(month: str, counts: dict[str, int], last: Any, gap: bool) -> None:
    unit = Unit(site="cu", month=month, progress=last) if last else None
    assert of.falls_below(month, counts, unit) is gap
