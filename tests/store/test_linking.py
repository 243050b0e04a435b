"""Documents stand in the bucket once their site passed the gate, and `documents` says who links them now."""

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rows_made import NOON, article

from flows import attaching
from pipelines import warc_writing
from pipelines.attachments import file_key
from pipelines.documents import Document
from pipelines.store import attachments, feed, linking
from pipelines.store.arrow import from_table
from pipelines.store.attachments import Kept
from pipelines.store.tables import Tables
from pipelines.warc import PageFacts
from schemas import keys
from schemas.article import Accepted, Attachment, Content
from schemas.documents import DocumentRow
from schemas.outcome import Outcome
from schemas.suppression import Suppression, SuppressionIndex


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


def captured(path: Path, bodies: dict[str, bytes]) -> Path:
    """A WARC file with these answered documents by URL."""
    records = b""
    for url, body in bodies.items():
        facts, name = PageFacts(kind="attachment", url_key=file_key(url)), warc_writing.new_id()
        answer = warc_writing.response(url, NOON, 200, [("Content-Type", "application/pdf")], body, record_id=name)
        records += warc_writing.metadata(url, NOON, facts, response_id=name) + answer
    path.write_bytes(records)
    return path


def accepting(*urls: str) -> Any:
    """The verdict on a page that links these documents."""
    content = article(1, attachments=tuple(Attachment(url=url) for url in urls))
    verdict = Accepted(content=Content(**{name: getattr(content, name) for name in Content.model_fields}))
    return SimpleNamespace(verdict=verdict)


def test_documents_wait_for_the_gate_and_those_taken_down_stay_away(tables: Tables, tmp_path: Path) -> None:
    kept, taken, alone = (f"https://mau.vn/{name}.pdf" for name in ("kept", "taken", "alone"))
    path = captured(tmp_path / "a.warc.gz", {kept: b"%PDF kept", taken: b"%PDF taken", alone: b"%PDF alone"})
    gone = Suppression(site="mau", at=NOON, reason="privacy", documents=(hashlib.sha256(b"%PDF taken").hexdigest(),))
    listed = SuppressionIndex(suppressions=(gone,)).model_dump_json().encode()
    tables.clean.put(keys.SUPPRESSED_INDEX, listed)
    read = SimpleNamespace(read_document=lambda body, _: Document(extension="pdf", text=body.decode()))
    desk: Any = SimpleNamespace(tables=tables, refiners=read)
    visit: Any = SimpleNamespace(site=SimpleNamespace(key="mau"), due=(SimpleNamespace(path=path),))

    shelf = attaching.shelve(desk, visit, [accepting(kept, taken)])
    assert {one.url: one.refused for one in shelf.values()} == {kept: None, taken: "suppressed"}
    assert [found.key for found in tables.clean.list()] == [keys.SUPPRESSED_INDEX]  # a held site ends here

    attaching.keep(desk, visit)
    key = shelf[file_key(kept)].key or ""
    stored = {found.key for found in tables.clean.list("attachments/")}
    assert stored == {key, key.replace(".pdf", ".txt"), "attachments/sites/mau.json"}
    assert tables.clean.get(key) == b"%PDF kept"
    assert attaching.shelve(desk, visit, [accepting(kept, taken)]) == shelf == attachments.shelf(tables.clean, "mau")
