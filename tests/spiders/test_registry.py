"""The registry: what is packaged, what the operator lays over it, and how a wrong file is told."""

import csv
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pipelines.store.describe import hosts
from schemas.errors import SiteFileError, UsageError
from schemas.site import Site
from spiders.registry import load
from spiders.succession import heir

GOOD = """name = "HĐND tỉnh Mẫu"
organ = "council"
province = "cao-bang"
url = "https://hdnd.example.vn/"
"""
PACKAGED = load(None, Path("/nowhere"))
SITES_CSV = Path(__file__).parents[2] / "../shared/reference/sites.csv"


def folder(path: Path, **files: str | bytes) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        data = text.encode() if isinstance(text, str) else text
        (path / f"{name.replace('_', '-')}.toml").write_bytes(data)
    return path


def test_the_packaged_registry_is_whole() -> None:
    assert not PACKAGED.broken
    assert len(PACKAGED.sites) >= 11
    assert {site.status for site in PACKAGED.sites.values()} == {"candidate"}


@pytest.mark.skipif(not SITES_CSV.exists(), reason="the list of sites with evidence is not beside this repository")
@pytest.mark.parametrize("site", PACKAGED.sites.values(), ids=lambda site: site.key)
def test_a_packaged_site_has_evidence(site: Site) -> None:
    with SITES_CSV.open(encoding="utf-8") as rows:
        known = {
            (urlsplit(f"//{row['url'].split('//')[-1]}").hostname, row["province_slug"], row["organ"])
            for row in csv.DictReader(rows)
        }
    assert (urlsplit(site.url).hostname, site.province, site.organ.value) in known


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"\xff\xfen", "is not UTF-8"),
        ('name = "a\n', "line 1"),
        (GOOD + "organ = 'council'\n", "line 5"),
        (GOOD + 'family = "nukevit"\n', "family: no family is called 'nukevit'; there are nukeviet, wordpress"),
        (GOOD + 'famly = "nukeviet"\n', "famly: there is no such field; did you mean family?"),
        (GOOD + "xyzzy = 1\n", "xyzzy: there is no such field; the fields are name, organ"),
        (GOOD + 'listings = "/tin/"\n', "listings: '/tin/' does not fit; expected a list of paths"),
        (GOOD + 'listings = ["tin/"]\n', "listings: 'tin/' is neither a path beginning with / nor a URL"),
        (GOOD + 'status = "on"\n', "status: 'on' does not fit; expected one of candidate, active"),
        (GOOD + "expect = { per_week = [2] }\n", "expect.per_week"),
        (GOOD + "budget_minutes = 0\n", "budget_minutes: 0 does not fit; expected whole minutes"),
        (GOOD + 'ca = "missing.pem"\n', "ca: there is no file"),
        (GOOD + '[[layouts]]\nuntil = 2024-01-01\nfamily = "old"\n', "layouts: no family is called 'old'"),
        (GOOD.replace("cao-bang", "cao-bằng"), "no province has the slug 'cao-bằng'"),
        (GOOD.replace("https:", "ftp:"), "url: 'ftp://hdnd.example.vn/' does not fit; expected an http"),
        (GOOD.replace("organ", "#"), "organ: this field is missing; expected one of party"),
        (GOOD + 'successor = "mau-tot"\n', 'successor: only a site with status = "moved" has one'),
        (GOOD + 'status = "moved"\nsuccessor = "mau"\n', "successor: no site that can be read has the key 'mau'"),
        (GOOD + 'status = "moved"\nsuccessor = "mau-sai"\n', "successor: mau-sai -> mau-sai is a circle"),
        (GOOD + 'carries_on = ["mau-tot"]\n', "carries_on: there is no such field"),
        (GOOD + 'space = "Hai"\n', "space: 'Hai' does not fit; expected a name of 1 to 16"),
        ("", "name: this field is missing (and 3 more)"),
    ],
)
def test_a_wrong_file_is_one_sentence_and_hides_no_other(text: str | bytes, says: str, tmp_path: Path) -> None:
    registry = load(folder(tmp_path, mau_sai=text, mau_tot=GOOD), tmp_path)
    assert list(registry.sites) == ["mau-tot"]
    message = str(registry.broken["mau-sai"])
    assert "mau-sai.toml: " in message and says in message and "\n" not in message


def test_a_wrong_file_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "Mẫu một.toml").write_text(GOOD, encoding="utf-8")
    assert "the file name is the site's key" in str(load(tmp_path, tmp_path).broken["Mẫu một"])


