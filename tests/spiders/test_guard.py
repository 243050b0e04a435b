"""Addresses that may be asked, and host names that are one site."""

from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address

from schemas.site import Site
from spiders.guard import Guard, GuardedResolver, SiteHosts, is_public


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("113.160.0.1", True),
        ("2001:ee0::1", True),
        ("10.0.0.1", False),
        ("172.16.5.5", False),
        ("192.168.1.1", False),
        ("127.0.0.53", False),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("240.0.0.1", False),
        ("192.0.2.1", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:113.160.0.1", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::71a0:1", True),
        ("2002:7f00:1::", False),
        ("2002:0a00:1::", False),
        ("192.88.99.1", False),
        ("198.18.0.1", False),
        ("fec0::1", False),
        ("feff::1", False),
        ("3fff::1", False),
        ("2001:db8::1", False),
        ("100::1", False),
        ("5f00::1", False),
        ("64:ff9b:1::1", False),
        ("::7f00:1", False),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", False),
    ],
)
def test_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("https://hdnd.example.vn/", False),
        ("http://113.160.0.1/", False),
        ("http://127.0.0.1:8080/", False),
        ("http://127.0.0.1:8081/", True),
        ("http://127.0.0.1/", True),
        ("http://[::1]/", True),
        ("http://[::ffff:10.0.0.1]/", True),
        ("http://[::ffff:a00:1]/", True),
        ("http://[fec0::1]/", True),
        ("http://2130706433/", True),
        ("http://0x7f000001/", True),
        ("http://0x7F.1/", True),
        ("http://0177.0.0.1/", True),
        ("http://017700000001/", True),
        ("http://127.1/", True),
        ("http://127.0.0.1./", True),
        ("http://169.254.43518/", True),
        ("http://１２７.0.0.1/", True),
        ("http://127。0。0。1/", True),
        ("http://0/", True),
        ("http://1906311169/", False),
        ("http://0161.0240.1/", False),
        ("http://1.hdnd.example.vn/", False),
        ("ftp://hdnd.example.vn/", True),
        ("file:///etc/passwd", True),
        ("http://", True),
        ("http://hdnd.example.vn:x/", True),
    ],
)
def test_refused_before_asking(url: str, refused: bool) -> None:
    assert Guard(["127.0.0.1:8080"]).refuses(url) is refused


class Names:
    """A resolver that knows these addresses of every name."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    def resolveHostName(self, receiver: Any, hostName: str, portNumber: int = 0, *_: Any) -> None:  # noqa: N802, N803
        receiver.resolutionBegan(hostName)
        for address in self.addresses:
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, portNumber))
        receiver.resolutionComplete()


class Passed:
    def __init__(self) -> None:
        self.hosts: list[str] = []

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802
        pass

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.hosts.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        pass


@pytest.mark.parametrize(
    ("host", "port", "addresses", "passed"),
    [
        ("hdnd.example.vn", 443, ["113.160.0.1"], ["113.160.0.1"]),
        ("hdnd.example.vn", 443, ["10.1.2.3"], []),
        ("HDND.example.vn", 443, ["10.1.2.3", "::1"], []),
        ("hdnd.example.vn", 443, ["fd00::1", "113.160.0.1", "::1", "2001:ee0::1"], ["113.160.0.1", "2001:ee0::1"]),
        ("noi-bo.example.vn", 80, ["10.1.2.3"], ["10.1.2.3"]),
        ("noi-bo.example.vn", 8080, ["10.1.2.3"], []),
    ],
)
def test_a_name_is_refused_only_when_no_address_of_it_passes(
    host: str, port: int, addresses: list[str], passed: list[str]
) -> None:
    guard, receiver = Guard(["noi-bo.example.vn:80"]), Passed()
    GuardedResolver(Names(*addresses), guard).resolveHostName(receiver, host, port)
    assert receiver.hosts == passed
    assert guard.refuses(f"http://{host}:{port}/tin") is not bool(passed)


def test_a_name_that_was_refused_may_be_asked_once_it_resolves_to_the_world() -> None:
    guard = Guard([])
    for addresses, refused in ((["10.1.2.3"], True), ([], True), (["113.160.0.1"], False), (["10.1.2.3"], True)):
        GuardedResolver(Names(*addresses), guard).resolveHostName(Passed(), "hdnd.example.vn", 443)
        assert guard.refuses("https://hdnd.example.vn/") is refused


SITE = Site.model_validate(
    {
        "key": "mau",
        "name": "Mẫu",
        "organ": "council",
        "province": "cao-bang",
        "url": "https://www.hdnd.example.vn/",
        "hosts": ["cu.example.vn", "thu.example.vn:8080"],
    }
)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://www.hdnd.example.vn/a", True),
        ("http://hdnd.example.vn/", True),
        ("https://HDND.example.vn:443/", True),
        ("http://hdnd.example.vn:80/", True),
        ("https://www.cu.example.vn/", True),
        ("http://thu.example.vn:8080/", True),
        ("http://thu.example.vn/", False),
        ("http://hdnd.example.vn:8080/", False),
        ("https://tin.hdnd.example.vn/", False),
        ("https://hdnd.example.vn.evil.example/", False),
        ("https://hdnd.example.vn@evil.example/", False),
        ("https://hdnd.example.vn:x/", False),
        ("mailto:a@hdnd.example.vn", False),
        ("", False),
    ],
)
def test_one_site(url: str, same: bool) -> None:
    assert (url in SiteHosts(SITE)) is same
