"""Published articles asked again through the command: edits, what is gone, what returns, a site that closes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from command import Tintinh
from test_nights import toml

from flows.settings import Settings
from flows.storage import attached
from schemas.keys import state_key
from tests.spiders.replica import Replica, Reply, article, listing, nukeviet, serving

pytestmark = pytest.mark.slow

PLACE = "/tin-tuc/phien-hop-thu-{0}-cua-thuong-truc-{0}.html"
NUMBERS = range(1, 26)


@pytest.fixture
def replica() -> Iterator[Replica]:
    """One listing of 25 articles."""
    routes = nukeviet()
    routes = {path: reply for path, reply in routes.items() if not path.startswith("/hoat-dong")}
    routes["/tin-tuc/"] = listing("tin-tuc", reversed(NUMBERS))
    routes |= {PLACE.format(n): article(n) for n in NUMBERS}
    with serving(routes) as replica:
        yield replica


def visited(tintinh: Tintinh, replica: Replica) -> dict[str, Any]:
    """The site's line after its first night."""
    sites = tintinh.home / "sites-of-test"
    sites.mkdir(parents=True)
    (sites / "mau.toml").write_text(toml(replica.url, key="mau", listings='["/tin-tuc/"]'), encoding="utf-8")
    tintinh.env |= {"TINTINH_SITES": str(sites), "TINTINH_ALLOW_HOSTS": replica.host, "TINTINH_DELAY": "0"}
    counts: dict[str, Any] = tintinh.json("nightly")["sites"]["mau"]
    assert counts["new"] == len(NUMBERS)
    return counts


def statuses(tintinh: Tintinh) -> dict[str, int]:
    found = tintinh.query("select source_status s, count(*) n from articles group by s")
    return {row["s"]: row["n"] for row in found}


def test_edits_gone_and_returning_pages(tintinh: Tintinh, replica: Replica) -> None:
    visited(tintinh, replica)
    replica.seen.clear()
    quiet = tintinh.json("nightly")["sites"]["mau"]
    assert quiet["requests"] <= 12 and quiet["captured"] == 0  # old articles wait for their turn

    due = json.loads(tintinh.run("recheck", "--site", "mau", "--max", "3", "--dry-run", "--json"))
    assert due["sites"]["mau"]["pages"] == 3
    replica.seen.clear()
    looked = tintinh.json("recheck", "--site", "mau", "--max", "3")["sites"]["mau"]
    assert (looked["captured"], looked["unchanged"]) == (3, 3) and looked["requests"] <= 3 + 3

    replica.routes[PLACE.format(7)] = article(
        7, "Chiều nay, Thường trực họp phiên bất thường, quyết nghị nhân sự. " * 6
    )
    replica.routes[PLACE.format(8)] = Reply(b"<h1>410</h1>", 410)
    first = tintinh.json("recheck", "--all")["sites"]["mau"]
    assert (first["changed"], first["gone"], first["unchanged"], first["alarm"]) == (1, 1, 23, None)
    assert statuses(tintinh) == {"live": 24, "gone": 1}

    replica.routes[PLACE.format(8)] = article(8)
    again = tintinh.json("recheck", "--site", "mau")["sites"]["mau"]
    assert (again["changed"], again["unchanged"]) == (1, 24)
    assert statuses(tintinh) == {"live": 25}
    reasons = tintinh.query("select reason, count(*) n from revisions group by reason order by reason")
    assert reasons == [{"reason": r, "n": n} for r, n in (("edit", 1), ("gone", 1), ("new", 25), ("returned", 1))]


def test_a_site_that_closes_keeps_its_articles_and_one_that_breaks_harms_no_other(
    tintinh: Tintinh, replica: Replica
) -> None:
    visited(tintinh, replica)
    for n in (3, 4, 5):
        replica.routes[PLACE.format(n)] = Reply(b"", 302, {"Location": "/"})
    closing = tintinh.json("recheck", "--site", "mau")["sites"]["mau"]
    assert closing["rejected"] == {"source_closed": 3} and closing["gone"] == 0
    assert "3 of 25" in closing["alarm"]
    assert statuses(tintinh) == {"live": 25}
    rows = tintinh.query("select alarm from runs where kind = 'recheck'")
    assert [row["alarm"] for row in rows] == [closing["alarm"]]

    sites = tintinh.home / "sites-of-test"
    (sites / "hong.toml").write_text((sites / "mau.toml").read_text(encoding="utf-8"), encoding="utf-8")
    with attached(Settings(home=tintinh.home)) as storage:
        storage.clean.put(state_key("hong"), b"no state at all", "application/json")
    replica.routes[PLACE.format(26)] = article(26)
    replica.routes["/tin-tuc/"] = listing("tin-tuc", range(26, 1, -1))
    night = tintinh.json("nightly", code=1)["sites"]
    assert night["mau"]["new"] == 1
    assert [why for why in night["hong"]["failed"] if why.startswith("site: ")] and night["hong"]["new"] == 0
