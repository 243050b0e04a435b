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
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from itertools import permutations
from multiprocessing import get_context
from pathlib import Path

from benchmarks.made_nights import NOON, Endpoint, site
from benchmarks.made_runs import Run, first_run, four_runs, month, play
from flows.settings import Settings
from flows.storage import attached
from pipelines.article_row import article_id
from pipelines.ledger import known_pages
from pipelines.settlement import settle
from pipelines.store import feed
from pipelines.store.arrow import from_table
from pipelines.store.tables import Tables
from schemas.refined import Refined
from schemas.rows import Article, LedgerRow

PAUSE = 0.15
"""Longest pause between two steps, seconds: several of a step's own time."""
_PROGRESS_EVERY = 10


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
    months = sorted({month(item) for some in run.refined.values() for item in some})
    return [
        replace(run, refined={home: [i for i in some if month(i) == one] for home, some in run.refined.items()})
        for one in months
    ]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    said = __doc__ or ""
    parser = argparse.ArgumentParser(description=said, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="rounds to play")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first round; each next one has the next")
    parser.add_argument("--json", action="store_true", help="what was found, as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
