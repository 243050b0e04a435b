"""Pagers that send a form: which control is the next page, and what is sent with it."""

from datetime import UTC, datetime

import pytest

from pipelines.families import FAMILIES
from pipelines.page import Page, RawPage, parse
from pipelines.postback import next_form

STATE = (
    '<input type="hidden" name="__EVENTTARGET" value=""><input type="hidden" name="__EVENTARGUMENT" value="">'
    '<input type="hidden" name="__VIEWSTATE" value="/wEPDw=="><input type="hidden" name="__VIEWSTATE1" value="rest">'
    '<input type="hidden" name="__VIEWSTATEGENERATOR" value="CA0B0334">'
    '<input type="hidden" name="__EVENTVALIDATION" value="/wEdAA+/">'
)


def page(pager: str, before: str = "", action: str = "./tintuc.aspx?cm=3") -> Page:
    body = (
        f"<html><body><form id='aspnetForm' method='post' action='{action}'>{STATE}{before}{pager}</form></body></html>"
    )
    return parse(RawPage("http://mau.vn/tin/tintuc.aspx?cm=3", body.encode(), datetime(2026, 3, 1, tzinfo=UTC)))


def call(target: str, argument: str = "") -> str:
    return f"javascript:__doPostBack(&#39;{target}&#39;,&#39;{argument}&#39;)"


CALENDAR = "".join(
    f"<td><a href=\"{call('ctl00$Lich', str(9400 + d))}\" title='{d} tháng ba'>{d}</a></td>" for d in range(1, 29)
)

PAGERS = {
    "gridview": (
        f"<tr class='pager'><td><table><tr>"
        f'<td><a href="{call("ctl00$GV", "Page$1")}">1</a></td><td><span>2</span></td>'
        f'<td><a href="{call("ctl00$GV", "Page$3")}">3</a></td></tr></table></td></tr>',
        ("ctl00$GV", "Page$3"),
    ),
    "gridview, next block": (
        f'<table><tr><td><a href="{call("ctl00$GV", "Page$9")}">9</a></td><td><span>10</span></td>'
        f'<td><a href="{call("ctl00$GV", "Page$11")}">...</a></td></tr></table>',
        ("ctl00$GV", "Page$11"),
    ),
    "gridview, last page": (
        f'<table><tr><td><a href="{call("ctl00$GV", "Page$1")}">1</a></td><td><span>2</span></td></tr></table>',
        None,
    ),
    "datapager": (
        f"<span id='ctl00_DP'><a disabled='disabled' class='aspNetDisabled'>Trước</a>&nbsp;<span>1</span>&nbsp;"
        f'<a href="{call("ctl00$DP$ctl01$ctl01")}">2</a>&nbsp;<a href="{call("ctl00$DP$ctl01$ctl02")}">3</a></span>',
        ("ctl00$DP$ctl01$ctl01", ""),
    ),
    "datapager, next block without a number": (
        f'<span><a href="{call("ctl00$DP$ctl01$ctl03")}">4</a><span>5</span>'
        f'<a href="{call("ctl00$DP$ctl01$ctl05")}">...</a></span>',
        ("ctl00$DP$ctl01$ctl05", ""),
    ),
    "radgrid": (
        f"<div class='rgWrap rgNumPart'><a class='rgCurrentPage' onclick='return false;' href=\"{call('RG$c5')}\">"
        f'<span>1</span></a><a href="{call("RG$c7")}"><span>2</span></a></div>',
        ("RG$c7", ""),
    ),
    "radgrid, buttons only": (
        f"<input type='button' class='rgPagePrev' onclick='return false;' title='Previous Page' name='RG$prev'>"
        f"<input type='button' class='rgPageNext' name='RG$next' onclick=\"{call('RG$next')}\" title='Next Page'>",
        ("RG$next", ""),
    ),
    "dnn": (
        f"<a id='dnn_ctr412_View_lnkPrev' disabled>‹</a><a id='dnn_ctr412_View_lnkNext' "
        f'href="{call("dnn$ctr412$View$lnkNext")}">Trang sau &raquo;</a>',
        ("dnn$ctr412$View$lnkNext", ""),
    ),
    "aspnetpager": (
        f"<div id='AspNetPager1'><span style='color:red'>1</span><a href=\"{call('AspNetPager1', '2')}\">2</a>"
        f'<a href="{call("AspNetPager1", "2")}">»</a><a href="{call("AspNetPager1", "9")}">»»</a></div>',
        ("AspNetPager1", "2"),
    ),
    "repeater, current by its colour only": (
        "".join(
            f"<li><a style='{'color:red' if n == 3 else ''}' href=\"{call(f'rp$ctl0{n}$lb')}\">{n}</a></li>"
            for n in range(1, 6)
        ),
        ("rp$ctl04$lb", ""),
    ),
    "postback options": (
        "<span>1</span><a href='javascript:WebForm_DoPostBackWithOptions(new WebForm_PostBackOptions("
        '"ctl00$lb2", "", true, "", "", false, true))\'>2</a>',
        ("ctl00$lb2", ""),
    ),
    "escaped call": ("<b>1</b> <a href='javascript:__doPostBack(%27pg%27,%272%27)'>2</a>", ("pg", "2")),
    "calendar only": (
        f'<table><tr>{CALENDAR}<td><a href="{call("ctl00$Lich", "V9432")}">&gt;</a></td></tr></table>',
        None,
    ),
    "sorting and rows": (
        f'<a href="{call("GV", "Sort$Ngay")}">Ngày</a><a href="{call("GV", "Select$2")}">2</a>',
        None,
    ),
}


