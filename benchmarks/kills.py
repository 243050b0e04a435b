"""A backfill that is killed at random moments, and gone on with: what does each kill cost, and is anything lost?

python -m benchmarks.kills [--kills 20] [--seed 1] [--in-a-row 1] [--site made-up] [--json]

Example: python -m benchmarks.kills --kills 3 --site nukeviet --json

Each round asks a site on loopback for the articles of one year, in a home of its own. A SIGKILL strikes the whole
process group at a moment of the undisturbed run, drawn anew; the same command then goes on to the end. What the server
was asked beyond the undisturbed run is what the kill cost. With --in-a-row, so many kills strike one campaign before
it may end, and its cost is all theirs together. Exit 1 when a kill cost too much, or an article is missing.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import kills_sites
from benchmarks.kills_sites import Served
from flows.settings import Settings
from flows.storage import attached
from pipelines.store import campaigns
from tests.command import Tintinh, left_over

ARTICLES_AGAIN, OTHERS_AGAIN = 1, 5
"""Article pages and other requests that one kill may cost at most."""
DELAY = 0.1
"""Seconds between two requests, so that a kill has something to strike."""
MOST_SECONDS = 900.0


@dataclass(frozen=True)
class Usual:
    """The undisturbed run, as the site's server saw it."""

    articles: Counter[str]
    others: int
    times: tuple[float, ...]
    """Of each request, in seconds from the first."""
    seconds: float
    """From the first request to the end of the command."""


@dataclass(frozen=True)
class Moment:
    """When a kill strikes: so long after so many requests of the command. Counted, for a busy machine has another
    pace."""

    requests: int
    wait: float


@dataclass(frozen=True)
class Cost:
    """What the kills of one campaign came to."""

    kills: int
    moments: tuple[str, ...]
    """Where each struck: requests until then, and the last line that the command had said."""
    articles_again: int
    """Article pages asked beyond the undisturbed run."""
    others_again: int
    """Other requests beyond those of the undisturbed run."""
    missing: int
    """Articles of the window that are not published."""
    strange: int
    """Published rows of other windows, or published twice."""

    @property
    def ok(self) -> bool:
        """Whether nothing is lost, and no kill cost more than it may."""
        within = self.articles_again <= ARTICLES_AGAIN * self.kills and self.others_again <= OTHERS_AGAIN * self.kills
        return within and not self.missing and not self.strange


def moments(usual: Usual, draw: random.Random) -> Iterator[Moment]:
    """Moments without end: every second one between two requests of a crawl, the others at any time of the run."""
    while True:
        yield Moment(draw.randrange(1, len(usual.times)), draw.uniform(0, DELAY))
        at = draw.uniform(0, usual.seconds)
        asked = bisect_right(usual.times, at)
        yield Moment(asked, at - usual.times[asked - 1] if asked else 0.0)


def undisturbed(folder: Path, site: str, env: dict[str, str]) -> tuple[Usual, Cost]:
    """The run that nobody kills; its own cost says whether it is right."""
    with _at(folder, site, env) as (tintinh, served):
        _end(_begin(tintinh, served))
        ended = time.time()
        asked = served.asked()
        first = asked[0][0] if asked else ended
        usual = Usual(*_counted(served), tuple(at - first for at, _ in asked), ended - first)
        return usual, _cost(tintinh, served, usual, [])


def killed(folder: Path, site: str, env: dict[str, str], usual: Usual, when: Sequence[Moment]) -> Cost:
    """Run the backfill, kill it at each of the moments unless it ends before, and let it end."""
    struck: list[str] = []
    # the bucket's server is held from outside: the kills are the backfill's, and each start is the quicker
    with _at(folder, site, env) as (tintinh, served), attached(Settings(home=tintinh.home)) as storage:
        for moment in when:
            command = _begin(tintinh, served)
            if not _strike(command, served, moment):
                return _cost(tintinh, served, usual, struck)  # it came to its end before
            asked, said = len(served.asked()), _last_line(command)
            _await_none(tintinh.home)
            begun = campaigns.all_of(storage.clean)
            if begun and all(one.status == "done" for one in begun):
                return _cost(tintinh, served, usual, struck)  # it struck the command's last words
            struck.append(f"{asked} requests; {said}")
        _end(_begin(tintinh, served))
        return _cost(tintinh, served, usual, struck)


@contextmanager
def _at(folder: Path, site: str, env: dict[str, str]) -> Iterator[tuple[Tintinh, Served]]:
    (folder / "sites").mkdir(parents=True)
    with kills_sites.serving(site) as served:
        (folder / "sites" / f"{served.key}.toml").write_text(served.toml, encoding="utf-8")
        own = {"TINTINH_SITES": str(folder / "sites"), "TINTINH_ALLOW_HOSTS": served.host}
        yield (
            Tintinh(folder / "home", env | own | {"TINTINH_DELAY": str(DELAY), "TINTINH_MIN_FREE_MEGABYTES": "50"}),
            served,
        )


