"""One URL, one key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.urls import canonical, host_port, pack_hashes, unpack_hashes, url_hash, url_key

CANONICAL = {
    "HTTPS://Mau.VN:443/Tin-Tuc/A.aspx#top": "https://mau.vn/Tin-Tuc/A.aspx",
    "http://mau.vn:80": "http://mau.vn/",
    "http://mau.vn:8080/a": "http://mau.vn:8080/a",
    "http://mau.vn//a///b": "http://mau.vn/a/b",
    "http://mau.vn/a;jsessionid=1F?x=1": "http://mau.vn/a?x=1",
    "http://mau.vn/a?p_p_auth=x&id=3&utm_source=zalo": "http://mau.vn/a?id=3",
    "http://mau.vn/tin tức": "http://mau.vn/tin%20t%E1%BB%A9c",
    "http://mau.vn/tin%20t%e1%bb%a9c": "http://mau.vn/tin%20t%E1%BB%A9c",
    "http://mau.vn/a?l=Tin+++": "http://mau.vn/a?l=Tin",
    "http://[2001:DB8::1]:8080/a": "http://[2001:db8::1]:8080/a",
    "http://mau.vn/c%E2y": "http://mau.vn/c%E2y",
}


@pytest.mark.parametrize("url", CANONICAL)
def test_canonical(url: str) -> None:
    assert canonical(url) == CANONICAL[url]


@given(st.text(alphabet="abc/?&=%;#+ ĐđÁ.-", max_size=40))
def test_canonical_is_idempotent(rest: str) -> None:
    once = canonical(f"http://mau.vn/{rest}")
    assert canonical(once) == once


def test_scheme_www_and_slash_make_no_other_article() -> None:
    assert url_key("https://www.mau.vn/a/") == url_key("http://mau.vn/a")


def test_the_products_own_id_is_the_key() -> None:
    assert url_key("https://mau.vn/muc-khac/ten-khac-12.html", "12") == "id:12"


@given(st.sets(st.integers(-(2**63), 2**63 - 1), max_size=50))
def test_hashes_travel(hashes: set[int]) -> None:
    assert unpack_hashes(pack_hashes(hashes)) == hashes


def test_a_hash_fits_a_signed_column() -> None:
    assert -(2**63) <= url_hash("id:1") < 2**63


@pytest.mark.parametrize("url", ["http://mau.vn/", "https://mau.vn/", "https://MAU.vn:443/x"])
def test_80_and_443_are_one_lane(url: str) -> None:
    assert host_port(url) == "mau.vn:443"
