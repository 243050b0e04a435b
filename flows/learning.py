"""What a run learns of its sites' templates before it refines: each capture teaches once."""

from dataclasses import replace
from datetime import UTC, datetime

from flows import templates
from flows.captured import Warc
from flows.material import material, recognised
from flows.visit import Desk, Visit
from pipelines.page import RawPage


def with_templates(desk: Desk, visit: Visit) -> Visit:
    """The visit with the template memory of its site: learned from a sample of what was captured, and stored. A file
    that waits from an earlier run taught it already.

    A reprocess learns nothing: it reads each file with the template of the time when it was captured.

    Raises:
        StorageError: the clean bucket cannot be reached.
    """
    clean, folder = desk.storage.clean, desk.scratch / visit.site.key
    if desk.kind == "reprocess":
        dated = [(file.name, min(a[0].fetched_at for a in file.articles)) for file in visit.due if file.articles]
        found = {name: templates.load(clean, visit.site.key, at) for name, at in dated}
        return replace(visit, templates={name: templates.write(t, folder) for name, t in found.items() if t})
    template = templates.load(clean, visit.site.key)
    fresh = [file for file in visit.due if not templates.is_learned(clean, visit.site.key, _last_fetched(file))]
    due = [(file, one) for file in fresh for one in file.articles if one[0].status == 200]
    pages: list[RawPage] = []
    for file, one in templates.sample(due):
        pages.extend(m.pages[0] for m in material(visit, file.path, [one]) if m.pages)
    learned = desk.refiners.learn(template, pages, visit.site.family or recognised(visit)) if pages else template
    if learned is None or not learned.texts:
        return visit
    if pages:
        templates.store(clean, visit.site.key, learned)
    path = templates.write(learned, folder)
    return replace(visit, templates={file.name: path for file in visit.due})


def _last_fetched(file: Warc) -> datetime:
    return max((one[0].fetched_at for one in file.articles), default=datetime.min.replace(tzinfo=UTC))
