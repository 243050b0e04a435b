"""Four processes that publish at once: is the end one that some order of running them one after another gives?

python -m benchmarks.interleavings [--count 200] [--seed 1] [--json]

Example: python -m benchmarks.interleavings --count 20 --seed 7

Each round publishes two made sites into an empty prefix of an embedded S3 server, then lets four processes loose on
them: a nightly of either site, a backfill of the first and a reprocess of both, which meet in the same articles and
move some to other months. Random pauses between their steps make the interleaving. The rows of `articles` must be those
of some order of running them one after another, which the pure settlement computes without any store; a reprocess
commits month by month, so each month counts as a run of its own. The feed replayed must give the same rows, and the
ledger hold each capture once. Exit 1 when a round ends otherwise.
"""

import argparse
import gzip
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from itertools import permutations
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.made_nights import NOON, Endpoint, accepted, captured, content, desk, local, site, visited, warc_key
from flows.publish import commit, finish, publish, run_row
from flows.settings import Settings
from flows.staging import by_month, stage
from flows.storage import attached
from flows.visit import RunKind
from flows.weighing import failed, weigh
from pipelines.article_row import article_id, month_of
from pipelines.ledger import known_pages
from pipelines.settlement import settle
from pipelines.store import feed
from pipelines.store.arrow import from_table
from pipelines.store.tables import Tables
from schemas.article import Accepted, Content
from schemas.refined import Refined
from schemas.rows import Article, LedgerRow

PAUSE = 0.15
"""Longest pause between two steps, seconds: several of a step's own time."""
_ARTICLES = 6
_PROGRESS_EVERY = 10
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


