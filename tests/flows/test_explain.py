"""`tintinh explain`: a saved page without any server, a stored one, and one that stopped on its way."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from command import Tintinh

from flows.demo.replicas import ReplicaFarm
from schemas.zone import HANOI

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
    assert (fields["published_at"]["rule"], fields["title"]["rule"]) == ("label", "generic")
    assert {"rule": "related", "text": "Các tin khác:"} in told["removed"]
    shown = alone.run("explain", str(PAGES / "portal.html"), "--url", URL)
    assert "lost against it" in shown
    assert "related: Các tin khác:" in shown


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
@pytest.mark.timeout(240)
def test_a_stored_page_and_one_that_nobody_met(tintinh: Tintinh) -> None:
    with ReplicaFarm(datetime.now(HANOI).date()) as farm:
        farm.write_sites(tintinh.home / "sites")
        tintinh.env |= {"TINTINH_ALLOW_HOSTS": ",".join(farm.host_ports), "TINTINH_DELAY": "0"}
        tintinh.json("nightly")
    rows = tintinh.query(
        "select site, url, found_on, outcome, status, article_id, warc from captures where status = 200 order by url"
    )
    row = next(row for row in rows if row["article_id"])
    said = tintinh.json("explain", row["url"])
    assert said["stage"].startswith("settled as new, in articles")
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
