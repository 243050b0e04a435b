"""Sites in the manner of NukeViet that set traps, ask for patience, or shut us out in mid-run."""

import time
from dataclasses import replace

from hostile import traps
from hostile.sites import PROVINCE, Item, NukeVietSite
from hostile.wire import Answer, Asked, Host, Reply


class Minefield(NukeVietSite):
    """Every trap that is one page: each lies between true articles of a listing."""

    robots = b"User-agent: *\nDisallow: /noi-bo/\nDisallow: /users/\n"
    per_page = 10
    away = "http://trang-khac.invalid/tin-911.html"

    def furnish(self) -> None:
        self.canary = Host()
        """A host of the machine that nobody allowed: it must never be asked."""
        self.write(24, lambda n: f"/tin-tuc/tin-trong-tinh-so-{n}-{n}.html")
        self._flaky: dict[str, int] = {}
        self._mines: dict[str, Answer] = {
            "vong-lap-901": traps.redirect("/tin-tuc/vong-lap-902.html"),
            "vong-lap-902": traps.redirect("/tin-tuc/vong-lap-901.html"),
            "sieu-du-lieu-903": traps.redirect("http://169.254.169.254/latest/meta-data/"),
            "may-ben-canh-904": traps.redirect(f"{self.canary.url}/trong-nha-904.html"),
            "trang-rat-lon-905": traps.huge(60),
            "trang-khong-het-906": traps.endless_body,
            "dau-khong-het-907": traps.endless_headers,
            "bom-nen-908": traps.bomb(300),
            "dia-chi-hong-909": traps.redirect("http://[::bad/"),
            "nen-dut-910": traps.broken_gzip(b"<html>" + b"x" * 9_000),
            "nha-khac-911": traps.redirect(self.away),
        }

    def extra(self) -> dict[int, list[tuple[str, str]]]:
        mines = [f"/tin-tuc/{name}.html" for name in self._mines if not name.endswith("902")]
        mines += ["/noi-bo/van-ban-mat-912.html", f"{self.canary.url}/tin-tuc/lien-ket-913.html"]
        named = [(path, f"Một tin rất đáng đọc của tỉnh ta số {at}") for at, path in enumerate(mines)]
        return {number: named[(number - 1) * 4 : number * 4] for number in (1, 2, 3)}

    def answer(self, asked: Asked) -> Answer:
        name = asked.path.removeprefix("/tin-tuc/").removesuffix(".html")
        return self._mines.get(name) or super().answer(asked)

    def article(self, item: Item, asked: Asked) -> Answer:
        at, first = self.items.index(item), self._flaky.setdefault(item.path, 0) == 0
        self._flaky[item.path] += 1
        if at % 7 == 3 and first:
            self.asked_again.add(item.path)
            return Reply(b"Runtime Error", 500)
        if at == 5 and first:
            return traps.Dripping(self.body(item), 3.0)
        if at == 6:  # the header lies, the page does not
            return Reply(self.body(item), 200, {"Content-Type": "text/html; charset=iso-8859-1", "ETag": item.etag})
        return super().article(item, asked)

    def edit(self) -> Item:
        """Correct a recent article."""
        old = self.items[1]
        assert old.story.published
        story = self.newsroom.revise(old.story, PROVINCE, old.story.published)
        self.items[1] = replace(old, story=story, version=2)
        return self.items[1]

    def remove(self) -> Item:
        """Take a recent article down: 410 from now on, and in no listing."""
        gone = self.items.pop(2)
        self._mines[gone.path.removeprefix("/tin-tuc/").removesuffix(".html")] = Reply(b"<h1>Gone</h1>", 410)
        return gone

    def add(self) -> Item:
        """Publish an article, first of its listing."""
        self.items.insert(0, Item("/tin-tuc/tin-moi-trong-dem-99.html", self.story(-0.4)))
        return self.items[0]


class Patient(NukeVietSite):
    """Crawl-delay, and a page that is unavailable for a little while and says so."""

    crawl_delay, retry_after = 1, 3
    robots = f"User-agent: *\nCrawl-delay: {crawl_delay}\n".encode()

    def furnish(self) -> None:
        self.write(4, lambda n: f"/tin-tuc/viec-lang-viec-xa-{n}-{n}.html")
        self.told: float | None = None
        """When it asked to be left alone."""

    def article(self, item: Item, asked: Asked) -> Answer:
        if item is self.items[1] and self.told is None:
            self.told = time.time()
            self.asked_again.add(item.path)
            return traps.unavailable(self.retry_after)
        return super().article(item, asked)


class Closed(NukeVietSite):
    """It answers robots.txt, and to all else: come back in an hour."""

    def answer(self, asked: Asked) -> Answer:
        return super().answer(asked) if asked.path == "/robots.txt" else traps.unavailable(3_600)


class Walled(NukeVietSite):
    """In mid-run a firewall begins to show its challenge instead of every page; the next night it lets us in."""

    before = 9
    """Pages until the challenge."""

    def furnish(self) -> None:
        self.write(20, lambda n: f"/tin-tuc/chuyen-ben-ban-{n}-{n}.html")
        self._given = 0
        self.challenges_shown = 0

    def answer(self, asked: Asked) -> Answer:
        self._given += asked.path != "/robots.txt"
        if self.night == 1 and self._given > self.before and asked.path != "/robots.txt":
            self.challenges_shown += 1
            return traps.challenge()
        return super().answer(asked)


class Quiet(NukeVietSite):
    """An archive of an article every second day, at which nothing happens."""

    per_page = 40
    count = 20

    def furnish(self) -> None:
        self.write(self.count, lambda n: f"/tin-tuc/chuyen-cu-{n}-{n}.html", days=2.0)


class Large(Quiet):
    """The same with ten times the archive."""

    count = 200
