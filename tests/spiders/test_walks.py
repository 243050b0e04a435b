"""Nothing is lost: whatever is added, cut or killed, an undisturbed night finds every article."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.walks import MOST_FOLDED, fold
from schemas.capture import CrawlPlan
from schemas.state import LaneClosed, LinkFailed, ListingState, Note, SiteSeen, SiteState, WalkedPage, WalkEnded
from schemas.urls import pack_hashes, url_hash
from spiders.frontier import Candidate, Known, Walk

PER_PAGE = 3
TODAY = date(2026, 3, 1)
HOME = "https://hdnd.example.vn/"


def listing_url(number: int, page: int = 1) -> str:
    return f"{HOME}muc-{number}/" if page == 1 else f"{HOME}muc-{number}/trang-{page}"


def a_plan(kind: str, state: SiteState, known: set[str], **fields: object) -> CrawlPlan:
    site = {"key": "mau", "name": "M", "organ": "party", "province": "cao-bang", "url": HOME}
    paths = {"spool": "s", "report": "r", "lanes": "l", "user_agent": "tintinh/1", "delay": 0, "budget_seconds": 9}
    return CrawlPlan.model_validate(
        {"run": "r", "kind": kind, "site": site, "first_pages": 60, **paths}
        | {
            "known": pack_hashes(map(url_hash, known)),
            "failed": pack_hashes(url_hash(link.url_key) for link in state.due),
            "due": state.due,
            "listings": state.listings,
        }
        | fields
    )


@dataclass
class MadeSite:
    """Listings of articles, newest first, and a crawl that may be cut after any request."""

    listings: list[list[str]]
    state: SiteState = field(default_factory=lambda: SiteState(site="mau"))
    captured: set[str] = field(default_factory=set)
    nights: int = 0
    asked: int = 0

    def publish(self, name: str, where: Sequence[int]) -> None:
        for number in where:
            self.listings[number % len(self.listings)].insert(0, name)

    def night(self, cut: int | None, broken: frozenset[str] = frozenset()) -> None:
        """One crawl, page by page in turn over the listings; after `cut` requests it is killed."""
        self.nights += 1
        self.asked = 0
        urls = [listing_url(n) for n in range(len(self.listings))]
        past = {one.listing: one for one in self.state.listings}
        plan = a_plan("nightly", self.state, self.captured)
        known = Known(plan.known, plan.failed)
        notes: list[Note] = [SiteSeen(family="generic", listings=tuple(urls))]
        answered: set[str] = set()
        try:
            for link in plan.due:
                self._ask(link.url_key, broken, answered, notes, cut)
            walks = [Walk(past.get(url) or ListingState(listing=url), plan, known) for url in urls]
            while pending := [(n, walk) for n, walk in enumerate(walks) if walk.url]:
                for number, walk in pending:
                    self._page(number, walk, broken, answered, notes, cut)
        except InterruptedError:
            pass
        self.captured |= answered
        self.state = fold(self.state, f"w{self.nights}", notes, answered, TODAY + timedelta(days=self.nights))

    def _page(
        self, number: int, walk: Walk, broken: frozenset[str], answered: set[str], notes: list[Note], cut: int | None
    ) -> None:
        self._request(cut)
        articles, page = self.listings[number], walk.number
        shown = articles[(page - 1) * PER_PAGE : page * PER_PAGE]
        more = len(articles) > page * PER_PAGE
        links = [Candidate(f"{HOME}{name}", name) for name in shown]
        assert walk.url is not None
        note = walk.see(links, walk.url, listing_url(number, page + 1) if more else None)
        for link in walk.due(links):
            if link.key not in answered:
                self._ask(link.key, broken, answered, notes, cut)
        notes.extend([note] if note else [])
        notes.extend([walk.ended] if walk.ended else [])

    def _ask(self, name: str, broken: frozenset[str], answered: set[str], notes: list[Note], cut: int | None) -> None:
        self._request(cut)
        if name in broken:
            notes.append(LinkFailed(url=f"{HOME}{name}", url_key=name, reason="http_500"))
        else:
            answered.add(name)

    def _request(self, cut: int | None) -> None:
        if cut is not None and self.asked >= cut:
            raise InterruptedError
        self.asked += 1


NEW = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True), max_size=9)
NIGHTS = st.lists(st.tuples(NEW, st.one_of(st.none(), st.integers(0, 25)), st.booleans()), max_size=7)


@given(first=NEW, nights=NIGHTS)
def test_every_article_is_found_whatever_was_cut(
    first: list[list[int]], nights: list[tuple[list[list[int]], int | None, bool]]
) -> None:
    site = MadeSite([[], [], []])
    names = iter(f"bai-{n}" for n in range(1000))
    for where in first:
        site.publish(next(names), where)
    for added, cut, faulty in nights:
        fresh = [next(names) for _ in added]
        for name, where in zip(fresh, added, strict=True):
            site.publish(name, where)
        site.night(cut, frozenset(fresh[::2]) if faulty else frozenset())
    site.night(None)
    assert site.captured == {name for listing in site.listings for name in listing}


def test_a_quiet_night_asks_a_page_of_each_listing() -> None:
    site = MadeSite([[f"a-{n}" for n in range(90)], [f"b-{n}" for n in range(9)]])
    site.night(None)
    site.night(None)
    assert site.asked == 2


def test_a_cut_walk_goes_on_where_it_was_cut() -> None:
    site = MadeSite([[f"a-{n}" for n in range(90)]])
    site.night(cut=60)  # 15 pages with their articles
    site.publish("moi", [0])
    site.night(None)
    assert len(site.captured) == 91
    assert site.asked == (91 - 45) + 1 + 1 + 17  # articles, the first page, the one seen last, those below


def test_a_link_that_fails_is_asked_ever_more_rarely_and_forgotten_once_it_answers() -> None:
    state, days = SiteState(site="mau"), []
    failure = LinkFailed(url=f"{HOME}a", url_key="a", reason="timeout")
    for night in range(6):
        state = fold(state, f"w{night}", [failure], set(), TODAY)
        days.append((state.due[0].next_on - TODAY).days)
    assert (days, state.due[0].tries) == ([0, 1, 2, 4, 7, 7], 6)
    assert fold(state, "w9", [], {"a"}, TODAY).due == ()


def test_what_was_missing_is_due_only_where_a_kill_took_the_answer() -> None:
    missing = LinkFailed(url=f"{HOME}a", url_key="a", reason="http_404")
    killed = fold(SiteState(site="mau"), "w", [missing], set(), TODAY)
    assert [(link.url, link.reason) for link in killed.due] == [(f"{HOME}a", "http_404")]
    assert fold(SiteState(site="mau"), "w", [missing], {"a"}, TODAY).due == ()
    assert fold(killed, "w2", [missing], {"a"}, TODAY).due == ()


@pytest.mark.parametrize("reason", ["robots", "moved", "guarded", "too_large"])
def test_what_tomorrow_will_not_change_waits_a_week(reason: str) -> None:
    state = fold(SiteState(site="mau"), "w", [LinkFailed(url=HOME, url_key="a", reason=reason)], set(), TODAY)
    assert state.due[0].next_on == TODAY + timedelta(days=7)


def test_folding_twice_changes_nothing() -> None:
    url = listing_url(0)
    notes: list[Note] = [
        SiteSeen(family="nukeviet", listings=(url,), discovered=True),
        WalkedPage(listing=url, page=1, url=url),
        LinkFailed(url=f"{HOME}a", url_key="a", reason="timeout"),
        LaneClosed(lane="hdnd.example.vn:443", until="2026-03-02T00:00:00Z"),
    ]
    once = fold(SiteState(site="mau"), "w", notes, set(), TODAY)
    assert fold(once, "w", notes, set(), TODAY) == once
    assert (once.family, once.discovered_on, list(once.not_before)) == ("nukeviet", TODAY, ["hdnd.example.vn:443"])
    many = once.model_copy(update={"folded": tuple(map(str, range(MOST_FOLDED)))})
    assert len(fold(many, "x", [], set(), TODAY).folded) == MOST_FOLDED


def test_a_backfill_goes_on_below_its_last_month_and_leaves_the_night_alone() -> None:
    url, deep = listing_url(0), listing_url(0, 7)
    night = SiteState(site="mau", family="vnpt", listings=(ListingState(listing=url, trusted=4),))
    notes: list[Note] = [
        SiteSeen(family="vnpt", listings=(url, listing_url(1))),
        WalkedPage(listing=url, page=6, url=listing_url(0, 6), campaign="c1"),
        WalkEnded(listing=url, page=7, url=deep, why="window", campaign="c1"),
    ]
    state = fold(night, "w", notes, set(), TODAY)
    assert state.listings == night.listings
    swept = state.sweep("c1")
    assert (swept[url].resume, swept[url].resume_page, swept[url].exhausted) == (deep, 7, False)
    plan = a_plan("backfill", state, set(), since=date(2025, 1, 1), campaign="c1")
    walk = Walk(swept[url], plan, Known())
    assert (walk.url, walk.number) == (deep, 7)
    walk.see([Candidate(f"{HOME}x", "x")], deep, None)
    assert walk.ended is not None
    assert (
        not fold(night, "w2", [notes[0], walk.ended.model_copy(update={"campaign": None})], set(), TODAY)
        .listings[0]
        .exhausted
    )
    gone = fold(state, "w2", [notes[0], walk.ended], set(), TODAY).sweep("c1")
    assert gone[url].exhausted
    assert gone[listing_url(1)] == ListingState(listing=listing_url(1))


def test_a_listing_that_a_backfill_is_done_with_stays_done() -> None:
    first, second = listing_url(0), listing_url(1)
    seen = SiteSeen(family="vnpt", listings=(first, second), campaign="c1")
    end = WalkEnded(listing=first, page=9, url=listing_url(0, 9), why="end", campaign="c1")
    once = fold(SiteState(site="mau"), "w1", [seen, end], set(), TODAY)
    assert once.sweep("c1")[first].exhausted
    # the next month sets out with the other alone, and is killed on it
    rest = seen.model_copy(update={"listings": (second,)})
    page = WalkedPage(listing=second, page=2, url=listing_url(1, 2), campaign="c1")
    swept = fold(once, "w2", [rest, page], set(), TODAY).sweep("c1")
    assert swept[first] == once.sweep("c1")[first]
    assert (swept[second].resume, swept[second].resume_page) == (listing_url(1, 2), 2)


@pytest.mark.parametrize("notes", [[], [SiteSeen(family="vnpt", listings=(listing_url(0),), campaign="c1")]])
def test_a_backfill_that_is_cut_before_its_first_page_keeps_its_place(notes: list[Note]) -> None:
    url, deep = listing_url(0), listing_url(0, 7)
    end = WalkEnded(listing=url, page=7, url=deep, why="window", campaign="c1", floor=date(2025, 1, 1))
    seen = SiteSeen(family="vnpt", listings=(url,), campaign="c1")
    walked = fold(SiteState(site="mau"), "w1", [seen, end], set(), TODAY)
    assert (walked.sweep("c1")[url].resume, walked.sweep("c1")[url].swept) == (deep, date(2025, 1, 1))
    assert fold(walked, "w2", notes, set(), TODAY).sweep("c1") == walked.sweep("c1")
