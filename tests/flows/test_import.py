"""`tintinh import`: what other crawlers' WARC files hold of a site, and what is taken of it."""

import gzip
import zlib
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from command import Tintinh

from flows.import_draft import Draft, Known, Tally
from pipelines.families import FAMILIES
from pipelines.foreign import Foreign, ForeignFile, NoWarcError
from schemas.site import Site
from schemas.window import Window
from tests.spiders.replica import article, listing

HOME = "http://hdnd.mau-cu.example.vn/"
SECRET = article(7).body.replace(b"<h1", "<p>MẬT</p><h1".encode())
TOO_LARGE = 16 * 2**20


def url(n: int) -> str:
    return f"{HOME}tin-tuc/phien-hop-thu-{n}-cua-thuong-truc-{n}.html"


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:half], body[half:], b""))


class Writer:
    """A WARC file as some crawler writes it."""

    def __init__(self, version: str = "WARC/1.1", zipped: bool = True) -> None:
        self.version, self.zipped, self.data = version, zipped, b""

    def add(
        self,
        where: str,
        body: bytes,
        kind: str = "response",
        status: str = "200 OK",
        headers: dict[str, str] | None = None,
        date: str = "2026-05-04T03:02:01Z",
        more: str = "",
    ) -> None:
        given = {"Content-Type": "text/html; charset=utf-8"} | (headers or {})
        http = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        answer = kind in ("response", "revisit")
        block = (f"HTTP/1.1 {status}\r\n{http}\r\n".encode() if answer else b"") + body
        head = (
            f"{self.version}\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{uuid4()}>\r\nWARC-Date: {date}\r\n"
            f"WARC-Target-URI: {where}\r\nContent-Length: {len(block)}\r\n{more}"
            f"Content-Type: {'application/http; msgtype=response' if answer else 'text/html'}\r\n\r\n"
        )
        record = head.encode() + block + b"\r\n\r\n"
        self.data += gzip.compress(record) if self.zipped else record

    def save(self, path: Path, cut: int = 0, whole: bool = False) -> Path:
        data = self.data
        path.write_bytes(gzip.compress(data) if whole else data[: len(data) - cut])
        return path


def crawl() -> Writer:
    """What a crawl of the whole site keeps."""
    file = Writer()
    file.add("a.warc.gz", b"software: Browsertrix-Crawler 1.0\r\n", kind="warcinfo")
    file.add(HOME, listing("tin-tuc", [1, 2, 3]).body)
    file.add(f"{HOME}tin-tuc/", listing("tin-tuc", [1, 2, 3]).body)
    file.add(url(1), article(1).body)
    file.add(url(2), gzip.compress(article(2).body), headers={"Content-Encoding": "gzip"})
    file.add(url(3), chunked(article(3).body), headers={"Transfer-Encoding": "chunked"})
    file.add(url(4), article(4).body, kind="resource")
    file.add(url(1).replace("http:", "https:") + "?utm_source=x", article(1).body, date="2026-06-01T00:00:00Z")
    file.add(url(2), b"", kind="revisit", date="2026-07-01T00:00:00Z")
    file.add(url(5), b"<h1>404</h1>", status="404 Not Found")
    file.add(url(6), b"", status="301 Moved", headers={"Location": HOME})
    file.add(url(7), SECRET)
    file.add(url(8), b"\0" * TOO_LARGE)
    file.add(url(9), article(9).body[:600], more="WARC-Truncated: length\r\n")
    file.add(f"{HOME}themes/chung.css", b"a{}", headers={"Content-Type": "text/css"})
    file.add("https://bao.khac.example.vn/tin-1.html", article(1).body)
    file.add("urn:pageinfo:x", b"{}", kind="resource")
    return file


LEFT = {
    "classified": 1,
    "http_301": 1,
    "http_404": 1,
    "not_an_article": 2,
    "not_html": 1,
    "other_site": 2,
    "repeated": 1,
    "revisit": 1,
    "too_large": 1,
    "truncated": 1,
}


@pytest.fixture
def known(tintinh: Tintinh) -> Tintinh:
    """A home that knows the dead site."""
    sites = tintinh.home / "sites"
    sites.mkdir(parents=True)
    text = f'name = "HĐND tỉnh Mẫu"\norgan = "council"\nprovince = "cao-bang"\nurl = "{HOME}"\nstatus = "closed"\n'
    (sites / "mau-cu.toml").write_text(text, encoding="utf-8")
    return tintinh


