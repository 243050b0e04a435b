"""What a night's plan costs that knows many URLs: reading the ledger's columns, and all that the crawl is told.

python -m benchmarks.plan [--urls 50000] [--looks 40000] [--json]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake

from flows.memory import SiteMemory
from pipelines.ledger import LEDGER_COLUMNS, TEXT_COLUMNS, Ledger
from pipelines.store.arrow import arrow_schema, plain, to_table
from schemas.rows import LedgerRow
from schemas.site import Site
from schemas.urls import url_hash
from schemas.window import Window

SITE = Site(key="mau", name="Mẫu", organ="council", province="cao-bang", url="https://hdnd.mau.gov.vn/")
NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
_KB = 1024


def written(folder: Path, urls: int, looks: int) -> None:
    """A ledger of one site in `folder`: each URL once, and `looks` more answers, newest articles most often."""
    uri = str(folder / "captures")
    for start in range(0, urls + looks, 10_000):
        numbers = range(start, min(start + 10_000, urls + looks))
        rows = to_table([row(n % urls, n // urls) for n in numbers], LedgerRow)
        write_deltalake(uri, rows, mode="append", partition_by=["site"])


def row(number: int, look: int) -> LedgerRow:
    published = NOW - timedelta(hours=number)
    key = f"/tin-tuc-su-kien/hoi-nghi-lan-thu-{number}-ban-chap-hanh-dang-bo-tinh-{number}.html"
    at = published + timedelta(hours=8 + look)
    return LedgerRow(
        site=SITE.key, run=f"r{look}", url=f"https://hdnd.mau.gov.vn{key}", url_key=key, url_hash=url_hash(key),
        status=304 if look else 200, outcome="unchanged" if look else "new", fetched_at=at, settled_at=at,
        article_id=f"mau:{number}", content_hash=f"{number:016x}", month=f"{published:%Y-%m}", published_at=published,
        etag=f'"{number:x}-5f3"', last_modified="Mon, 02 Mar 2026 01:00:00 GMT", digest=f"sha256:{number:064x}",
        found_on="https://hdnd.mau.gov.vn/tin-tuc-su-kien/", warc="w", offset=number, length=9_000,
    )  # fmt: skip


def grown(rows: pa.Table, count: int) -> pa.Table:
    """`rows` again and again under other URL hashes, until there are `count`."""
    parts = [
        rows.set_column(rows.schema.get_field_index("url_hash"), "url_hash", pc.add(rows["url_hash"], n))
        for n in range(-(-count // rows.num_rows))
    ]
    return pa.concat_tables(parts).slice(0, count)


def measure(folder: Path) -> dict[str, float]:
    """CPU and wall seconds, MB of memory at its peak beyond what the process had, and the size of the plan."""
    DeltaTable(str(folder / "captures")).scan(columns=["url_hash"], predicate="site = 'nobody'").read_all()
    before, cpu, wall = _peak(), process_time(), perf_counter()
    rows = _read(folder, LEDGER_COLUMNS)
    texts = partial(_read, folder, TEXT_COLUMNS)
    told = SiteMemory(pages=Ledger(rows, texts)).told(SITE, "nightly", Window(), NOW, SITE.rechecks_per_night)
    return {
        "rows": rows.num_rows,
        "cpu_seconds": round(process_time() - cpu, 3),
        "seconds": round(perf_counter() - wall, 3),
        "peak_mb": (_peak() - before) // _KB,
        "plan_kb": len(told["known"]) // _KB,
        "revalidate": len(told["revalidate"]),
    }


def _read(folder: Path, columns: Sequence[str], hashes: Sequence[int] = ()) -> pa.Table:
    """As `Tables.ledger` reads them."""
    wanted = pa.schema([arrow_schema(LedgerRow).field(name).with_nullable(True) for name in columns])
    some = f" AND url_hash IN ({', '.join(map(str, hashes))})" if hashes else ""
    found = DeltaTable(str(folder / "captures")).scan(columns=list(columns), predicate=f"site = 'mau'{some}")
    return plain(pa.table(found), wanted)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--urls", type=int, default=50_000)
    parser.add_argument("--looks", type=int, default=40_000, help="answers of URLs that were asked again")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--ledger", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.ledger:
        print(json.dumps(measure(asked.ledger)))
        return
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder), asked.urls, asked.looks)
        result = json.loads(_alone(Path(folder)))
    told = {"urls": asked.urls, **result}
    print(json.dumps(told) if asked.json else "\n".join(f"{name:12} {value}" for name, value in told.items()))


def _alone(folder: Path) -> str:
    """The measure in a process that has done nothing else: its peak of memory is its own."""
    command = [sys.executable, "-m", "benchmarks.plan", "--ledger", str(folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
