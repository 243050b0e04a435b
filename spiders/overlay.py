"""The operator's own site files, laid over the packaged ones: the only ones that a command writes.

A file keeps its comments and its order: a field is changed in its line, and what is new goes above the first table.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from schemas.errors import MachineError, SiteFileError, UsageError

Fields = Mapping[str, Any]
"""Field of a site's TOML to its value: a string, number, date, list or table; None takes the field out."""


def path_of(folder: Path, key: str) -> Path:
    """Where the operator's file of a site is or goes."""
    return folder / f"{key}.toml"


def read(folder: Path, key: str) -> dict[str, Any]:
    """The operator's own fields of a site; empty when there is no file. Raises SiteFileError."""
    return _parsed(path_of(folder, key), _text(path_of(folder, key)))


def changed(folder: Path, key: str, fields: Fields) -> str:
    """The text of the site's file with these fields. Raises SiteFileError for a file that cannot be read."""
    path = path_of(folder, key)
    text = _text(path)
    wanted = {k: v for k, v in (_parsed(path, text) | dict(fields)).items() if v is not None}
    new = _edited(text, fields)
    try:
        if tomllib.loads(new) == wanted:
            return new
    except tomllib.TOMLDecodeError:
        pass
    return toml(wanted)  # a value over several lines: comments are lost, no field is


def write(folder: Path, key: str, fields: Fields, head: Sequence[str] = (), force: bool = False) -> Path:
    """Write the operator's file of a site.

    Args:
        head: lines of comment above a new file.
        force: change a file that is there; without it only a new one is written.

    Raises:
        UsageError: the file is there and `force` is not set.
        SiteFileError: the file that is there cannot be read.
        MachineError: the folder cannot be written to.
    """
    path = path_of(folder, key)
    if path.exists() and not force:
        raise UsageError(f"{path} is there already; --force changes the fields that differ in it")
    text = changed(folder, key, fields)
    if not path.exists():
        text = "".join(f"# {line}\n" for line in head) + text
    put(path, text)
    return path


def put(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises MachineError."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise MachineError(f"{path} cannot be written: {error.strerror}") from error


def toml(fields: Fields) -> str:
    """The fields as a site's file."""
    return "".join(f"{name} = {_value(value)}\n" for name, value in fields.items() if value is not None)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_value(one)}" for name, one in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)  # JSON's strings, numbers and booleans are TOML's too


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise SiteFileError(f"{path}: cannot be read: {error}") from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SiteFileError(f"{path}: this is not TOML: {error}") from error


def _edited(text: str, fields: Fields) -> str:
    """The text with each field's line replaced, taken out or added; right for values that stand on one line."""
    lines = text.splitlines()
    top = next((i for i, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    head, tables = lines[:top], lines[top:]
    for name, value in fields.items():
        at = next((i for i, line in enumerate(head) if re.match(rf"\s*{re.escape(name)}\s*=", line)), None)
        new = [] if value is None else [toml({name: value}).rstrip("\n")]
        head[at if at is not None else len(head) : (at + 1) if at is not None else len(head)] = new
    return "".join(f"{line}\n" for line in (*head, *tables))
