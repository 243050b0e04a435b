"""Made-up sites that no family knows, hostile to whoever looks for an article in them."""

import random
from datetime import UTC, datetime

from pipelines.page import RawPage

FETCHED = datetime(2025, 3, 2, 1, tzinfo=UTC)
_WORDS = """
    bản làng suối nương ruộng chợ phiên cầu tre đường nhà sàn bếp lửa gùi lúa ngô sắn trâu bò rừng đồi khe nước
    già trẻ em học trò thầy cô chị anh bà con cán bộ xã huyện đoàn viên hội thảo luận bàn góp ý dựng mở sửa trồng
    gặt hái mang đem kể nghe hát múa khèn trống chiêng mưa nắng sương gió sáng chiều tối mùa xuân hạ thu đông
"""
WORDS = tuple(_WORDS.split())


class Site:
    """A made-up site whose chrome stands in the very container of the prose, under meaningless names."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        self.seed = seed
        self.tag = draw.choice(["p", "div", "li", "font"])
        self.name = "".join(draw.choice("abcdefgh") for _ in range(5))
        self.before = [f"Mục {self.some(draw, 4)} hôm {{n}} đọc {{m}} lần", self.some(draw, 6)]
        self.middle = [f"Mời bà con {self.some(draw, 5)}"]
        self.after = [
            self.some(draw, 7),
            f"Đã có {{n}} người {self.some(draw, 3)}",
            f"{self.some(draw, 16).capitalize()}, {self.some(draw, 12)}, bản tin số {{n}} của đài.",
            f"{self.some(draw, 5)} | {self.some(draw, 3)}",
        ]

    @staticmethod
    def some(draw: random.Random, count: int) -> str:
        return " ".join(draw.choice(WORDS) for _ in range(count))

    def prose(self, number: int) -> list[str]:
        draw = random.Random(self.seed * 10_000 + number)
        return [f"{self.some(draw, draw.randint(18, 40)).capitalize()}." for _ in range(draw.randint(3, 7))]

    def page(self, number: int, prose: list[str] | None = None, visit: int = 0, url: str | None = None) -> RawPage:
        draw = random.Random(number * 31 + visit)
        prose = prose or self.prose(number)
        chrome = [
            [line.format(n=draw.randint(3, 99_999), m=draw.randint(2, 999)) for line in group]
            for group in (self.before, self.middle, self.after)
        ]
        lines = [*chrome[0], prose[0], *chrome[1], *prose[1:], *chrome[2]]
        body = "".join(f"<{self.tag}>{line}</{self.tag}>\n<br>" for line in lines)
        title = f"Chuyện thứ {number} ở {self.some(random.Random(number), 5)}"
        return RawPage(
            url or f"https://{self.name}.example.vn/{self.name}/{number}.html",
            f"<html><head><title>{title}</title></head><body><h1>{title}</h1><div class='{self.name}'>{body}</div>"
            "</body></html>".encode(),
            FETCHED,
            "text/html",
        )
