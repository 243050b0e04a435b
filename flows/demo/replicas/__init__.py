"""The replica sites of `tintinh demo`: five made-up sites, each in the manner of a product in use."""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from flows.demo.replicas.base import Expected, Replica
from flows.demo.replicas.docshare import DocShare
from flows.demo.replicas.dotnetnuke import DotNetNuke
from flows.demo.replicas.nukeviet import NukeViet
from flows.demo.replicas.webforms import WebForms
from flows.demo.replicas.wordpress import WordPress
from flows.demo.server import LoopbackServer, Request
from flows.demo.texts import Newsroom, Story

__all__ = ["Expected", "ReplicaFarm", "Request"]

MANNERS: tuple[type[Replica], ...] = (WordPress, DotNetNuke, WebForms, DocShare, NukeViet)
_SEED = 20250701


class ReplicaFarm:
    """All replica sites, served on free ports of 127.0.0.1 while used as a context manager.

    `today`: the local day (Asia/Ho_Chi_Minh) the sites believe in; their articles are dated before it.
    `delay`: seconds each site waits before an answer.
    """

    def __init__(self, today: date, *, delay: float = 0.0) -> None:
        newsroom = Newsroom(_SEED)
        self._stack = ExitStack()
        self._servers = {
            manner.key: LoopbackServer(manner.key, delay=delay, compress=manner.compress) for manner in MANNERS
        }
        self._replicas = {manner.key: manner(self._servers[manner.key].base_url, today, newsroom) for manner in MANNERS}
        for key, server in self._servers.items():
            server.respond = self._replicas[key].respond

    def __enter__(self) -> Self:
        for server in self._servers.values():
            self._stack.enter_context(server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def sites(self) -> Mapping[str, Expected]:
        """What a first full night should make of each site as it stands now."""
        return MappingProxyType({key: replica.expected for key, replica in self._replicas.items()})

    @property
    def host_ports(self) -> tuple[str, ...]:
        """`127.0.0.1:port` of every site."""
        return tuple(server.host_port for server in self._servers.values())

    @property
    def base_urls(self) -> Mapping[str, str]:
        """Each site's address, without a slash at the end."""
        return MappingProxyType({key: server.base_url for key, server in self._servers.items()})

    def truth(self, site: str) -> dict[str, Story]:
        """Every article of a site by its URL: what a careful reader would take from the page."""
        return self._replicas[site].truth

    def write_sites(self, folder: Path) -> None:
        """Write one TOML a site into `folder`; some name family and listings, some leave them to be found."""
        folder.mkdir(parents=True, exist_ok=True)
        for key, replica in self._replicas.items():
            (folder / f"{key}.toml").write_text(_toml(replica), encoding="utf-8")

    def edit_one(self) -> tuple[str, str]:
        """Change the text of one article of the last three days; (site key, URL)."""
        return self._change("edit", NukeViet.key)

    def remove_one(self) -> tuple[str, str]:
        """Take one article of the last three days down: 410 from now on, and in no listing; (site key, URL)."""
        return self._change("remove", WordPress.key)

    def add_one(self) -> tuple[str, str]:
        """Publish a new article, the first of its listing; (site key, URL)."""
        return self._change("add", WebForms.key)

    def _change(self, how: str, site: str) -> tuple[str, str]:
        replica = self._replicas[site]
        act = {"edit": replica.edit, "remove": replica.remove, "add": replica.add}[how]
        return site, act()

    def requests(self) -> list[Request]:
        """Every request so far, in order of time."""
        return sorted(
            (r for server in self._servers.values() for r in server.requests), key=lambda request: request.time
        )


def _toml(replica: Replica) -> str:
    lines = [
        f'name = "{replica.title}"',
        f'organ = "{replica.organ}"',
        f'province = "{replica.province}"',
        f'url = "{replica.base}/"',
        'status = "active"',
    ]
    if replica.family:
        lines.append(f'family = "{replica.family}"')
    if replica.listings:
        lines.append("listings = [" + ", ".join(f'"{path}"' for path in replica.listings) + "]")
    return "\n".join(lines) + "\n"