@pytest.mark.slow
def test_a_site_comes_out_of_a_foreign_file_once(known: Tintinh, tmp_path: Path) -> None:
    file = str(crawl().save(tmp_path / "crawl.warc.gz"))
    dry = known.json("import", "--site", "mau-cu", file, "--dry-run")["imported"]
    assert (dry["taken"], dry["left"], dry["family"]) == (4, LEFT, "nukeviet")
    assert not list(known.home.glob("spool/*/*"))

    none = known.json("import", "--site", "mau-cu", file, "--since", "2026-03-03")
    assert (none["imported"]["taken"], none["imported"]["left"]["out_of_window"]) == (0, 4)

    first = known.json("import", "--site", "mau-cu", file, "--since", "2026-03-02", "--until", "2026-03-02")
    assert (first["imported"]["taken"], first["sites"]["mau-cu"]["new"], first["imported"]["left"]) == (4, 4, LEFT)
    rows = known.query("select article_id, title, robots, tls, warc, first_seen::varchar seen from articles order by 1")
    assert [row["article_id"] for row in rows] == [f"mau-cu:{n}" for n in (1, 2, 3, 4)]
    assert {(row["robots"], row["tls"], row["seen"][:10]) for row in rows} == {("imported", "imported", "2026-05-04")}
    assert all(row["warc"].split("/")[-1].startswith("TINTINH-mau-cu-") for row in rows)

    second = known.json("import", "--site", "mau-cu", file)
    kept = {why: n for why, n in LEFT.items() if why != "repeated"}
    assert (second["imported"]["taken"], second["imported"]["left"]) == (0, kept | {"known": 5})
    assert second["version"] == first["version"]

    older, newer = Writer("WARC/1.0"), Writer("WARC/1.0", zipped=False)
    older.add(
        url(1), article(1, "Bản cũ hơn của bài này, đã được sửa sau đó một lần. " * 9).body, date="2026-04-01T00:00:00Z"
    )
    newer.add(
        url(2), article(2, "Bản sửa của bài này, đăng lại sau kỳ họp thứ hai. " * 9).body, date="2026-08-01T00:00:00Z"
    )
    paths = [str(older.save(tmp_path / "older.warc.gz")), str(newer.save(tmp_path / "newer.warc"))]
    third = known.json("import", "--site", "mau-cu", *paths)
    counts = third["sites"]["mau-cu"]
    assert (third["imported"]["left"], counts["changed"], counts["new"]) == ({"older_than_known": 1}, 1, 0)
    kinds = known.query("select distinct kind from runs")
    assert kinds == [{"kind": "import"}]


@pytest.mark.parametrize(
    ("write", "word"),
    [
        (lambda path: path, "cannot be read"),
        (lambda path: path.write_bytes(b""), "is no WARC file"),
        (lambda path: path.write_bytes(gzip.compress(b"<html>")), "is no WARC file"),
        (lambda path: path.write_bytes(b"PK\x03\x04archive/"), "a WACZ is a zip"),
        (lambda path: strangers(path), "are of bao.khac.example.vn"),
    ],
    ids=["missing", "empty", "html", "wacz", "another site"],
)
def test_a_file_that_cannot_serve_is_wrong_usage(
    known: Tintinh, tmp_path: Path, write: Callable[[Path], Any], word: str
) -> None:
    path = tmp_path / "x.warc.gz"
    write(path)
    known.run("import", "--site", "mau-cu", str(path), code=2)
    assert word in known.stderr


def strangers(path: Path) -> None:
    file = Writer()
    file.add("https://bao.khac.example.vn/tin-1.html", article(1).body)
    file.save(path)


def test_a_wrong_key_or_window_is_wrong_usage(known: Tintinh, tmp_path: Path) -> None:
    file = str(crawl().save(tmp_path / "crawl.warc.gz"))
    known.run("import", "--site", "mau-c", file, code=2)
    assert "did you mean mau-cu" in known.stderr
    known.run("import", "--site", "mau-cu", file, "--since", "2024-02-01", "--until", "2024-01-01", code=2)
    assert "swap them" in known.stderr


def two() -> Writer:
    file = Writer()
    file.add(url(1), article(1).body)
    file.add(url(2), article(2).body)
    return file


