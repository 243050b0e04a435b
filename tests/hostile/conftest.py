"""Two nights against the hostile server, run once: what they reported, asked and left."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command import Tintinh
from hostile.server import HostileServer
from hostile.sites import Item
from hostile.wire import Seen

from flows.settings import Settings
from flows.storage import attached

DELAY = 0.05


@dataclass(frozen=True)
class Night:
    """One night."""

    report: dict[str, Any]
    """`sites` of the run report."""
    seen: dict[str, list[Seen]]
    rows: dict[str, list[dict[str, Any]]]
    """The articles table after it, by site."""
    truth: dict[str, list[str]]
    """Titles that there were, by site."""


@dataclass
class Nights:
    """Both nights, and what changed between them."""

    server: HostileServer
    first: Night
    second: Night
    edited: Item
    removed: Item
    added: Item

    @property
    def both(self) -> tuple[Night, Night]:
        return self.first, self.second


@pytest.fixture(scope="package")
def nights(tmp_path_factory: pytest.TempPathFactory, prefect_api: str) -> Iterator[Nights]:
    """A night, an edit, a removal and an addition, and another night."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    with HostileServer() as server, attached(Settings(home=home)):
        tintinh = command(home, prefect_api, server.allowed)
        server.write_sites(tintinh.home / "sites")
        first = _night(tintinh, server)
        edited, removed, added = server.minefield.edit(), server.minefield.remove(), server.minefield.add()
        server.next_night()
        second = _night(tintinh, server)
        yield Nights(server, first, second, edited, removed, added)


def command(home: Path, prefect_api: str, allowed: str) -> Tintinh:
    """The command at these hosts."""
    return Tintinh(
        home,
        {
            "PREFECT_API_URL": prefect_api,
            "TINTINH_MIN_FREE_MEGABYTES": "50",
            "TINTINH_DELAY": str(DELAY),
            "TINTINH_FIRST_PAGES": "6",
            "TINTINH_ALLOW_HOSTS": allowed,
        },
    )


def _night(tintinh: Tintinh, server: HostileServer) -> Night:
    report = tintinh.json("nightly", code=1)["sites"]
    rows: dict[str, list[dict[str, Any]]] = {key: [] for key in server.sites}
    for row in tintinh.query("select * from articles"):
        rows[row["site"]].append(row)
    return Night(report, server.seen(), rows, {key: site.truth for key, site in server.sites.items()})
