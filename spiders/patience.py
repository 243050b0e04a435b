"""When a host is left alone: it refuses or breaks again and again, or asks us to come back. By lane (host:port)."""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NoReturn

from schemas.state import LaneClosed
from spiders.failures import NoAnswerError, SiteError, retries, weight
from spiders.lanes import LaneClosedError
from spiders.notes import Notebook

MAX_TROUBLE = 10
"""Failures in a row after which a host is left alone; an explicit refusal counts twice. A page that is broken (500)
says nothing of the others."""
MAX_BROKEN = 3
"""Broken pages in a row from which none is asked twice."""
LEFT_ALONE = "left_alone"
"""The reason of what is not asked because its host is to be left alone."""

log = logging.getLogger("tintinh.crawl")


class Patience:
    """How one crawl bears with the hosts of a site."""

    def __init__(self, site: str, is_own: Callable[[str], bool], notebook: Notebook) -> None:
        """`is_own`: whether a lane is the one of the site's own address, without which there is nothing to crawl."""
        self._site, self._is_own, self._notebook = site, is_own, notebook
        self._trouble: dict[str, Counter[str]] = {}
        self._left_alone: dict[str, str] = {}

    def require(self, lane: str) -> None:
        """Raises SiteError or NoAnswerError where the host is left alone."""
        if lane in self._left_alone:
            self._stop(lane)

    def renew(self, lane: str) -> None:
        """The host gave an answer that says something of a page."""
        self._trouble.pop(lane, None)

    def retries(self, lane: str, reason: str) -> int:
        """How often this failure is tried again a little later."""
        return 0 if self._of(lane)["http_500"] >= MAX_BROKEN else retries(reason)

    def count(self, lane: str, reason: str) -> None:
        """One more failure of the host. Raises as `require` does once they are too many."""
        trouble = self._of(lane)
        trouble[reason] += 1
        if sum(count * weight(why) for why, count in trouble.items()) >= MAX_TROUBLE:
            worst = max(trouble, key=lambda why: trouble[why] * weight(why))
            self.leave_alone(lane, f"{worst}, again and again, from {lane}")

    def close(self, lane: str, closed: LaneClosedError, reason: str) -> NoReturn:
        """The host asked to be left alone until an instant: the crawls after this one are told, too."""
        self._notebook.write(LaneClosed(lane=lane, until=datetime.fromtimestamp(closed.until, UTC)))
        self.leave_alone(lane, f"{reason}: {closed}")

    def leave_alone(self, lane: str, why: str) -> NoReturn:
        """Ask nothing more of a host in this crawl. Raises as `require` does."""
        self._left_alone[lane] = why
        log.warning("%s: %s is left alone: %s", self._site, lane, why)
        self._stop(lane)

    def _stop(self, lane: str) -> NoReturn:
        """Without the site's own host there is nothing to crawl; another of its hosts costs only what is there."""
        if self._is_own(lane):
            raise SiteError(self._left_alone[lane])
        raise NoAnswerError(LEFT_ALONE)

    def _of(self, lane: str) -> Counter[str]:
        return self._trouble.setdefault(lane, Counter())
