"""`tintinh extract` on files as people have them."""

import json
from pathlib import Path

import pytest

from flows import extracting_command
from flows.extracting_command import Given
from flows.settings import Settings
from schemas.errors import UsageError

WORDS = (
    "Hoa Ban mở lớp xóa mù chữ\n\n"
    "Tối thứ hai hằng tuần, nhà văn hóa thôn Nậm Sậy lại sáng đèn cho ba mươi học viên là"
    " phụ nữ người Mông, người trẻ nhất mười chín, người già nhất sáu mươi tuổi."
)
PAGE = f"<!DOCTYPE html><html><body><article><h1>Hoa Ban mở lớp</h1><p>{WORDS * 3}</p></article></body></html>"


def given(file: Path, text: bool = False) -> Given:
    return Given(file, None, None, None, None, None, text, False, True)


@pytest.mark.parametrize(
    ("name", "body", "text", "outcome"),
    [
        ("a.txt", WORDS.encode(), False, "accepted"),
        ("a.saved", WORDS.encode("utf-16"), True, "accepted"),
        ("a.txt", PAGE.encode(), False, "accepted"),
        ("a.txt", b"", False, "unreadable"),
        ("a.txt", bytes(range(256)) * 9, False, "unreadable"),
        ("a.txt", "Trang chủ\nTìm kiếm".encode(), False, "not_an_article"),
    ],
    ids=["text", "flag and utf-16", "a page by the name of a text", "empty", "binary", "menu"],
)
def test_a_file(
    name: str, body: bytes, text: bool, outcome: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(body)
    assert extracting_command.run(given(tmp_path / name, text), Settings()) == 0
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["reason"] or said["outcome"]) == outcome


@pytest.mark.parametrize("name", ["missing.txt", "."])
def test_what_cannot_be_read_is_wrong_usage(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        extracting_command.run(given(tmp_path / name), Settings())
