"""What a list of old and new ids asks for, and what is wrong with it. Pure."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.idmap import IdMap

COLUMNS = ("old_id", "new_id")
_ID = re.compile(r"[a-z0-9-]{1,60}:[!-~]{1,200}")
_NO_PART_OF_AN_ID = re.compile(r"""["'\\,;\s]""")


@dataclass(frozen=True)
class Line:
    """One line of the list."""

    number: int
    old: str
    new: str
    columns: int = 2

    @property
    def site(self) -> str:
        """Key of the site of the old id."""
        return self.old.partition(":")[0]


@dataclass(frozen=True)
class Ids:
    """The ids of one site."""

    stored: Collection[str]
    """Those that articles have."""
    ever: Collection[str]
    """Those that articles ever had: an id is never given to another one."""
    map: IdMap


@dataclass(frozen=True)
class Wrong:
    """A line that cannot be done, and why."""

    line: int
    old_id: str
    new_id: str
    why: str


def read(text: str) -> list[Line]:
    """The lines of a CSV of two columns; a head line, blank lines and a byte order mark are passed over."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    found: list[Line] = []
    for cells in rows:
        told = [cell.strip() for cell in cells]
        if any(told) and not (not found and tuple(told) == COLUMNS):
            found.append(Line(rows.line_num, told[0], told[1] if len(told) > 1 else "", len(told)))
    return found


def done(line: Line, ids: Mapping[str, Ids]) -> bool:
    """Whether an earlier call did it, or began to."""
    site = ids.get(line.site)
    return site is not None and line.old != line.new and site.map.ids.get(line.old) == line.new


def wrong(lines: Sequence[Line], ids: Mapping[str, Ids]) -> list[Wrong]:
    """Every line that cannot be done, each with the first reason."""
    return [Wrong(line.number, line.old, line.new, why) for line, why in _judged(lines, ids) if why]


def _judged(lines: Sequence[Line], ids: Mapping[str, Ids]) -> Iterator[tuple[Line, str | None]]:
    olds, news = Counter(line.old for line in lines), Counter(line.new for line in lines)
    asked = {line.old: line.new for line in lines}
    for line in lines:
        if olds[line.old] > 1:
            yield line, "this old id is on several lines"
        elif news[line.new] > 1:
            yield line, "this new id is on several lines: two articles would be one"
        else:
            yield line, _why(line, asked, ids)


def _why(line: Line, asked: Mapping[str, str], ids: Mapping[str, Ids]) -> str | None:
    if line.columns != len(COLUMNS):
        return f"a line has two columns, {' and '.join(COLUMNS)}; this one has {line.columns}"
    if line.old == line.new:
        return "both ids are the same"
    if done(line, ids):
        return None
    site = ids.get(line.site)
    if site is None or line.old not in site.stored:
        now = site.map.current(line.old) if site else line.old
        return "no article has this old id" + (f": it is {now} now" if now != line.old else "")
    if not _ID.fullmatch(line.new) or _NO_PART_OF_AN_ID.search(line.new):
        return "the new id is none: <site>:<name>, printable, without spaces, quotes and commas"
    if line.new.partition(":")[0] != line.site:
        return f"the new id is of another site: one of {line.site} begins with {line.site}:"
    if (circle := _circle(line.old, asked)) is not None:
        return f"the ids go round in a circle: {' -> '.join(circle)}"
    if line.new in site.stored:
        return "an article has the new id already"
    if line.new in site.ever or line.new in site.map.ids:
        return "the new id was an article's once, and no id is used twice"
    return None


def _circle(old: str, asked: Mapping[str, str]) -> list[str] | None:
    way = [old]
    while (new := asked.get(way[-1])) is not None:
        way.append(new)
        if new == old:
            return way
        if new in way[:-1]:
            return None
    return None
