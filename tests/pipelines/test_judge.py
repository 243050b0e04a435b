"""The judge: what is no article, by name; and what looks odd and is one."""

from datetime import UTC, datetime

import pytest

from pipelines import judge
from pipelines.page import RawPage, parse
from pipelines.refinery import refine
from schemas.article import Accepted, Rejected
from schemas.outcome import Outcome
from schemas.site import Organ, Site

NOW = datetime(2025, 6, 3, 1, tzinfo=UTC)
SENTENCE = "Bà con bản Khằm gùi lúa về sân nhà văn hóa từ sáng sớm, mỗi nhà góp một gùi để làm lễ mừng cơm mới. "
PROSE = "".join(f"<p>{SENTENCE} Đó là việc thứ {n}.</p>" for n in ("nhất", "hai", "ba", "tư"))
ITEMS = "".join(
    f"<div><h3><a href='/tin/le-mung-com-moi-{n}.html'>Lễ mừng cơm mới ở bản Khe số {n}</a></h3><p>{SENTENCE}</p></div>"
    for n in range(8)
)
SITE = Site(key="a", name="Tỉnh ủy A", organ=Organ.PARTY, province="cao-bang", url="https://a.example.vn/")


def page(
    body: str, title: str = "Lễ mừng cơm mới ở bản Khằm", url: str = "https://a.example.vn/tin/le-mung-5.html"
) -> RawPage:
    return RawPage(
        url, f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode(), NOW, "text/html"
    )


def article(body: str, title: str = "Lễ mừng cơm mới ở bản Khằm") -> RawPage:
    return page(f"<div id='nd'><h1>{title}</h1>{body}</div>", title)


LOGIN = "<h1>Đăng nhập</h1><form><input name='u'><input type='password' name='p'><button>Vào</button></form>"
GAMBLING = (
    "Nhà cái uy tín, casino trực tuyến, nổ hũ đổi thưởng, tài xỉu mỗi ngày, cá cược thể thao cho người mới chơi. "
)
HIDDEN = "".join(
    f"<a style='position:absolute;left:-9999px' href='https://bad{n}.example.com/'>casino nhà cái</a>" for n in range(4)
)

STRANGERS = "<div style='left:-999em;text-indent:-5000px'>{}</div>".format(
    "".join(f"<a href='https://shop{n}.example.com/'>cheap shoes</a>" for n in range(6))
)
FOOTER = f"<div>Cơ quan chủ quản: Tỉnh ủy A. Giấy phép số 7/GP. {SENTENCE}</div>"
TITLES = "".join(f"<li><a href='/tin/b-{n}.html'>Lễ mừng cơm mới ở bản Khe số {n}</a></li>" for n in range(9))
REGISTRATION = f"<form><input name='u'><input type='password'><p>Tôi đồng ý với điều khoản. {SENTENCE}</p></form>"

