"""Where a crawl may connect: public addresses over http(s), and what the operator allows by name."""

import ipaddress
import socket
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from schemas.site import Site

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_RESERVED = tuple(
    map(ipaddress.ip_network, ("192.88.99.0/24", "fec0::/10", "3fff::/20", "5f00::/16", "64:ff9b:1::/48", "100::/48"))
)
"""What Python's tables of the IANA registries miss: 6to4 relays, site-local, documentation, segment routing, local
NAT64, discard-only."""


def is_public(address: str) -> bool:
    """Whether an IP address (literal) is reachable for everyone: not private, loopback, link-local or reserved.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) is judged by both.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    carried: list[ipaddress.IPv4Address | None] = []
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped or ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        carried = [ip.sixtofour, *(ip.teredo or ())]
    if ip.is_multicast or ip.is_reserved or not ip.is_global or any(ip in network for network in _RESERVED):
        return False
    return all(is_public(str(inner)) for inner in carried if inner)


def port_of(url: str) -> int:
    """The port a URL connects to. Raises ValueError if it is no number of a port."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def literal(host: str) -> str | None:
    """The address that a host name is, in any form that a resolver takes for one: dotted, decimal, octal, hexadecimal,
    shortened, in full-width digits, IPv6. None: it is a name.
    """
    plain = unicodedata.normalize("NFKC", host).replace("\u3002", ".").rstrip(".")
    try:
        return str(ipaddress.ip_address(plain))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(plain)) if plain[:1].isdigit() else None
    except (OSError, UnicodeError):
        return None


class Guard:
    """Decides before a request is made (scheme, literal address) and again for each address a name resolves to.

    The second check is in the downloader's own resolver: the address checked is the address connected to, so a
    redirect or a changed DNS answer gets no further than a first request does.
    """

    def __init__(self, allow_hosts: Iterable[str]) -> None:
        self._allowed = {name.lower() for name in allow_hosts}
        self._refused: set[tuple[str, int]] = set()

    def refuses(self, url: str) -> bool:
        """Whether `url` is not to be asked: not http(s), no host, or a literal address that is not public."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", port_of(url)
        except ValueError:
            return True
        if parts.scheme not in ("http", "https") or not host:
            return True
        address = literal(host)
        if address is not None:
            return not self.lets(host, port, address)
        return (host, port) in self._refused

    def lets(self, host: str, port: int, address: str) -> bool:
        """Whether a connection for `host:port` may go to `address`."""
        return f"{host.lower()}:{port}" in self._allowed or is_public(address)

    def resolved(self, host: str, port: int, refused: bool) -> None:
        """A name was resolved: to nothing but addresses that are `refused`, or to one at least that may be asked."""
        (self._refused.add if refused else self._refused.discard)((host.lower(), port))


@implementer(IHostnameResolver)
class GuardedResolver:
    """The reactor's resolver, minus the addresses that the guard refuses. Literal addresses pass here too."""

    def __init__(self, inner: Any, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard

    def resolveHostName(  # noqa: N802
        self,
        receiver: Any,
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Resolve like the inner resolver; addresses refused are not passed on."""
        sieve = _Sieve(receiver, self._guard, hostName, portNumber)
        return self._inner.resolveHostName(sieve, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class _Sieve:
    def __init__(self, receiver: Any, guard: Guard, host: str, port: int) -> None:
        self._receiver, self._guard, self._host, self._port = receiver, guard, host, port
        self._passed = self._refused = False

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        if self._guard.lets(self._host, self._port, address.host):
            self._passed = True
            self._receiver.addressResolved(address)
        else:
            self._refused = True

    def resolutionComplete(self) -> None:  # noqa: N802
        if self._passed or self._refused:
            self._guard.resolved(self._host, self._port, refused=not self._passed)
        self._receiver.resolutionComplete()


class SiteHosts:
    """The host names that are one site: its own and `hosts`, each with and without `www.`, http and https alike."""

    def __init__(self, site: Site) -> None:
        self._names = {_authority(site.url), *(_authority(f"https://{name}") for name in site.hosts)}

    def __contains__(self, url: str) -> bool:
        try:
            return _authority(url) in self._names
        except ValueError:
            return False


def _authority(url: str) -> str:
    host = (urlsplit(url).hostname or "").removeprefix("www.").rstrip(".")
    port = port_of(url)
    return host if port in (80, 443) else f"{host}:{port}"
