"""A run's report for people."""

from rich.console import Console
from rich.table import Table

from schemas.run import RunReport

COLUMNS = ("captured", "new", "changed", "unchanged", "gone")


def table(report: RunReport, title: str | None = None) -> Table:
    """One row a site."""
    result = Table(title=title or report.run, title_justify="left")
    result.add_column("site", no_wrap=True)
    for name in (*COLUMNS, "requests"):
        result.add_column(name, justify="right", no_wrap=True)
    result.add_column("rejected")
    result.add_column("failed or held")
    for key, counts in report.sites.items():
        numbers = [str(getattr(counts, name)) for name in (*COLUMNS, "requests")]
        trouble = counts.held or _words(counts.failed)
        result.add_row(key, *numbers, _words(counts.rejected), trouble)
    return result


def show(report: RunReport) -> None:
    """Print the report on stdout."""
    console = Console()
    console.print(table(report))
    console.print(f"articles version {report.version} · {report.seconds} s")


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items())
