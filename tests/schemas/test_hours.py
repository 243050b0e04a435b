"""The hours of a backfill, and what a campaign says of its months."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.campaign import Campaign, Hours, Unit
from schemas.errors import UsageError
from schemas.zone import HANOI

NIGHT = Hours.read("21:00-05:00")
MIDDAY = Hours.read(" 09:30 - 16:00 ")
CLOCKS = st.times(timezones=st.none()).map(lambda clock: clock.replace(second=0, microsecond=0))
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


def hanoi(clock: str, day: int = 10) -> datetime:
    """An instant of the day in Hanoi, written in UTC."""
    return datetime.combine(date(2026, 11, day), time.fromisoformat(clock), HANOI).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "clock", "within"),
    [
        (NIGHT, "20:59", False), (NIGHT, "21:00", True), (NIGHT, "23:59", True), (NIGHT, "00:00", True),
        (NIGHT, "04:59", True), (NIGHT, "05:00", False), (NIGHT, "12:00", False),
        (MIDDAY, "09:29", False), (MIDDAY, "09:30", True), (MIDDAY, "15:59", True), (MIDDAY, "16:00", False),
    ],
)  # fmt: skip
def test_hours_are_those_of_hanoi(hours: Hours, clock: str, within: bool) -> None:
    assert hours.hold(hanoi(clock)) is within


def test_hours_end_on_the_day_on_which_they_end() -> None:
    assert NIGHT.end_after(hanoi("22:00", 10)) == hanoi("05:00", 11)
    assert NIGHT.end_after(hanoi("02:00", 11)) == hanoi("05:00", 11)
    assert MIDDAY.end_after(hanoi("10:00", 10)) == hanoi("16:00", 10)
    assert (NIGHT.seconds, MIDDAY.seconds) == (8 * 3600, 6.5 * 3600)


@given(CLOCKS, CLOCKS, INSTANTS)
def test_hours_say_the_same_in_every_way(begin: time, end: time, now: datetime) -> None:
    if begin == end:
        return
    hours = Hours(begin=begin, end=end)
    assert Hours.read(str(hours)) == hours
    assert timedelta(0) < hours.end_after(now) - now <= timedelta(days=1)
    assert Hours(begin=end, end=begin).hold(now) is not hours.hold(now)
    assert hours.seconds + Hours(begin=end, end=begin).seconds == 86_400


@pytest.mark.parametrize(
    "text", ["", "21:00", "21:00-", "-05:00", "21:00-25:00", "21:00-21:00", "9pm-5am", "21:00-05:00-06:00", "21:00Z-5"]
)
def test_what_are_no_hours(text: str) -> None:
    with pytest.raises(UsageError, match="21:00-05:00"):
        Hours.read(text)


def test_a_campaign_may_ask_until_its_hours_end() -> None:
    units = (Unit(site="mau", month="2024-02"),)
    about = {"campaign": "c", "since": date(2024, 2, 3), "until": date(2024, 2, 20), "units": units}
    free = Campaign.model_validate(about | {"created_at": hanoi("08:00")})
    bound = free.model_copy(update={"hours": NIGHT})
    assert free.open_until(hanoi("12:00")) is None
    assert bound.open_until(hanoi("12:00")) == hanoi("12:00")
    assert bound.open_until(hanoi("22:00")) == hanoi("05:00", 11)
