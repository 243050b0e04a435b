"""How clean the refinery is on the gold pages, with plain trafilatura beside it in the same run.

python -m benchmarks.quality [--gold DIR] [--family NAME] [--json] [--verbose]
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trafilatura

from pipelines.page import RawPage
from pipelines.refinery import refine
from pipelines.text import clean
from schemas.article import Accepted, Content

GOLD = Path(__file__).parents[1] / "../shared/gold"
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
    false: Counter[str] = field(default_factory=Counter)

    def tell(self) -> dict[str, Any]:
        """Rates and counts, rounded."""
        rates = {name: round(self.hits[name] / total, 4) for name, total in self.asked.items() if total}
        return {
            "pages": self.pages,
            "rejected": self.rejected,
            "f1": round(self.f1 / self.pages, 4),
            **rates,
            "pages_with_chrome": self.leaked,
            "pages_with_counter": self.counters,
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


def articles(folder: Path) -> Iterator[tuple[dict[str, Any], list[RawPage]]]:
    """(truth, captured pages) of each article of a gold set."""
    files = {entry["url"]: entry for entry in json.loads((folder / "index_full.json").read_text(encoding="utf-8"))}
    fetched = datetime.now(UTC)
    for url, truth in json.loads((folder / "truth.json").read_text(encoding="utf-8")).items():
        urls = [url, *filter(None, [truth.get("page2_url")])]
        if len(urls) == 1 and "multipage_nextpage" in truth["special"]:
            urls += [u for u, e in files.items() if e["kind"] == "article_page2" and u.startswith(url)]
        yield (
            truth,
            [RawPage(u, (folder / files[u]["file"]).read_bytes(), fetched, files[u]["content_type"]) for u in urls],
        )


def ours(family: str | None) -> Callable[[list[RawPage]], Content | None]:
    """The refinery, as a family or as recognised."""

    def read(pages: list[RawPage]) -> Content | None:
        verdict = refine(pages, None, None, family=family)
        return verdict.content if isinstance(verdict, Accepted) else None

    return read


def plain_trafilatura(pages: list[RawPage]) -> Content | None:
    """trafilatura as it comes, page by page."""
    found = [trafilatura.bare_extraction(p.body, include_comments=False, with_metadata=True) for p in pages]
    documents = [d for d in found if d is not None and not isinstance(d, dict)]
    if not documents:
        return None
    text = "\n\n".join("\n\n".join((d.text or "").split("\n")) for d in documents)
    first = documents[0]
    day = datetime.fromisoformat(first.date).replace(tzinfo=UTC) if first.date else None
    authors = tuple((first.author or "").split("; ")) if first.author else ()
    return Content(
        title=first.title or "",
        lead=None,
        body=text,
        text=text,
        markdown=text,
        family="-",
        authors=authors,
        published_at=day,
    )


def score(folder: Path, read: Callable[[list[RawPage]], Content | None], verbose: bool = False) -> Score:
    """Every article of a set, read and compared."""
    total = Score()
    for truth, pages in articles(folder):
        total.pages += 1
        content = read(pages)
        if content is None:
            total.rejected += 1
            if verbose:
                print("rejected", truth["url"], file=sys.stderr)
            continue
        _compare(total, truth, content, verbose)
    return total


def _compare(total: Score, truth: dict[str, Any], content: Content, verbose: bool) -> None:
    # misplaced marks are mended by the text contract, and the truth prints them as the author did
    truth = {**truth, "body": [clean(p).text for p in truth["body"]]}
    whole = "\n".join([truth["lead"] or "", *truth["body"]])
    value = f1(content.text, whole)
    total.f1 += value
    found = _flat(content.text)
    lost = [p for p in truth["body"] if len(p) >= _PARAGRAPH and _flat(p) not in found]
    total.lost += len(lost)
    leaked = [line for line in content.text.split("\n\n") if CHROME.search(line) and _flat(line) not in _flat(whole)]
    total.leaked += bool(leaked)
    total.counters += bool(_COUNTER.search(content.text) and not _COUNTER.search(whole))
    facts = {
        "title": (content.title, truth["title"]),
        "lead": (content.lead or "", truth["lead"] or ""),
        "date": (content.published_at and content.published_at.replace(second=0), _instant(truth["published_at"])),
        "author": (" - ".join(content.authors), _people(truth["author"])),
        "source": (content.source or "", truth["source"] or ""),
        # the product prints the lead picture's caption on some layouts only
        "captions": (
            {*content.captions} - {truth["homeimg_caption"]},
            {*truth["captions"]} - {truth["homeimg_caption"]},
        ),
        "category": (_flat(content.category or ""), _flat(truth["category"])),
        "attachments": (len(content.attachments), len(truth["attachments"])),
    }
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
    return datetime.fromisoformat(raw).replace(second=0) if raw else None


def _flat(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, default=GOLD)
    parser.add_argument("--family", help="read every page as this family")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="name what is wrong, on stderr")
    asked = parser.parse_args()
    if not asked.gold.is_dir():
        sys.exit(f"no gold pages at {asked.gold}; name their folder with --gold")
    readers = {"ours": ours(asked.family), "trafilatura": plain_trafilatura}
    result = {
        folder.name: {n: score(folder, r, asked.verbose and n == "ours").tell() for n, r in readers.items()}
        for folder in sorted(asked.gold.iterdir())
        if (folder / "truth.json").is_file()
    }
    if asked.json:
        print(json.dumps(result, ensure_ascii=False))
        return
    for name, by_reader in result.items():
        print(name)
        for fact in by_reader["ours"]:
            print(f"  {fact:20}", *(f"{by_reader[r].get(fact)!s:>28}" for r in readers))


if __name__ == "__main__":
    main()
