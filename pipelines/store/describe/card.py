"""README.md of the bucket: a dataset card, from card.md and the models."""

from importlib.resources import files

from pipelines.store.describe import dictionary

WARNING = (
    "Never read a folder below by a Parquet glob: articles/, revisions/ and the like are Delta tables, and old and "
    "deleted rows are in their files."
)
"""The first words of the file: within its YAML head as a comment, and again where a renderer leaves the head out."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card(uri: str, rows: int = 0, release: str | None = None) -> str:
    """The README for the bucket at `uri` (`s3://bucket/prefix`) with so many articles and this newest release."""
    words = {
        "warning": WARNING,
        "uri": uri,
        "s3a": uri.replace("s3://", "s3a://", 1),
        "path": uri.removeprefix("s3://"),
        "size": next((name for most, name in _SIZES if rows < most), "1M<n<10M"),
        "release": release or "*",
        "dictionary": dictionary.markdown(),
    }
    text = files("pipelines.store.describe").joinpath("card.md").read_text(encoding="utf-8")
    for name, value in words.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text.rstrip() + "\n"
