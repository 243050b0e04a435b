"""A document-sharing page with the text of PDF files.

Its habits: each line of the PDF is a line of the page, tone marks that have slipped behind the final consonant, a block
"Có thể bạn quan tâm!" in mid-sentence, no dates, capitalised titles of other documents, static files with gzip.
"""

import re
import unicodedata
from dataclasses import replace
from itertools import pairwise
from random import Random

from flows.demo.replicas.base import Entry, Replica, Section, integer, slugify, text
from flows.demo.server import Reply
from flows.demo.texts import Story

# In NFD the dot below stands before a circumflex or breve, every other tone mark behind it.
_TONED = re.compile(
    "([aeiouy][\u0302\u0306\u031b]?)([\u0300\u0301\u0303\u0309\u0323])([\u0302\u0306]?)(ch|nh|ng|c|n|t|p|m)$"
)
_SHORT = 50
"""Letters up to which a line is short."""


class DocShare(Replica):
    key, title = "thanh-hoa-docshare", "Thư viện tài liệu xứ Thanh (bản dựng thử)"
    organ, province, province_name = "party", "thanh-hoa", "Thanh Hóa"
    sections = (Section("xay-dung-dang", "Xây dựng Đảng"), Section("chinh-quyen-co-so", "Chính quyền cơ sở"))
    articles, per_page = 15, 5
    listings = ("/danh-muc/xay-dung-dang", "/danh-muc/chinh-quyen-co-so")
    compress = True
    disallowed = ("/dang-nhap", "/tai-ve/")

    def path(self, entry: Entry) -> str:
        return f"/tai-lieu/{entry.slug}-{entry.number}.html"

    def shown(self, entry: Entry) -> Story:
        return replace(entry.story, published=None, author="", caption="")

    def route(self, path: str, query: dict[str, str]) -> Reply | None:  # noqa: ARG002 - static files
        match [part for part in path.split("/") if part]:
            case []:
                return self._home()
            case ["danh-muc", slug] | ["danh-muc", slug, _] if section := self.section(slug):
                return self._list(section, integer(path.rpartition("trang-")[2]))
            case ["tai-lieu", name] if entry := self.numbered(
                integer(name.removesuffix(".html").rpartition("-")[2], 0)
            ):
                return self.gone() if entry.gone else self.page(entry.story.title, self._document(entry))
            case ["tai-lieu", "pdf", name] if entry := self.numbered(integer(name.removesuffix(".pdf"), 0)):
                return self.attachment(entry)
        return None

    def _document(self, entry: Entry) -> str:
        random = Random(entry.number)
        paragraphs = (entry.story.lead, *entry.story.paragraphs)
        lines: list[str] = []
        for place, paragraph in enumerate(paragraphs):
            broken = pdf_lines(paragraph, random)
            # The widget falls between two lines of one sentence.
            if place == 2:
                broken.insert(max(1, len(broken) // 2), self._widget(entry))
            lines += broken
        prose = "\n".join(line if line.startswith("<div") else f'<div class="t">{line}</div>' for line in lines)
        download = f'<p><a href="/tai-lieu/pdf/{entry.number}.pdf">Tải bản PDF</a></p>' if entry.attached else ""
        return f"""<div class="doc-view"><h1 class="doc-title">{text(entry.story.title)}</h1>
<div class="doc-text">
{prose}
</div>
<div class="doc-foot">Xem toàn bộ {self._sheets(entry)} trang tài liệu này.</div>{download}
<div class="doc-tags">Từ khóa: {", ".join(entry.story.tags)}</div></div>"""

    @staticmethod
    def _sheets(entry: Entry) -> int:
        return 80 + entry.number % 200

    def _widget(self, entry: Entry) -> str:
        links = "".join(
            f'<div>- <a href="{self.path(e)}">{text(e.story.title.title())}</a></div>'
            for e in self.neighbours(entry, 4)
        )
        return (
            f'<div class="related-in"><div><b>Có thể bạn quan tâm!</b></div>{links}'
            f"<div>Xem toàn bộ {self._sheets(entry)} trang tài liệu này.</div></div>"
        )

    def _home(self) -> Reply:
        blocks = "".join(
            f'<div class="box"><h2><a href="/danh-muc/{s.slug}">{s.name}</a></h2>'
            f"{self._items(self.listed(s)[:4])}</div>"
            for s in self.sections
        )
        return self.page(self.title, blocks)

    def _list(self, section: Section, number: int) -> Reply | None:
        entries = self.listed(section)
        shown, last = self.cut(entries, number), self.pages(entries)
        if not shown:
            return None

        def url(n: int) -> str:
            return f"/danh-muc/{section.slug}" + (f"/trang-{n}" if n > 1 else "")

        numbers = "".join(
            f'<a href="{url(n)}"{" class=on" if n == number else ""}>{n}</a> ' for n in range(1, last + 1)
        )
        more = f'<a rel="next" href="{url(number + 1)}">Trang sau</a>' if number < last else ""
        return self.page(
            section.name, f'<h1>{section.name}</h1>{self._items(shown)}<div class="paging">{numbers}{more}</div>'
        )

    def _items(self, entries: tuple[Entry, ...]) -> str:
        items = "".join(
            f'<li class="doc"><a href="{self.path(e)}">{text(e.story.title)}</a><p>{text(e.story.lead)}</p></li>\n'
            for e in entries
        )
        return f'<ul class="docs">{items}</ul>'

    def layout(self, title: str, main: str, *, head: str = "", kind: str = "") -> str:
        menu = "".join(f'<a href="/danh-muc/{s.slug}">{s.name}</a> ' for s in self.sections)
        return f"""<!DOCTYPE html>
<html lang="vi"><head><meta charset="utf-8"><title>{text(title)}</title>
<meta name="description" content="{slugify(title).replace("-", " ")}">{head}</head>
<body class="{kind}"><div id="top"><a href="/">Trang chủ</a> {menu}<a href="/dang-nhap">Đăng nhập</a></div>
<div id="main">{main}</div>
<div id="side"><h3>Thống kê</h3><p>Lượt xem: {self.visits()}</p></div>
<div id="bottom"><p>{self.title}. Tài liệu do thành viên chia sẻ.</p></div></body></html>
"""


def misplaced(word: str) -> str:
    """A word whose tone mark slipped behind its final consonant, as some PDF fonts leave it; NFC. Others unchanged.

    `việc` becomes `viêc` + U+0323, `túc` becomes `tuć`, and before -nh the h breaks away: `hành` becomes `haǹ h`.
    """

    def slip(match: re.Match[str]) -> str:
        vowel, tone, shape, final = match.groups()
        return f"{vowel}{shape}{final[0]}{tone}" + (f" {final[1:]}" if final == "nh" else final[1:])

    return unicodedata.normalize("NFC", _TONED.sub(slip, unicodedata.normalize("NFD", word)))


def pdf_lines(paragraph: str, random: Random) -> list[str]:
    """A paragraph as PDF text: broken between syllables at about 70 letters, now and then earlier; one tone slipped."""
    words = paragraph.split(" ")
    for place in random.sample(range(len(words)), k=min(len(words), 24)):
        if (slipped := misplaced(words[place])) != words[place]:
            words[place] = slipped
            break
    cuts = [0]
    width = 70
    for place in range(1, len(words)):
        length = len(" ".join(words[cuts[-1] : place + 1]))
        # Only a paragraph's last line is short and ends like one, as justified text has it.
        ends = words[place - 1][-1:] in ".:;!?…”" and length <= _SHORT
        if length > width and not ends:
            cuts.append(place)
            width = random.choice((70, 74, 70, 66, 14))
    if len(cuts) < len(words) and len(" ".join(words[cuts[-1] :])) > _SHORT:
        cuts.append(len(words) - 2)
    return [text(" ".join(words[a:b])) for a, b in pairwise([*cuts, len(words)])]
