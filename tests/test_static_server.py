"""The server of captured pages: what it answers for each line of an index."""

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from static_server import Capture, serve_capture

GOLD = Path(__file__).parents[1] / "../shared/gold"
BASE = "http://127.0.0.1:8099"
MODIFIED = "Mon, 02 Mar 2026 04:05:06 GMT"


def _line(
    path: str, file: str, status: int = 200, kind: str = "text/html; charset=utf-8", **more: str | None
) -> dict[str, object]:
    row = {"url": BASE + path, "file": file, "kind": "page", "status": status, "content_type": kind}
    return row | {"location": None, "last_modified": None} | more


@pytest.fixture
def capture(tmp_path: Path) -> Iterator[Capture]:
    lines = [
        _line("/", "home.html", last_modified=MODIFIED),
        _line("/bai-1.html?download=1&id=0", "a.pdf", kind="application/pdf"),
        _line("/trang-9/", "gone.html", 301, location=f"{BASE}/"),
        _line("/the/n%C6%B0%E1%BB%9Bc", "tag.html"),
        _line("/mat.html", "lost.html", 404),
    ]
    (tmp_path / "index_full.json").write_text(json.dumps(lines))
    (tmp_path / "truth.json").write_text(json.dumps({f"{BASE}/": {"title": "Một"}}))
    (tmp_path / "home.html").write_text(f'<a href="{BASE}/x">Tỉnh</a> u=http%3A%2F%2F127.0.0.1%3A8099%2F')
    (tmp_path / "a.pdf").write_bytes(b"%PDF 127.0.0.1:8099 \xff")
    (tmp_path / "tag.html").write_text("thẻ")
    (tmp_path / "lost.html").write_text("không có")
    with serve_capture(tmp_path / "index_full.json") as served:
        yield served


def _get(site: Capture, path: str, **headers: str) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(site.host_port, timeout=10)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/bai-1.html?download=1&id=0", 200),
        ("/bai-1.html", 404),
        ("/bai-1.html?download=1", 404),
        ("/trang-9/", 301),
        ("/the/n%c6%b0%e1%bb%9bc", 200),
        ("/mat.html", 404),
        ("/nowhere", 404),
    ],
)
def test_status(capture: Capture, path: str, status: int) -> None:
    assert _get(capture, path)[0] == status


def test_addresses_in_text_are_the_served_ones(capture: Capture) -> None:
    port = capture.host_port.split(":")[1]
    assert (
        _get(capture, "/")[1].decode()
        == f'<a href="{capture.base_url}/x">Tỉnh</a> u=http%3A%2F%2F127.0.0.1%3A{port}%2F'
    )


def test_other_bytes_stay(capture: Capture) -> None:
    assert _get(capture, "/bai-1.html?download=1&id=0")[1] == b"%PDF 127.0.0.1:8099 \xff"


def test_redirect_stays_on_the_server(capture: Capture) -> None:
    assert _get(capture, "/trang-9/")[2]["Location"] == f"{capture.base_url}/"


@pytest.mark.parametrize(
    ("since", "status"), [(MODIFIED, 304), ("Sun, 01 Mar 2026 00:00:00 GMT", 200), ("no date", 200)]
)
def test_if_modified_since(capture: Capture, since: str, status: int) -> None:
    assert _get(capture, "/", If_Modified_Since=since)[0] == status


def test_validators_can_be_left_out(capture: Capture) -> None:
    with serve_capture(capture.folder / "index_full.json", conditional=False) as site:
        status, _, headers = _get(site, "/", If_Modified_Since=MODIFIED)
    assert (status, headers["Last-Modified"]) == (200, None)


def test_truth_speaks_of_served_addresses(capture: Capture) -> None:
    assert capture.truth() == {f"{capture.base_url}/": {"title": "Một"}}


def test_requests_are_counted(capture: Capture) -> None:
    for path in ("/", "/nowhere"):
        _get(capture, path)
    assert [request.path for request in capture.requests] == ["/", "/nowhere"]


def test_most_in_flight(capture: Capture) -> None:
    capture.server.delay = 0.3
    threads = [threading.Thread(target=_get, args=(capture, "/")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert capture.max_in_flight == 3


@pytest.mark.parametrize("name", ["nukeviet", "wordpress"])
def test_every_true_article_is_served(name: str) -> None:
    index = GOLD / name / "index_full.json"
    if not index.is_file():
        pytest.skip("the captured sites are not here")
    with serve_capture(index) as site:
        assert {url: _get(site, url.removeprefix(site.base_url))[0] for url in site.truth()} == dict.fromkeys(
            site.truth(), 200
        )
