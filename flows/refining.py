"""Refining in processes: a pool that survives a worker that hangs, dies or eats memory."""

import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import TimeoutError as PageTimeout
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Generic, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from flows.settings import Settings
from pipelines import documents, worker
from pipelines.documents import Document
from pipelines.judge import is_classified
from pipelines.page import RawPage
from schemas.article import Rejected, Verdict
from schemas.outcome import Outcome
from schemas.site import Site

if TYPE_CHECKING:
    from pipelines.template import Template

IN_FLIGHT = 64
"""Articles handed to the pool ahead of their turn: bounds memory to about 64 pages."""

Tag = TypeVar("Tag")


@dataclass(frozen=True)
class Material(Generic[Tag]):
    """The pages of one article, still raw; none for an answer without a body. `tag` comes back with the verdict."""

    tag: Tag
    pages: tuple[RawPage, ...] = field(default=(), repr=False)
    site: Site | None = None
    family: str | None = None
    include_out_of_scope: bool = False
    verdict: Verdict | None = None
    """Given when there is nothing to refine."""
    template: Path | None = None
    """File with the site's template memory."""


@dataclass(frozen=True)
class Refiners:
    """A pool of refining processes, safe to share between threads."""

    pool: ProcessPool
    page_seconds: float

    def refine(self, material: Iterable[Material[Tag]]) -> Iterator[tuple[Tag, Verdict | None]]:
        """Refine articles and yield their verdicts in the same order.

        Never raises for a page: a hang, a crash or a memory hog ends as `extract_timeout` or `extract_crash`.
        """
        turns = BoundedSemaphore(IN_FLIGHT)
        waiting: list[tuple[Tag, ProcessFuture[Verdict] | Verdict | None]] = []
        for item in material:
            if item.pages and item.verdict is None:
                turns.acquire()
                waiting.append((item.tag, self._submit(item, turns)))
            else:
                waiting.append((item.tag, item.verdict))
            while waiting and _ready(waiting[0][1]):
                tag, result = waiting.pop(0)
                yield tag, _verdict(result)
        for tag, result in waiting:
            yield tag, _verdict(result)

    def learn(
        self, template: "Template | None", pages: Sequence[RawPage], family: str | None = None
    ) -> "Template | None":
        """`pipelines.template.learn` in a process of the pool; pages that hang or break it teach nothing."""
        seconds = self.page_seconds + len(pages)
        future: ProcessFuture[Template] = self.pool.schedule(
            worker.learn, args=[template, pages, family], timeout=seconds
        )
        try:
            learned: Template = future.result()
        except Exception:  # one sample of pages must not cost the others
            return template
        return learned

    def says(self, page: RawPage, site: Site | None, template: Path | None, family: str | None, further: bool) -> str:
        """`pipelines.refinery.says` under the limits of a page; one that hangs or breaks it says nothing."""
        args = [page, site, template, family, further]
        future: ProcessFuture[str] = self.pool.schedule(worker.says, args=args, timeout=self.page_seconds)
        try:
            return future.result()
        except Exception:  # no article will come of it
            return ""

    def read_document(self, body: bytes, name: str) -> Document | Rejected:
        """Read one attached file under the limits of a page; a refusal says that it is none, or cannot be read."""
        future = self.pool.schedule(worker.read_document, args=[body, name], timeout=self.page_seconds)
        try:
            document: Document | None = future.result()
        except Exception as error:
            return _failure(error)
        if document is None:
            return Rejected(reason=Outcome.UNREADABLE, detail="the answer is no document")
        if document.classified:
            return Rejected(reason=Outcome.CLASSIFIED, detail="the heading bears a secrecy stamp")
        return document

    def is_classified(self, page: RawPage) -> bool:
        """Whether a page, or a document with a text layer, bears a secrecy stamp in its heading zone."""
        if documents.sniff(page.body, page.url) not in documents.READ:
            return is_classified(page)
        answer = self.read_document(page.body, page.url)
        return isinstance(answer, Rejected) and answer.reason is Outcome.CLASSIFIED

    def _submit(self, item: Material[Tag], turns: BoundedSemaphore) -> ProcessFuture[Verdict]:
        args = [item.pages, item.site, item.family, item.include_out_of_scope, item.template]
        future = self.pool.schedule(worker.refine, args=args, timeout=self.page_seconds)
        future.add_done_callback(lambda _: turns.release())
        return future


@contextmanager
def refiners(settings: Settings) -> Iterator[Refiners]:
    """The pool, started on first use and stopped at the end."""
    pool = ProcessPool(
        max_workers=settings.workers,
        max_tasks=2000,
        initializer=worker.start,
        initargs=[settings.page_megabytes],
        context=multiprocessing.get_context("spawn"),
    )
    assert pool.active  # starts it here: a worker dies with the thread that started it (PDEATHSIG)
    try:
        yield Refiners(pool, settings.page_seconds)
        pool.close()  # type: ignore[no-untyped-call]
    except BaseException:
        pool.stop()  # type: ignore[no-untyped-call]
        raise
    finally:
        pool.join(timeout=30)


def _ready(result: object) -> bool:
    return not isinstance(result, ProcessFuture) or result.done()


def _verdict(result: ProcessFuture[Verdict] | Verdict | None) -> Verdict | None:
    if not isinstance(result, ProcessFuture):
        return result
    try:
        verdict: Verdict = result.result()
    except Exception as error:
        return _failure(error)
    return verdict


def _failure(error: Exception) -> Rejected:
    """What a call that did not come back means."""
    if isinstance(error, PageTimeout):
        return Rejected(reason=Outcome.EXTRACT_TIMEOUT, detail="refining took too long")
    if isinstance(error, ProcessExpired):
        return Rejected(reason=Outcome.EXTRACT_CRASH, detail=f"the refining process died ({error.exitcode})")
    if isinstance(error, MemoryError):
        return Rejected(reason=Outcome.EXTRACT_CRASH, detail="the page needs too much memory")
    return Rejected(reason=Outcome.EXTRACT_CRASH, detail=f"{type(error).__name__}: {error}"[:300])
