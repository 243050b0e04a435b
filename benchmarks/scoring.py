"""How one article as read compares with what a careful person would keep of it, summed over a set."""

import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipelines import references
from pipelines.text import clean
from schemas.article import Content

CHROME = re.compile(
    r"đang truy cập|tổng lượt truy cập|tháng hiện tại|máy chủ tìm kiếm|lượt xem|ý kiến bạn đọc|những tin (mới|cũ) hơn"
    r"|tin cùng mục|tin mới nhất|click để đánh giá|bạn đã không sử dụng site|gửi phản hồi|ghi rõ nguồn"
    r"|nguồn tin:|tác giả:",
    re.I,
)
_COUNTER = re.compile(r"đang truy cập|tổng lượt truy cập|tháng hiện tại", re.I)
_PARAGRAPH = 25
"""Characters from which a paragraph counts when it is lost."""


@dataclass
class Score:
    """Sums over the articles of one gold set."""

    pages: int = 0
    rejected: int = 0
    f1: float = 0.0
    hits: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    leaked: int = 0
    counters: int = 0
    lost: int = 0
    lossy: int = 0
    false: Counter[str] = field(default_factory=Counter)

    def tell(self) -> dict[str, Any]:
        """Rates and counts, rounded."""
        rates = {name: round(self.hits[name] / total, 4) for name, total in self.asked.items() if total}
        return {
            "pages": self.pages,
            "rejected": self.rejected,
            "f1": round(self.f1 / max(self.pages, 1), 4),
            **rates,
            "pages_with_chrome": self.leaked,
            "pages_with_counter": self.counters,
            "pages_with_loss": self.lossy,
            "paragraphs_lost": self.lost,
            "false": dict(self.false),
        }


def words(text: str) -> Counter[str]:
    """The words of a text as a bag, case folded."""
    return Counter(re.findall(r"\w+", text.casefold()))


def f1(ours: str, truth: str) -> float:
    """Word F1 of two texts as bags of words."""
    a, b = words(ours), words(truth)
    common = sum((a & b).values())
    return 2 * common / (sum(a.values()) + sum(b.values())) if common else float(not a and not b)


def compare(total: Score, truth: dict[str, Any], content: Content, verbose: bool) -> None:
    """Add one article to the sums; a fact that the truth does not know is not asked."""
    # misplaced marks are mended by the text contract, and the truth prints them as the author did
    truth = {**truth, "body": [clean(p).text for p in truth["body"]]}
    whole = "\n".join([truth["lead"] or "", *truth["body"]])
    value = f1(content.text, whole)
    total.f1 += value
    found = _flat(content.text)
    lost = [p for p in truth["body"] if len(p) >= _PARAGRAPH and _flat(p) not in found]
    total.lost += len(lost)
    total.lossy += bool(lost)
    leaked = [line for line in content.text.split("\n\n") if CHROME.search(line) and _flat(line) not in _flat(whole)]
    total.leaked += bool(leaked)
    total.counters += bool(_COUNTER.search(content.text) and not _COUNTER.search(whole))
    facts: dict[str, tuple[Any, Any]] = {
        "title": (content.title, truth["title"] or ""),
        "lead": (content.lead or "", truth["lead"] or ""),
        "date": (_minute(content.published_at), _minute(_instant(truth["published_at"]))),
        "author": (" - ".join(content.authors), _people(truth["author"])),
    }
    if "source" in truth:
        facts["source"] = (content.source or "", truth["source"] or "")
    if "captions" in truth:
        # the product prints the lead picture's caption on some layouts only
        home = {truth["homeimg_caption"]}
        facts["captions"] = ({*content.captions} - home, {*truth["captions"]} - home)
        facts["category"] = (_flat(content.category or ""), _flat(truth["category"]))
        facts["attachments"] = (len(content.attachments), len(truth["attachments"]))
    # captured pages: what the grammar finds in the truth's own words; saved ones: what a person noted
    asked = truth.get("references")
    cited = {ref.number for ref in references.find(f"{truth['title']}\n\n{whole}")} if asked is None else {*asked}
    facts["references"] = ({ref.number for ref in content.document_refs}, cited)
    wrong = {}
    for name, (got, want) in facts.items():
        total.asked[name] += 1
        if got == want:
            total.hits[name] += 1
        else:
            wrong[name] = (got, want)
            total.false[name] += bool(got) and not want
    if verbose and (value < 0.995 or lost or leaked or wrong):
        print(
            truth["id"], round(value, 3), truth["special"], {"lost": lost, "leaked": leaked, **wrong}, file=sys.stderr
        )


def _people(author: str | None) -> str:
    # names only: the office in brackets is the role
    return re.sub(r"\s*\(.*\)$", "", author or "")


def _instant(raw: str | None) -> datetime | None:
    return datetime.fromisoformat(raw) if raw else None


def _minute(moment: datetime | None) -> datetime | None:
    return moment.replace(second=0, microsecond=0) if moment else None


def _flat(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())
