"""How runs are named."""

import secrets
from datetime import UTC, datetime


def run_name(kind: str) -> str:
    """A new run's name: sortable by time, unique."""
    return f"{kind}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
