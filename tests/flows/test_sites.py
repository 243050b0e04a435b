"""`tintinh sites probe | check | enable | disable | diff` against replicas on loopback; no server is needed."""

import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from command import Tintinh

from flows.record_fixture import read
from tests.spiders.replica import Replica, Reply, Route, html, listing, nukeviet, serving
from tests.spiders.test_tls import ROUTES as TLS_ROUTES
from tests.spiders.test_tls import authority  # noqa: F401  (a fixture)

ARTICLE = "tin-tuc/phien-hop-thu-10-cua-thuong-truc-10.html"


@pytest.fixture
def alone(tmp_path: Path) -> Tintinh:
    """The packaged registry and an overlay of its own."""
    return Tintinh(tmp_path / "home", {"TINTINH_DELAY": "0", "TINTINH_MIN_FREE_MEGABYTES": "50"})


@pytest.fixture
def site() -> Iterator[Replica]:
    with serving(nukeviet()) as replica:
        yield replica


def toml(url: str, **more: str) -> str:
    lines = ['name = "HĐND tỉnh Mẫu"', 'organ = "council"', 'province = "cao-bang"', f'url = "{url}"']
    return "\n".join([*lines, *(f"{name} = {value}" for name, value in more.items())]) + "\n"


def test_a_probe_tells_field_by_field_and_writes(alone: Tintinh, site: Replica) -> None:
    alone.env["TINTINH_ALLOW_HOSTS"] = site.host
    command = ("sites", "probe", site.url, "--key", "mau", "--province", "cao-bang")
    found = alone.json(*command)
    told = {one["field"]: one["value"] for one in found["fields"]}
    assert (found["verdict"], found["written"]) == ("fine", [])
    assert told["robots"] == "allowed" and told["family"] == "nukeviet" and told["page_2"] == "differs"
    assert told["article"] == site.url + ARTICLE and told["published_at"] == "2026-03-02T08:10:00+07:00"
    assert told["listing"] == f"{site.url}tin-tuc/" and told["next_page"] == f"{site.url}tin-tuc/page-2/"
    assert told["attachments"] is None and all(one["evidence"] for one in found["fields"])
    assert len(site.seen) <= 6 and site.paths.count("/" + ARTICLE) == 1  # one article, and nothing twice
    assert not (alone.home / "sites").exists() and not list(alone.home.glob("spool/*/*"))

    written = alone.json(*command, "--write")["written"]
    own = alone.home / "sites" / "mau.toml"
    assert str(own) in written and tomllib.loads(own.read_text(encoding="utf-8")) == {
        "name": "HĐND tỉnh Mẫu",
        "organ": "council",
        "province": "cao-bang",
        "url": site.url,
        "family": "nukeviet",
        "status": "candidate",
    }
    fixture = read(next((alone.home / "fixtures" / "mau").iterdir()))
    assert fixture.expected["title"].startswith("Phiên họp thứ 10") and not fixture.reviewed
    assert "mau" in {one["key"] for one in alone.json("sites", "list")["sites"]}
    alone.run(*command, "--write", code=2)
    assert "--force" in alone.stderr
    alone.run(*command, "--write", "--force")
    assert "page_2         differs" in alone.run(*command)


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("ftp://mau.example.vn/",), 2, "no http or https URL"),
        (("https://mau.example.vn/",), 2, "TINTINH_CONTACT"),
        (("{url}", "--organ", "xã"), 2, "--organ one of party"),
        (("{url}", "--province", "hoa-ky"), 2, "--province a slug"),
        (("{url}", "--key", "gia-lai-party"), 2, "is taken by"),
        (("{url}", "--write"), 2, "says its province; give --province"),
    ],
)
def test_a_wrong_probe_is_wrong_usage(
    alone: Tintinh, site: Replica, arguments: tuple[str, ...], code: int, word: str
) -> None:
    alone.env["TINTINH_ALLOW_HOSTS"] = site.host
    alone.run("sites", "probe", *(one.replace("{url}", site.url) for one in arguments), code=code)
    assert word in alone.stderr and not (alone.home / "sites").exists()


