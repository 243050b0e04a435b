"""Made rows: any field can be given."""

from datetime import UTC, datetime
from typing import Any

from schemas.rows import Article, LedgerRow, RunRow

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)


def article(number: int, **fields: Any) -> Article:
    about: dict[str, Any] = {
        "article_id": f"mau:{number}",
        "site": "mau",
        "site_name": "HĐND tỉnh Mẫu",
        "organ": "council",
        "url": f"https://hdnd.mau.vn/tin/{number}",
        "url_key": f"id:{number}",
        "province": "cao-bang",
        "province_now": "cao-bang",
        "month": "2026-11",
        "title": f"Kỳ họp thứ {number} khai mạc",
        "lead": None,
        "body": "Các đại biểu thảo luận.",
        "text": "Các đại biểu thảo luận.",
        "markdown": "Các đại biểu thảo luận.",
        "family": "nukeviet",
        "word_count": 5,
        "content_hash": f"{number:016x}",
        "first_seen": NOON,
        "last_seen": NOON,
        "extractor": "tintinh 0",
        "rights": "HĐND tỉnh Mẫu",
        "warc": "mau/2026/11/x.warc.gz",
        "warc_offset": number,
        "warc_length": 10,
        "run": "r1",
    }
    return Article.model_validate(about | fields)


def capture(number: int, **fields: Any) -> LedgerRow:
    about: dict[str, Any] = {
        "site": "mau",
        "run": "r1",
        "url": f"https://hdnd.mau.vn/tin/{number}",
        "url_key": f"id:{number}",
        "url_hash": number,
        "status": 200,
        "outcome": "new",
        "fetched_at": NOON,
        "warc": "mau/2026/11/x.warc.gz",
        "offset": number,
        "length": 10,
    }
    return LedgerRow.model_validate(about | fields)


def run_row(run: str, **fields: Any) -> RunRow:
    counts = dict.fromkeys(("captured", "new", "changed", "unchanged", "gone", "requests"), 0)
    about = {"run": run, "kind": "nightly", "site": "mau", "started_at": NOON, "finished_at": NOON}
    return RunRow.model_validate(about | counts | fields)
