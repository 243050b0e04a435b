"""What of a site is known, what is asked again and when, and which validators are believed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipelines import pace, validators
from pipelines.ledger import Ledger
from pipelines.store.arrow import to_table
from schemas.outcome import Outcome
from schemas.rows import LedgerRow
from schemas.urls import unpack_hashes, url_hash
from schemas.window import Window

NOW = datetime(2026, 3, 20, 18, tzinfo=UTC)


def row(key: str, outcome: str, ago: float, **more: Any) -> LedgerRow:
    """An answer `ago` days before now."""
    at = NOW - timedelta(days=ago)
    status = more.pop("status", 200)
    return LedgerRow(
        site="mau", run="r", url=f"https://mau.vn/{key}", url_key=key, url_hash=url_hash(key), status=status,
        outcome=outcome, fetched_at=at, settled_at=at, warc="w", offset=0, length=1, **more,
    )  # fmt: skip


def article(key: str, outcome: str, ago: float, age: float | None = None, **more: Any) -> LedgerRow:
    """The same of an article that was published `age` days before now."""
    published = NOW - timedelta(days=age) if age is not None else None
    return row(key, outcome, ago, article_id=f"mau:{key}", published_at=published, **more)


def ledger(*rows: LedgerRow) -> Ledger:
    return Ledger(to_table(rows, LedgerRow))


OUTCOMES = {
    Outcome.NEW: True,
    Outcome.NOT_FOUND: True,  # known to the walks; it is in `unanswered` besides
    Outcome.TOO_SHORT: True,
    Outcome.DUPLICATE_URL: True,
    Outcome.BLOCKED: False,
    Outcome.LOGIN_WALL: False,
    Outcome.EXTRACT_TIMEOUT: False,
    Outcome.OUT_OF_WINDOW: False,
}


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda o: o.value)
def test_known_is_what_had_a_final_outcome(outcome: Outcome) -> None:
    made = ledger(row("a", "blocked", 3), row("a", outcome.value, 2))
    assert unpack_hashes(made.known()) == ({url_hash("a")} if OUTCOMES[outcome] else set())
    assert unpack_hashes(made.known({5})) >= {5}


def test_an_article_stays_known_whatever_its_page_says_next() -> None:
    made = ledger(article("a", "new", 9), article("a", "blocked", 1), article("b", "source_closed", 1))
    assert unpack_hashes(made.known()) == {url_hash("a"), url_hash("b")}
    assert made.unanswered() == ()


def test_a_backfill_does_not_pay_twice_for_what_is_outside_its_window() -> None:
    days = [(f"d{day}", datetime(2025, 5, day, tzinfo=UTC)) for day in (1, 2, 3)]
    made = ledger(*(row(key, "out_of_window", 1, published_at=day) for key, day in days))
    window = Window(since=date(2025, 5, 2), until=date(2025, 5, 2))
    assert unpack_hashes(made.known(window=window)) == {url_hash("d1"), url_hash("d3")}


def test_what_never_gave_an_article_is_asked_again_ever_more_rarely() -> None:
    made = ledger(
        row("missing", "not_found", 3, status=404, found_on="https://mau.vn/tin/"),
        row("missing", "not_found", 2.9, status=404),
        row("missing", "not_found", 1, status=404),
        row("slow", "extract_timeout", 1),
        row("fine", "new", 1),
        row("short", "too_short", 1),
    )
    links = {link.url_key: link for link in made.unanswered()}
    assert {k: (link.tries, link.reason) for k, link in links.items()} == {
        "missing": (2, "not_found"),
        "slow": (1, "extract_timeout"),
    }
    assert (links["missing"].next_on - links["slow"].next_on).days == 0
    assert links["missing"].since == date(2026, 3, 18)


DUE: dict[str, tuple[LedgerRow, bool]] = {
    "of today, asked today": (article("a", "new", 0, age=0), True),
    "of last week, asked yesterday": (article("a", "unchanged", 1, age=7), True),
    "of this month, asked two nights ago": (article("a", "new", 2, age=20), False),
    "of this month, asked three nights ago": (article("a", "new", 3, age=20), True),
    "of this year, asked ten nights ago": (article("a", "new", 10, age=100), False),
    "of this year, asked two weeks ago": (article("a", "new", 14, age=100), True),
    "old, asked two months ago": (article("a", "new", 60, age=900), False),
    "old, asked three months ago": (article("a", "new", 90, age=900), True),
    "undated, seen this week": (article("a", "new", 2), True),
    "asked in vain": (article("a", "blocked", 1, age=900), True),
    "its source seemed closed": (article("a", "source_closed", 1, age=900), True),
    "missing once": (article("a", "not_found", 1, age=900, status=404), True),
    "gone for six days": (article("a", "gone", 6, age=900, status=404), False),
    "gone for a week": (article("a", "gone", 7, age=900, status=404), True),
    "no article": (row("a", "too_short", 99), False),
}


@pytest.mark.parametrize("name", DUE)
def test_due(name: str) -> None:
    one, due = DUE[name]
    assert pace.chosen(ledger(one), NOW, 9) == ([url_hash("a")] if due else [])


@pytest.mark.parametrize(("ago", "due"), [(5, False), (14, True)])
def test_an_undated_article_is_as_old_as_its_first_sight(ago: int, due: bool) -> None:
    made = ledger(article("a", "new", 60), article("a", "unchanged", ago))
    assert bool(pace.chosen(made, NOW, 9)) is due


@pytest.mark.parametrize("days", [7, 8, 31, 120])
def test_what_is_gone_is_looked_for_three_times(days: int) -> None:
    looks: list[int] = []
    for day in range(days):
        rows = [article("a", "gone", days, age=900)]
        rows += [article("a", "not_found", days - look, age=900, status=404) for look in looks]
        made = Ledger(to_table(rows, LedgerRow))
        if pace.chosen(made, NOW - timedelta(days=days - day), 9):
            looks.append(day)
    assert looks == [n for n in (7, 30, 90) if n < days]


def test_the_most_overdue_go_first_and_each_has_its_turn() -> None:
    rows = [article(f"n{n}", "new", 1, age=1 + n) for n in range(5)]
    rows += [article("old", "new", 400, age=900), article("lost", "not_found", 1, age=900, status=404)]
    order = {url_hash(r.url_key): r.url_key for r in rows}
    assert [order[h] for h in pace.chosen(ledger(*rows), NOW, 4)] == ["lost", "old", "n0", "n1"]
    rows += [article(key, "unchanged", 0, age=2) for key in ("n0", "n1", "old")]
    assert [order[h] for h in pace.chosen(ledger(*rows), NOW, 4)][1:] == ["n2", "n3", "n4"]


def test_an_eager_look_takes_what_is_not_due_after_what_is() -> None:
    made = ledger(article("old", "new", 1, age=900), article("young", "new", 1, age=1))
    assert pace.chosen(made, NOW, 9) == [url_hash("young")]
    assert pace.chosen(made, NOW, 9, eager=True) == [url_hash("young"), url_hash("old")]
    assert pace.chosen(made, NOW, 9, {url_hash("young")}, eager=True) == [url_hash("old")]


def test_misses_are_counted_by_local_days_and_forgotten_when_the_page_answers() -> None:
    def missed(*ago: float) -> list[LedgerRow]:
        return [article("a", "not_found", day, age=9, status=404) for day in ago]

    page = ledger(article("a", "new", 9, age=9), *missed(2, 1.9, 1))[url_hash("a")]
    assert page.misses == 2
    blocked = ledger(*missed(2, 1), article("a", "blocked", 0.5, age=9))[url_hash("a")]
    assert blocked.misses == 2
    assert ledger(*missed(2, 1), article("a", "unchanged", 0.5, age=9))[url_hash("a")].misses == 0


def looks(outcome: str, status: int = 200, count: int = 1, etag: Callable[[int], str] = lambda _: "same") -> Ledger:
    rows = []
    for n in range(count):
        rows.append(article(f"p{n}", "new", 9, etag=etag(0), last_modified="Mon", digest="1"))
        rows.append(article(f"p{n}", outcome, 1, etag=etag(1), last_modified="Mon", digest="2", status=status))
    return ledger(*rows)


def other(turn: int) -> str:
    return f"etag {turn}"


BELIEVED = {
    "nothing is known": (ledger(), (True, True, False)),
    "both stayed while the page changed": (looks("changed"), (False, False, False)),
    "the etag moved with the page, the date did not": (looks("changed", etag=other), (True, False, True)),
    "an etag for each answer": (looks("unchanged", count=6, etag=other), (False, False, False)),
    "asked in vain": (looks("unchanged", count=6), (False, False, False)),
    "asked in vain a few times": (looks("unchanged", count=3), (True, True, False)),
    "it says so when nothing changed": (looks("unchanged", status=304, count=6), (True, True, False)),
}


@pytest.mark.parametrize("name", BELIEVED)
def test_validators_that_lie_or_never_help_are_not_sent(name: str) -> None:
    made, (etag, modified, proven) = BELIEVED[name]
    learned = validators.learn(made)
    assert (learned.etag, learned.last_modified, learned.proven) == (etag, modified, proven)


def test_our_own_reading_that_changes_is_no_lie_of_the_site() -> None:
    rows = [article("a", o, d, etag="e", last_modified="Mon", digest="1") for o, d in (("new", 9), ("changed", 1))]
    assert validators.learn(ledger(*rows)).etag


def test_each_page_is_now_and_then_asked_without_validators() -> None:
    for believed, most in ((validators.Validators(), 3), (validators.Validators(proven=True), 10)):
        days = [date(2026, 3, 1) + timedelta(days=n) for n in range(most)]
        assert sum(not believed.may_go(url_hash("a"), day) for day in days) == 1
