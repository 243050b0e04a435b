"""Verify this bucket: is it whole, and does what it says of itself hold? Exit code 0: sound, 1: not, 3: cannot be read.

    pip install deltalake duckdb
    python verify.py s3://bucket/clean     # or the path of a copy; --raw s3://bucket/raw checks the raw bytes too
    python verify.py --deep                # every file, text and raw record, not a sample; --json for programs

The usual AWS_* variables say where the server is and who asks (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION). Nothing else is needed, and nothing is written.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from pipelines.readers.checks import CHECKS
from pipelines.readers.look import SAMPLE, Check, Look
from pipelines.readers.sources import S3, Folder, Source, UnreadableError

URI = os.environ.get("TINTINH_CLEAN_URI") or "s3://bucket/clean"


def verify(clean: Source, raw: Source | None = None, sample: int | None = SAMPLE) -> dict[str, Any]:
    """Make every check; `sample` is how many files, documents and records of each kind are looked at, None: all.

    Raises UnreadableError.
    """
    with tempfile.TemporaryDirectory() as scratch, duckdb.connect() as db:
        db.execute(f"SET memory_limit = '1GB'; SET threads = 4; SET temp_directory = '{scratch}'")
        look = Look(clean, raw, sample, db, Path(scratch))
        look.load()
        checks = []
        for make in CHECKS:
            checks.append(check := Check(make.__name__, " ".join((make.__doc__ or "").split())))
            make(look, check)
        return {
            "sound": not any(check.findings for check in checks),
            "deep": sample is None,
            "version": look.version,
            "seq": look.index["last_seq"],
            "checks": [asdict(check) for check in checks],
        }


def told(report: dict[str, Any]) -> str:
    """The report for a person."""
    lines = []
    for check in report["checks"]:
        state = "skip" if check["skipped"] else "BAD " if check["findings"] else "ok  "
        lines.append(f"{state} {check['name']} ({check['looked']}): {check['skipped'] or check['promise']}")
        lines += [f"       - {finding}" for finding in check["findings"]]
        lines += [f"       - and {check['more']} more"] if check["more"] else []
    depth = "everything was looked at" if report["deep"] else "a sample was looked at; --deep looks at everything"
    verdict = "sound" if report["sound"] else "NOT SOUND"
    return "\n".join([*lines, f"{verdict}: version {report['version']}, change {report['seq']}; {depth}"])


def source(uri: str) -> Source:
    """What the argument names: a bucket's prefix or a folder."""
    return S3.of(uri) if uri.startswith("s3://") else Folder(Path(uri))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clean", nargs="?", default=URI, help="s3://bucket/prefix or a folder (%(default)s)")
    parser.add_argument("--raw", help="the raw half, to check what articles point to")
    parser.add_argument("--deep", action="store_true", help="look at everything")
    parser.add_argument("--sample", type=int, default=SAMPLE, metavar="N", help="else at N of each kind (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args()
    try:
        raw_source = source(given.raw) if given.raw else None
        report = verify(source(given.clean), raw_source, None if given.deep else given.sample)
    except UnreadableError as error:
        print(f"verify: {error}", file=sys.stderr)
        return 3
    print(json.dumps(report) if given.json else told(report))
    return 0 if report["sound"] else 1


if __name__ == "__main__":
    sys.exit(main())
