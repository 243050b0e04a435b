"""The references grammar against a reader's own annotation (`references.toml`): the gold pages' truth has none."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from pipelines import references

_PASSAGES = Path(__file__).with_name("references.toml")
Key = tuple[str, str, str | None, int | None]
"""Kind, number, issuer, year."""


def passages() -> Iterator[tuple[str, set[Key]]]:
    """Each text with the documents that it cites."""
    for passage in tomllib.loads(_PASSAGES.read_text(encoding="utf-8"))["passage"]:
        cited = passage.get("cited", [])
        yield passage["text"], {(kind, no, who or None, int(year) if year else None) for kind, no, who, year in cited}


def found(text: str) -> set[Key]:
    """What our grammar finds in a text."""
    return {(ref.kind, ref.number, ref.issuer, ref.year) for ref in references.find(text)}


def tell() -> dict[str, float | int]:
    """How many are cited, and precision and recall of the whole key (kind, number, issuer, year)."""
    pairs = [(cited, found(text)) for text, cited in passages()]
    right = sum(len(cited & ours) for cited, ours in pairs)
    return {
        "passages": len(pairs),
        "cited": sum(len(cited) for cited, _ in pairs),
        "precision": round(right / sum(len(ours) for _, ours in pairs), 4),
        "recall": round(right / sum(len(cited) for cited, _ in pairs), 4),
    }
