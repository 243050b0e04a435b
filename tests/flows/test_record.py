"""`tintinh record`: a fixture from a saved page, or from a site that is asked as a night asks it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command import Tintinh

from flows.record import slug
from flows.record_fixture import read
from tests.spiders.replica import Reply, Route, html, serving

FIXTURES = Path(__file__).parents[1] / "fixtures"
SAVED = FIXTURES / "made-up-webforms" / "chitiettin-id-907" / "page.html"
URL = "http://dantoc.mau-lam.example.vn/ChiTietTin.aspx?ID=907"
SITE = "made-up-webforms"
PARTS = ["Đêm hội bắt đầu khi trăng lên khỏi ngọn lim, cả bản ngồi quanh bếp than. " * 4, "Sáng ra ai về nhà nấy. " * 9]


@pytest.fixture
def alone(tmp_path: Path) -> Tintinh:
    """Without any server, knowing the sites of the fixtures."""
    return Tintinh(tmp_path / "home", {"TINTINH_SITES": str(FIXTURES / "sites"), "TINTINH_DELAY": "0"})


def fails(folder: Path) -> str:
    """Run the tests of all fixtures below a folder, as a checkout would; their output. They must fail."""
    test = Path(__file__).parents[1] / "test_fixtures.py"
    copy = folder.parent / "test_copied.py"
    copy.write_text(test.read_text(encoding="utf-8").replace('"fixtures"', f'"{folder.name}"'), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "--rootdir", str(folder.parent)]
    done = subprocess.run([*command, str(copy)], capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_a_saved_page_fails_until_it_is_reviewed(alone: Tintinh, tmp_path: Path) -> None:
    out = tmp_path / "recorded"
    command = ("record", SITE, str(SAVED), "--url", URL, "--out", str(out), "--fetched-at", "2025-11-22T10:15")
    dry = alone.json(*command, "--dry-run")
    assert (dry["outcome"], dry["written"], out.exists()) == ("accepted", False, False)
    done = alone.json(*command)
    folder = Path(done["fixture"])
    assert (folder / "expected.toml").read_text(encoding="utf-8") == done["expected"] == dry["expected"]
    assert (folder / "page.html").read_bytes() == SAVED.read_bytes()
    fixture = read(folder)
    assert not fixture.reviewed and fixture.expected == read(SAVED.parent).expected
    said = fails(out)
    assert "expected.toml is not reviewed" in said and "set reviewed = true" in said and "1 failed" in said
    text = (folder / "expected.toml").read_text(encoding="utf-8").replace("Lô Văn Thắm", "Lô Văn Thơm")
    (folder / "expected.toml").write_text(text.replace("reviewed = false", "reviewed = true"), encoding="utf-8")
    said = fails(out)
    assert "-authors]" in said and "1 failed" in said
    alone.run(*command, code=2)
    assert "--force" in alone.stderr
    assert alone.json(*command, "--force")["written"] and not read(folder).reviewed


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("made-up-webform", str(SAVED), "--url", URL), "did you mean made-up-webforms"),
        ((SITE, str(SAVED)), "--url"),
        ((SITE, "no-such.html", "--url", URL), "cannot be read"),
        ((SITE, str(SAVED), "--url", "https://bao.example.com/a.html"), "on no host"),
        ((SITE, str(SAVED), "--url", URL, "--fetched-at", "hôm qua"), "ISO 8601"),
        ((SITE, URL, "--more", str(SAVED)), "saved FILE"),
        ((SITE, URL), "TINTINH_CONTACT"),
    ],
)
def test_a_wrong_wish_is_wrong_usage(alone: Tintinh, tmp_path: Path, arguments: tuple[str, ...], word: str) -> None:
    alone.run("record", *arguments, "--out", str(tmp_path / "out"), code=2)
    assert word in alone.stderr and not (tmp_path / "out").exists()


def test_a_secret_page_is_never_kept(alone: Tintinh, tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text(f"<html><body><p>MẬT</p><h1>Báo cáo</h1><p>{PARTS[0]}</p></body></html>", encoding="utf-8")
    alone.run("record", SITE, str(page), "--url", URL, "--out", str(tmp_path / "out"), code=2)
    assert "secrecy stamp" in alone.stderr and not (tmp_path / "out").exists()


def part(number: int) -> Reply:
    links = "".join(f'<a href="/hoi-ban/dem-hoi/{n}/" class="post-page-numbers">{n}</a>' for n in (1, 2) if n != number)
    page = f"""<html lang="vi"><head><meta charset="utf-8"><meta name="generator" content="WordPress 6.5">
        <title>Đêm hội trăng rằm</title></head><body class="single-post"><article class="post"><h1 class="entry-title">
        Đêm hội trăng rằm</h1><time class="entry-date published" datetime="2025-10-06T20:00:00+07:00">06/10/2025</time>
        <div class="entry-content"><p>{PARTS[number - 1]}</p><div class="page-links">{links}</div></div></article>"""
    return Reply(page.encode(), headers={"Set-Cookie": "phien=bi-mat", "X-Powered-By": "PHP/7.4"})


ROUTES: dict[str, Route] = {
    "/robots.txt": Reply(b"User-agent: *\nDisallow: /cam/\n"),
    "/": part(1),
    "/hoi-ban/dem-hoi/": part(1),
    "/hoi-ban/dem-hoi/2/": part(2),
    "/cu/": Reply(status=301, headers={"Location": "/hoi-ban/dem-hoi/"}),
    "/da-go/": html("<h1>410</h1>", 410),
    "/di/": Reply(status=302, headers={"Location": "http://noi-khac.example.vn/"}),
    "/cam/a/": part(1),
}


def test_a_site_is_asked_as_a_night_asks_it(tmp_path: Path) -> None:
    with serving(ROUTES) as site:
        sites = tmp_path / "sites"
        sites.mkdir()
        facts = f'name = "Mẫu"\norgan = "party"\nprovince = "cao-bang"\nurl = "{site.url}"\nfamily = "wordpress"\n'
        (sites / "mau.toml").write_text(facts, encoding="utf-8")
        (sites / "moi.toml").write_text(facts.replace("family", "#"), encoding="utf-8")
        env = {"TINTINH_SITES": str(sites), "TINTINH_DELAY": "0", "TINTINH_MIN_FREE_MEGABYTES": "50"}
        alone = Tintinh(tmp_path / "home", env | {"TINTINH_ALLOW_HOSTS": site.host})
        out = ("--out", str(tmp_path / "out"))
        done = alone.json("record", "mau", f"{site.url}hoi-ban/dem-hoi/", *out)
        assert site.paths == ["/robots.txt", "/hoi-ban/dem-hoi/", "/hoi-ban/dem-hoi/2/"]
        assert {seen.headers["User-Agent"].split("/")[0] for seen in site.seen} == {"tintinh"}
        fixture = read(Path(done["fixture"]))
        assert fixture.expected["body"] == [one.strip() for one in PARTS]
        assert [one.file for one in fixture.taken.pages] == ["page.html", "page-2.html"]
        headers = fixture.taken.pages[0].headers
        assert headers["x-powered-by"] == "PHP/7.4" and "set-cookie" not in headers
        assert alone.json("record", "mau", f"{site.url}cu/", *out)["url"] == f"{site.url}hoi-ban/dem-hoi/"
        unknown = alone.json("record", "moi", f"{site.url}hoi-ban/dem-hoi/", *out)
        assert "page-2.html" in [Path(name).name for name in unknown["files"]]
        for path, word in (("cam/a/", "robots.txt"), ("da-go/", "410"), ("di/", "redirects"), ("x/", "404")):
            alone.run("record", "mau", f"{site.url}{path}", *out, code=1)
            assert word in alone.stderr
        assert "/cam/a/" not in site.paths
        alone.env["TINTINH_ALLOW_HOSTS"], alone.env["TINTINH_CONTACT"] = "", "ai@example.vn"
        alone.run("record", "mau", f"{site.url}hoi-ban/dem-hoi/", *out, code=1)
        assert "guard" in alone.stderr
    assert not [file for file in alone.home.rglob("*") if file.is_file()]
    assert json.loads((tmp_path / "out" / "mau" / "cu" / "capture.json").read_text())["site"] == "mau"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.vn/", "home"),
        ("https://a.vn/tin/Đường-lên-bản-7.html", "duong-len-ban-7"),
        ("https://a.vn/ChiTiet.aspx?ID=5&lang=vi", "chitiet-id-5-lang-vi"),
        ("https://a.vn/%C4%91%E1%BA%A1i-h%E1%BB%99i/", "dai-hoi"),
        ("https://a.vn/" + "x" * 200 + "-12.html", "x" * 77 + "-12"),
        ("https://a.vn/%3F/..", "page"),
    ],
)
def test_a_folder_is_named_for_its_page(url: str, name: str) -> None:
    assert slug(url) == name
