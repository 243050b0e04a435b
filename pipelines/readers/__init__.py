"""What a reader finds in the bucket to begin with, and needs none of our packages for: a notebook and a verifier.

`tintinh verify` and the bucket's `verify.py` are one code: the file is these modules, one after another.
"""

import re
from collections.abc import Iterator
from importlib.resources import files as packaged

from schemas import keys

_PLACEHOLDER = "s3://bucket/clean"
_MODULES = ("sources", "look", "checks", "verify")
_OURS = re.compile(r"^from pipelines\.readers\.\w+ import (?:\([^)]*\)|.*)\n", re.M)


def files(uri: str) -> Iterator[tuple[str, bytes, str]]:
    """Key, bytes and media type of each file to put into the bucket whose clean prefix is `uri`."""
    yield keys.VERIFY, _verifier().replace(_PLACEHOLDER, uri).encode(), "text/x-python; charset=utf-8"
    yield keys.NOTEBOOK, _read("read.ipynb").replace(_PLACEHOLDER, uri).encode(), "application/x-ipynb+json"


def _verifier() -> str:
    """The modules as one file that says first how it is used."""
    bodies = [_OURS.sub("", _read(f"{name}.py")) for name in _MODULES]
    usage, _, last = bodies.pop().removeprefix('"""').partition('"""\n')
    return "\n\n".join([f'"""{usage}"""', *(body.partition('"""\n')[2] for body in bodies), last])


def _read(name: str) -> str:
    return (packaged(__name__) / name).read_text(encoding="utf-8")
