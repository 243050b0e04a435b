"""A list of ids is done as a whole or not at all, and each line that is wrong is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.rekeying import Ids, done, read, wrong
from schemas.idmap import IdMap

MAP = IdMap(site="mau", ids={"mau:8": "mau:9"})
IDS = {"mau": Ids({"mau:1", "mau:2", "mau:3", "mau:9"}, {"mau:1", "mau:7", "mau:8"}, MAP)}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("mau:1,mau:2~1", None),
        ("\ufeffold_id,new_id\r\n\r\n mau:1 , mau:2~1 \r\n", None),
        ("mau:8,mau:9", None),
        ("mau:1", "two columns"),
        ("mau:1,mau:11,x", "two columns"),
        ("mau:1,mau:1", "the same"),
        ("mau:4,mau:11", "no article has this old id"),
        ("khac:1,khac:2", "no article has this old id"),
        ("mau:8,mau:11", "it is mau:9 now"),
        ("mau:1,mau:mot hai", "the new id is none"),
        ("mau:1,mau:it's", "the new id is none"),
        ("mau:1,11", "the new id is none"),
        ("mau:1,khac:1", "another site"),
        ("mau:1,mau:2", "has the new id already"),
        ("mau:1,mau:7", "no id is used twice"),
        ("mau:1,mau:8", "no id is used twice"),
        ("mau:1,mau:11\nmau:2,mau:11", "two articles would be one"),
        ("mau:1,mau:11\nmau:1,mau:12", "on several lines"),
        ("mau:1,mau:2\nmau:2,mau:3\nmau:3,mau:1", "mau:1 -> mau:2 -> mau:3 -> mau:1"),
        ("mau:1,mau:2\nmau:2,mau:1", "mau:1 -> mau:2 -> mau:1"),
    ],
)
def test_a_wrong_line_is_named_with_its_reason(text: str, why: str | None) -> None:
    lines = read(text)
    found = wrong(lines, IDS)
    if why is None:
        assert not found
    else:
        assert why in found[0].why and found[0].line == 1


def test_all_wrong_lines_are_named_and_one_that_was_done_is_not() -> None:
    lines = read("old_id,new_id\nmau:4,mau:11\nmau:8,mau:9\nmau:1,mau:2~1\nmau:2,mau:3")
    assert [one.line for one in wrong(lines, IDS)] == [2, 5]
    assert [done(line, IDS) for line in lines] == [False, True, False, False]


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40)), max_size=5), max_size=6))
def test_chains_of_rekeys_stay_closed(rounds: list[list[tuple[int, int]]]) -> None:
    """Whatever lists are let through, every id that an article ever had leads to the one it has."""
    now = {f"mau:{n}": n for n in range(10)}
    ever, map_, had = set(now), IdMap(site="mau"), now.copy()
    for number, pairs in enumerate(rounds):
        text = "\n".join(f"mau:{old},mau:{new}" for old, new in pairs)
        lines = read(text)
        ids = {"mau": Ids(set(now), ever, map_)}
        if not lines or wrong(lines, ids):
            continue
        moved = {line.old: line.new for line in lines if not done(line, ids)}
        map_ = map_.begun(f"r{number}", moved).ended(f"r{number}")
        now = {moved.get(one, one): article for one, article in now.items()}
        had |= now
        ever |= set(now)
    for one, article in had.items():
        assert now[map_.current(one)] == article
