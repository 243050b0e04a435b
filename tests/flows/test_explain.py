"""`tintinh explain`: a saved page without any server, a stored one, and one that stopped on its way."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from command import Tintinh

from flows.demo.replicas import ReplicaFarm
from flows.explaining import Answer, Question, answer
from flows.settings import Settings
from flows.storage import attached
from schemas.article import Accepted
from schemas.zone import HANOI
from tests.spiders.replica import Reply, Route, serving

PAGES = Path(__file__).parents[1] / "pipelines" / "pages"
URL = "http://dantoc.example.vn/ChiTiet.aspx?ID=552"


@pytest.fixture
def alone(tmp_path: Path) -> Tintinh:
    return Tintinh(tmp_path / "home")


def test_a_saved_page(alone: Tintinh) -> None:
    said = alone.json("explain", str(PAGES / "portal.html"), "--url", URL)
    told = said["explanation"]
    fields = {field["name"]: field for field in told["fields"]}
    assert said["stage"] == told["verdict"]["outcome"] == "accepted"
    assert (fields["published_at"]["rule"], fields["title"]["rule"]) == ("label", told["family"])
    rules = {block["text"]: block["rule"] for block in told["removed"]}
    assert rules["Các tin khác:"] in ("related", "pruned") and rules["Giới thiệu"] == "outside"
    shown = alone.run("explain", str(PAGES / "portal.html"), "--url", URL)
    assert f"  {rules['Các tin khác:']}" in shown and "    Các tin khác:" in shown


@pytest.mark.parametrize(
    ("name", "body", "stage"),
    [
        ("empty.html", b"", "rejected as unreadable"),
        ("404.html", "<html><title>404</title><h1>Không tìm thấy trang</h1></html>".encode(), "rejected as soft_404"),
        ("page.txt", "Trang chủ\nLiên hệ\n".encode(), "rejected as "),
    ],
)
def test_a_page_that_is_refused(alone: Tintinh, tmp_path: Path, name: str, body: bytes, stage: str) -> None:
    (tmp_path / name).write_bytes(body)
    assert alone.json("explain", str(tmp_path / name))["stage"].startswith(stage)


@pytest.mark.parametrize(
    "flags", [("no-such-file.html",), ("x.html", "--family", "no-such"), ("x.html", "--site", "no")]
)
def test_a_wrong_question_is_wrong_usage(alone: Tintinh, flags: tuple[str, ...]) -> None:
    alone.run("explain", *flags, code=2)


@pytest.mark.slow
def test_a_stored_page_and_one_that_nobody_met(tintinh: Tintinh) -> None:
    with ReplicaFarm(datetime.now(HANOI).date()) as farm:
        farm.write_sites(tintinh.home / "sites")
        tintinh.env |= {"TINTINH_ALLOW_HOSTS": ",".join(farm.host_ports), "TINTINH_DELAY": "0"}
        tintinh.json("nightly")
    rows = tintinh.query(
        "select site, url, found_on, outcome, status, article_id, warc from captures where status = 200"
        " and site = 'cao-bang-nukeviet' order by url"
    )
    row = next(row for row in rows if row["article_id"])
    said = tintinh.json("explain", row["url"])
    assert said["stage"].startswith("settled as new: captured on ") and "; stored: articles, month " in said["stage"]
    assert {key: said["stored"][key] for key in row} == row
    assert said["explanation"]["verdict"]["outcome"] == "accepted"
    stored = tintinh.query(f"select title, text, template from articles where article_id = '{row['article_id']}'")[0]
    content = said["explanation"]["verdict"]["content"]
    assert {key: content[key] for key in stored} == stored
    assert stored["template"]
    never = tintinh.json("explain", row["url"].rsplit("/", 1)[0] + "/chua-ai-gap-77.html")
    assert (never["stored"], never["explanation"]) == (None, None)
    assert never["stage"].startswith("never captured")
    assert tintinh.json("explain", "https://xa-la.example.vn/bai-1.html")["stage"].startswith("not known")
    assert json.loads(tintinh.run("extract", str(PAGES / "portal.html"), "--json"))["outcome"] == "accepted"


def post(title: str, text: str, number: int, parts: int = 1, part: int = 1) -> Reply:
    """A page in the manner of WordPress, one of several perhaps."""
    others = [n for n in range(1, parts + 1) if n != part]
    today = datetime.now(HANOI).replace(hour=0, minute=5, second=0, microsecond=0).isoformat()
    links = "".join(f'<a href="/tin/bai-{number}/{n}/" class="post-page-numbers">{n}</a>' for n in others)
    return Reply(
        f"""<html lang="vi"><head><meta charset="utf-8"><meta name="generator" content="WordPress 6.5">
        <title>{title}</title></head><body class="single-post postid-{number}"><article class="post">
        <h1 class="entry-title">{title}</h1><time class="entry-date published" datetime="{today}">
        hôm nay</time><div class="entry-content"><p>{text}</p><div class="page-links">{links}</div></div></article>
        </body></html>""".encode()
    )


@pytest.mark.slow
def test_every_way_that_a_page_can_end(tintinh: Tintinh, tmp_path: Path) -> None:
    titles = {n: f"Bản tin số {n} của đài truyền thanh xã" for n in range(1, 7)}
    items = "".join(
        f'<article class="post"><h2 class="entry-title"><a href="/tin/bai-{n}/">{title}</a></h2>'
        f'<time datetime="2025-10-0{n}">0{n}/10/2025</time></article>'
        for n, title in titles.items()
    )
    home = f"""<html lang="vi"><head><meta charset="utf-8"><meta name="generator" content="WordPress 6.5"><title>Xã Mẫu
        </title></head><body class="archive"><main>{items}</main></body></html>"""
    routes: dict[str, Route] = {
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /tin/bai-3/"),
        "/tin/": Reply(home.encode()),
        **{f"/tin/bai-{n}/": post(t, f"Chuyện của tổ {n}, ai nghe cũng vui. " * 8, n) for n, t in titles.items()},
        "/tin/bai-1/": post(titles[1], "Phần đầu kể chuyện mở đường lên bản. " * 8, 1, parts=2),
        "/tin/bai-1/2/": post(titles[1], "Phần sau kể chuyện khánh thành cầu. " * 8, 1, parts=2, part=2),
        "/tin/bai-2/": Reply("<html><title>404</title><h1>Không tìm thấy trang</h1></html>".encode()),
    }
    with serving(routes) as site:
        folder = tmp_path / "sites"
        folder.mkdir()
        (folder / "xa-mau.toml").write_text(
            f'name = "Xã Mẫu"\norgan = "party"\nprovince = "cao-bang"\nurl = "{site.url}"\nfamily = "wordpress"\n'
            'listings = ["/tin/"]\nstatus = "active"\n',
            encoding="utf-8",
        )
        tintinh.env |= {"TINTINH_SITES": str(folder), "TINTINH_ALLOW_HOSTS": site.host, "TINTINH_DELAY": "0"}
        settings = Settings(home=tintinh.home, sites=folder)

        def ask(path: str) -> Answer:
            return answer(Question(f"{site.url}{path}"), settings)

        with attached(settings):  # one server for all that follows
            assert ask("tin/bai-1/").stage.startswith("never captured: no run has visited xa-mau")
            tintinh.json("nightly")
            routes["/tin/bai-5/"] = Reply(b"", 410)
            tintinh.json("nightly")
            stages = {n: ask(f"tin/bai-{n}/").stage for n in (2, 3, 4, 5, 9)}
            first, second, listing = ask("tin/bai-1/"), ask("tin/bai-1/2/"), ask("tin/").stage
            stored = tintinh.query("select text from articles where url like '%bai-1/'")[0]["text"]
    assert first.stored == second.stored and first.explanation == second.explanation is not None
    assert isinstance(first.explanation.verdict, Accepted)
    whole = first.explanation.verdict.content.text
    assert "Phần đầu" in whole and "Phần sau" in whole and stored == whole
    assert listing.startswith("asked, but not as an article of its own")
    assert stages[2].startswith("rejected as soft_404: captured on ")
    assert stages[3].startswith("never asked: ") and "robots.txt" in stages[3]
    assert stages[4].startswith("settled as unchanged: captured on ")
    assert stages[5].startswith("gone: it answered 410 on ") and "stored: articles" in stages[5]
    assert stages[9].startswith("never captured: no listing")