@pytest.mark.parametrize("name", PAGERS)
def test_next_control(name: str) -> None:
    pager, wanted = PAGERS[name]
    form = next_form(page(pager))
    assert (form and (form.target, form.argument)) == wanted


def test_calendar_beside_a_pager() -> None:
    form = next_form(page(PAGERS["gridview"][0], before=f"<table><tr>{CALENDAR}</tr></table>"))
    assert form is not None and form.argument == "Page$3"


def test_what_is_sent() -> None:
    before = (
        "<input name='tim' value='họp'><input type='submit' name='nut' value='Tìm'><input type='checkbox' name='a'>"
        "<input type='checkbox' name='b' checked><select name='nam'><option value='1'>x<option value='2' selected>y"
        "</select><input name='c' disabled value='1'><textarea name='d'>z</textarea>"
    )
    form = next_form(page(PAGERS["gridview"][0], before))
    assert form is not None and form.url == "http://mau.vn/tin/tintuc.aspx?cm=3"
    assert dict(form.fields) == {
        "__VIEWSTATE": "/wEPDw==",
        "__VIEWSTATE1": "rest",
        "__VIEWSTATEGENERATOR": "CA0B0334",
        "__EVENTVALIDATION": "/wEdAA+/",
        "tim": "họp",
        "b": "on",
        "nam": "2",
        "d": "z",
    }


def test_buttons_are_sent_by_name() -> None:
    form = next_form(page("<input type='image' name='ctl00$btnNext' src='/images/next.gif' alt=''>"))
    assert form is not None and form.target == ""
    assert form.fields[-2:] == (("ctl00$btnNext.x", "5"), ("ctl00$btnNext.y", "5"))
    form = next_form(
        page("<input type='submit' name='dau' value='Trang đầu'><input type='submit' name='sau' value='Trang sau'>")
    )
    assert form is not None and form.fields[-1] == ("sau", "Trang sau")


def test_a_link_goes_before_a_form() -> None:
    links = "<span>1</span> <a href='tintuc.aspx?cm=3&page=2'>2</a>"
    listing = FAMILIES["webforms"].listing(page(links + PAGERS["dnn"][0]))
    assert listing.next_page == "http://mau.vn/tin/tintuc.aspx?cm=3&page=2" and listing.next_form is None
    assert FAMILIES["webforms"].listing(page(PAGERS["dnn"][0])).next_form is not None


def test_no_form_no_pager() -> None:
    assert next_form(parse(RawPage("http://mau.vn/", b"<p>__doPostBack</p>", datetime(2026, 3, 1, tzinfo=UTC)))) is None