def challenge() -> Reply:
    return Reply(
        b"<html><head><title>Just a moment...</title></head><body><h1>Checking your browser before accessing"
        b"</h1><noscript>Enable JavaScript and cookies to continue</noscript></body></html>",
        403,
    )


NOTHING = html("<h1>Chào mừng</h1><p>Trang đang được xây dựng.</p>")
SHORT = html('<h1 class="title">Tin</h1><p>Ngắn.</p>')
KINDS: dict[str, tuple[dict[str, Route], str, str]] = {
    "fine": (nukeviet(), "fine", "Phiên họp thứ"),
    "moved": (
        {"*": Reply(status=301, headers={"Location": "https://moi.example.vn/"}), "/robots.txt": Reply(b"", 404)},
        "moved to",
        "301",
    ),
    "challenged": ({"*": challenge(), "/robots.txt": Reply(b"", 404)}, "blocks us", "http_403"),
    "later": (
        {"*": Reply(status=503, headers={"Retry-After": "86400"}), "/robots.txt": Reply(b"", 404)},
        "blocks us",
        "come back",
    ),
    "forbidden": (
        {**nukeviet(), "/robots.txt": Reply(b"User-agent: *\nDisallow: /\n")},
        "forbidden by robots",
        "robots.txt forbids",
    ),
    "unknown": ({"/": NOTHING}, "layout unknown", "200"),
    "short": ({**nukeviet(), f"/{ARTICLE}": SHORT, "/": listing("tin-tuc", [10])}, "layout unknown", "rejected as"),
    "broken": ({"*": Reply(status=500)}, "dead", "http_500"),
    "slams": ({"*": Reply(slam=True)}, "dead", "connection"),
    "gone": ({}, "dead", "http_404"),
}


@pytest.mark.slow
def test_each_site_is_one_thing_and_none_ends_the_others(
    alone: Tintinh,
    authority: tuple[object, Path],  # noqa: F811
) -> None:
    context, pem = authority
    sites = alone.home / "sites"
    sites.mkdir(parents=True)
    with ExitStack() as stack:
        replicas = {key: stack.enter_context(serving(dict(routes))) for key, (routes, _, _) in KINDS.items()}
        secure = stack.enter_context(serving(dict(TLS_ROUTES), context))  # type: ignore[arg-type]
        urls = {key: replica.url for key, replica in replicas.items()} | {"off": "http://127.0.0.1:9/"}
        for key, url in urls.items():
            (sites / f"{key}.toml").write_text(toml(url), encoding="utf-8")
        for key, more in (("ca", {}), ("pinned", {"ca": f'"{pem}"'})):
            text = toml(f"https://localhost:{secure.port}/", listings='["/tin-tuc/"]', **more)
            (sites / f"{key}.toml").write_text(text, encoding="utf-8")
        (sites / "sai.toml").write_text("name = [", encoding="utf-8")
        alone.env["TINTINH_ALLOW_HOSTS"] = ",".join(
            (*(r.host for r in replicas.values()), f"localhost:{secure.port}", "127.0.0.1:9")
        )
        keys = [*urls, "ca", "pinned"]
        found = alone.json("sites", "check", *keys, code=1)["sites"]
        asked = len(replicas["later"].seen)
        again = alone.json("sites", "check", "later", code=1)["sites"]["later"]
        assert len(replicas["later"].seen) == asked
    assert again["verdict"] == "blocks us" and "host: asked us to come back" in again["evidence"]
    expected = {key: (word, evidence) for key, (_, word, evidence) in KINDS.items()}
    expected |= {"off": ("dead", "refused"), "ca": ("needs CA", "issued by CN=Cơ quan chứng thực Mẫu")}
    expected["pinned"] = ("fine", "Phiên họp thứ 1 ")
    assert {key: one["verdict"] for key, one in found.items()} == {key: word for key, (word, _) in expected.items()}
    for key, (_, evidence) in expected.items():
        assert evidence in found[key]["evidence"], found[key]
    assert found["moved"]["moved_to"] == "https://moi.example.vn/"
    assert "the old host one of its `hosts`" in found["moved"]["evidence"]
    assert all(len(replica.seen) <= 12 for replica in replicas.values())


