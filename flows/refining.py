"""Refining in processes: a pool that survives a worker that hangs, dies or eats memory."""

import json
import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import TimeoutError as PageTimeout
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore

import pyarrow as pa
import pyarrow.parquet as pq
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from flows.settings import Settings
from pipelines import worker
from pipelines.page import RawPage
from schemas.article import Accepted, Rejected, Verdict
from schemas.capture import Capture
from schemas.outcome import Outcome
from schemas.refined import Refined
from schemas.site import Site

IN_FLIGHT = 64
"""Articles handed to the pool ahead of their turn: bounds memory to about 64 pages."""


@dataclass(frozen=True)
class Material:
    """The pages of one article, still raw; none for an answer without a body."""

    capture: Capture
    pages: tuple[RawPage, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Refiners:
    """A pool of refining processes."""

    pool: ProcessPool
    page_seconds: float

    def refine(self, material: Iterable[Material], site: Site, family: str | None) -> Iterator[Refined]:
        """Refine articles, yielding each as it is done. Never raises for a page: a hang, a crash or a memory
        hog ends as `extract_timeout` or `extract_crash`."""
        turns = BoundedSemaphore(IN_FLIGHT)
        waiting: list[tuple[Capture, ProcessFuture]] = []
        for item in material:
            if not item.pages:
                yield Refined(capture=item.capture)
                continue
            turns.acquire()
            future = self.pool.schedule(worker.refine, args=[item.pages, site, family], timeout=self.page_seconds)
            future.add_done_callback(lambda _: turns.release())
            waiting.append((item.capture, future))
            while waiting and waiting[0][1].done():
                yield _refined(*waiting.pop(0))
        wait([future for _, future in waiting])
        yield from (_refined(*pair) for pair in waiting)


@contextmanager
def refiners(settings: Settings) -> Iterator[Refiners]:
    """The pool, started on first use and stopped at the end."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPool(
        max_workers=settings.workers,
        max_tasks=2000,
        initializer=worker.start,
        initargs=[settings.page_megabytes],
        context=context,
    )
    try:
        yield Refiners(pool, settings.page_seconds)
        pool.close()
    except BaseException:
        pool.stop()
        raise
    finally:
        pool.join(timeout=30)


def _refined(capture: Capture, future: ProcessFuture) -> Refined:
    verdict: Verdict
    try:
        verdict = future.result()
    except PageTimeout:
        verdict = Rejected(reason=Outcome.EXTRACT_TIMEOUT, detail="refining took too long")
    except ProcessExpired as death:
        verdict = Rejected(reason=Outcome.EXTRACT_CRASH, detail=f"the refining process died ({death.exitcode})")
    except MemoryError:
        verdict = Rejected(reason=Outcome.EXTRACT_CRASH, detail="the page needs too much memory")
    except Exception as error:
        verdict = Rejected(reason=Outcome.EXTRACT_CRASH, detail=f"{type(error).__name__}: {error}"[:300])
    return Refined(capture=capture, verdict=verdict)


_STAGED = pa.schema([("capture", pa.string()), ("outcome", pa.string()), ("verdict", pa.string())])


def stage(refined: Sequence[Refined], path: Path) -> Path:
    """Write verdicts to a Parquet file on local disk."""
    rows = [
        {
            "capture": item.capture.model_dump_json(),
            "outcome": item.verdict.outcome if item.verdict else None,
            "verdict": item.verdict.model_dump_json() if item.verdict else None,
        }
        for item in refined
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=_STAGED), path)
    return path


def staged(paths: Iterable[Path]) -> Iterator[Refined]:
    """Read staged verdicts back, file after file."""
    for path in paths:
        for row in pq.read_table(path).to_pylist():
            verdict = json.loads(row["verdict"]) if row["verdict"] else None
            kind = Accepted if row["outcome"] == "accepted" else Rejected
            yield Refined(
                capture=Capture.model_validate_json(row["capture"]),
                verdict=kind.model_validate(verdict) if verdict else None,
            )
