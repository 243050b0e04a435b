"""Who may do what on the embedded S3 server: three keys, and the file that tells the server of them.

The commands use the crawler's key; the admin's is for an operator's own S3 tools; the reader's may get and list what
is below the clean prefix, and is refused everything else.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

ADMIN, CRAWLER, READER = "admin", "crawler", "reader"


@dataclass(frozen=True)
class Keys:
    """One identity's keys."""

    access_key: str
    secret_key: str = field(repr=False)


def load(folder: Path) -> dict[str, Keys]:
    """The keys by identity, made on first use; only the user of this machine can read them."""
    path = folder / "keys.json"
    if not path.exists():
        made = {who: Keys(secrets.token_hex(10), secrets.token_urlsafe(30)) for who in (ADMIN, CRAWLER, READER)}
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, {who: asdict(keys) for who, keys in made.items()})
    return {who: Keys(**keys) for who, keys in json.loads(path.read_text(encoding="utf-8")).items()}


def write(folder: Path, bucket: str) -> Path:
    """The server's own file of identities for `-s3.config`.

    An action may name a bucket and a prefix in it (https://github.com/seaweedfs/seaweedfs/wiki/Amazon-S3-API).
    """
    may = {
        ADMIN: ["Admin", "Read", "Write", "List", "Tagging"],
        CRAWLER: [f"Read:{bucket}", f"Write:{bucket}", f"List:{bucket}"],
        READER: [f"Read:{bucket}/clean/*", f"List:{bucket}/clean/*"],
    }
    known = [
        {
            "name": who,
            "credentials": [{"accessKey": keys.access_key, "secretKey": keys.secret_key}],
            "actions": may[who],
        }
        for who, keys in load(folder).items()
    ]
    path = folder / "s3.json"
    _write(path, {"identities": known})
    return path


def _write(path: Path, value: object) -> None:
    partial = path.with_suffix(".part")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(value, stream)
    partial.replace(path)