@pytest.mark.parametrize("version", ["WARC/1.0", "WARC/1.1"])
@pytest.mark.parametrize("shape", ["members", "plain", "whole"])
def test_every_shape_of_file_is_read(tmp_path: Path, version: str, shape: str) -> None:
    file = Writer(version, zipped=shape == "members")
    file.add(f"<{url(1)}>", chunked(article(1).body), headers={"Transfer-Encoding": "chunked"})
    file.add(url(2), article(2).body, headers={"Transfer-Encoding": "chunked"})  # undone, and still said to be
    found = list(ForeignFile(file.save(tmp_path / "a.warc", whole=shape == "whole")))
    assert [(one.url, one.status, one.body) for one in found] == [
        (url(1), 200, article(1).body),
        (url(2), 200, article(2).body),
    ]


@pytest.mark.parametrize("shape", ["members", "plain", "garbage"])
def test_a_broken_tail_costs_no_whole_record(tmp_path: Path, shape: str) -> None:
    file = Writer(zipped=shape != "plain")
    file.add(url(1), article(1).body)
    file.add(url(2), article(2).body)
    path = file.save(tmp_path / "a.warc", cut=0 if shape == "garbage" else 40)
    if shape == "garbage":
        path.write_bytes(path.read_bytes() + zlib.compress(b"x") * 9)
    reading = ForeignFile(path)
    whole: list[Foreign] = [one for one in reading if one.left is None]
    assert [one.url for one in whole] == [url(1), url(2)][: 2 if shape == "garbage" else 1]
    assert shape == "plain" or reading.broken


class Nothing(Known):
    """A bucket that knows no page."""

    def __init__(self) -> None:
        pass

    def why(self, *_: str | datetime) -> None:
        """Every page is news."""


SPLIT = {  # family, the article's own address, its further ones, others that are captured too and what they are
    "a folder": ("wordpress", "tin/bai-dai/", ["tin/bai-dai/2/", "tin/bai-dai/3/"], {}),
    "no slash at the end": ("wordpress", "tin/bai-dai", ["tin/bai-dai/2", "tin/bai-dai/3"], {}),
    "plain permalinks": ("wordpress", "?p=7", ["?p=7&page=2", "?p=7&page=3"], {}),
    "a parameter": ("generic", "bai-dai.html", ["bai-dai.html?page=2", "bai-dai.html?page=3"], {}),
    "no first page": ("wordpress", "tin/bai-dai/", ["tin/bai-dai/2/"], {"tin/mat-dau/2/": "further_page"}),
    "an article below another": ("wordpress", "tin/bai-dai/", ["tin/bai-dai/2/"], {"tin/bai-dai/ban-hai/": "article"}),
}


@pytest.mark.parametrize("last_first", [False, True], ids=["in order", "last page first"])
@pytest.mark.parametrize("case", SPLIT)
def test_an_article_over_several_pages_is_whole(tmp_path: Path, case: str, last_first: bool) -> None:
    family, own, further, others = SPLIT[case]
    links = "".join(f'<a href="/{where}">{n}</a> ' for n, where in enumerate(further, 2))
    body = f"<html><h1>Bài dài của Ban Tuyên giáo</h1><div class='post-nav-links'>{links}</div></html>".encode()
    pages = [
        (own, body),
        *((where, body) for where in further),
        *((where, b"<html><h1>B\xc3\xa0i") for where in others),
    ]
    file = Writer()
    for second, (where, held) in enumerate(reversed(pages) if last_first else pages):
        file.add(HOME + where, held, date=f"2026-05-04T03:02:{second:02d}Z")
    tally = Tally([file.save(tmp_path / "a.warc.gz")], Window())
    about = {"name": "HĐND tỉnh Mẫu", "organ": "council", "province": "cao-bang"}
    site = Site.model_validate({"key": "mau", "url": HOME, **about})
    draft = Draft(BytesIO(), site, FAMILIES[family], tally, Nothing())
    chosen = draft.whole([item.tag for item in draft.material()])
    whole = [(HOME + own, 1, None), *((HOME + where, n, HOME + own) for n, where in enumerate(further, 2))]
    alone = [(HOME + where, 1, None) for where, kind in others.items() if kind == "article"]
    assert sorted((one.url, one.part, one.part_of) for one in chosen) == sorted([*whole, *alone])
    assert len({one.key for one in chosen}) == 1 + len(alone)
    assert [one.part for one in chosen if one.url not in {url for url, *_ in alone}] == list(range(1, len(whole) + 1))
    assert dict(tally.left) == {kind: 1 for kind in others.values() if kind != "article"}


def test_no_warc_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"<html>")
    with pytest.raises(NoWarcError, match="is no WARC file"):
        ForeignFile(tmp_path / "a")
