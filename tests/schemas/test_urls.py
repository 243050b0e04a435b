"""One URL, one key: what is asked keeps its meaning, what is known folds what servers treat alike."""

import string
from urllib.parse import quote, unquote_to_bytes, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.urls import canonical, host_port, pack_hashes, unpack_hashes, url_hash, url_key, without_parameters

CANONICAL = {
    "HTTPS://Mau.VN:443/Tin-Tuc/A.aspx#top": "https://mau.vn/Tin-Tuc/A.aspx",
    "http://mau.vn:80": "http://mau.vn/",
    "http://mau.vn:443/a": "https://mau.vn/a",
    "http://mau.vn:8080/a": "http://mau.vn:8080/a",
    "http://mau.vn./a": "http://mau.vn/a",
    "http://mau.vn//a///b": "http://mau.vn/a/b",
    "http://mau.vn\\tin\\a?t=b\\c": "http://mau.vn/tin/a?t=b%5Cc",
    "http://mau.vn/a/./b/../c": "http://mau.vn/a/c",
    "http://mau.vn/a/%2E%2e/c": "http://mau.vn/c",
    "http://mau.vn/a;jsessionid=1F?x=1": "http://mau.vn/a?x=1",
    "http://mau.vn/wps/portal/;JSESSIONID=0000B1:-1/a": "http://mau.vn/wps/portal/a",
    "http://mau.vn/a%3Bjsessionid%3D1F": "http://mau.vn/a",
    "http://mau.vn/(S(k2jd1545m3fzxq55))/Tin.aspx?id=3": "http://mau.vn/Tin.aspx?id=3",
    "http://mau.vn/(A(x1)S(y2)F(z3))/": "http://mau.vn/",
    "http://mau.vn/bai-viet-(1).html": "http://mau.vn/bai-viet-(1).html",
    "http://mau.vn/a?p_p_auth=x&id=3&utm_source=zalo&amp;utm_medium=b": "http://mau.vn/a?id=3",
    "http://mau.vn/a?p_l_back_url=%2Ft&_101_redirect=%2Ft&id=3": "http://mau.vn/a?id=3",
    "http://mau.vn/a?redirect=12": "http://mau.vn/a?redirect=12",
    "http://mau.vn/modules.php?name=News&file=article&sid=123": "http://mau.vn/modules.php?name=News&file=article&sid=123",
    "http://mau.vn/a?t=T%26T&l=C%2B%2B&d=50%25&e=%3D": "http://mau.vn/a?t=T%26T&l=C%2B%2B&d=50%25&e=%3D",
    "http://mau.vn/a?t=50%&u=%u1ea5": "http://mau.vn/a?t=50%25&u=%u1EA5",
    "http://mau.vn/d.aspx?12345": "http://mau.vn/d.aspx?12345",
    "http://mau.vn/a?b=&c": "http://mau.vn/a?b=&c",
    "http://mau.vn/a?&b=1&&c=2&": "http://mau.vn/a?b=1&c=2",
    "http://mau.vn/a%2Fb/c": "http://mau.vn/a%2Fb/c",
    "http://mau.vn/tin tức": "http://mau.vn/tin%20t%E1%BB%A9c",
    "http://mau.vn/%74in%20t%e1%bb%a9c": "http://mau.vn/tin%20t%E1%BB%A9c",
    "http://mau.vn/a?l=Tin+++": "http://mau.vn/a?l=Tin",
    "http://mau.vn/a?l=%20%20Tin+moi%20%20+&m": "http://mau.vn/a?l=Tin+moi&m",
    "http://[2001:DB8::1]:8080/a": "http://[2001:db8::1]:8080/a",
    "http://mau.vn/c%E2y?t=c%e2y": "http://mau.vn/c%E2y?t=c%E2y",
    "http://mau.vn/%%34%31": "http://mau.vn/%2541",
}


@pytest.mark.parametrize("url", CANONICAL)
def test_canonical(url: str) -> None:
    assert canonical(url) == CANONICAL[url]
    assert canonical(CANONICAL[url]) == CANONICAL[url]


ONE = [
    ("https://www.mau.vn/a/", "http://mau.vn/a", "http://mau.vn:443/a"),
    ("http://mau.vn/a?x=1&y=2", "http://mau.vn/a?y=2&x=1"),
    ("http://mau.vn/tin/", "http://mau.vn/tin/index.html", "http://mau.vn/tin/Default.aspx"),
    ("http://mau.vn/?id=3", "http://mau.vn/index.php?id=3"),
    ("http://mau.vn/tin%20tuc", "http://mau.vn/tin%20tuc%20%20"),
    ("http://mau.vn/a?l=tin+moi", "http://mau.vn/a?l=tin%20moi", "http://mau.vn/a?l=tin++moi+++++"),
    ("http://mau.vn/a?op=tin/b-1", "http://mau.vn/a?op=tin%2Fb-1"),
    ("http://mau.vn/a-(1),b", "http://mau.vn/a-%281%29%2Cb"),
    ("http://mau.vn/tin-tứ", "http://mau.vn/tin-t%E1%BB%A9", "http://mau.vn/tin-tu%CC%9B%CC%81"),
    ("http://mau.vn/a?id=3", "http://mau.vn/a?id=3&lang=vi", "http://mau.vn/a?language=vi-VN&id=3"),
]


@pytest.mark.parametrize("urls", ONE, ids=lambda urls: urls[0])
def test_variants_of_a_url_have_one_key(urls: tuple[str, ...]) -> None:
    assert len({url_key(url) for url in urls}) == 1