def test_other_files_are_no_sites(tmp_path: Path) -> None:
    folder(tmp_path, mau=GOOD)
    (tmp_path / "README.md").write_text("x")
    (tmp_path / ".mau.toml").write_text("x")
    assert list(load(tmp_path, tmp_path).sites) == ["mau"]


def test_names_are_nfc_and_a_byte_order_mark_is_forgiven(tmp_path: Path) -> None:
    import unicodedata

    text = b"\xef\xbb\xbf" + unicodedata.normalize("NFD", GOOD).encode()
    assert load(folder(tmp_path, mau=text), tmp_path).sites["mau"].name == "HĐND tỉnh Mẫu"


def test_the_home_folder_is_laid_over_field_by_field(tmp_path: Path) -> None:
    folder(tmp_path / "sites", cao_bang_council='status = "active"\n', mau=GOOD)
    registry = load(None, tmp_path)
    site = registry.sites["cao-bang-council"]
    assert (site.status, site.name) == ("active", PACKAGED.sites["cao-bang-council"].name)
    assert len(registry.sites) == len(PACKAGED.sites) + 1
    assert [site.key for site in registry.pick()] == ["cao-bang-council"]


def test_a_broken_overlay_does_not_fall_back_silently(tmp_path: Path) -> None:
    folder(tmp_path / "sites", cao_bang_council='status = "activ"\n')
    registry = load(None, tmp_path)
    assert "cao-bang-council" not in registry.sites
    with pytest.raises(SiteFileError, match="expected one of candidate, active"):
        registry.pick(["cao-bang-council"])


def test_a_folder_given_alone_replaces_everything(tmp_path: Path) -> None:
    folder(tmp_path / "home" / "sites", khac=GOOD)
    registry = load(folder(tmp_path / "mine", mau=GOOD + 'status = "active"\n'), tmp_path / "home")
    assert [site.key for site in registry.pick()] == ["mau"]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ([], "no site is active; 11 candidates are known"),
        (["cao-bang-counci"], "did you mean cao-bang-council"),
        (["zzz"], "tintinh sites list"),
    ],
)
def test_nothing_to_do_says_what_to_do(keys: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        PACKAGED.pick(keys)


@pytest.mark.parametrize(("keys", "candidates", "count"), [([], True, 11), (["gia-lai-party"], False, 1)])
def test_candidates_are_taken_when_asked_for(keys: list[str], candidates: bool, count: int) -> None:
    picked = PACKAGED.pick(keys, include_candidates=candidates)
    assert len(picked) == count
    assert picked == sorted(picked, key=lambda site: site.key)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="which is no folder"):
        load(tmp_path / "none", tmp_path)


def test_a_moved_site_names_who_carries_its_articles_on(tmp_path: Path) -> None:
    moved = GOOD + 'status = "moved"\nsuccessor = "{}"\n'
    registry = load(folder(tmp_path, a=moved.format("b"), b=moved.format("c"), c=GOOD), tmp_path)
    heirs = {key: getattr(heir(registry.sites, key), "key", None) for key in "abc"}
    assert heirs == {"a": "c", "b": "c", "c": None}
    assert {key: site.carries_on for key, site in registry.sites.items()} == {"a": (), "b": ("a",), "c": ("a", "b")}
    circle = load(folder(tmp_path, c=moved.format("a")), tmp_path)
    assert not circle.sites and "a -> b -> c -> a is a circle" in str(circle.broken["a"])


def test_readers_are_told_which_host_went_where(tmp_path: Path) -> None:
    moved = GOOD.replace("hdnd", "cu") + 'hosts = ["rat-cu.example.vn"]\nstatus = "moved"\nsuccessor = "moi"\n'
    registry = load(folder(tmp_path, cu=moved, moi=GOOD, dong=GOOD + 'status = "closed"\n'), tmp_path)
    rows = list(csv.DictReader(hosts.as_csv(registry.sites).decode().splitlines()))
    assert [(row["host"], row["site"], row["successor"], row["now_at"]) for row in rows] == [
        ("cu.example.vn", "cu", "moi", "hdnd.example.vn"),
        ("rat-cu.example.vn", "cu", "moi", "hdnd.example.vn"),
        ("hdnd.example.vn", "dong", "", ""),
        ("hdnd.example.vn", "moi", "", "hdnd.example.vn"),
    ]