def test_check_without_keys_takes_the_active_and_tells_the_broken(alone: Tintinh, site: Replica) -> None:
    alone.run("sites", "check", code=2)
    assert "no site is active" in alone.stderr
    alone.env["TINTINH_ALLOW_HOSTS"] = site.host
    sites = alone.home / "sites"
    sites.mkdir(parents=True)
    (sites / "mau.toml").write_text(toml(site.url, status='"active"'), encoding="utf-8")
    assert list(alone.json("sites", "check")["sites"]) == ["mau"]
    (sites / "sai.toml").write_text("name = [", encoding="utf-8")
    assert list(alone.json("sites", "check", code=2)["broken"]) == ["sai"]
    alone.run("sites", "check", "mao", code=2)
    assert "did you mean mau" in alone.stderr


def test_enable_disable_and_diff_touch_the_overlay_only(alone: Tintinh) -> None:
    own = alone.home / "sites" / "gia-lai-party.toml"
    dry = alone.json("sites", "enable", "gia-lai-party", "--dry-run")["sites"]["gia-lai-party"]
    assert (dry["before"], dry["status"], dry["written"], own.exists()) == ("candidate", "active", False, False)
    alone.run("sites", "enable", "gia-lai-party")
    text = own.read_text(encoding="utf-8")
    assert tomllib.loads(text)["status"] == "active"
    alone.run("sites", "enable", "gia-lai-party")
    assert own.read_text(encoding="utf-8") == text  # twice is once
    own.write_text(f"# hỏi chị Lan trước\nbudget_minutes = 30\n{text}\n[expect]\nper_week = [1, 9]\n", encoding="utf-8")
    alone.run("sites", "disable", "gia-lai-party", "--reason", "cơ quan chủ quản yêu cầu")
    table = tomllib.loads(own.read_text(encoding="utf-8"))
    assert (table["status"], table["reason"]) == ("closed", "cơ quan chủ quản yêu cầu")
    assert (table["budget_minutes"], table["expect"]) == (30, {"per_week": [1, 9]})
    assert own.read_text(encoding="utf-8").startswith("# hỏi chị Lan trước\n")
    found = alone.json("sites", "diff")["differences"]
    assert {(d["field"], d["packaged"], d["overlay"]) for d in found if d["field"] in ("status", "reason")} == {
        ("status", "candidate", "closed"),
        ("reason", None, "cơ quan chủ quản yêu cầu"),
    }
    assert 'gia-lai-party.status: "candidate" -> "closed"' in alone.run("sites", "diff", "gia-lai-party")
    assert alone.json("sites", "diff", "cao-bang-council") == {"differences": []}
    alone.run("sites", "enable", "gia-lai-party")
    assert "reason" not in tomllib.loads(own.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("enable", "gia-lai-part"), "did you mean gia-lai-party"),
        (("enable", "gia-lai-party", "khong-co"), "no site has the key"),
        (("disable", "gia-lai-party"), "--reason"),
        (("disable", "gia-lai-party", "--reason", " "), "--reason is empty"),
        (("diff", "khong-co"), "no site has the key"),
    ],
)
def test_a_wrong_key_changes_nothing(alone: Tintinh, arguments: tuple[str, ...], word: str) -> None:
    alone.run("sites", *arguments, code=2)
    assert word in alone.stderr and not (alone.home / "sites").exists()