MANY = [
    ("/Tin/a", "/tin/a"),
    ("/a?t=A%26b=1", "/a?t=A&b=1", "/a?t=A%2526b=1"),
    ("/a?t=1%2B1", "/a?t=1+1", "/a?t=1%252B1"),
    ("/a%2Fb", "/a/b"),
    ("/a%3Fb=1", "/a?b=1"),
    ("/d.aspx?12345", "/d.aspx?12346", "/d.aspx"),
    ("/a?t=%E2", "/a?t=%C3%A2", "/a?t=%E3"),
    ("/a?x=1&x=2", "/a?x=2&x=1"),
    ("/a?sid=12", "/a?sid=13"),
    ("/a?lang=en", "/a?lang=vi"),
    ("/index-12.html", "/index-13.html", "/"),
]


@pytest.mark.parametrize("paths", MANY, ids=lambda paths: paths[0])
def test_other_articles_have_other_keys(paths: tuple[str, ...]) -> None:
    assert len({url_key(f"http://mau.vn{path}") for path in paths}) == len(paths)


def test_case_folds_only_where_it_is_said_to() -> None:
    one, other, third = (
        f"http://mau.vn{p}" for p in ("/Tin/Bài.aspx?ID=aB", "/tin/b%C3%80i.ASPX?id=aB", "/tin/bài?id=ab")
    )
    assert url_key(one, folds_case=True) == url_key(other, folds_case=True) != url_key(third, folds_case=True)
    assert url_key(one) != url_key(other)


_WIDE = st.text(
    alphabet=string.ascii_letters + string.digits + "/?&=%;#+ :@!$'()*,.-_~[]|\\\"<>^`{}ĐđÁấ\u00a0\u0301🙂", max_size=60
)
_PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                "B",
                "/",
                "//",
                ".",
                "..",
                "?",
                "&",
                "=",
                "+",
                "%",
                "%2",
                "%20",
                "%25",
                "%26",
                "%2B",
                "%2F",
                "%2E",
                "%3D",
            ),
            *(
                "%41",
                "%e2",
                "%E1%BB%A9",
                "%u1EA5",
                "%u",
                ";",
                ";jsessionid=",
                "%3Bjsessionid%3D",
                "(S(",
                "))",
                "/(S(a1))",
            ),
            *(
                "utm_source=",
                "p_auth=1",
                "sid=2",
                "redirect=",
                "%2F",
                "amp;",
                "#",
                "ấ",
                "\\",
                " ",
                "index.html",
                "[",
                "%5B",
            ),
        ]
    ),
    max_size=14,
).map("".join)


@given(_WIDE | _PIECES)
@example("%%34%31")
@example("a/%2e%2e/;jsessionid=1/..")
def test_canonical_is_idempotent(rest: str) -> None:
    once = canonical(f"http://mau.vn/{rest}")
    assert canonical(once) == once
    assert once.isascii() and url_key(once) == url_key(f"http://mau.vn/{rest}")
    assert (
        url_key(once, folds_case=True) == url_key(once.swapcase().replace("HTTP", "http"), folds_case=True)
        or "?" in once
    )


_WORD = st.text(alphabet=string.ascii_letters + string.digits + "&=+%/?#;: áấĐ'(),", min_size=1, max_size=8).filter(
    lambda s: s.strip() == s and "  " not in s and not s.startswith("/")
)
_ASKED = st.dictionaries(st.sampled_from(["id", "cat", "ID", "t", "sid", "p", "lang_id"]), _WORD, max_size=4)
_FOLDERS = st.lists(_WORD.map(lambda s: f"x{s}"), min_size=1, max_size=4)


def _url(folders: list[str], asked: dict[str, str], escape: str, order: int = 1) -> str:
    """The URL of the same folders and parameters as another author would spell it."""
    spell = (lambda s: "".join(f"%{b:02x}" for b in s.encode())) if escape == "all" else (lambda s: quote(s, safe=""))
    path = "/".join(map(spell, folders))
    pairs = "&".join(f"{spell(k)}={spell(v)}" for k, v in list(asked.items())[::order])
    return f"http://mau.vn/{path}?{pairs}"


@given(_FOLDERS, _ASKED)
def test_another_spelling_is_no_other_article(folders: list[str], asked: dict[str, str]) -> None:
    plain, other = _url(folders, asked, "some"), _url(folders, asked, "all", -1)
    tracked = plain.replace("http://", "https://www.") + "&utm_source=zalo&fbclid=1#x"
    assert url_key(plain) == url_key(other) == url_key(tracked)


@given(_FOLDERS, _ASKED, _FOLDERS, _ASKED)
def test_other_words_are_another_article(
    folders: list[str], asked: dict[str, str], others: list[str], asked_too: dict[str, str]
) -> None:
    same = (folders, asked) == (others, asked_too)
    assert (url_key(_url(folders, asked, "some")) == url_key(_url(others, asked_too, "all"))) is same


@given(_FOLDERS, _ASKED)
def test_canonical_keeps_what_is_said(folders: list[str], asked: dict[str, str]) -> None:
    parts = urlsplit(canonical(_url(folders, asked, "all")))
    assert [unquote_to_bytes(one).decode() for one in parts.path.split("/")[1:]] == folders
    pairs = [piece.partition("=") for piece in parts.query.split("&") if piece]
    assert [(k, unquote_to_bytes(v.replace("+", " ")).decode()) for k, _, v in pairs] == list(asked.items())


def test_parameters_are_left_out_and_the_others_keep_their_bytes() -> None:
    url = "http://mau.vn/a?t=T%26T%e2&print=1&12345"
    assert without_parameters(url, lambda name, _: name == "print") == "http://mau.vn/a?t=T%26T%e2&12345"
    assert without_parameters(url, lambda _, value: value == "T") == url


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
