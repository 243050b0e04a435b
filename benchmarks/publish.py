"""What does it cost to publish a night, and does the cost stay while the table grows?

python -m benchmarks.publish [--rows 10000 100000 1000000] [--new 2400] [--edits 100] [--json] [--assert]

Example: python -m benchmarks.publish --rows 10000 100000 --json

For each size an embedded S3 server gets tables of so many made articles over 120 months, as nights and maintenance
leave them. A process of its own then weighs and publishes one night of 120 sites: the new rows in this month, the edits
spread over the 24 months before it, through `flows.publish`; its peak memory is its own. Another asks `tintinh query`'s
question for one province and month of the largest table. Exit 1 with --assert when a bound is broken: 100 times the
rows may cost 3 times the time, a night 1.5 GB, a question 2 s.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.made_nights import Endpoint, desk, site, visited, warc_key
from benchmarks.publish_tables import NOON, SITES, build
from flows.settings import Settings
from flows.staging import staged
from flows.storage import attached
from flows.visit import Desk, Visit
from pipelines.store.tables import Standing, Tables
from schemas import keys
from schemas.site import Site

MOST_TIMES, MOST_MB, MOST_SECONDS = 3.0, 1536.0, 2.0
"""How often longer 100 times the rows may take; peak memory of a night; seconds of a question."""
_STEPS = (
    ("create", "pipelines.store.tables.Tables.create"),
    ("commit", "pipelines.store.tables.Tables.publish"),
    ("feed", "pipelines.store.feed.derive"),
    ("documents", "pipelines.store.linking.update"),
    ("ledger", "pipelines.store.tables.Tables.append_captures"),
    ("runs", "pipelines.store.tables.Tables.append_run"),
    ("clusters", "pipelines.store.clusters.update"),
    ("describe", "pipelines.store.catalog.write"),
    ("settle", "pipelines.store.archive.Archive.settle"),
)


@dataclass(frozen=True)
class Step:
    """One part of a night's publishing. `cpu`: seconds of this process alone, without the S3 server."""

    name: str
    seconds: float
    cpu: float


@dataclass(frozen=True)
class Measured:
    """One night into a table of `rows` rows."""

    rows: int
    files: int
    built: float
    """Seconds that the table took to build."""
    remember: float
    """Seconds in which the sites' past was read, before anything was crawled: not part of the publishing."""
    steps: tuple[Step, ...]
    seconds: float
    """Of weighing and publishing together."""
    cpu: float
    peak_mb: float
    before_mb: float
    """Memory that the process had when it began to weigh."""
    new: int
    changed: int


@dataclass(frozen=True)
class Asked:
    """One question to the largest table: seconds of the first and of a second one in a new process."""

    rows: int
    answers: int
    seconds: float
    again: float


