"""What a run works with, from its first step to its last; without Prefect, so that rehearsals need none."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from flows import visit as visiting
from flows.doctor import require_fit
from flows.names import run_name
from flows.refining import refiners
from flows.settings import Settings
from flows.storage import attached
from flows.visit import Desk, RunKind
from schemas.window import Window


@contextmanager
def at_desk(kind: RunKind, settings: Settings, window: Window) -> Iterator[Desk]:
    """Everything a run works with: storage attached and fit, refining processes, a folder of its own."""
    with attached(settings) as storage, refiners(settings) as pool:
        require_fit(storage, settings)
        run = Desk(run_name(kind), kind, settings, storage, pool, window, BoundedSemaphore(settings.crawls))
        try:
            yield run
        finally:
            visiting.clear(run)