@dataclass(frozen=True)
class Round:
    """How one round ended."""

    seed: int
    order: tuple[str, ...] | None
    """An order that gives the same rows; None: none does."""
    wrong: tuple[str, ...]
    """What else does not hold, a sentence each."""

    @property
    def ok(self) -> bool:
        """Whether all holds."""
        return self.order is not None and not self.wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code."""
    options = _options(arguments)
    bad, began = list[Round](), time.monotonic()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tintinh-interleavings-")))
        endpoint = Endpoint.of(stack.enter_context(attached(Settings(home=home))))
        played = rounds(endpoint, home, range(options.seed, options.seed + options.count))
        for number, done in enumerate(played, start=1):
            said = "" if done.ok else f", round {done.seed}: {'; '.join(done.wrong) or 'no order gives these rows'}"
            bad += [done] * (not done.ok)
            if said or number % _PROGRESS_EVERY == 0:
                print(f"{number} of {options.count}, {len(bad)} bad{said}", file=sys.stderr, flush=True)
    seconds = round(time.monotonic() - began, 1)
    if options.json:
        print(json.dumps({"count": options.count, "seconds": seconds, "bad": [asdict(one) for one in bad]}, indent=1))
    else:
        print(f"{options.count} interleavings in {seconds} s, {len(bad)} end as no order of the runs does")
    return 1 if bad else 0


def rounds(endpoint: Endpoint, home: Path, seeds: Sequence[int], pause: float = PAUSE) -> Iterator[Round]:
    """Play one round for each seed, below a prefix of its own; four processes serve them all."""
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        for seed in seeds:
            yield _round(pool, endpoint.below(f"interleaving-{seed}"), home / f"round-{seed}", seed, pause)


def _round(pool: Executor, endpoint: Endpoint, home: Path, seed: int, pause: float) -> Round:
    first, runs = first_run(seed), four_runs(seed)
    play(endpoint, home, first)
    waiting = [pool.submit(play, endpoint, home, run, seed * 10 + n, pause) for n, run in enumerate(runs)]
    for one in waiting:
        one.result()
    tables = Tables(endpoint.storage().clean)
    rows = from_table(tables.articles.read(), Article)
    there = {row.article_id: row for row in rows}
    order = _order(_state(_State(), first), [_parts(run) for run in runs], there)
    wrong = list(_wrong(tables, rows, (first, *runs)))
    if order is None:
        wrong += _nearest(there, [_state(_State(), first, *o).articles for o in permutations(runs)])
    return Round(seed, order, tuple(wrong))


def _wrong(tables: Tables, rows: Sequence[Article], runs: Sequence[Run]) -> Iterator[str]:
    """What does not hold, whatever the order was."""
    there = {row.article_id: row for row in rows}
    if len(there) != len(rows):
        yield f"{len(rows) - len(there)} articles are there twice"
    if replayed(tables) != there:
        yield "the feed replayed gives other rows"
    captures = tables.captures.read().to_pylist()
    places = [(row["warc"], row["offset"]) for row in captures if not row["reread"]]
    if len(set(places)) != len(places):
        yield "the ledger holds a capture twice"
    came = (item.capture for run in runs if run.kind != "reprocess" for some in run.refined.values() for item in some)
    due = {(capture.warc, capture.offset) for capture in came}
    if set(places) != due:
        yield "the ledger misses captures"


def _nearest(there: Mapping[str, Article], states: Sequence[Mapping[str, Article]]) -> Iterator[str]:
    """How the rows differ from those of the order that comes closest."""
    differing = [{one for one in {*there, *state} if there.get(one) != state.get(one)} for state in states]
    ids, state = min(zip(differing, states, strict=True), key=lambda pair: len(pair[0]))
    for one in sorted(ids):
        ours, its = there.get(one), state.get(one)
        names = [n for n in Article.model_fields if getattr(ours, n, None) != getattr(its, n, None)]
        told = ", ".join(f"{n} {getattr(ours, n, None)!r:.60} for {getattr(its, n, None)!r:.60}" for n in names[:6])
        yield f"{one}: {told}"


def replayed(tables: Tables) -> dict[str, Article]:
    """The rows that a consumer of the feed has."""
    state: dict[str, Article] = {}
    for file in feed.read_index(tables)[0].files:
        for line in map(json.loads, gzip.decompress(tables.clean.get(file.key)).splitlines()):
            if line["op"] == "DEL":
                del state[line["article_id"]]
            else:
                state[line["article_id"]] = Article.model_validate(line["article"])
    return state


@dataclass(frozen=True)
class _State:
    """What some runs, one after another, leave: rows of `articles` by id, and of the ledger by site."""

    articles: Mapping[str, Article] = field(default_factory=dict)
    ledger: Mapping[int, Sequence[LedgerRow]] = field(default_factory=dict)


def _state(before: _State, *runs: Run) -> _State:
    """The state after these runs too: from the settlement alone."""
    articles, ledger = dict(before.articles), dict(before.ledger)
    for run in runs:
        reads = run.kind == "reprocess"
        for home, some in run.refined.items():
            rows = ledger.get(home, ())
            known = known_pages(row.model_dump() for row in rows)
            done = settle(site(home), run.name, some, known, articles, now=NOON, reextract=reads)
            articles.update(done.articles)
            now = NOON + timedelta(days=len(rows))
            ledger[home] = (*rows, *(row.model_copy(update={"settled_at": now}) for row in done.ledger))
    return _State(articles, ledger)


def _order(state: _State, left: Sequence[Sequence[Run]], wanted: Mapping[str, Article]) -> tuple[str, ...] | None:
    """The names of an order of the runs, the parts of each in their order, that ends with the wanted rows; None: there
    is none. An order is not followed further once an article that no run touches any more is another."""
    some = [(home, item) for parts in left for run in parts for home, items in run.refined.items() for item in items]
    touched = {_id(home, item) for home, item in some}
    if any(row != wanted.get(one) for one, row in state.articles.items() if one not in touched):
        return None
    if not touched:
        return () if state.articles == wanted else None
    for at, parts in enumerate(left):
        if parts:
            rest = [*left[:at], parts[1:], *left[at + 1 :]]
            if (found := _order(_state(state, parts[0]), rest, wanted)) is not None:
                return (parts[0].name, *found)
    return None


def _id(home: int, item: Refined) -> str:
    return article_id(site(home).key, item.capture.url_key)


def _parts(run: Run) -> list[Run]:
    """The run as it commits: a reprocess month by month, in their order, any other at once."""
    if run.kind != "reprocess":
        return [run]
    months = sorted({_month(item) for some in run.refined.values() for item in some})
    return [
        replace(run, refined={home: [i for i in some if _month(i) == month] for home, some in run.refined.items()})
        for month in months
    ]


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
        months = {one: by_month([path], _month, folder / str(one)) for one, path in staged.items()}
        for month in sorted({month for found in months.values() for month in found}):
            wait()
            some = [weigh(at, visits[one], found[month]) for one, found in months.items() if month in found]
            wait()
            commit(at, some, month)
        rows = [run_row(at, result, started, None) for result in totals.values()]
        finish(at, list(totals.values()), rows, {}, started)


def _month(item: Refined) -> str:
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


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    said = __doc__ or ""
    parser = argparse.ArgumentParser(description=said, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="rounds to play")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first round; each next one has the next")
    parser.add_argument("--json", action="store_true", help="what was found, as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
