"""From the notes of one crawl to the site's state: which pages of its listings hide nothing, and what is still due.

The rule: for any interleaving of new articles, cut walks and kills, every link of a listing is known, due, or on a page
that a later walk will see (`tests/pipelines/test_walks.py`). Pure.
"""

from collections.abc import Container, Iterable, Sequence
from datetime import date, timedelta

from schemas.outcome import Outcome
from schemas.state import (
    DueLink,
    HalfArticle,
    LaneClosed,
    LinkFailed,
    ListingState,
    Note,
    SiteSeen,
    SiteState,
    Sweep,
    WalkedPage,
    WalkEnded,
    WalkStopped,
)
from schemas.zone import HANOI

MOST_DUE = 2_000
"""Failed links that a site may have at most; the oldest give way."""
MOST_HALVES = 10
"""Half articles that a site may have at most: a crawl that ends leaves one."""
HALF_LASTS = timedelta(days=2)
"""How long the pages of a half article are good for: a backfill that is stopped goes on the next evening."""
MOST_TRIES = 5
"""How often an article is asked for the sake of a page or document that does not answer."""
MOST_FOLDED = 200
"""Names of WARC files that are remembered as folded; a site has a few a day."""
_PAUSES = (0, 1, 2, 4, 7)
"""Days until a failed link is asked again, by how often it failed, first by the very next crawl; the last for good."""
_LASTING = frozenset({"robots", "moved", "guarded", "too_large", "head_too_large"})
"""Failures that are not gone tomorrow: asked again after the longest pause."""
_WALLS = frozenset({Outcome.BLOCKED, Outcome.LOGIN_WALL, Outcome.SESSION_EXPIRED})
"""Failures with an answer that is not the article's."""


def fold(
    state: SiteState,
    warc: str,
    notes: Iterable[Note],
    answered: Container[str],
    today: date,
    halves: Iterable[HalfArticle] = (),
) -> SiteState:
    """The state with what one crawl noted.

    Args:
        state: as the crawls before left it.
        warc: name of the crawl's WARC file; one that is in the state already changes nothing.
        notes: in the order in which they were written.
        answered: URL keys of the articles that the file holds an answer of: they are due no more, unless a wall was it
            or a further page is missing.
        today: the local day of the crawl.
        halves: the articles that the file holds some pages of, and not all.
    """
    if warc in state.folded:
        return state
    said = list(notes)
    seen = next((n for n in said if isinstance(n, SiteSeen)), None)
    campaign = next((n.campaign for n in said if isinstance(n, (SiteSeen, WalkedPage, WalkEnded)) if n.campaign), None)
    changes: dict[str, object] = {
        "due": _due(state.due, [n for n in said if isinstance(n, LinkFailed)], answered, today),
        "halves": _halves((*state.halves, *halves), answered, today),
        "not_before": state.not_before | {n.lane: n.until for n in said if isinstance(n, LaneClosed)},
        "folded": (*state.folded, warc)[-MOST_FOLDED:],
    }
    if seen is not None:
        changes["family"] = state.family or seen.family
        if campaign is not None:
            changes["sweeps"] = _swept(state.sweeps, campaign, seen, said, today)
        else:
            changes["listings"] = _listings(state.listings, seen, said, today)
            changes["discovered_on"] = today if seen.discovered else state.discovered_on
    return state.model_copy(update=changes)


def pause(tries: int, reason: str = "") -> timedelta:
    """How long a link that failed is left alone after so many tries."""
    return timedelta(days=_PAUSES[-1] if reason in _LASTING else _PAUSES[min(tries, len(_PAUSES)) - 1])


def _listings(
    past: Sequence[ListingState], seen: SiteSeen, notes: Sequence[Note], today: date
) -> tuple[ListingState, ...]:
    """The listings that the crawl set out to walk, as it leaves them; listings that it does not know are forgotten."""
    known = {one.listing: one for one in past}
    return tuple(_listing(known.get(url) or ListingState(listing=url), notes, today) for url in seen.listings)


