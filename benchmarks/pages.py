"""The pages that the benchmarks read: captured ones with their truth, saved ones, and those of the demo's replicas."""

import html
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipelines.page import RawPage

SHARED = Path(__file__).parents[1] / "../shared"
GOLD, SEEDS = SHARED / "gold", SHARED / "seeds"
_PROSE = re.compile(rb">[^<>]{80,}<")
_CONSONANTS, _VOWELS = "bcdghklmnpqrstvx", "aeiouyàáạảãêếềôốơớưứ"


@dataclass(frozen=True)
class Case:
    """One article: what a careful person would keep of it, its captured pages, its saved text where it is one."""

    truth: dict[str, Any]
    pages: tuple[RawPage, ...]
    saved: str | None = None


def gold(folder: Path) -> Iterator[Case]:
    """The articles of a set of captured pages (`index_full.json`, `truth.json`), further pages included."""
    files = {entry["url"]: entry for entry in json.loads((folder / "index_full.json").read_text(encoding="utf-8"))}
    fetched = datetime.now(UTC)
    for url, truth in json.loads((folder / "truth.json").read_text(encoding="utf-8")).items():
        urls = [url, *filter(None, [truth.get("page2_url")])]
        if len(urls) == 1 and "multipage_nextpage" in truth["special"]:
            urls += [u for u, e in files.items() if e["kind"] == "article_page2" and u.startswith(url)]
        captured = (
            RawPage(u, (folder / files[u]["file"]).read_bytes(), fetched, files[u]["content_type"]) for u in urls
        )
        yield Case(truth, tuple(captured))


def seeds(folder: Path) -> Iterator[Case]:
    """Pages saved as text, annotated; readers of HTML are given every line as a paragraph."""
    for path in sorted(folder.glob("[0-9].json")):
        said = json.loads(path.read_text(encoding="utf-8"))
        saved = (folder / said["seed"]).read_text(encoding="utf-8")
        lines = "".join(f"<p>{html.escape(line)}</p>\n" for line in saved.splitlines() if line.strip())
        body = f"<html><head><meta charset=utf-8></head><body>{lines}</body></html>".encode()
        truth = {
            "id": path.stem,
            "url": f"https://seed{path.stem}.invalid/bai.html",
            "special": [],
            "title": said["title"],
            "lead": said["lead"],
            "body": [p for p in said["body_paragraphs"] if p != said["lead"]],
            "author": said["author"],
            "published_at": said["published_at"],
            "references": [r["number_normalised"] for r in said["document_refs"] if r["number_normalised"]],
        }
        yield Case(truth, (RawPage(truth["url"], body, datetime.now(UTC)),), saved)


def replicas(today: date = date(2026, 1, 10)) -> list[RawPage]:
    """Every article page of the demo's made-up sites, without a server."""
    from flows.demo.replicas import MANNERS
    from flows.demo.texts import Newsroom

    newsroom, fetched, found = Newsroom(1), datetime.now(UTC), []
    for manner in MANNERS:
        site = manner(f"http://{manner.key}.invalid", today, newsroom)
        for url in site.truth:
            reply = site.respond(url.removeprefix(site.base))
            found.append(RawPage(url, reply.body, fetched, reply.content_type))
    return found


def differing(page: RawPage, seed: int) -> RawPage:
    """The page with every sixth word of its prose made up anew: no two are alike, so no cache can help."""
    source = random.Random(f"{seed} {page.url}")

    def reworded(match: re.Match[bytes]) -> bytes:
        words = match[0].decode("utf-8", "surrogateescape").split(" ")
        for at in range(3, len(words) - 1, 6):
            if words[at].isalpha():
                words[at] = f"{_syllable(source)}{_syllable(source)}"
        return " ".join(words).encode("utf-8", "surrogateescape")

    return replace(page, body=_PROSE.sub(reworded, page.body))


def _syllable(source: random.Random) -> str:
    return source.choice(_CONSONANTS) + source.choice(_VOWELS) + source.choice(_CONSONANTS)
