"""Provinces as they held: 63 until 30 June 2025, 34 since, and never two for one slug on one day."""

import csv
import io
from collections import Counter
from datetime import date, timedelta

import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from pipelines.store.describe import provinces
from schemas.provinces import MERGER, PROVINCES, REIGNS, Reign, reign, scheme_on

NOW = {one.slug for one in REIGNS if one.valid_to is None}


@given(st.dates())
def test_every_day_has_one_scheme_and_one_province_for_each_slug_in_force(day: date) -> None:
    held = [one for one in REIGNS if one.holds(day)]
    assert {one.scheme for one in held} == {scheme_on(day)}
    assert len(held) == len({one.slug for one in held}) == len({one.code for one in held}) == (63, 34)[day >= MERGER]
    for slug, province in PROVINCES.items():
        shown = province.on(day)
        assert shown is not None and reign(shown, day) in held
        assert (reign(slug, day) is None) == (day >= MERGER and slug not in NOW)


@given(st.sampled_from(REIGNS), st.dates())
def test_successors_lead_to_a_province_of_today_and_end_there(one: Reign, day: date) -> None:
    heirs = [reign(slug, MERGER) for slug in one.successors]
    assert all(heirs) and bool(heirs) == (one.valid_to is not None)
    for province in PROVINCES.values():
        assert province.on(day) in (province.slug, province.successor)
        assert PROVINCES[province.successor].successor == province.successor  # today's is today's for good


def test_a_code_alone_names_two_provinces() -> None:
    shared = {code for code, times in Counter(one.code for one in REIGNS).items() if times > 1}
    names = {code: {one.name for one in REIGNS if one.code == code} for code in shared}
    assert {"Bắc Giang", "Bắc Ninh"} <= names["24"] and {"Long An", "Tây Ninh"} <= names["80"]


def test_readers_get_the_same_rows_as_csv_and_parquet() -> None:
    rows = list(csv.DictReader(io.StringIO(provinces.as_csv().decode())))
    table = pq.read_table(io.BytesIO(provinces.as_parquet())).to_pylist()
    assert len(rows) == len(table) == 97
    for row, typed in zip(rows, table, strict=True):
        told = {name: "" if value is None else value for name, value in typed.items()}
        assert row == {name: str(v) if not isinstance(v, list) else " ".join(v) for name, v in told.items()}
    ended = MERGER - timedelta(days=1)
    gone = next(row for row in table if row["slug"] == "ha-giang")
    assert (gone["valid_from"], gone["valid_to"], gone["successors"]) == (None, ended, ["tuyen-quang"])
