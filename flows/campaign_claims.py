"""Who works on which month of a campaign: claimed in the bucket for a home, locked within it for a process or thread.

The lock falls with its process, so that what a killed one left is taken up at once; a claim of another machine is
believed until its lease has run out.
"""

import fcntl
import os
import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flows.settings import Settings
from pipelines.campaign import claimed, is_spent, settled
from pipelines.store import campaigns
from pipelines.store.bucket import Bucket
from schemas.campaign import Campaign, Unit
from schemas.site import Site
from spiders.registry import Registry

LEASE = timedelta(minutes=15)
"""Beyond a crawl's budget: how long refining and publishing may take before others take a unit for abandoned."""


@dataclass(frozen=True)
class Claim:
    """A month of a site that is this process's to work on."""

    campaign: Campaign
    unit: Unit
    site: Site
    lock: int
    """An open file."""

    def close(self) -> None:
        """Give the site up to other processes of this home."""
        os.close(self.lock)


def claim(clean: Bucket, settings: Settings, book: Registry, name: str, resting: Collection[str] = ()) -> Claim | None:
    """The next month of the campaign that nobody works on, of no site in `resting`; None: there is none now.

    Raises StorageError.
    """
    campaign, now = campaigns.load(clean, name), datetime.now(UTC)
    if campaign.status != "running" or is_spent(campaign):
        return None
    first: dict[str, Unit] = {}
    for unit in campaign.left:
        first.setdefault(unit.site, unit)
    for unit in first.values():
        site = book.sites.get(unit.site)
        if site is None:
            _give_up(clean, name, unit)
        elif unit.site not in resting and (lock := _lock(settings, campaign, unit.site)) is not None:
            lease = now + timedelta(minutes=site.budget_minutes) + LEASE
            if mine := _claimed(clean, settings, name, unit, lease):
                return Claim(campaigns.load(clean, name), mine, site, lock)
            os.close(lock)
    return None


def _claimed(clean: Bucket, settings: Settings, name: str, unit: Unit, lease: datetime) -> Unit | None:
    """The unit as it stands once it is this home's; None: another machine works on its site, or was faster."""
    holder, now = _home(settings), datetime.now(UTC)
    after = campaigns.change(clean, name, lambda c: claimed(c, unit, holder, now, lease))
    mine = next(u for u in after.units if (u.site, u.month) == (unit.site, unit.month))
    return mine if (mine.holder, mine.lease_until) == (holder, lease) else None


def _give_up(clean: Bucket, name: str, unit: Unit) -> None:
    """The months of a site that the registry does not know any more are failed."""
    why = "no site has this key any more"
    changes = {"progress": "failed", "why": why, "finished_at": datetime.now(UTC)}
    campaigns.change(clean, name, lambda c: settled(c, unit, changes, why))


def lock(settings: Settings, name: str) -> int | None:
    """A lock of this home, as an open file; None: another process, or thread, holds it."""
    folder = settings.home / "campaigns"
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def _lock(settings: Settings, campaign: Campaign, site: str) -> int | None:
    """The lock of a campaign's site; where requests are counted it is the campaign's own, so that no two crawls spend
    the same ones."""
    counted = campaign.max_requests is not None
    return lock(settings, campaign.campaign if counted else f"{campaign.campaign}.{site}")


def _home(settings: Settings) -> str:
    """The name of this home for leases."""
    note = settings.home / "campaigns" / "home"
    if not note.exists():
        note.parent.mkdir(parents=True, exist_ok=True)
        part = note.with_name(f".home.{os.getpid()}")
        part.write_text(secrets.token_hex(8), encoding="utf-8")
        with suppress(FileExistsError):
            os.link(part, note)
        part.unlink()
    return note.read_text(encoding="utf-8")
