"""What a run says of itself: the JSON contract of `nightly`, `backfill` and `reprocess`."""

from collections import Counter
from typing import Self

from schemas.capture import Trouble
from schemas.frozen import Frozen


class SiteCounts(Frozen):
    """One site in one run. captured = new + changed + unchanged + gone + sum of rejected + held pages."""

    captured: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    rejected: dict[str, int] = {}
    failed: dict[str, int] = {}
    """Article URLs without an answer, and `site: ...` reasons when the whole site gave nothing."""
    held: str | None = None
    """Why the gate kept this site's pages unpublished; None: published."""
    requests: int = 0
    alarm: str | None = None
    """What the operator should look at although the site was published, in one sentence."""
    troubles: tuple[Trouble, ...] = ()
    """Examples of the URLs that failed, at most a few a reason."""

    def __add__(self, other: Self) -> Self:
        """The counts of two pieces of work on one site; what was held last counts."""
        sums = {
            name: getattr(self, name) + getattr(other, name)
            for name in ("captured", "new", "changed", "unchanged", "gone", "requests")
        }
        reasons = {
            name: dict(Counter(getattr(self, name)) + Counter(getattr(other, name))) for name in ("rejected", "failed")
        }
        last = {"held": other.held or self.held, "alarm": other.alarm or self.alarm}
        return self.model_copy(update={**sums, **reasons, **last, "troubles": self.troubles + other.troubles})


class RunReport(Frozen):
    """The last line of stdout with `--json`."""

    run: str
    campaign: str | None = None
    """The campaign that it worked on: `sites` then sums up its months."""
    left: str | None = None
    """Of a campaign: what is still to be done, and why it was not, in one sentence; None: it is done."""
    sites: dict[str, SiteCounts]
    version: int | None
    """Version of the `articles` table that holds this run; None when nothing was published yet."""
    seconds: float

    @property
    def exit_code(self) -> int:
        """0: done; 1: some site was held or down. A rejected page changes nothing."""
        return int(any(c.held or any(name.startswith("site: ") for name in c.failed) for c in self.sites.values()))