REFUSED = {
    "a listing": (page(f"<div id='ds'>{ITEMS}</div>", "Tin hoạt động"), Outcome.NOT_AN_ARTICLE),
    "a home page": (page(f"<div id='ds'>{ITEMS}</div>", "Tỉnh ủy A", "https://a.example.vn/"), Outcome.NOT_AN_ARTICLE),
    "a soft 404": (
        page("<h1>Thông báo</h1><p>Bài viết không tồn tại hoặc đã bị xóa.</p>", "Thông báo"),
        Outcome.SOFT_404,
    ),
    "a server's error": (
        page("<h1>Server Error in '/' Application.</h1><p>Runtime Error</p>", "Runtime Error"),
        Outcome.SOFT_404,
    ),
    "a firewall": (
        page("The requested URL was rejected. Your support ID is: 4711", "Request Rejected"),
        Outcome.BLOCKED,
    ),
    "a challenge": (
        page("<script src='/cdn-cgi/challenge-platform/x.js'></script>", "Just a moment..."),
        Outcome.BLOCKED,
    ),
    "a cookie check": (page("<script>document.cookie='D1N=1';location.reload()</script>", ""), Outcome.BLOCKED),
    "a login": (page(LOGIN, "Đăng nhập hệ thống"), Outcome.LOGIN_WALL),
    "an expired session": (
        page("<p>Phiên làm việc của bạn đã hết hạn. Vui lòng tải lại trang.</p>"),
        Outcome.SESSION_EXPIRED,
    ),
    "a notice that knows no article": (
        page(f"<h1>Chi tiết</h1><p>Tin này hiện không còn trên hệ thống.</p>{FOOTER}", "Chi tiết"),
        Outcome.SOFT_404,
    ),
    "a page to come": (article("<p>Thông tin đang được biên tập, mời quý vị quay lại sau.</p>"), Outcome.SOFT_404),
    "a broken servlet": (
        page(
            f"<h1>HTTP Status 500</h1><pre>java.lang.NullPointerException {'at a.b.C.d(C.java:7) ' * 60}</pre>", "Error"
        ),
        Outcome.SOFT_404,
    ),
    "maintenance": (
        page("<h1>Hệ thống đang bảo trì, nâng cấp</h1><p>Mời trở lại sau.</p>", "Bảo trì"),
        Outcome.BLOCKED,
    ),
    "no right to read": (page("<p>Bạn không đủ quyền để xem trang này.</p>", "Thông báo"), Outcome.LOGIN_WALL),
    "a registration": (page(REGISTRATION, "Đăng ký thành viên"), Outcome.LOGIN_WALL),
    "a section with a word on itself": (
        page(
            f"<nav><a href='/dan-van/'>Dân vận</a></nav><h1>Dân vận</h1><p>{SENTENCE}</p><ul>{TITLES}</ul>", "Dân vận"
        ),
        Outcome.NOT_AN_ARTICLE,
    ),
    "a topic with its articles in boxes": (
        page(
            "<h1 class='entry-title'>Chống sạt lở ven sông Xanh</h1><meta name='generator' content='WordPress 6.1'>"
            + "".join(
                f"<div class='td_module_10'><h3 class='entry-title'><a href='/sat-lo-{n}/'>Xã thứ {n} gia cố bờ sông"
                f" trước lũ</a></h3><time datetime='2026-01-0{n}'>0{n}/01/2026</time><div class='td-excerpt'>Bà con"
                f" xã thứ {n} cùng đoàn viên đóng cọc tre, đắp đất, trồng thêm hàng cây giữ bờ ven sông...</div></div>"
                for n in range(1, 7)
            ),
            "Chống sạt lở ven sông Xanh",
        ),
        Outcome.NOT_AN_ARTICLE,
    ),
    "the first of many posts": (
        page("".join(f"<article class='post'>{item}</article>" for item in ITEMS.split("</div>")[:-1]), "Tin mới"),
        Outcome.NOT_AN_ARTICLE,
    ),
    "an empty body": (article("<p>&nbsp;</p>"), Outcome.TOO_SHORT),
    "a headline and two words": (article("<div id='news-bodyhtml'><p>Đang xử lý</p></div>"), Outcome.TOO_SHORT),
    "English": (
        article(
            "<p>The council met on Monday to discuss the budget for the next year with all members.</p>" * 5,
            "Council meeting",
        ),
        Outcome.WRONG_LANGUAGE,
    ),
    "gambling": (article(f"<p>{GAMBLING}</p>" * 3, "Nhà cái số một"), Outcome.HIJACKED),
    "hidden links to gambling": (article(PROSE + HIDDEN), Outcome.HIJACKED),
    "a title put over an article": (
        page(f"<div id='nd'><h1>Lễ mừng cơm mới</h1>{PROSE}</div>", "Link vào nhà cái mới nhất"),
        Outcome.HIJACKED,
    ),
    "links to strangers out of sight": (article(PROSE + STRANGERS), Outcome.HIJACKED),
    "MẬT beside a number": (
        article(f"<table><tr><td>TỈNH ỦY A<br>Số 3-BC/TU<br>MẬT</td><td>A, ngày 2/3</td></tr></table>{PROSE}"),
        Outcome.CLASSIFIED,
    ),
    "MẬT": (article(f"<p><b>MẬT</b></p>{PROSE}"), Outcome.CLASSIFIED),
    "TỐI MẬT in brackets": (article(f"<p>(TỐI MẬT)</p>{PROSE}"), Outcome.CLASSIFIED),
    "TUYỆT MẬT in entities": (article(f"<p>TUY&#7878;T M&#7852;T</p>{PROSE}"), Outcome.CLASSIFIED),
    "LƯU HÀNH NỘI BỘ": (article(f"<p>(Lưu hành nội bộ)</p>{PROSE}"), Outcome.RESTRICTED),
    "empty bytes": (RawPage("https://a.example.vn/", b"", NOW), Outcome.UNREADABLE),
}


