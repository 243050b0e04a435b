"""How well republished articles are found, and what a night costs beside a small and a large archive.

python -m benchmarks.clusters [--json] [--assert] [--stories N] [--archive ROWS ...] [--night N]

Example: python -m benchmarks.clusters --stories 400 --archive 2000 20000
"""

import argparse
import json
import random
import resource
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.clusters_made import Made, copied, made_set, original
from benchmarks.made_nights import paragraph
from flows.settings import Settings
from flows.storage import attached
from pipelines import similarity
from pipelines.clustering import Member, Pair, cluster
from pipelines.store import clusters, signing
from pipelines.store.bucket import Bucket
from pipelines.store.signing import Read
from pipelines.store.tables import Tables
from schemas.rows import Article

_WHEN = datetime(2026, 11, 15, tzinfo=UTC)
_PART = 5000
"""Articles of the archive in one commit."""
_GENRES = ("session", "voters", "oversight", "visit")


def quality(made: Sequence[Made]) -> dict[str, Any]:
    """Precision and recall over pairs of articles that share a cluster, and recall by what the other site made of it;
    all articles stand in one month, so that no window hides a false friend."""
    ids = [f"{one.site}:{number}" for number, one in enumerate(made)]
    read = [
        Read(Member(ids[number], one.site, "2026-11", _WHEN, _WHEN), "", similarity.read(one.text))
        for number, one in enumerate(made)
    ]
    signed = signing.sign(read)
    words = {one.member.article_id: one.words for one in read}
    proposed = {tuple(sorted((one, two))) for one, all_ in signing.candidates(signed, signed).items() for two in all_}
    pairs = [Pair(one, two, found) for one, two in sorted(proposed) if (found := _compare(words, one, two))]
    rows = cluster({one.member.article_id: one.member for one in read}, pairs, {}, 1)
    groups: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        groups[row.cluster].append(row.article_id)
    about = dict(zip(ids, made, strict=True))
    found = {pair for group in groups.values() for pair in combinations(sorted(group), 2)}
    stories: dict[int, list[str]] = defaultdict(list)
    for one, what in about.items():
        stories[what.story].append(one)
    true = {pair for group in stories.values() for pair in combinations(sorted(group), 2)}
    hits, all_of = Counter[str](), Counter[str]()
    for pair in true:
        how = max((about[one].how for one in pair), key=("original", "copy", "light_edit", "excerpt").index)
        all_of[how] += 1
        hits[how] += pair in found
    wrong = Counter("/".join(sorted(about[one].how for one in pair)) for pair in found - true)
    return {
        "articles": len(made),
        "precision": round(len(found & true) / len(found), 4),
        "recall": round(len(found & true) / len(true), 4),
        "recall_by": {how: round(hits[how] / count, 4) for how, count in sorted(all_of.items())},
        "wrong": dict(wrong),
    }


def _compare(words: dict[str, similarity.Words], one: str, two: str) -> similarity.Compared | None:
    return similarity.compare(words[one], words[two])


def cost(clean: Bucket, rows: int, night: int) -> dict[str, Any]:
    """Seconds of the first update over an archive of `rows` articles in 60 months, and of that after a night."""
    tables, rng = Tables(replace(clean, prefix=f"{clean.prefix}{rows}/")), random.Random(rows)
    tables.create()
    for part in range(0, rows, _PART):
        texts = ["\n\n".join(paragraph(rng) for _ in range(6)) for _ in range(min(_PART, rows - part))]
        tables.publish(f"archive-{part}", list(_articles(texts, rng, part, 60)))
        print(f"{part + len(texts)} of {rows} articles", file=sys.stderr, flush=True)
    start = perf_counter()
    clusters.update(tables)
    first = perf_counter() - start
    fresh = [original(rng, _GENRES[number % 4]) for number in range(night - night // 5)]
    fresh += [copied(text, rng) for text in fresh[: night // 5]]
    tables.publish("night", list(_articles(fresh, rng, rows, 1)))
    start = perf_counter()
    written = clusters.update(tables)
    took = perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {
        "archive": rows,
        "first_s": round(first, 1),
        "night_s": round(took, 2),
        "rows": written,
        "peak_mb": int(peak),
    }


def _articles(texts: Sequence[str], rng: random.Random, first: int, months: int) -> Iterator[Article]:
    for number, text in enumerate(texts, start=first):
        back, site = rng.randrange(months), f"trang-{number % 97:02d}"
        month = f"{2026 - (back + 1) // 12}-{(10 - back) % 12 + 1:02d}"
        about: dict[str, Any] = {
            "article_id": f"{site}:{number}",
            "site": site,
            "site_name": site,
            "organ": "council",
            "url": f"https://{site}.gov.vn/{number}",
            "url_key": f"id:{number}",
            "province": "cao-bang",
            "province_now": "cao-bang",
            "month": month,
            "published_at": datetime(int(month[:4]), int(month[5:]), rng.randint(1, 27), tzinfo=UTC),
            "title": "Tin",
            "lead": None,
            "body": text,
            "text": text,
            "markdown": text,
            "family": "nukeviet",
            "word_count": len(text.split()),
            "content_hash": f"{number:016x}",
            "first_seen": _WHEN,
            "last_seen": _WHEN,
            "extractor": "made",
            "rights": "made",
            "warc": "made",
            "warc_offset": number,
            "warc_length": 1,
            "run": "made",
        }
        yield Article.model_validate(about)


def main() -> None:
    """Print the figures; with --assert, fail where they are not what the decision says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=1500)
    parser.add_argument("--archive", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--night", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--assert", action="store_true", dest="check")
    asked = parser.parse_args()
    result: dict[str, Any] = {"quality": quality(made_set(7, asked.stories)), "cost": []}
    with TemporaryDirectory() as home, attached(Settings(home=Path(home))) as storage:
        result["cost"] = [cost(storage.clean, rows, asked.night) for rows in asked.archive]
    if asked.json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        print(*(f"{name}: {value}" for name, value in result["quality"].items()), *result["cost"], sep="\n")
    if asked.check:
        found, nights = result["quality"], [one["night_s"] for one in result["cost"]]
        fine = found["precision"] >= 0.97 and found["recall"] >= 0.95
        if not fine or (nights and nights[-1] > 3 * nights[0]) or any(one["peak_mb"] > 1500 for one in result["cost"]):
            sys.exit("not what docs/decisions/2026-11-25-clusters.md says")


if __name__ == "__main__":
    main()