@dataclass(frozen=True)
class Report:
    """All that was measured."""

    nights: tuple[Measured, ...]
    query: Asked | None

    def broken(self) -> list[str]:
        """The bounds that do not hold, a sentence each."""
        told = [f"{n.rows} rows: {n.peak_mb:.0f} MB, {MOST_MB:.0f} allowed" for n in self.nights if n.peak_mb > MOST_MB]
        first, last = self.nights[0], self.nights[-1]
        most = MOST_TIMES ** (math.log10(last.rows / first.rows) / 2)
        if last.rows > first.rows and last.seconds > max(most, 1.0) * first.seconds:
            times = last.seconds / first.seconds
            told.append(f"{last.rows // first.rows} times the rows took {times:.1f} times as long, {most:.1f} allowed")
        if self.query and self.query.seconds > MOST_SECONDS:
            told.append(f"a question took {self.query.seconds:.1f} s, {MOST_SECONDS:.0f} allowed")
        return told


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code."""
    options = _options(arguments)
    if options.child:
        print(json.dumps(_CHILDREN[options.child](json.loads(sys.stdin.read()))))
        return 0
    report = measure(options.rows, options.new, options.edits, options.home, options.say)
    print(json.dumps(asdict(report), indent=1) if options.json else _shown(report))
    broken = report.broken()
    print(*broken, sep="\n", file=sys.stderr, end="\n" if broken else "")
    return 1 if options.strict and broken else 0


def measure(
    sizes: Sequence[int], new: int, edits: int, home: Path | None = None, say: Callable[[str], None] = lambda _: None
) -> Report:
    """Build a table of each size and publish one night into it; then ask the largest. `home`: a folder to use."""
    with ExitStack() as stack:
        folder = home or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tintinh-publish-")))
        storage = stack.enter_context(attached(Settings(home=folder / "home")))
        nights = []
        for size in sorted(sizes):
            nights.append(_night(Endpoint.of(storage).below(f"rows-{size}"), size, new, edits, folder / str(size)))
            say(_line(nights[-1]))
        asked = Asked(**_child("query", {"endpoint": asdict(Endpoint.of(storage).below(f"rows-{max(sizes)}"))}))
        return Report(tuple(nights), asked)


def _night(endpoint: Endpoint, size: int, new: int, edits: int, folder: Path) -> Measured:
    began = time.monotonic()
    night = build(Tables(endpoint.storage().clean), size, new, edits)
    staged = {home: str(path) for home, path in night.stage(folder / "staged").items()}
    for home in staged:
        key = warc_key(site(int(home)), NOON)
        endpoint.storage().raw.put(keys.due_key(site(int(home)).key, key.rsplit("/", 1)[-1]), b"{}")
    built = time.monotonic() - began
    told = _child("night", {"endpoint": asdict(endpoint), "home": str(folder / "home"), "staged": staged})
    steps = tuple(Step(**step) for step in told.pop("steps"))
    return Measured(built=round(built, 1), steps=steps, **told)


def _child(name: str, told: dict[str, Any]) -> dict[str, Any]:
    """What `_CHILDREN[name]` returns in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.publish", "--child", name]
    done = subprocess.run(command, input=json.dumps(told), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the {name} process ended with {done.returncode}:\n{done.stderr[-3000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _publish(told: dict[str, Any]) -> dict[str, Any]:
    """One night, weighed and published."""
    from flows.publish import publish
    from flows.weighing import weigh

    storage = Endpoint(**told["endpoint"]).storage()
    table = Tables(storage.clean).articles.open()
    assert table is not None
    run = desk(storage, Path(told["home"]), "nightly-measured", "nightly")
    began = time.perf_counter()
    visits = {home: _visited(run, site(int(home)), Path(path)) for home, path in told["staged"].items()}
    remember, before = time.perf_counter() - began, _memory("VmRSS")
    steps: list[Step] = []
    began, cpu = time.perf_counter(), time.process_time()
    with _timed(steps, "weigh"):
        stands = Standing(run.tables)
        results = [weigh(run, visits[home], [Path(path)], stands) for home, path in told["staged"].items()]
    with ExitStack() as stack:
        for name, target in _STEPS:
            stack.enter_context(_watched(steps, name, target))
        report = publish(run, results, time.monotonic())
    return {
        "rows": table.count(),
        "files": len(table.file_uris()),
        "remember": round(remember, 2),
        "steps": [asdict(step) for step in _summed(steps)],
        "seconds": round(time.perf_counter() - began, 2),
        "cpu": round(time.process_time() - cpu, 2),
        "peak_mb": _memory("VmHWM"),
        "before_mb": before,
        "new": sum(counts.new for counts in report.sites.values()),
        "changed": sum(counts.changed for counts in report.sites.values()),
    }


def _visited(run: Desk, home: Site, verdicts: Path) -> Visit:
    """A site's visit, with what is remembered when its crawl is over."""
    visit = visited(run, home, [warc_key(home, NOON)])
    return replace(visit, memory=visit.memory.about(item.capture.url_key for item in staged([verdicts])))


def _query(told: dict[str, Any]) -> dict[str, Any]:
    """One question for one province and month."""
    from flows.query import rows

    storage = Endpoint(**told["endpoint"]).storage()
    table = Tables(storage.clean).articles.open()
    seconds, answers = [], 0
    for month in ("2024-05", "2023-08"):
        began = time.perf_counter()
        asked = f"SELECT * FROM articles WHERE province = '{site(SITES // 2).province}' AND month = '{month}'"
        answers = max(answers, len(list(rows(storage.clean, asked))))
        seconds.append(round(time.perf_counter() - began, 2))
    return {"rows": table.count() if table else 0, "answers": answers, "seconds": seconds[0], "again": seconds[1]}


_CHILDREN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"night": _publish, "query": _query}


@contextmanager
def _timed(steps: list[Step], name: str) -> Iterator[None]:
    began, cpu = time.perf_counter(), time.process_time()
    yield
    steps.append(Step(name, time.perf_counter() - began, time.process_time() - cpu))


@contextmanager
def _watched(steps: list[Step], name: str, target: str) -> Iterator[None]:
    """Note what each call of a function of ours takes."""
    owner, _, function = target.rpartition(".")
    real = getattr(_found(owner), function)

    def measured(*args: Any, **kwargs: Any) -> Any:
        with _timed(steps, name):
            return real(*args, **kwargs)

    with patch(target, measured):
        yield


def _found(name: str) -> Any:
    from pkgutil import resolve_name

    return resolve_name(name)


def _summed(steps: Sequence[Step]) -> Iterator[Step]:
    for name in dict.fromkeys(step.name for step in steps):
        some = [step for step in steps if step.name == name]
        yield Step(name, round(sum(s.seconds for s in some), 2), round(sum(s.cpu for s in some), 2))


def _memory(name: str) -> float:
    """`VmHWM` (the peak) or `VmRSS` of this process, in MB."""
    lines = Path(f"/proc/{os.getpid()}/status").read_text(encoding="ascii").splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024, 1)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    said = __doc__ or ""
    parser = argparse.ArgumentParser(description=said, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="sizes of the table")
    parser.add_argument("--new", type=int, default=2400, help="new articles of the night")
    parser.add_argument("--edits", type=int, default=100, help="edited articles of the night")
    parser.add_argument("--home", type=Path, help="an empty folder for the server's data (5 GB for a million rows)")
    parser.add_argument("--json", action="store_true", help="all that was measured, as JSON")
    parser.add_argument("--assert", dest="strict", action="store_true", help="exit 1 when a bound is broken")
    parser.add_argument("--child", choices=["night", "query"], help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.say = (lambda line: print(line, file=sys.stderr)) if options.json else (lambda _: None)
    return options


def _line(one: Measured) -> str:
    steps = " ".join(f"{s.name} {s.seconds:.2f} ({s.cpu:.2f})" for s in one.steps)
    return (
        f"{one.rows:>9} rows in {one.files} files (built in {one.built:.0f} s): {one.new} new, {one.changed} changed\n"
        f"    {one.seconds:.2f} s, {one.cpu:.2f} s CPU, peak {one.peak_mb:.0f} MB of which {one.before_mb:.0f} before\n"
        f"    {steps}; remembering the sites before the crawl {one.remember:.2f}"
    )


def _shown(report: Report) -> str:
    lines = [_line(one) for one in report.nights]
    if one := report.query:
        lines.append(
            f"query of one province and month among {one.rows} rows: {one.answers} rows in {one.seconds:.2f} s, "
            f"another month {one.again:.2f} s"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
