"""Made provincial news: originals by genre, what other sites make of them, and false friends."""

import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Made:
    """A made article: its text, the story that it tells (two of one story repeat each other), and how it was made."""

    text: str
    story: int
    how: str
    site: str


def _facts(rng: random.Random) -> dict[str, Callable[[], str]]:
    return {
        "name": lambda: " ".join(rng.choice(_WORDS[part]) for part in ("family", "middle", "given")),
        "province": lambda: rng.choice(_WORDS["province"]),
        "commune": lambda: rng.choice(_WORDS["commune"]),
        "post": lambda: rng.choice(_WORDS["post"]),
        "field": lambda: rng.choice(_WORDS["field"]),
        "what": lambda: rng.choice(_WORDS["what"]),
        "state": lambda: rng.choice(_WORDS["state"]),
        "act": lambda: rng.choice(_WORDS["act"]),
        "day": lambda: f"{rng.randint(1, 28)}/{rng.randint(1, 12)}",
        "hour": lambda: str(rng.randint(7, 9)),
        "small": lambda: str(rng.randint(2, 29)),
        "count": lambda: str(rng.randint(12, 499)),
        "tens": lambda: f"{rng.randint(30, 79)},{rng.randint(1, 9)}",
        "money": lambda: f"{rng.randint(10, 979)}",
        "percent": lambda: f"{rng.randint(40, 118)},{rng.randint(1, 9)}",
    }


def _filled(template: str, rng: random.Random) -> str:
    facts, out = _facts(rng), template
    for slot, value in facts.items():
        while f"{{{slot}}}" in out:
            out = out.replace(f"{{{slot}}}", value(), 1)
    return out


def original(rng: random.Random, genre: str) -> str:
    """News of its own: the genre's formulas, and between them what only this one tells."""
    paragraphs = []
    for formula in _WORDS["genres"][genre]:
        if rng.random() < 0.85:
            paragraphs.append(_filled(formula, rng))
        own = [_filled(rng.choice(_WORDS["own"]), rng) for _ in range(rng.choice((0, 1, 1, 2)))]
        if own:
            paragraphs.append(" ".join(own))
    return "\n".join(paragraphs)


def formula(rng: random.Random, genre: str) -> str:
    """The same formulas word for word with other facts, and nothing of its own: the nearest false friend."""
    return "\n".join(_filled(one, rng) for one in _WORDS["genres"][genre])


def form(rng: random.Random, number: int) -> str:
    """A notice or decision from a form."""
    return _filled(_WORDS["forms"][number % len(_WORDS["forms"])], rng)


def other_year(text: str, rng: random.Random) -> str:
    """The same agenda of another year: every number is another, the words are the same."""
    return "".join(str(rng.randint(1, 9)) if c.isdigit() else c for c in text)


def copied(text: str, rng: random.Random) -> str:
    """Word for word, with another site's line of source and author, and its own breaks."""
    head = rng.choice(("", "(TTXVN) - ", _filled("{province} - ", rng), "Cổng thông tin điện tử tỉnh đưa tin:\n"))
    tail = rng.choice(
        ("", "\nTheo Báo điện tử {province}", "\nNguồn: Văn phòng Tỉnh ủy", "\nTin, ảnh: {name}", "\n{name} - {name}")
    )
    return head + text.replace("\n", rng.choice(("\n", " ", "\n\n"))) + _filled(tail, rng)


def edited(text: str, rng: random.Random) -> str:
    """Lightly edited: some words reworded, a sentence left out, one put in, a figure corrected."""
    for old, new in rng.sample(_WORDS["reword"], 5):
        parts = text.split(f" {old} ")
        joined = parts[0]
        for part in parts[1:]:
            joined += (f" {new} " if rng.random() < 0.6 else f" {old} ").replace("  ", " ") + part
        text = joined
    sentences = text.replace("\n", " \n").split(". ")
    if len(sentences) > 6:
        del sentences[rng.randrange(2, len(sentences) - 1)]
    sentences.insert(rng.randrange(1, len(sentences)), _filled(rng.choice(_WORDS["own"]), rng).rstrip("."))
    text = ". ".join(sentences)
    if rng.random() < 0.5:
        words = text.split(" ")
        numbers = [place for place, word in enumerate(words) if word.isdigit()]
        if numbers:
            words[rng.choice(numbers)] = str(rng.randint(2, 499))
        text = " ".join(words)
    return copied(text, rng)


def excerpted(text: str, rng: random.Random) -> str:
    """A run of its paragraphs, a third to two thirds of the words, with a sentence of the other site."""
    paragraphs = text.split("\n")
    wanted = rng.uniform(0.34, 0.66) * len(text)
    start = rng.randrange(0, max(1, len(paragraphs) // 2))
    while start and sum(map(len, paragraphs[start:])) < wanted:
        start -= 1
    taken: list[str] = []
    while start < len(paragraphs) and (sum(map(len, taken)) < wanted or len(" ".join(taken).split()) < 80):
        taken.append(paragraphs[start])
        start += 1
    if rng.random() < 0.5:
        taken.insert(0, _filled("Thông tin từ tỉnh {province} cho biết:", rng))
    return copied("\n".join(taken), rng)


def other_tones(text: str) -> str:
    """A tone-mark false friend: the same letters, other tones, another text."""
    moved = str.maketrans("àáảãạèéẻẽẹòóỏõọùúủũụìíỉĩị", "áàãảáéèẽẻéóòõỏóúùũủúíìĩỉí")
    return text.translate(moved)


def made_set(seed: int, stories: int) -> list[Made]:
    """`stories` originals, each with up to four repeats on other sites, and as many false friends of each sort."""
    rng = random.Random(seed)
    out: list[Made] = []
    genres = list(_WORDS["genres"])

    def add(text: str, how: str, story: int | None = None) -> int:
        story = len(out) if story is None else story
        out.append(Made(text, story, how, f"trang-{len(out) % 97:02d}"))
        return story

    for number in range(stories):
        genre = genres[number % len(genres)]
        text = original(rng, genre)
        story = add(text, "original")
        for how, change in (("copy", copied), ("light_edit", edited), ("excerpt", excerpted)):
            for _ in range(rng.choice((0, 1, 1))):
                add(change(text, rng), how, story)
        add(formula(rng, genre), "same formulas")
        add(form(rng, number), "same form")
        if number % 3 == 0 and sum(word.strip("%.,;").isdigit() for word in text.split()) >= 6:
            add(other_year(text, rng), "another year")
        if number % 9 == 0:
            add(other_tones(text), "other tones")
    return out
