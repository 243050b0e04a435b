"""All hostile sites at once: `with HostileServer() as server`."""

from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from hostile.doors import Closed, Large, Minefield, Patient, Quiet, Walled
from hostile.listings import Calendar, PostBacks
from hostile.sites import Site
from hostile.wire import Host, Seen

from flows.demo.texts import Newsroom
from schemas.zone import HANOI

_SEED = 20261125
_Kind = TypeVar("_Kind", bound=Site)


class HostileServer:
    """The sites, each on a free port of 127.0.0.1, and one port that nobody may ask."""

    def __init__(self, today: date | None = None) -> None:
        day, newsroom = today or datetime.now(HANOI).date(), Newsroom(_SEED)
        self._stack = ExitStack()

        def built(kind: type[_Kind]) -> _Kind:
            return kind(kind.__name__.lower(), Host(), day, newsroom)

        self.minefield, self.patient, self.closed = built(Minefield), built(Patient), built(Closed)
        self.walled, self.calendar, self.postbacks = built(Walled), built(Calendar), built(PostBacks)
        self.quiet, self.large = built(Quiet), built(Large)
        self.canary = self.minefield.canary

    def __enter__(self) -> Self:
        for host in (*(site.host for site in self.sites.values()), self.canary):
            self._stack.enter_context(host)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def sites(self) -> dict[str, Site]:
        doors = (self.minefield, self.patient, self.closed, self.walled, self.quiet, self.large)
        return {site.key: site for site in (*doors, self.calendar, self.postbacks)}

    @property
    def allowed(self) -> str:
        """What TINTINH_ALLOW_HOSTS is to name: every site, and not the canary."""
        return ",".join(site.host.host_port for site in self.sites.values())

    def seen(self) -> dict[str, list[Seen]]:
        """Every request so far by the site's key, in order of time."""
        return {key: sorted(site.host.seen, key=lambda one: one.at) for key, site in self.sites.items()}

    def next_night(self) -> None:
        """Forget the log, and let the sites change."""
        for site in self.sites.values():
            site.host.seen.clear()
            site.night += 1

    def write_sites(self, folder: Path) -> None:
        """One TOML a site; listings and families are left to be found."""
        for site in self.sites.values():
            site.write_toml(folder)
