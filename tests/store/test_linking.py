"""Documents stand in the bucket once their site passed the gate, and `documents` says who links them now."""

import json
from pathlib import Path

import pytest
from rows_made import article

from pipelines.documents import Document
from pipelines.store import attachments, feed, linking
from pipelines.store.arrow import from_table
from pipelines.store.attachments import Kept
from pipelines.store.tables import Tables
from schemas.article import Attachment
from schemas.documents import DocumentRow
from schemas.outcome import Outcome


@pytest.fixture
def kept(tables: Tables, tmp_path: Path) -> dict[str, Kept]:
    """Two documents of site `mau`, in the bucket."""
    made = {"a": Document(extension="pdf", text="Nghị quyết về đầu tư công."), "b": Document(extension="docx")}
    shelf = {
        name: attachments.stage(tmp_path / "w", f"https://mau.vn/{name}", name.encode(), d) for name, d in made.items()
    }
    refused = {"c": Kept(url="https://mau.vn/c", refused=Outcome.CLASSIFIED)}
    attachments.list_staged(tmp_path / "w", shelf | refused)
    assert list(tables.clean.list()) == []
    attachments.keep(tables.clean, "mau", tmp_path / "w")
    attachments.keep(tables.clean, "mau", tmp_path / "w")  # nothing waits any more
    assert attachments.shelf(tables.clean, "mau") == shelf | refused
    return shelf


def linked(kept: dict[str, Kept], names: str) -> tuple[Attachment, ...]:
    fields = ("url", "sha256", "size", "media_type", "text_key", "scanned")
    return tuple(Attachment(**{f: getattr(kept[name], f) for f in fields}) for name in names)


def links(tables: Tables) -> dict[str, tuple[str, ...]]:
    feed.derive(tables)
    linking.update(tables)
    assert linking.update(tables) == 0
    rows = from_table(tables.documents.read(), DocumentRow)
    assert len({row.sha256 for row in rows}) == len(rows)
    return {tables.clean.get(row.key).decode(): row.article_ids for row in rows}


def test_links_follow_what_articles_link(tables: Tables, kept: dict[str, Kept]) -> None:
    tables.create()
    tables.publish(
        "r1", [article(1, attachments=linked(kept, "ab")), article(2, attachments=linked(kept, "a")), article(3)]
    )
    assert links(tables) == {"a": ("mau:1", "mau:2"), "b": ("mau:1",)}
    (row,) = (r for r in from_table(tables.documents.read(), DocumentRow) if r.key.endswith(".pdf"))
    assert (row.size, row.media_type, row.scanned) == (1, "application/pdf", False)
    assert row.text_key and tables.clean.get(row.text_key).decode() == "Nghị quyết về đầu tư công."

    tables.publish("r2", [article(1, attachments=linked(kept, "a"), revision=2), article(3, title="Sửa", revision=2)])
    tables.publish("r3", [article(3, attachments=linked(kept, "b"), revision=3)])
    assert links(tables) == {"a": ("mau:1", "mau:2"), "b": ("mau:3",)}

    version = tables.documents.open().version()  # type: ignore[union-attr]
    tables.publish("r4", [article(2, title="Sửa", attachments=linked(kept, "a"), revision=2)])
    assert links(tables) == {"a": ("mau:1", "mau:2"), "b": ("mau:3",)}
    assert tables.documents.open().version() == version + 1  # type: ignore[union-attr]

    tables.articles.open().delete("article_id = 'mau:3'")  # type: ignore[union-attr]
    assert links(tables) == {"a": ("mau:1", "mau:2"), "b": ()}
    assert json.loads(tables.clean.get("attachments/sites/mau.json"))["c"]["refused"] == "classified"
