"""How long the refinery takes over hostile pages, and whether the time grows faster than the page.

python -m benchmarks.fuzz [--json] [--pages N] [--kilobytes K] [--family NAME]

Each shape is made in two sizes; `growth` is the power of the size with which the time grows (1: in step with it).
Then N pages are made by cutting, splicing and repeating pieces of the shapes, from a fixed seed.
"""

import argparse
import json
import math
import random
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from time import process_time
from typing import NamedTuple

from pipelines.page import RawPage
from pipelines.refinery import refine

NOW = datetime(2026, 3, 2, tzinfo=UTC)
STEP = 4
"""How many times larger the second size is."""
STEEP = 1.35
"""Growth from which a shape is reported."""
NOTABLE = 0.2
"""CPU seconds below which growth is noise."""

_PROSE = "<p>Chiều nay, bà con bản Nà Lếch họp bàn việc nạo vét con mương đầu làng trước mùa mưa.</p>"
_HEAD = (
    "<html><head><title>Bản Nà Lếch họp bàn</title></head><body><h1>Bản Nà Lếch họp bàn</h1><div class='entry-content'>"
)
_ITEM = "<li><a href='/tin-{n}.html'>Bà con họp bàn việc nước lần thứ {n}</a> (1/2/2026)</li>"
_CARD = "<div class='item'><h3><a href='/t-{n}.html'>Bà con họp lần {n}</a></h3><p>Chiều nay, bà con họp bàn.</p></div>"

PIECES: dict[str, str] = {
    "paragraphs": _PROSE,
    "short paragraphs": "<p>Một, hai, ba.</p>",
    "lines": "Bà con họp bàn<br>",
    "words": "họp bàn ",
    "one word": "a",
    "spaces": " ",
    "open tags": "<b>",
    "nested boxes": "<div>",
    "nested lists": "<ul><li>",
    "nested tables": "<table><tr><td>",
    "nested quotes": "<blockquote><p>a",
    "end tags": "</p>",
    "breaks": "<br>",
    "rows": "<tr><td>Xã<td>2</tr>",
    "tables": "<table><tr><td>Xã<td>2</table>",
    "links": _ITEM,
    "cards": _CARD,
    "anchors": "<a href='//b{n}.example'>tài xỉu</a>",
    "pictures": "<p><img src='/a{n}.jpg'></p><p><em>Ảnh: {n}</em></p>",
    "figures": "<figure><img src='/a{n}.jpg'><figcaption>Bà con họp bàn, cảnh {n}.</figcaption></figure>",
    "headings": "<h2>Họp bàn {n}</h2>",
    "dates": "1/1/2026 ",
    "date lines": "<p>Thứ Hai, 02/03/2026 08:{n}</p>",
    "references": "số 12/2023/NQ-HĐND ",
    "half numbers": "12/",
    "digits": "1",
    "dots": "...... ",
    "dashes": "- ",
    "colons": "a: ",
    "commas": "và, ",
    "names": "Nguyễn Văn Ơn, ",
    "capitals": "HỌP BÀN ",
    "stamps": "<p>BÍ MẬT</p>",
    "letters of a stamp": "M ",
    "tags in a stamp": "M<b></b>",
    "marks": "\u0301\u0323",
    "marked letters": "e\u0302\u0323",
    "entities": "&amp;#",
    "attributes": "<p title='x' class='a b c' style='color:red;text-align:right'>a</p>",
    "classes": "<i class='nav-menu-{n} td-post-content'>a</i>",
    "inputs": "<input type='password' name='p{n}'>",
    "notices": "<p>Không có dữ liệu</p>",
    "counters": "<p>Hôm nay: {n}</p>",
    "old fonts": "<p>Héi ®ång nh©n d©n tØnh hop</p>",
    "mojibake": "<p>Tá»‰nh á»§y há»p</p>",
    "json": "<script type='application/ld+json'>[[[</script>",
    "metas": "<meta property='article:tag' content='a{n}'>",
    "comments": "<!-- a -->",
    "quotes": "“a ",
    "brackets": "((",
}


class Run(NamedTuple):
    """One shape: CPU seconds at both sizes, and the growth between them."""

    name: str
    seconds: float
    growth: float
    outcome: str


def page(piece: str, size: int) -> bytes:
    """An article in whose middle the piece is repeated up to `size` bytes; `{n}` in it counts."""
    length = len(piece.encode())
    times = size // length
    inner = "".join(piece.replace("{n}", str(n)) for n in range(times)) if "{n}" in piece else piece * times
    return f"{_HEAD}{_PROSE * 3}{inner}{_PROSE * 3}</div></body></html>".encode()


def spent(body: bytes, family: str | None = None) -> tuple[float, str]:
    """CPU seconds of refining the page, and how it ended."""
    begun = process_time()
    verdict = refine(
        [RawPage("https://a.example.vn/tin/bai-1.html", body, NOW, "text/html")], None, None, family=family
    )
    return process_time() - begun, getattr(verdict, "reason", "accepted")


def shapes(size: int, family: str | None = None, names: Collection[str] | None = None) -> list[Run]:
    """Every shape, or those named, at `size` and a quarter of it, in bytes; slowest first."""
    runs = []
    for name, piece in PIECES.items() if names is None else ((name, PIECES[name]) for name in names):
        small, _ = spent(page(piece, size // STEP), family)
        large, outcome = spent(page(piece, size), family)
        runs.append(Run(name, large, math.log(max(large, 1e-4) / max(small, 1e-4), STEP), outcome))
    return sorted(runs, key=lambda run: -run.seconds)


def steep(runs: list[Run]) -> list[Run]:
    """The shapes whose time grows faster than the page."""
    return [run for run in runs if run.seconds >= NOTABLE and run.growth >= STEEP]


def mixtures(count: int, size: int, family: str | None = None) -> list[Run]:
    """Pages of several shapes, cut and spliced at random from a fixed seed; slowest first."""
    chance = random.Random(4)  # a repeatable one
    make: Callable[[], bytes] = lambda: page(chance.choice(list(PIECES.values())), chance.randrange(1, size))  # noqa: E731
    runs = []
    for number in range(count):
        one, other = make(), make()
        body = one[: chance.randrange(len(one))] + other[chance.randrange(len(other)) :] + chance.randbytes(8)
        seconds, outcome = spent(body, family)
        runs.append(Run(f"mixture {number}", seconds, 0.0, outcome))
    return sorted(runs, key=lambda run: -run.seconds)


def main() -> None:
    """Print the slowest pages and the steep shapes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--kilobytes", type=int, default=1024)
    parser.add_argument("--family")
    arguments = parser.parse_args()
    size = arguments.kilobytes * 1024
    runs, mixed = shapes(size, arguments.family), mixtures(arguments.pages, size, arguments.family)
    crashes = [run.name for run in (*runs, *mixed) if run.outcome == "extract_crash"]
    if arguments.json:
        print(
            json.dumps(
                {
                    "shapes": [run._asdict() for run in runs],
                    "mixtures": [run._asdict() for run in mixed[:20]],
                    "steep": [run.name for run in steep(runs)],
                    "crashes": crashes,
                },
                ensure_ascii=False,
            )
        )
        return
    for run in (*runs, *mixed[:5]):
        mark = "steep" if run in steep(runs) else ""
        print(f"{run.name:22} {run.seconds:8.2f} s  growth {run.growth:5.2f}  {run.outcome:16} {mark}")
    print(f"crashes: {', '.join(crashes) or 'none'}")


if __name__ == "__main__":
    main()
