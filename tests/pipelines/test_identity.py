"""One article, one identity: by its URL whatever the variant, and by what it says."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.families import FAMILIES
from pipelines.identity import key_of, reused, text_hash
from pipelines.settlement import article_id
from schemas.article import Attachment, Content
from schemas.site import Layout, Site

ONE = [
    ("nukeviet", "/tin/a-12.html", "/khac/ten-cu-12.html", "/print/tin/a-12.html", "/vi/news/savefile/tin/a-12.html"),
    ("nukeviet", "/tin/a-12.html", "/tin/a-12.html?mobile=1", "/index.php?language=vi&nv=news&op=tin/a-12"),
    (
        "wordpress",
        "/tin/bai-moi/",
        "/tin/bai-moi/amp/",
        "/amp/tin/bai-moi/",
        "/tin/bai-moi?print=1&utm_source=z",
        "/tin/bai-moi/2/",
    ),
    ("dotnetnuke", "/Tin-Tuc/Bai-Moi.aspx", "/tin-tuc/bai-moi.aspx", "/Tin-Tuc/Bai-Moi.aspx?dnnprintmode=true"),
    ("dotnetnuke", "/Tin/language/vi-VN/Bai-Moi", "/tin/bai-moi/", "/TIN/BAI-MOI/Default.aspx"),
    ("dotnetnuke", "/tabid/5/ItemID/9/Default.aspx", "/(S(a1b2))/TABID/5/itemid/9/default.aspx"),
    ("sharepoint", "/Pages/Tin-Moi.aspx", "/pages/tin-moi.aspx?IsDlg=1", "/pages/TIN-MOI.aspx?Source=%2Fa"),
    ("sharepoint", "/tin/Pages/chi-tiet.aspx?ItemID=12&l=Tin", "/TIN/pages/Chi-Tiet.aspx?l=Tin++++&itemid=12"),
    ("webforms", "/DocTin/Noi-Dung?Ma=ab&Loai=1", "/doctin/noi-dung?loai=1&ma=ab"),
    ("webforms", "/ChiTietTin.aspx?newsid=7", "/CHITIETTIN.ASPX?NEWSID=7", "/chitiettin.aspx?in=1&newsid=7&cat=3"),
    ("vnpt", "/1450/39231/71077/604511/tin/bai-moi", "/1450/1/2/604511/khac/ten-khac", "/tin/bai-moi-va-dai-604511"),
    ("liferay", "/tin/-/asset_publisher/a1/content/bai", "/web/guest/x/-/asset_publisher/b2/content/bai;jsessionid=3"),
    ("liferay", "/t?p_p_id=tin&_x_articleId=5&p_p_auth=a", "/t?p_p_auth=b&p_p_id=tin&_x_articleId=5&p_l_back_url=%2Ft"),
    (
        "generic",
        "/tin/bai",
        "/iframe/tin/bai/",
        "/m/tin/bai",
        "/mobile/tin/bai",
        "/vi/tin/bai",
        "/tin//bai/amp",
        "/tin/print/bai",
    ),
    ("generic", "/tin/bai.html", "/tin/bai.amp.html", "/tin/bai.html?tmpl=component&print=1", "/tin/bai.html/print"),
    ("generic", "/Xem.aspx?Id=7&t=1", "/xem.ASPX?t=1&id=7"),
    ("generic", "/modules.php?name=News&file=article&sid=7", "/modules.php?sid=7&file=article&name=News&fbclid=x"),
]


@pytest.mark.parametrize("case", ONE, ids=lambda case: f"{case[0]} {case[1]}")
def test_variants_of_a_url_are_one_article(case: tuple[str, ...]) -> None:
    family, *paths = case
    urls = [f"{host}{path}" for path in paths for host in ("http://mau.vn", "https://www.mau.vn", "http://mau.vn:443")]
    assert len({key_of(FAMILIES[family], url) for url in urls}) == 1


MANY = [
    ("generic", "/Tin/Bai", "/tin/bai", "/en/tin/bai"),
    ("generic", "/modules.php?name=News&file=article&sid=7", "/modules.php?name=News&file=article&sid=8"),
    ("generic", "/tin/bai-1.html", "/tin/bai-2.html", "/tin/mobile/bai-1.html"),
    ("generic", "/xem.aspx?id=aB", "/xem.aspx?id=Ab"),
    ("generic", "/print-nghi-quyet/bai", "/nghi-quyet/bai"),
    ("nukeviet", "/tin/a-12.html", "/tin/a-13.html"),
    ("wordpress", "/Tin/bai", "/tin/bai"),
    ("sharepoint", "/tin/Pages/a.aspx", "/khac/Pages/a.aspx"),
    ("webforms", "/ChiTietTin.aspx?newsid=7", "/ChiTietTB.aspx?newsid=7", "/ChiTietTin.aspx?newsid=8"),
]


@pytest.mark.parametrize("case", MANY, ids=lambda case: f"{case[0]} {case[1]}")
def test_other_articles_are_others(case: tuple[str, ...]) -> None:
    family, *paths = case
    assert len({key_of(FAMILIES[family], f"https://mau.vn{path}") for path in paths}) == len(paths)


def test_a_site_may_say_how_its_server_takes_case() -> None:
    one, other = "https://mau.vn/Tin/Bai.aspx", "https://mau.vn/tin/bai.aspx"
    keys = {
        fold: key_of(FAMILIES["dotnetnuke"], one, fold) == key_of(FAMILIES["dotnetnuke"], other, fold)
        for fold in (True, False, None)
    }
    assert keys == {True: True, False: False, None: True}
    assert key_of(FAMILIES["nukeviet"], "https://mau.vn/A/", True) == key_of(
        FAMILIES["nukeviet"], "https://mau.vn/a/", True
    )


@pytest.mark.parametrize(
    ("family", "url", "key"),
    [
        ("nukeviet", "https://mau.vn/tin/a-12.html", "id:2~12"),
        ("nukeviet", "https://mau.vn/vi/news/savefile/tin/a-12.html", "id:2~12"),
        ("wordpress", "https://mau.vn/tin/bai-moi/", "/tin/bai-moi"),
    ],
)
def test_numbers_that_begin_again_are_others_and_paths_stay(family: str, url: str, key: str) -> None:
    assert key_of(FAMILIES[family], url, space="2") == key
    assert article_id("mau", key).startswith("mau:2~" if "id:" in key else "mau:")


def test_each_capture_has_the_id_space_of_its_day() -> None:
    site = Site.model_validate(
        {"key": "mau", "name": "Trang mẫu", "organ": "council", "province": "cao-bang", "url": "https://mau.vn/"}
        | {"space": "3", "layouts": [{"until": "2026-03-01", "family": "wordpress", "space": "2"}]}
    )
    old = Layout(until=date(2024, 1, 1), family="nukeviet")
    site = site.model_copy(update={"layouts": (*site.layouts, old)})
    days = [date(2023, 12, 31), date(2024, 1, 1), date(2026, 2, 28), date(2026, 3, 1)]
    assert [site.space_on(day) for day in days] == [None, "2", "2", "3"]
    assert site.spaces == ("3", "2", None)


MONDAY = datetime(2026, 3, 2, 5, tzinfo=UTC)
FIELDS = (
    "Sáng 2/3, Thường trực Hội đồng nhân dân tỉnh khảo sát việc trồng rừng ở ba xã vùng cao. Đoàn đi thực địa tại các "
    "khoảnh rừng mới trồng, nghe người dân kể về cây giống và công chăm sóc. Phần lớn ý kiến mong được hỗ trợ phân bón "
    "sớm hơn, trước mùa mưa. Chủ tịch xã cho biết năm nay diện tích tăng gấp rưỡi, cây sống trên chín phần mười. Kết "
    "thúc buổi làm việc, trưởng đoàn đề nghị huyện rà soát lại danh sách hộ nhận khoán và báo cáo trước ngày 15."
)
SCHOOLS = (
    "Chiều nay, Ban Văn hóa - Xã hội giám sát việc xây phòng học tại thị trấn. Hai trường đã xong phần mái, một trường "
    "còn chờ vốn đối ứng của địa phương. Hiệu trưởng nói học sinh đang học nhờ ở nhà văn hóa thôn, mỗi buổi hai lớp. "
    "Đại diện nhà thầu hứa bàn giao đúng hẹn nếu thời tiết thuận lợi. Các thành viên đoàn ghi nhận, yêu cầu làm rõ "
    "nguyên nhân chậm giải ngân và trách nhiệm của từng đơn vị, bảo đảm an toàn cho các em trong dịp thi cuối kỳ."
)


def content(
    title: str = "Khảo sát trồng rừng",
    text: str = FIELDS,
    day: int | None = 0,
    files: tuple[str, ...] = (),
    host: str = "mau.vn",
) -> Content:
    return Content(
        title=title,
        lead=None,
        body=text,
        text=text,
        markdown=text,
        published_at=None if day is None else MONDAY + timedelta(days=day),
        family="nukeviet",
        attachments=tuple(Attachment(url=f"https://{host}/{name}") for name in files),
    )


REUSED = [
    ("another title, day and text", content(), content("Giám sát xây phòng học", SCHOOLS, 40), True),
    ("no day before", content(day=None), content("Giám sát xây phòng học", SCHOOLS, 40), True),
    ("never a day", content(day=None), content("Giám sát xây phòng học", SCHOOLS, None), True),
    (
        "a notice of the next month",
        content("Lịch tiếp dân tháng 3"),
        content("Lịch tiếp dân tháng 4", SCHOOLS, 30),
        True,
    ),
    ("a corrected headline", content(), content("Khảo sát công tác trồng rừng tại ba xã"), False),
    ("a headline changed and moved", content(), content("Rừng mới ở vùng cao", FIELDS, 3), False),
    ("a rewritten body", content(), content(text=SCHOOLS), False),
    ("a rewritten body, moved", content(text=SCHOOLS), content(text=FIELDS, day=3), False),
    ("all rewritten on its day", content(), content("Giám sát xây phòng học", SCHOOLS), False),
    (
        "half rewritten, moved",
        content(),
        content("Trồng rừng: dân mong phân bón", FIELDS[:220] + SCHOOLS[:200], 2),
        False,
    ),
    ("undated, its headline corrected", content(day=None), content("Khảo sát việc trồng rừng", SCHOOLS, None), False),
    ("the case of a letter", content(), content("KHẢO SÁT TRỒNG RỪNG", SCHOOLS, 5), False),
]


@pytest.mark.parametrize(("before", "now", "answer"), [case[1:] for case in REUSED], ids=[case[0] for case in REUSED])
def test_an_id_used_again(before: Content, now: Content, answer: bool) -> None:
    assert reused(before, now) is answer


BRIEF = "Mời xem văn bản đính kèm."
SAME = [
    ("another host, another instant of the day", content(), content(day=0, host="khac.vn"), True),
    ("other spaces and capitals", content(), content("KHẢO  SÁT trồng rừng", FIELDS.replace(". ", ".\n\n")), True),
    ("files of a sub-site", content(files=("a/1.pdf",)), content(files=("web/b/1.pdf",)), True),
    ("another day", content(), content(day=1), False),
    ("another text", content(), content(text=SCHOOLS), False),
    ("another title", content(), content("Lịch họp"), False),
    (
        "a form of words for other files",
        content(text=BRIEF, files=("1.pdf",)),
        content(text=BRIEF, files=("2.pdf",)),
        False,
    ),
    (
        "a form of words for the same file",
        content(text=BRIEF, files=("1.pdf",)),
        content(text=BRIEF, files=("1.pdf",), host="w.vn"),
        True,
    ),
    ("undated, long", content(day=None), content(day=None), True),
]


@pytest.mark.parametrize(("one", "other", "answer"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_what_two_urls_of_one_article_share(one: Content, other: Content, answer: bool) -> None:
    assert (text_hash(one) == text_hash(other)) is answer


def test_few_words_without_a_day_say_too_little() -> None:
    assert text_hash(content(text=BRIEF, day=None)) is None
