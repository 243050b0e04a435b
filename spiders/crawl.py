"""The child process of one crawl: `python -m spiders.crawl PLAN.json`.

It reads a `CrawlPlan`, writes the WARC spool as the pages arrive and, at the end, the `CrawlReport`. It ends by
itself when its stdin, a pipe that its parent holds, closes (however the parent died), and on SIGTERM or SIGINT.

Exit codes: 0 the crawl came to its end or to its budget; 1 the site as a whole gave nothing (the report says why);
2 the plan cannot be read; 5 the spool cannot be opened or written; 6 a bug of ours; 7 it was told to stop.
A report is there for every code but 2, and 5 and 6 before the crawl began.
"""

import logging
import os
import signal
import ssl
import stat
import sys
import threading
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schemas.capture import CrawlPlan
from schemas.errors import MachineError
from schemas.window import Window

DONE, SITE_ERROR, WRONG_PLAN, MACHINE_ERROR, BUG, STOPPED = 0, 1, 2, 5, 6, 7
GRACE = 8.0
"""Seconds between being told to stop and giving up on stopping well."""

log = logging.getLogger("tintinh.crawl")


def main(arguments: list[str]) -> int:
    """Run one crawl to its end; the exit code."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    logging.root.handlers[0].addFilter(lambda record: record.name == log.name or record.levelno >= logging.WARNING)
    try:
        plan = CrawlPlan.model_validate_json(Path(arguments[0]).read_bytes())
    except (IndexError, OSError, ValidationError) as error:
        log.error("the crawl plan cannot be read: %s", error)
        return WRONG_PLAN
    try:
        _trust(plan)
        return _crawl(plan)
    except MachineError as error:
        log.error("%s", error)
        return MACHINE_ERROR


def _crawl(plan: CrawlPlan) -> int:
    from scrapy.crawler import AsyncCrawlerProcess  # after SSL_CERT_FILE is set

    from spiders.settings import for_plan
    from spiders.spool import Spool

    spool = Spool(Path(plan.spool))
    try:
        spool.put(partial(_warcinfo, plan), 0)
        process = AsyncCrawlerProcess(for_plan(plan))
        logging.getLogger("scrapy").setLevel(logging.WARNING)  # its own configuration asks for every request
        from spiders.site_spider import SiteSpider  # after the reactor is installed

        crawler = process.create_crawler(SiteSpider)
        process.crawl(crawler, plan=plan, spool=spool)
        _obey(crawler)
        process.start(install_signal_handlers=False)
        spider = crawler.spider
    finally:
        spool.close()
    if not isinstance(spider, SiteSpider):
        log.error("%s: the crawl did not start", plan.site.key)
        return BUG
    if spool.error:
        spider.finish_reason = "spool_error"
        log.error("the spool %s cannot be written: %s", plan.spool, spool.error)
    _write_whole(Path(plan.report), spider.report().model_dump_json())
    return _exit_code(spider.finish_reason, spider.bugs)


def _exit_code(finish_reason: str, bugs: int) -> int:
    if bugs:
        return BUG
    codes = {"site_error": SITE_ERROR, "spool_error": MACHINE_ERROR, "stopped": STOPPED, "bug": BUG}
    return codes.get(finish_reason, DONE)


def _obey(crawler: Any) -> None:
    """Have the crawl stop on SIGTERM, SIGINT, and when the parent's end of stdin closes."""
    from twisted.internet import reactor

    loop: Any = reactor

    def stop() -> None:
        if crawler.spider:
            crawler.spider.stop("stopped")

    def told(*_: object) -> None:
        loop.callFromThread(stop)
        killer = threading.Timer(GRACE, os._exit, (STOPPED,))
        killer.daemon = True
        killer.start()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    if _is_pipe(0):
        threading.Thread(target=_wait_for_end, args=(told,), name="stdin", daemon=True).start()


def _is_pipe(file: int) -> bool:
    """Whether stdin is held by a parent; a terminal or /dev/null says nothing of one."""
    try:
        mode = os.fstat(file).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _wait_for_end(told: Any) -> None:
    while os.read(0, 4096):
        pass
    told()


def _warcinfo(plan: CrawlPlan) -> bytes:
    from pipelines import warc_writing
    from pipelines.warc import WINDOW_FIELD

    fields = {
        "software": f"tintinh/{version('tintinh')}",
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "robots": "obey",
        "http-header-user-agent": plan.user_agent,
        "isPartOf": plan.run,
        "description": f"{plan.site.key}: {plan.kind}",
        WINDOW_FIELD: Window(since=plan.since, until=plan.until).interval,
    }
    return warc_writing.warcinfo(fields, Path(plan.spool).name, datetime.now(UTC))


def _trust(plan: CrawlPlan) -> None:
    """Have OpenSSL trust what the machine trusts (certifi's list where it has none) and the intermediate
    certificate that the site forgets to send.

    Raises:
        MachineError: the pinned certificate cannot be read.
    """
    import certifi

    machine = ssl.get_default_verify_paths()
    if not plan.site.ca:
        if not (machine.cafile or machine.capath):
            os.environ["SSL_CERT_FILE"] = certifi.where()
        return
    bundle = Path(plan.report).with_name("trusted.pem")
    try:
        trusted = Path(machine.cafile or certifi.where()).read_bytes() + b"\n" + Path(plan.site.ca).read_bytes()
        bundle.parent.mkdir(parents=True, exist_ok=True)
        bundle.write_bytes(trusted)
    except OSError as error:
        raise MachineError(f"the certificate {plan.site.ca} cannot be used: {error}") from error
    os.environ["SSL_CERT_FILE"] = str(bundle)


def _write_whole(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
