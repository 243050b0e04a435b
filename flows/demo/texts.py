"""Made-up provincial news in Vietnamese, written from the sentence banks of sentences.toml.

Every story is its own: no title occurs twice, and no paragraph occurs twice even with its numbers masked, so that a
template memory finds nothing to learn in the prose. The same seed gives the same stories in the same order.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

_DIGITS = re.compile(r"\d+")
_PLANS = (
    ("paper", "topic", "figure"),
    ("topic", "topic"),
    ("topic", "quote"),
    ("hard", "topic", "hard"),
    ("topic", "figure"),
    ("paper", "topic"),
    ("task", "task"),
)
"""What the middle paragraphs are made of, by sentence bank, in the order they take in a story."""
_CAST = {"thon": "hamlets", "ong": "men", "ba": "women"}


@dataclass(frozen=True)
class Story:
    """What an article says, before any site prints it. All strings are NFC; what a page leaves out is empty."""

    title: str
    lead: str
    paragraphs: tuple[str, ...]
    caption: str
    author: str
    tags: tuple[str, ...]
    published: datetime | None
    """Aware; None: its page shows no date."""


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(files("flows.demo").joinpath("sentences.toml").read_text(encoding="utf-8"))


class _Slots(dict[str, str]):
    """The fillings of one story; counts, shares, sums and people are drawn anew for every sentence."""

    def __init__(self, random: Random, province: str, published: datetime) -> None:
        words = _words()
        first, second = random.sample(words["communes"], 2)
        super().__init__(xa=first, xa2=second, tinh=province, nam=str(published.year))
        self["buoi"] = f"{random.choice(('Sáng', 'Chiều'))} {published.day}/{published.month}"
        self.random = random
        self.cast = {name: random.sample(words[bank], 3) for name, bank in _CAST.items()}
        self.numbered = {"ct": _party_document(random, published), "nq": _resolution(random, published)}

    def __missing__(self, slot: str) -> str:
        if slot in self.numbered:
            return self.numbered[slot]
        if slot in self.cast:
            return str(self.random.choice(self.cast[slot]))
        match slot:
            case "n" | "m":
                return str(self.random.randint(12, 96))
            case "pct":
                return f"{self.random.randint(31, 97)},{self.random.randint(1, 9)}%"
            case "tien":
                return f"{self.random.randint(2, 48)},{self.random.randint(1, 9)} tỷ đồng"
        raise KeyError(slot)


def _party_document(random: Random, published: datetime) -> str:
    name, kind = random.choice(
        (("Chỉ thị", "CT"), ("Nghị quyết", "NQ"), ("Kế hoạch", "KH"), ("Kết luận", "KL"), ("Đề án", "ĐA"))
    )
    issuer, organ = random.choice((("TU", "Ban Thường vụ Tỉnh ủy"), ("TW", "Ban Bí thư")))
    day, month, year = random.randint(1, 28), random.randint(1, 12), published.year - random.randint(1, 4)
    return f"{name} số {random.randint(1, 60):02d}-{kind}/{issuer}, ngày {day}/{month}/{year} của {organ}"


def _resolution(random: Random, published: datetime) -> str:
    day, month, year = random.randint(1, 28), random.randint(1, 12), published.year - random.randint(1, 4)
    if random.random() < 0.6:
        return (
            f"Nghị quyết số {random.randint(1, 80):02d}/{year}/NQ-HĐND ngày {day:02d}/{month:02d}/{year} của HĐND tỉnh"
        )
    return f"Quyết định số {random.randint(100, 2400)}/QĐ-UBND ngày {day:02d}/{month:02d}/{year} của UBND tỉnh"


class Newsroom:
    """Writes stories. `seed`: the same one writes the same stories, call by call."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._titles: set[str] = set()
        self._paragraphs: set[str] = set()

    def story(self, province: str, published: datetime, *, middle: int | None = None) -> Story:
        """A new story of 5 to 9 paragraphs (`middle` + 2) set in `province` on the day of `published`."""
        random, words = self._random, _words()
        slots, topic, title = self._headline(province, published)
        plans = [_PLANS[i] for i in sorted(random.sample(range(len(_PLANS)), middle or random.randint(3, 7)))]
        banks = {name: random.sample(lines, len(lines)) for name, lines in words["bank"].items()}
        banks["topic"] = random.sample(topic["lines"], len(topic["lines"]))
        plans = [("open", "figure"), *plans, ("topic", "close")]
        return Story(
            title=title,
            lead=random.choice(words["leads"]).format_map(slots),
            paragraphs=tuple(self._paragraph(plan, banks, slots) for plan in plans),
            caption=random.choice(words["captions"]).format_map(slots),
            author=random.choice(words["reporters"]),
            tags=tuple(random.sample(words["tags"], 2)),
            published=published,
        )

    def revise(self, story: Story, province: str, published: datetime) -> Story:
        """The same story with its second paragraph written anew, as an editor's later correction."""
        fresh = self.story(province, published).paragraphs[1]
        return replace(story, paragraphs=(story.paragraphs[0], fresh, *story.paragraphs[2:]))

    def _headline(self, province: str, published: datetime) -> tuple[_Slots, Mapping[str, Any], str]:
        while True:
            slots = _Slots(self._random, province, published)
            topic = self._random.choice(_words()["topic"])
            slots["viec"] = topic["name"]
            title: str = self._random.choice(_words()["titles"]).format_map(slots)
            if title not in self._titles:
                self._titles.add(title)
                return slots, topic, title

    def _paragraph(self, plan: Sequence[str], banks: dict[str, list[str]], slots: _Slots) -> str:
        lines = [banks[name].pop() for name in plan]
        while True:
            text = " ".join(line.format_map(slots) for line in lines)
            masked = _DIGITS.sub("0", text)
            if masked not in self._paragraphs:
                self._paragraphs.add(masked)
                return text
            # Rare: the same two sentences about the same commune; another hamlet or person will do.
            slots["xa2"] = self._random.choice(_words()["communes"])
            lines.append(self._random.choice(_words()["bank"]["quote"]))
