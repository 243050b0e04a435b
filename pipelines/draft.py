"""One article in the making: blocks become lead and body, fields become facts."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from pipelines import attachments, boilerplate, byline, credits, dates, extraction, names, references, robots_meta, text
from pipelines.blocks import Block
from pipelines.families import Found
from pipelines.families.links import host
from pipelines.page import Page
from pipelines.template import Template
from schemas.article import Content, Mended, Removed
from schemas.site import Site

_LEAD_LENGTH = (40, 1500)
"""Characters of a bold first paragraph that is taken for the lead: at least, at most."""


_LEAD_AS_HEADING = 80
"""Characters from which a sentence set as a heading above the text is a lead and no headline."""


class Draft:
    """One article in the making: blocks become lead and body, fields become facts."""

    def __init__(self, page: Page, family: str, found: Found, site: Site | None, template: Template | None) -> None:
        self.page, self.family, self.found, self.site, self.template = page, family, found, site, template
        self.linked: Sequence[tuple[str, str]] = ()
        """URL and name of each document, on whatever page."""
        self.captions: tuple[str, ...] = ()
        self.images: tuple[str, ...] = ()
        self.teasers = 0
        self.removed: list[Removed] = []
        self.dropped: list[tuple[str, str]] = []
        self.mended: list[Mended] = []
        self.title = self._clean(found.title or "")
        self.lead: str | None = None
        self.lead_markdown = ""
        self.body: list[Block] = []
        self.byline: byline.Byline | None = None
        self.lines: list[str] = []

    @property
    def all_blocks(self) -> list[Block]:
        """Lead and body, for the judge."""
        lead = [Block("paragraph", self.lead, self.lead)] if self.lead else []
        return [*lead, *self.body]

    def read(self, further: Sequence[tuple[Page, Found]]) -> None:
        """Extract the container and those of the further pages, and sort out what belongs where."""
        first = extraction.extract(self.found.body, self.page.base_url)
        parts = [first, *(extraction.extract(found.body, page.base_url) for page, found in further)]
        self.linked = [*self.found.attachments, *(link for _, found in further for link in found.attachments)]
        blocks = [block for part in parts for block in part.blocks]
        self.teasers = first.teasers
        self.lines = [block.text for block in blocks]
        own = (self._clean(caption) for caption in self.found.captions)
        captions = [c for c in (*own, *(c for part in parts for c in part.captions)) if not self._is_chrome(c)]
        self.captions = tuple({text.fold(c).rstrip(". "): c for c in reversed(captions) if c}.values())[::-1]
        self.images = tuple(dict.fromkeys((*self.found.images, *(image for part in parts for image in part.images))))
        blocks = self._without_chrome(blocks)
        self._sort_out(blocks)

    def _without_chrome(self, blocks: list[Block]) -> list[Block]:
        sifted = boilerplate.sift([block.text for block in blocks])
        self.removed.extend(sifted.removed)
        self.dropped.extend(sifted.dropped)
        kept = [blocks[index] for index in sifted.kept]
        if self.template is not None:
            chrome = [block for block in kept if self.template.is_chrome(block.text)]
            if chrome:
                digest = sha256("\n".join(b.text for b in chrome).encode()).hexdigest()[:16]
                self.removed.append(Removed(rule="template", count=len(chrome), hash=digest))
                self.dropped.extend(("template", block.text) for block in chrome)
                gone = set(map(id, chrome))
                kept = [block for block in kept if id(block) not in gone]
        # a date line that the container was wide enough to hold is a field
        kept = [block for at, block in enumerate(kept) if at > 3 or not dates.is_date_line(block.text)]
        known = {_bare(caption) for caption in self.captions}
        # a block much longer than every caption is none of them
        longest = 2 * max(map(len, known), default=0)
        return [b for b in kept if not 12 <= len(b.text) <= longest or _bare(b.text) not in known]

    def _sort_out(self, blocks: list[Block]) -> None:
        near = bool(blocks) and len(blocks[0].text) < 2 * len(self.title)  # folding a long paragraph costs
        if near and _bare(blocks[0].text) == _bare(self.title):
            blocks = blocks[1:]
        for block in blocks:
            self.mended.extend(block.mended)
        lead = self._clean(self.found.lead) if self.found.lead and not self._is_chrome(self.found.lead) else None
        author, source = self._field(self.found.author), self._field(self.found.source)
        if lead and (marked := byline.lead_in(lead)):
            source, lead = source or marked[0], marked[1]
        signed, blocks = _signature(blocks, alone=bool(lead or self.captions))
        self.byline = byline.split([block.text for block in blocks], signed or author, source, self._names())
        if not self.byline.authors and (poster := credits.from_field(self._field(self.found.poster), self._names())):
            self.byline = replace(self.byline, authors=poster.authors, role=self.byline.role or poster.role)
        blocks = _aligned(blocks, self.byline.paragraphs)
        if lead is None and blocks and _is_lead(blocks, bool(self.captions)):
            self.lead, self.lead_markdown = blocks[0].text, blocks[0].markdown
            blocks = blocks[1:]
        elif lead:
            self.lead, self.lead_markdown = lead, f"**{lead}**"
            if blocks and _repeats(blocks[0].text, lead):
                blocks = blocks[1:]
        self.body = blocks

    def _is_chrome(self, words: str) -> bool:
        return self.template is not None and self.template.is_chrome(words)

    def _field(self, value: str | None) -> str | None:
        return self._clean(value) or None if value else None

    def _names(self) -> tuple[str, ...]:
        own = [content for name, content in self.page.metas if name == "og:site_name"]
        return tuple(n for n in (self.site.name if self.site else "", *own, host(self.page.url)) if n)

    def _clean(self, words: str) -> str:
        cleaned = text.clean(words)
        self.mended.extend(cleaned.mended)
        return cleaned.text

    def content(self) -> Content:
        """The finished article."""
        assert self.byline is not None
        body = "\n\n".join(block.text for block in self.body)
        whole = "\n\n".join(part for part in (self.lead, body) if part)
        markdown = "\n\n".join(part for part in (self.lead_markdown, extraction.markdown(self.body)) if part)
        published, raw, rule = self._published()
        return Content(
            title=self.title,
            lead=self.lead,
            body=body,
            text=whole,
            markdown=markdown,
            captions=self.captions,
            authors=self.byline.authors,
            author_role=self.byline.role,
            source=self.byline.source,
            category=self._clean(self.found.category) or None if self.found.category else None,
            tags=tuple(dict.fromkeys(t for t in map(self._clean, self.found.tags) if t)),
            published_at=published,
            updated_at=self._updated(published),
            published_raw=raw,
            published_from=rule,
            attachments=attachments.collect((url, self._clean(name)) for url, name in self.linked),
            document_refs=references.find(f"{self.title}\n\n{whole}"),
            images=self.images,
            canonical_url=self.found.canonical,
            family=self.family,
            removed=tuple(self.removed),
            mended=tuple(dict.fromkeys(self.mended)),
            robots_meta=robots_meta.directives(self.page.metas, self.page.robots),
            template=self.template.version if self.template is not None else None,
        )

    def _published(self) -> tuple[datetime | None, str | None, str | None]:
        fetched = self.page.fetched_at
        claims = ((i, c) for c in self.found.published if (i := dates.read(c.raw, fetched)) is not None)
        if (first := next(claims, None)) is not None:
            # another claim of the same day may know the minute
            exact = (pair for pair in claims if pair[0].has_time and pair[0].value.date() == first[0].value.date())
            best, claim = first if first[0].has_time else next(exact, first)
            return best.value, claim.raw, claim.rule
        printed = dates.labelled([*self.lines[:3], *self.lines[-3:]], fetched).published
        if printed is not None:
            return printed[0].value, printed[1], "label"
        if day := dates.in_url(self.page.url):
            return datetime(day.year, day.month, day.day, tzinfo=dates.ZONE), day.isoformat(), "url"
        listed = self.page.listed_at
        if listed and (instant := dates.read(listed, fetched)):
            return instant.value, listed, "listing"
        return None, None, None

    def _updated(self, published: datetime | None) -> datetime | None:
        for claim in self.found.updated:
            instant = dates.read(claim.raw, self.page.fetched_at)
            if instant and (published is None or instant.value > published):
                return instant.value
        return None


def _bare(words: str) -> str:
    return re.sub(r"[\W_]+", "", text.fold(words))


def _repeats(paragraph: str, lead: str) -> bool:
    one, other = _bare(paragraph), _bare(lead)
    return one == other or (
        len(other) > 40 and (one.startswith(other) or other.startswith(one)) and abs(len(one) - len(other)) < 12
    )


def _is_lead(blocks: list[Block], pictures: bool) -> bool:
    """Whether the first block is set apart as a lead: bold or a long heading, unlike the rest, be it only pictures."""
    first, rest = blocks[0], blocks[1:]
    shortest, longest = _LEAD_LENGTH
    headed = first.kind == "heading" and len(first.text) >= _LEAD_AS_HEADING and first.text[-1] in ".…”"
    if not (headed or (first.kind == "paragraph" and first.bold)) or not shortest <= len(first.text) <= longest:
        return False
    return (bool(rest) or pictures) and sum(block.bold for block in rest) <= 0.5 * len(rest)


def _signature(blocks: list[Block], *, alone: bool = False) -> tuple[str | None, list[Block]]:
    """The right-aligned name under the text, which its place tells even where its words do not, and the rest.

    Not under an office in capitals: that is who signed the document that the page prints. `alone`: the text may be
    one block long, because a lead stands above it.
    """
    for index in range(len(blocks) - 1, max(len(blocks) - 4, -1 if alone else 0), -1):
        block, above = blocks[index], blocks[index - 1].text if index else ""
        if block.kind != "paragraph" or block.align != "right" or (above.isupper() and len(above) < 60):
            continue
        if names.is_pen_name(block.text) or credits.parse(block.text, strict=True):
            below = blocks[index + 1].text if index + 1 < len(blocks) else ""
            if names.is_office(below) and blocks[index + 1].align == "right":
                return f"{block.text} ({below})", [*blocks[:index], *blocks[index + 2 :]]
            return block.text, [*blocks[:index], *blocks[index + 1 :]]
    return None, blocks


def _aligned(blocks: list[Block], paragraphs: Sequence[str]) -> list[Block]:
    """The blocks that the byline left, the last ones perhaps without a signature that was glued to them."""
    result: list[Block] = []
    position = 0
    for paragraph in paragraphs:
        for index in range(position, len(blocks)):
            block = blocks[index]
            if block.text == paragraph:
                result.append(block)
            elif paragraph and paragraph in block.text:
                result.append(replace(block, text=paragraph, markdown=paragraph))
            else:
                continue
            position = index + 1
            break
    return result
