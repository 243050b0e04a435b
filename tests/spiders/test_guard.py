"""Addresses that may be asked, and host names that are one site."""

import pytest

from schemas.site import Site
from spiders.guard import Guard, SiteHosts, is_public


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
        ("ftp://hdnd.example.vn/", True),
        ("file:///etc/passwd", True),
        ("http://", True),
        ("http://hdnd.example.vn:x/", True),
    ],
)
def test_refused_before_asking(url: str, refused: bool) -> None:
    assert Guard(["127.0.0.1:8080"]).refuses(url) is refused


def test_a_name_is_judged_by_each_address_it_resolves_to() -> None:
    guard = Guard(["noi-bo.example.vn:80"])
    assert guard.lets("hdnd.example.vn", 443, "113.160.0.1")
    assert not guard.refuses("https://hdnd.example.vn/")
    assert not guard.lets("HDND.example.vn", 443, "10.1.2.3")
    assert guard.refuses("https://hdnd.example.vn/tin")
    assert guard.lets("noi-bo.example.vn", 80, "10.1.2.3")


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