@pytest.mark.parametrize(("raw", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_article_is_named(raw: RawPage, reason: Outcome) -> None:
    verdict = refine([raw], SITE, None)
    assert isinstance(verdict, Rejected)
    assert verdict.reason is reason
    assert verdict.detail


TAKEN = {
    "an article": article(PROSE),
    "very short news": article(f"<p>{SENTENCE}</p>"),
    "an article beside a login box": article(PROSE + "<b>Đăng nhập</b><input type='password'>"),
    "a notice of a resolution with its PDF": article(
        "<p>Xem nghị quyết tại đây.</p><p><a href='/files/nq-15.pdf'>Nghị quyết số 15/NQ-HĐND</a></p>",
        "Nghị quyết số 15/NQ-HĐND",
    ),
    "a picture story": article(
        "".join(
            f"<figure><img src='/{n}.jpg'><figcaption>Lễ mừng cơm mới, cảnh thứ {n}.</figcaption></figure>"
            for n in range(1, 5)
        )
        + "<p>Chùm ảnh của bản Khằm.</p>"
    ),
    "state secrets in a sentence": article(f"<p>{SENTENCE} Công tác bảo vệ bí mật nhà nước được giữ.</p>{PROSE}"),
    "declassified": article(f"<p>ĐÃ GIẢI MẬT</p><p>MẬT</p>{PROSE}"),
    "a raid told in its text alone": article(
        f"<p>Công an bắt giữ 19 đối tượng chơi tài xỉu, xóc đĩa, nổ hũ và cá cược.</p>{PROSE}", "Chuyên án kết thúc"
    ),
    "what a short text forbids": article(
        "<p>Ban Nội chính khẳng định như vậy khi nói về ba dự án chậm tiến độ ở Bản Lè.</p>", "Không tồn tại vùng cấm"
    ),
    "a notice of maintenance to come": article(
        "<p>Để nâng cấp máy chủ, cổng thông tin tạm dừng từ 20 giờ ngày 22/8 đến 6 giờ ngày 23/8.</p>",
        "Thông báo bảo trì",
    ),
    "walls as the subject": article(
        f"<p>Đội xanh gặp trang báo “Access denied” và lỗi 404, bật tường lửa.</p>{PROSE}", "Diễn tập an ninh mạng"
    ),
    "honey": article(f"<p>Mật ong bạc hà</p>{PROSE}", "Mật ong bạc hà được mùa"),
    "a stamp far down in the prose": article(f"{PROSE}{PROSE}{PROSE}<p>MẬT</p>"),
    "against gambling": article(
        f"<p>Công an triệt phá đường dây cá cược, lô đề online, tài xỉu, xóc đĩa qua mạng.</p>{PROSE}",
        "Triệt phá ổ cá cược, nổ hũ",
    ),
    "an article with related titles": article(
        PROSE + "".join(f"<a href='/tin/ban-khe-{n}.html'>Lễ mừng cơm mới bản Khe số {n}</a><br>" for n in range(6))
    ),
}


@pytest.mark.parametrize("raw", TAKEN.values(), ids=TAKEN)
def test_what_is_an_article_is_taken(raw: RawPage) -> None:
    verdict = refine([raw], SITE, None)
    assert isinstance(verdict, Accepted), verdict


STAMPED = {
    "<p>MẬT</p>": True,
    "<p>MÂ\u0323T</p>": True,
    "<td>M Ậ T</td>": True,
    "<p>T&#7888;I M&nbsp;&#7852;&nbsp;T</p>": True,
    "<p><b>M</b><b>Ậ</b><b>T</b></p>": True,
    "<p>TUYỆT<br>MẬT</p>": True,
    "<p>*** Tối mật ***</p>": True,
    "<p>Độ mật: Mật</p>": True,
    "<table><tr><td>Độ mật</td><td>Tuyệt mật</td></tr></table>": True,
    "<p>TOÁI MAÄT</p>": True,
    "<p>MËT</p>": True,
    "<p>BÍ MẬT CỦA RỪNG</p>": False,
    "<p>DANH MỤC BÍ MẬT NHÀ NƯỚC ĐỘ MẬT</p>": False,
    "<p>Độ mật: Thường</p>": False,
    "<p>Đã được giải mật theo Quyết định số 12</p><p>TỐI MẬT</p>": False,
    "<p>MẬT ĐỘ DÂN CƯ</p><p>Mật khẩu</p><p>Trần Văn Mật</p>": False,
    "<p>THẬT</p>": False,
}


@pytest.mark.parametrize(("stamp", "answer"), STAMPED.items())
def test_the_stamp_is_found_before_shipping(stamp: str, answer: bool) -> None:
    assert judge.is_classified(article(stamp + PROSE)) is answer


def test_bytes_that_are_no_page_bear_no_stamp() -> None:
    assert judge.is_classified(RawPage("https://a.example.vn/a.pdf", b"%PDF-1.4 " + "MẬT".encode(), NOW)) is False


def test_a_short_listing_with_a_script_that_goes_elsewhere_is_no_wall() -> None:
    script = "<script>function tim() { location.href = '/tim?q=' + so; }</script>"
    items = "".join(f"<li><a href='/mua-{n}.html'>Lễ mừng cơm mới ở bản Khe mở lần {n}</a>" for n in (1, 2, 3))
    assert judge.wall(parse(page(f"{script}<ul>{items}</ul>", "Tin"))) is None
    assert judge.wall(parse(page(script, "Tin"))) is Outcome.BLOCKED


def test_a_listing_with_a_login_box_is_no_wall() -> None:
    assert judge.wall(parse(page(ITEMS + LOGIN, "Tin hoạt động"))) is None


THESIS = article(
    "".join(f"<p>2.2.{n}. Thực trạng đội ngũ</p><p>{SENTENCE}</p>" for n in range(1, 5))
    + "<p>Xem toàn bộ 112 trang tài liệu này.</p>",
    "Nâng cao chất lượng sinh hoạt chi bộ - Luận văn thạc sĩ",
)


@pytest.mark.parametrize(
    ("site", "include", "accepted"), [(None, False, False), (None, True, True), (SITE, False, True)]
)
def test_a_thesis_is_out_of_scope_only_without_a_site(site: Site | None, include: bool, accepted: bool) -> None:
    verdict = refine([THESIS], site, None, include_out_of_scope=include)
    assert isinstance(verdict, Accepted) is accepted
    assert accepted or getattr(verdict, "reason", None) is Outcome.OUT_OF_SCOPE
