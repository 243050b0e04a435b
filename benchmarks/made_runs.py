"""Runs of two made sites that meet in the same articles, and playing one in this process as the flows do."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.made_nights import NOON, Endpoint, accepted, captured, content, desk, local, site, visited, warc_key
from flows.publish import commit, finish, publish, run_row
from flows.staging import by_month, stage
from flows.visit import RunKind
from flows.weighing import failed, weigh
from pipelines.article_row import month_of
from schemas.article import Accepted, Content
from schemas.refined import Refined

_ARTICLES = 6
_STEPS = (
    "pipelines.store.tables.replace_rows",
    "pipelines.store.tables.Tables.publish",
    "pipelines.store.feed.derive",
    "pipelines.store.tables.Tables.append_captures",
    "pipelines.store.catalog.write",
)


@dataclass(frozen=True)
class Run:
    """One run of a round: what it brings of each site."""

    name: str
    kind: RunKind
    refined: Mapping[int, Sequence[Refined]]


def play(endpoint: Endpoint, home: Path, run: Run, seed: int = 0, pause: float = 0.0, unsettled: bool = False) -> None:
    """One run, in this process, as the flows play it; it waits at random before each step. `unsettled`: its captures
    were due before it began."""
    draw = random.Random(seed)

    def wait() -> None:
        time.sleep(draw.uniform(0, pause))

    with ExitStack() as stack:
        for step in _STEPS if pause else ():
            stack.enter_context(_after(wait, step))
        wait()
        at = desk(endpoint.storage(), home, run.name, run.kind)
        wait()
        at.tables.create()
        due = {one: sorted({item.capture.warc for item in some}) for one, some in run.refined.items()}
        visits = {one: visited(at, site(one), keys, unsettled=unsettled) for one, keys in due.items()}
        wait()
        folder, started = home / run.name, time.monotonic()
        staged = {one: stage(some, folder / f"{one}.parquet") for one, some in run.refined.items()}
        if run.kind != "reprocess":
            results = [weigh(at, visits[one], [path]) for one, path in staged.items()]
            wait()
            publish(at, results, started)
            return
        totals = {one: failed(visits[one]) for one in staged}
        months = {one: by_month([path], month, folder / str(one)) for one, path in staged.items()}
        for one_month in sorted({name for found in months.values() for name in found}):
            wait()
            some = [weigh(at, visits[one], found[one_month]) for one, found in months.items() if one_month in found]
            wait()
            commit(at, some, one_month)
        rows = [run_row(at, result, started, None) for result in totals.values()]
        finish(at, list(totals.values()), rows, {}, started)


def month(item: Refined) -> str:
    """The month that the article on a page stands in."""
    return month_of(item.verdict.content.published_at) if isinstance(item.verdict, Accepted) else "undated"


@contextmanager
def _after(wait: Any, target: str) -> Iterator[None]:
    """Wait before each call of a function of ours."""
    from pkgutil import resolve_name

    owner, _, name = target.rpartition(".")
    real = getattr(resolve_name(owner), name)

    def waited(*args: Any, **kwargs: Any) -> Any:
        wait()
        return real(*args, **kwargs)

    with patch(target, waited):
        yield


def first_run(seed: int) -> Run:
    """What both sites had before."""
    when = NOON - timedelta(days=20)
    return Run(f"nightly-first-{seed}", "nightly", {home: _pages(home, when, _seeded(home)) for home in (0, 1)})


def _seeded(home: int) -> dict[int, Content]:
    days = [local(2026, 9 + n % 3, 300 * n) for n in range(_ARTICLES)]
    return {n: _said(home, n, None if n == 4 else day, 0) for n, day in enumerate(days)}


def _said(home: int, number: int, published: datetime | None, edition: int) -> Content:
    words = content(f"{home} {number}", None, "").text
    return content(0, published, f"Kỳ họp thứ {number} của trang {home}", words + f" Bản {edition}." * bool(edition))


def _pages(home: int, fetched: datetime, said: Mapping[int, Content]) -> list[Refined]:
    at = site(home)
    warc = warc_key(at, fetched)
    return [
        accepted(captured(at, number, warc, 10 * place, fetched + timedelta(seconds=place)), one)
        for place, (number, one) in enumerate(said.items())
    ]


def four_runs(seed: int) -> tuple[Run, ...]:
    """The four runs of a round: what they edit, move and find is drawn."""
    draw = random.Random(seed)
    when = [NOON + timedelta(minutes=draw.randrange(1, 600), seconds=n) for n in range(3)]
    nights = [
        Run(f"nightly-{home}-{seed}", "nightly", {home: _pages(home, when[home], _edited(draw, home, 1 + home))})
        for home in (0, 1)
    ]
    late = Run(f"backfill-{seed}", "backfill", {0: _pages(0, when[2], _edited(draw, 0, 3))})
    old = NOON - timedelta(days=20)
    again = {home: [_reread(item) for item in _pages(home, old, _seeded(home))] for home in (0, 1)}
    return (*nights, late, Run(f"reprocess-{seed}", "reprocess", again))


def _edited(draw: random.Random, home: int, edition: int) -> dict[int, Content]:
    """Some of the site's articles as they were, or with other words, another month, or both; and new ones."""
    said: dict[int, Content] = {}
    for number, before in _seeded(home).items():
        if draw.random() < 0.7:
            moved = local(2026, draw.choice((8, 10, 11)), 60 * number) if draw.random() < 0.4 else before.published_at
            said[number] = _said(home, number, moved, edition if draw.random() < 0.6 else 0)
    for number in draw.sample(range(_ARTICLES, _ARTICLES + 4), 3):
        day = None if draw.random() < 0.2 else local(2026, draw.choice((10, 11)), 90 * number)
        said[number] = _said(home, number, day, draw.choice((0, edition)))
    return said


def _reread(item: Refined) -> Refined:
    """The same page as a better rule reads it."""
    assert isinstance(item.verdict, Accepted)
    better = item.verdict.content.model_copy(update={"category": "Hội đồng nhân dân"})
    return item.model_copy(update={"verdict": Accepted(content=better)})
