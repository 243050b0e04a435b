"""The organs that issue documents, as running text prints them."""

import re

from pipelines.text import fold

BY_SUFFIX = {
    "CP": "Chính phủ", "TTg": "Thủ tướng Chính phủ", "BTCTW": "Ban Tổ chức Trung ương", "CTN": "Chủ tịch nước",
    "BTGTW": "Ban Tuyên giáo Trung ương", "UBKTTW": "Ủy ban Kiểm tra Trung ương",
    "VPTW": "Văn phòng Trung ương Đảng", "BDVTW": "Ban Dân vận Trung ương", "BNCTW": "Ban Nội chính Trung ương",
}  # fmt: skip
"""Organs of which there is one, by the end of their numbers."""
_ORGANS = (
    r"Bộ Chính trị|Quân (?:ủy|uỷ) Trung ương|Đảng (?:ủy|uỷ) Công an Trung ương|Đảng đoàn Quốc hội"
    r"|Ban Bí thư(?: Trung ương(?: Đảng)?)?|(?:Ban Chấp hành|BCH) Trung ương(?: Đảng)?|Trung ương(?: Đảng)?"
    r"|(?:(?:Ban Thường vụ|BTV|Thường trực|Ban Chấp hành|BCH) )?(?:Tỉnh|Thành|Huyện|Thị|Quận|Đảng) (?:ủy|uỷ)"
    r"|(?:Ban Thường vụ|BTV|Ban Chấp hành|BCH) Đảng bộ(?: (?:tỉnh|thành phố|huyện|xã|phường))?"
    r"|(?:Ban (?:Tổ chức|Tuyên giáo(?: và Dân vận)?|Dân vận|Nội chính|Kinh tế)|Ủy ban Kiểm tra|Văn phòng)"
    r" (?:Trung ương(?: Đảng)?|(?:Tỉnh|Thành|Huyện) (?:ủy|uỷ))"
    r"|(?:Thủ tướng )?Chính phủ|(?:(?:Ủy|Uỷ) ban Thường vụ )?Quốc hội|Chủ tịch nước|Thanh tra Chính phủ"
    r"|Ngân hàng Nhà nước|Kiểm toán nhà nước|Tòa án nhân dân tối cao|Viện kiểm sát nhân dân tối cao"
    r"|(?:Ban Thường trực )?(?:(?:Ủy|Uỷ) ban|UB)(?: Trung ương)? (?:MTTQ|Mặt trận Tổ quốc)(?: Việt Nam)?(?: tỉnh)?"
    r"|(?:Chủ tịch |Thường trực )?(?:HĐND|Hội đồng nhân dân|UBND|(?:Ủy|Uỷ) ban nhân dân) "
    r"(?:tỉnh|thành phố|huyện|thị xã|quận|xã|phường|thị trấn|đặc khu|TP)"
)
_FIELDS = (
    r"Giáo dục và Đào tạo|GD\s?&\s?ĐT|GD-ĐT|Thông tin và Truyền thông|Văn hóa, Thể thao và Du lịch|VHTT&DL|VHTTDL"
    r"|Lao động\s?[-–,]\s?Thương binh và Xã hội|LĐ-TB&XH|LĐTB&XH|Nông nghiệp và Phát triển nông thôn|NN&PTNT"
    r"|Nông nghiệp và Môi trường|Kế hoạch và Đầu tư|KH&ĐT|Tài nguyên và Môi trường|TN&MT|Khoa học và Công nghệ|KH&CN"
    r"|Dân tộc và Tôn giáo|Văn hóa|Y tế|Nội vụ|Tài chính|Công an|Quốc phòng|Tư pháp|Xây dựng|Giao thông vận tải|GTVT"
    r"|Công Thương|Ngoại giao"
)
_MINISTRY = rf"(?i:Bộ trưởng Bộ|Bộ|Sở|Giám đốc Sở) (?i:{_FIELDS})(?!\w)"
_PLACE = (
    r"(?:\s+(?!Về|Thực|Ban (?:Thường|Tổ|Tuyên|Chấp|Chỉ|Dân|Nội|Quản|Pháp|Kinh|Văn)|Đảng"
    r"|Quy|Khóa|Nghị|Chỉ|Kế|Trong|Đã|Theo|Tỉnh|Thành)"
    r"[A-ZĐÂÔƯ][^\W\d_]*(?:\s*-\s*[A-ZĐ][^\W\d_]+)?){0,4}"
)
_ISSUER = re.compile(rf"(?P<organ>(?i:{_ORGANS})(?!\w)|{_MINISTRY})(?P<place>{_PLACE})")
_PARTS = re.compile(r"^(?:ban thường vụ|btv|thường trực|ban chấp hành|bch)\s+(?=tỉnh|thành|huyện|đảng)")


def first(said: str) -> str | None:
    """The organ that a phrase after "của" begins with, as printed."""
    match = _ISSUER.match(said)
    return _spell(match) if match else None


def last(before: str) -> str | None:
    """The organ that `before` ends with: who gave the document that follows."""
    found = list(_ISSUER.finditer(before))
    return _spell(found[-1]) if found and found[-1].end() >= len(before.rstrip()) else None


def of_suffix(suffix: str) -> str | None:
    """The organ that the end of a number names; None for those that every province has."""
    if suffix.startswith("UBTVQH"):
        return "Ủy ban Thường vụ Quốc hội"
    return "Quốc hội" if re.fullmatch(r"QH\d+", suffix) else BY_SUFFIX.get(suffix)


def same(one: str, two: str) -> bool:
    """A committee and its standing board are one issuer; "Tỉnh ủy" is that of the province named elsewhere."""
    first, second = (_PARTS.sub("", fold(name)) for name in (one, two))
    return first.startswith(second) or second.startswith(first)


def _spell(match: re.Match[str]) -> str:
    return " ".join(f"{match['organ']}{match['place'] or ''}".split())
