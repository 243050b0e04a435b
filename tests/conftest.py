"""What tests of every floor share."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"
"""Pages captured from real software, where this checkout has them beside it."""

# Every command, crawl and server of a test is a process of its own: without bytecode, half of its time is compiling.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    os.environ["PYTHONPYCACHEPREFIX"] = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no variable of the person who runs them."""
    for name in list(os.environ):
        if name.startswith(("TINTINH_", "AWS_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def gold() -> Path:
    """The captured pages; skips where they are not."""
    folder = SHARED / "gold"
    if not folder.is_dir():
        pytest.skip("the captured pages (../shared/gold) are not beside this checkout")
    return folder