def _swept(
    sweeps: Sequence[Sweep], campaign: str, seen: SiteSeen, notes: Sequence[Note], today: date
) -> tuple[Sweep, ...]:
    past = next((s.listings for s in sweeps if s.campaign == campaign), ())
    # a sweep has no pages that another walk pushes down unseen: a listing that was not reached stays as it is
    touched = {n.listing for n in notes if isinstance(n, (WalkedPage, WalkEnded, WalkStopped))}
    known = {one.listing: one for one in past}
    # those that are done are not among the seen: they stay, else they would be walked again from their first page
    listings = (known | {url: ListingState(listing=url) for url in seen.listings} | known).values()
    found = Sweep(
        campaign=campaign,
        listings=tuple(_listing(one, notes, today, True) if one.listing in touched else one for one in listings),
    )
    return (*(s for s in sweeps if s.campaign != campaign), found)


def _listing(past: ListingState, notes: Sequence[Note], today: date, is_swept: bool = False) -> ListingState:
    pages = [n for n in notes if isinstance(n, WalkedPage) and n.listing == past.listing]
    end = next((n for n in notes if isinstance(n, WalkEnded) and n.listing == past.listing), None)
    wall = next((n.wall for n in notes if isinstance(n, WalkStopped) and n.listing == past.listing), None)
    if end is not None:
        walked = _ended(past, end)
    elif is_swept and not pages:
        walked = past
    else:
        walked = _cut(past, pages)
    return walked.model_copy(
        update={
            "gave_links": past.gave_links or bool(pages) or end is not None,
            "wall": wall,
            "wall_since": (past.wall_since or today) if wall else None,
        }
    )


def _ended(past: ListingState, end: WalkEnded) -> ListingState:
    if end.why == "window":  # the next, older month goes on here
        return past.model_copy(update={"resume": end.url, "resume_page": end.page, "swept": end.floor})
    trusted = max(end.page, past.trusted) if end.why == "known" else end.page
    exhausted = end.campaign is not None and end.why in ("end", "cap")
    return ListingState(listing=past.listing, trusted=trusted, exhausted=exhausted)


def _cut(past: ListingState, pages: Sequence[WalkedPage]) -> ListingState:
    """A walk without an end: what it did not reach, the next one may find pushed below pages that are known whole."""
    if not pages:  # unseen, while tonight's articles may be known from another listing
        return ListingState(listing=past.listing)
    last = pages[-1]
    trusted = past.trusted if last.resumed else last.page
    return past.model_copy(update={"trusted": trusted, "resume": last.url, "resume_page": last.page})


def _halves(known: Iterable[HalfArticle], answered: Container[str], today: date) -> tuple[HalfArticle, ...]:
    """The newest of those that are not whole yet; what is old may have become another text meanwhile."""
    left = {half.url_key: half for half in known if half.url_key not in answered}
    fresh = [half for half in left.values() if today - half.fetched_at.astimezone(HANOI).date() <= HALF_LASTS]
    return tuple(fresh[-MOST_HALVES:])


def _due(
    past: Sequence[DueLink], failed: Sequence[LinkFailed], answered: Container[str], today: date
) -> tuple[DueLink, ...]:
    lacking = {note.url_key for note in failed if note.reason in _WALLS or note.lacks}
    known = {link.url_key: link for link in past}
    due = {key: link for key, link in known.items() if key not in answered or key in lacking}
    for note in failed:
        if note.url_key in answered and note.url_key not in lacking:
            continue
        before = known.get(note.url_key)
        tries = before.tries + 1 if before else 1
        if note.lacks and tries > MOST_TRIES:
            due.pop(note.url_key, None)  # it is as whole as it will be
            continue
        due[note.url_key] = DueLink(
            **note.model_dump(exclude={"note"}),
            tries=tries,
            since=before.since if before else today,
            next_on=today + pause(tries, note.reason),
        )
    newest = sorted(due.values(), key=lambda link: link.since, reverse=True)
    return tuple(newest[:MOST_DUE])
