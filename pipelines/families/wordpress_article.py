"""The article of a page."""

from pipelines.families.base import Found
from pipelines.page import Page


def read(page: Page) -> Found | None:  # noqa: ARG001
    """None until the page holds one."""
    return None
