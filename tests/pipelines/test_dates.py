"""Dates in fields, in lines and in addresses."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import dates
from pipelines.dates import ZONE

FETCHED = datetime(2026, 1, 10, 1, 0, tzinfo=ZONE)
TITLE = "Tỉnh ủy Sông Xanh sơ kết công tác xây dựng Đảng quý III"
UPDATED = "Cập nhật ngày: 09/07/2024 08:00"
OWN = "Thứ Năm, 8/6/2023 14:46'"

WITH_TIME = {
    "Cập nhật ngày: 21/10/2019 08:28": "2019-10-21T08:28:00+07:00",
    "Chủ nhật - 11/02/2024 23:43": "2024-02-11T23:43:00+07:00",
    "04:35 15/03/2016": "2016-03-15T04:35:00+07:00",
    "Cập nhật lúc: 18:00 |22/05/2022": "2022-05-22T18:00:00+07:00",
    "Cập nhật: 11:18 | 06/03/2020": "2020-03-06T11:18:00+07:00",
    "Thứ Năm, 8/6/2023 14:46'(GMT+7)": "2023-06-08T14:46:00+07:00",
    "Thứ Ba, 04/10/2016, 15:10 [GMT+7]": "2016-10-04T15:10:00+07:00",
    "09:47, 15/03/2021": "2021-03-15T09:47:00+07:00",
    "Ngày đăng: 08/07/2024  11:38": "2024-07-08T11:38:00+07:00",
    "18 Tháng Mười Hai 2024 08:00:00": "2024-12-18T08:00:00+07:00",
    "18 Tháng Mười Một 2024 08:00:00": "2024-11-18T08:00:00+07:00",
    "18 Tháng Mười 2024 08:00:00": "2024-10-18T08:00:00+07:00",
    "10/10/2024 03:58:38 PM": "2024-10-10T15:58:38+07:00",
    "10/10/2024 12:05:00 SA": "2024-10-10T00:05:00+07:00",
    "10/10/2024 03:58 CH": "2024-10-10T15:58:00+07:00",
    "14h30 ngày 12/5/2022": "2022-05-12T14:30:00+07:00",
    "9 giờ 05 phút, ngày 3/4/2021": "2021-04-03T09:05:00+07:00",
    "2024-10-18T05:02:43+07:00": "2024-10-18T05:02:43+07:00",
    "2024-10-18T20:02:43+00:00": "2024-10-19T03:02:43+07:00",
    "2024-10-18T20:02:43Z": "2024-10-19T03:02:43+07:00",
    "2024-10-18T05:02:43": "2024-10-18T05:02:43+07:00",
    "2024-10-18+0705:02:43": "2024-10-18T05:02:43+07:00",
    "Fri, 18 Oct 2024 20:11:18 GMT": "2024-10-19T03:11:18+07:00",
    "April 18, 2024 3:05 pm": "2024-04-18T15:05:00+07:00",
    "12/05/2022 3:30 p.m.": "2022-05-12T15:30:00+07:00",
    "12/05/2022-15:30": "2022-05-12T15:30:00+07:00",
    "15:30-12/05/2022": "2022-05-12T15:30:00+07:00",
    "15:30 12/05/22": "2022-05-12T15:30:00+07:00",
    "ngày 7/7/2025, 9 giờ 5 phút": "2025-07-07T09:05:00+07:00",
    "Thu May 12 15:30:00 ICT 2022": "2022-05-12T15:30:00+07:00",
    "20220512T083000Z": "2022-05-12T15:30:00+07:00",
    "1652344200": "2022-05-12T15:30:00+07:00",
    "Cách đây 3 giờ": "2026-01-09T22:00:00+07:00",
    "một giờ trước": "2026-01-10T00:00:00+07:00",
    "3 giờ trước": "2026-01-09T22:00:00+07:00",
    "20 phút trước": "2026-01-10T00:40:00+07:00",
    "hôm qua lúc 14:30": "2026-01-09T14:30:00+07:00",
}
DAY_ONLY = {
    "Thứ ba 22/10/2019": "2019-10-22",
    "07-12-2022": "2022-12-07",
    "9.5.2021": "2021-05-09",
    "Thứ Năm, 18 Tháng Tư, 2024": "2024-04-18",
    "Tháng Mười Hai 18, 2024": "2024-12-18",
    "18 Th4 2024": "2024-04-18",
    "ngày 15 tháng 5 năm 2016": "2016-05-15",
    "2025-09-25": "2025-09-25",
    "2 ngày trước": "2026-01-08",
}
NO_DATE = [
    "31/02/2024", "05/22/2022", "12/01/2027", "Bản quyền 2024", "Số 12", "", "tháng 9-2019", "Ngày 17-4",
    "24:61 12/05/2022", "1/1/0001 12:00:00 AM", "2.9.1945", "Nghị quyết số 29/NQ-HĐND", "2 tháng trước",
]  # fmt: skip


@pytest.mark.parametrize(("raw", "moment"), WITH_TIME.items())
def test_a_moment(raw: str, moment: str) -> None:
    found = dates.read(raw, FETCHED)
    assert found is not None
    assert (found.value.isoformat(), found.has_time) == (moment, True)


@pytest.mark.parametrize(("raw", "day"), DAY_ONLY.items())
def test_a_day(raw: str, day: str) -> None:
    found = dates.read(raw, FETCHED)
    assert found is not None
    assert (found.value.isoformat(), found.has_time) == (f"{day}T00:00:00+07:00", False)


@pytest.mark.parametrize("raw", NO_DATE)
def test_no_date_is_none_and_never_now(raw: str) -> None:
    assert dates.read(raw, FETCHED) is None


@pytest.mark.parametrize(("ahead", "read"), [(timedelta(hours=20), True), (timedelta(days=2), False)])
def test_a_date_after_the_fetch(ahead: timedelta, read: bool) -> None:
    assert (dates.read(f"{FETCHED + ahead:%d/%m/%Y %H:%M}", FETCHED) is not None) is read


MOMENTS = st.datetimes(datetime(1995, 1, 1), datetime(2025, 12, 31)).map(lambda m: m.replace(second=0, microsecond=0))
FORMATS = ["%d/%m/%Y %H:%M", "%H:%M %d/%m/%Y", "%d-%m-%Y, %H:%M", "%H:%M | %d/%m/%Y", "%Y-%m-%dT%H:%M:%S+07:00",
           "%d tháng %m năm %Y %H:%M", "%d/%m/%Y %I:%M %p", "%Y-%m-%d+07%H:%M:%S"]  # fmt: skip
AROUND = ["{}", "Ngày đăng: {}", "Cập nhật lúc: {}", "Thứ hai, {}", "{} (GMT+7)"]


@given(MOMENTS, st.sampled_from(FORMATS), st.sampled_from(AROUND))
def test_every_format_is_read_back(moment: datetime, form: str, around: str) -> None:
    found = dates.read(around.format(moment.strftime(form)), FETCHED)
    assert found is not None
    assert found.value == moment.replace(tzinfo=ZONE)


@given(st.text(max_size=80))
def test_anything_may_be_asked(raw: str) -> None:
    found = dates.read(raw, FETCHED)
    assert found is None or found.value.tzinfo is ZONE


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://hdnd.example.vn/portal/pages/2023-2-6/ky-hop-12.aspx", date(2023, 2, 6)),
        ("/2024/02/11/tin-moi", date(2024, 2, 11)),
        ("https://example.vn/tin/20240211/x", date(2024, 2, 11)),
        ("https://example.vn/2024/13/11/x", None),
        ("https://example.vn/uploads/2024_02/anh.jpg", None),
        ("https://example.vn/tin-12.html?d=/2020/01/01/", None),
        ("https://2024-02-11.example.vn/tin", None),
    ],
)
def test_in_url(url: str, day: date | None) -> None:
    assert dates.in_url(url) == day


@pytest.mark.parametrize(
    ("lines", "published", "updated"),
    [
        pytest.param([TITLE, "Chủ nhật - 11/02/2024 23:43"], "2024-02-11T23:43", None, id="bare"),
        pytest.param([TITLE, "Ngày đăng: 08/07/2024 11:38 | Lượt xem: 23"], "2024-07-08T11:38", None, id="with-views"),
        pytest.param(
            [TITLE, "Ngày đăng: 08/07/2024 11:38 - Cập nhật: 09/07/2024 08:00"],
            "2024-07-08T11:38", "2024-07-09T08:00", id="both-on-a-line",
        ),
        pytest.param([TITLE, "Cập nhật lúc: 09/07/2024 08:00", "Đăng lúc: 08/07/2024 11:38"],
                     "2024-07-08T11:38", "2024-07-09T08:00", id="labels-tell-which"),
        pytest.param([TITLE, UPDATED], "2024-07-09T08:00", "2024-07-09T08:00", id="lone-update"),
        pytest.param(["Thứ Năm, 18 Tháng Tư, 2024", TITLE], None, None, id="header-clock-over-the-title"),
        pytest.param(["Thứ Sáu, 19/7/2024", TITLE, OWN], "2023-06-08T14:46", None, id="clock-and-date"),
        pytest.param([TITLE, "10/01/2026"], None, None, id="fetch-day-without-label"),
        pytest.param([TITLE, "Ngày đăng: 10/01/2026"], "2026-01-10T00:00", None, id="fetch-day-with-label"),
        *(
            pytest.param([TITLE, line], "2022-05-12T15:30", None, id=line)
            for line in (
                "Bài được đăng ngày: 12/05/2022 15:30",
                "(12/05/2022 15:30)",
                "Hoa Lâm - 12/05/2022 15:30",
                "Đăng bởi Ban biên tập lúc 15:30 12/05/2022",
                "bởi admin | 15:30 12 Tháng Năm, 2022 | 0 bình luận",
                "152 lượt xem | 12/05/2022 15:30",
                "12/05/2022 15:30 Chia sẻ",
                "12/05/2022 15:30 | Hoa Lâm",
            )
        ),
        pytest.param([TITLE, "Lần cập nhật cuối: 13/5/2022 08:00", "Được đăng: 12/5/2022 15:30"],
                     "2022-05-12T15:30", "2022-05-13T08:00", id="joomla"),
        pytest.param([TITLE, UPDATED, "Một tin khác", "12/05/2022 15:30"], "2024-07-09T08:00", "2024-07-09T08:00",
                     id="update-over-a-related-day"),
        pytest.param([TITLE, "12/05/2022 - 14/05/2022"], None, None, id="from-one-day-to-another"),
        pytest.param([TITLE, "Sông Xanh, 12/05/2022"], None, None, id="place-and-day"),
        pytest.param([TITLE, "10/01/2026 00:59:40"], None, None, id="clock-below-the-title"),
        pytest.param([TITLE, "Ngày ban hành: 12/05/2022"], None, None, id="day-of-a-document"),
        pytest.param([TITLE, "© 2024 Tỉnh ủy"], None, None, id="copyright"),
        pytest.param([TITLE, "Cập nhật ngày 12/5/2022, toàn tỉnh có 15 ca"], None, None, id="prose"),
        pytest.param([TITLE, "Sông Xanh, ngày 12 tháng 5 năm 2024"], None, None, id="date-of-a-document"),
        pytest.param([TITLE, "Chỉ thị số 05-CT/TW ngày 15/5/2016"], None, None, id="date-of-a-citation"),
    ],
)  # fmt: skip
def test_labelled(lines: list[str], published: str | None, updated: str | None) -> None:
    found = dates.labelled(lines, FETCHED, TITLE)
    read = [one and one[0].value.isoformat()[:16] for one in (found.published, found.updated)]
    assert read == [published, updated]


def test_the_string_is_kept_as_printed() -> None:
    found = dates.labelled(["Ngày đăng: 08/07/2024 11:38"], FETCHED).published
    assert found is not None
    assert found[1] == "Ngày đăng: 08/07/2024 11:38"


def test_a_label_on_its_own_line_joins_the_date_below() -> None:
    assert dates.with_labels(["Đăng ngày", "15 Tháng Ba, 2019", "trong"]) == ["Đăng ngày 15 Tháng Ba, 2019", "trong"]