def _begin(tintinh: Tintinh, served: Served) -> "subprocess.Popen[str]":
    return tintinh.start("backfill", "--site", served.key, "--since", served.since, "--until", served.until)


def _end(command: "subprocess.Popen[str]") -> None:
    try:
        printed, said = command.communicate(timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(command.pid, signal.SIGKILL)
        raise
    if command.returncode:
        raise RuntimeError(f"the backfill ended with code {command.returncode}:\n{said[-2000:]}\n{printed[-2000:]}")


def _strike(command: "subprocess.Popen[str]", served: Served, moment: Moment) -> bool:
    """Kill the group at the moment; False: the command came to its end before."""
    limit = time.monotonic() + MOST_SECONDS
    wanted = len(served.asked()) + moment.requests
    while len(served.asked()) < wanted and command.poll() is None and time.monotonic() < limit:
        time.sleep(0.002)
    limit = time.monotonic() + moment.wait
    while command.poll() is None and time.monotonic() < limit:
        time.sleep(0.002)
    if command.poll() is not None:
        _end(command)
        return False
    os.killpg(command.pid, signal.SIGKILL)
    return True


def _last_line(command: "subprocess.Popen[str]") -> str:
    said = command.communicate()[1].strip().splitlines() or ["it had said nothing"]
    return said[-1].rsplit(" - ", 1)[-1][-90:].strip()


def _await_none(home: Path) -> None:
    """A crawl sees its parent's end and ends by itself, in a process group of its own or not."""
    limit = time.monotonic() + 30
    while any("spiders.crawl" in line for line in left_over(home)) and time.monotonic() < limit:
        time.sleep(0.05)


def _counted(served: Served) -> tuple[Counter[str], int]:
    paths = [path for _, path in served.asked()]
    articles = Counter(path for path in paths if path in served.article_paths)
    return articles, len(paths) - articles.total()


def _cost(tintinh: Tintinh, served: Served, usual: Usual, struck: Sequence[str]) -> Cost:
    articles, others = _counted(served)
    rows = tintinh.query("select url, text from articles")
    found = {row["url"] for row in rows}
    cut = sum(not served.is_whole(row["url"], row["text"]) for row in rows)
    return Cost(
        kills=len(struck),
        moments=tuple(struck),
        articles_again=(articles - usual.articles).total(),
        others_again=others - usual.others,
        missing=len(served.wanted - found) + cut,
        strange=len(rows) - len(found & served.wanted),
    )


def rounds(folder: Path, site: str, env: dict[str, str], kills: int, in_a_row: int, seed: int) -> Iterator[Cost]:
    """The undisturbed run first, then as many campaigns as the kills need."""
    usual, cost = undisturbed(folder / "usual", site, env)
    yield cost
    drawn = moments(usual, random.Random(seed))
    done = tried = 0
    while done < kills:
        when = [next(drawn) for _ in range(min(in_a_row, kills - done))]
        if in_a_row > 1:  # each a few requests further
            when = [Moment(1 + moment.requests // in_a_row, moment.wait) for moment in when]
        cost = killed(folder / f"round-{tried}", site, env, usual, when)
        tried += 1
        done += cost.kills
        if not cost.kills:  # the moment lay behind the end
            continue
        yield cost


def main() -> int:
    """Run it against a Prefect server of its own; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--in-a-row", type=int, default=1, help="kills of one campaign")
    parser.add_argument("--site", choices=kills_sites.SITES, default="made-up")
    parser.add_argument("--json", action="store_true")
    wish = parser.parse_args()
    from flows.scheduler import service

    costs: list[Cost] = []
    with tempfile.TemporaryDirectory() as name, service(Path(name) / "prefect").attached() as facts:
        env = {"PREFECT_API_URL": str(facts["url"])}
        for cost in rounds(Path(name), wish.site, env, wish.kills, wish.in_a_row, wish.seed):
            costs.append(cost)
            print(_line(cost), flush=True, file=sys.stderr if wish.json else sys.stdout)
    ok = all(cost.ok for cost in costs)
    told = {"site": wish.site, "seed": wish.seed, "kills": sum(cost.kills for cost in costs), "ok": ok}
    print(json.dumps(told | {"rounds": [asdict(cost) for cost in costs]} if wish.json else told, ensure_ascii=False))
    return 0 if ok else 1


def _line(cost: Cost) -> str:
    what = f"{cost.kills} killed: " if cost.kills else "undisturbed: "
    what += f"article pages again {cost.articles_again}, others {cost.others_again}, missing {cost.missing}, "
    return f"{'ok  ' if cost.ok else 'FAIL'} {what}strange {cost.strange}  {' | '.join(cost.moments)}"


if __name__ == "__main__":
    sys.exit(main())
