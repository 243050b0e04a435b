"""The map of the bucket: the only place that spells a key.

raw prefix (TINTINH_RAW_URI)
  <site>/<yyyy>/<mm>/TINTINH-<site>-<yyyymmddhhmmss>-00000.warc.gz   immutable; .cdxj beside it
  due/<site>/<warc name>.json        captures shipped and not yet published; deleted when settled
  suppressed/phrases.json            by which the texts of what was taken down are known again (hashes only)
clean prefix (TINTINH_CLEAN_URI)
  articles/ revisions/ captures/ runs/      Delta tables of format v1, to which columns are only added; a v2 would be
  clusters/ documents/ signatures/          a folder `v2/` beside them
  changes/<date>/<first>-<last>.jsonl.gz    the change feed; changes/index.json lists its files
  state/<site>.json                         what the site's next crawl must know beside the ledger
  campaigns/<id>.json                       a backfill: what was asked for, and how far each site and month has come
  templates/<site>/<version>.json           template memory; index.json beside them names the versions in order
  attachments/<aa>/<sha256>.<ext>           a document that articles link, by content; beside it, where there are any,
  attachments/<aa>/<sha256>.txt             its text
  attachments/sites/<site>.json             what became of each linked URL of a site: not fetched again
  releases/<yyyy-mm>/articles/<month>.parquet   plain Parquet, frozen; releases/index.json lists the releases
  releases/<yyyy-mm>/manifest.json          its files with checksums, once it is complete; until then writing.json
  suppressed/index.json                     what was taken down (hashes only)
  aliases/<site>.json                       ids that articles had before a rekey or a move
  provinces/provinces.csv provinces.parquet hosts.csv
  maintain/last.json                        what the last maintenance did
  catalog.json freshness.json croissant.json schema/<table>.v1.json README.md CHANGELOG.md verify.py read.ipynb
"""

from datetime import UTC, date, datetime

ARTICLES = "articles"
REVISIONS = "revisions"
CAPTURES = "captures"
RUNS = "runs"
CLUSTERS = "clusters"
DOCUMENTS = "documents"
SIGNATURES = "signatures"
TABLES = (ARTICLES, REVISIONS, CAPTURES, RUNS, CLUSTERS, DOCUMENTS)
"""The tables that readers are told of."""

CHANGES_INDEX = "changes/index.json"
CATALOG = "catalog.json"
FRESHNESS = "freshness.json"
README = "README.md"
CROISSANT = "croissant.json"
CHANGELOG = "CHANGELOG.md"
VERIFY = "verify.py"
NOTEBOOK = "read.ipynb"
PROVINCES_CSV = "provinces/provinces.csv"
PROVINCES_PARQUET = "provinces/provinces.parquet"
HOSTS = "provinces/hosts.csv"
RELEASES_INDEX = "releases/index.json"
SUPPRESSED_INDEX = "suppressed/index.json"
SUPPRESSED_PHRASES = "suppressed/phrases.json"
MAINTAINED = "maintain/last.json"


def warc_name(site: str, started: datetime, serial: int = 0) -> str:
    """File name of a WARC file of `site` begun at `started` (an aware instant; named in UTC)."""
    return f"TINTINH-{site}-{started.astimezone(UTC):%Y%m%d%H%M%S}-{serial:05d}.warc.gz"


def warc_key(site: str, name: str) -> str:
    """Key of a WARC file below the raw prefix; year and month are those in its name."""
    stamp = name.rsplit("-", 2)[-2]
    return f"{site}/{stamp[:4]}/{stamp[4:6]}/{name}"


def cdxj_key(warc: str) -> str:
    """Key of the index beside the WARC file at key `warc`."""
    return warc.removesuffix(".warc.gz") + ".cdxj"


def due_prefix(site: str) -> str:
    """Prefix of the site's captures that wait to be published."""
    return f"due/{site}/"


def due_key(site: str, name: str) -> str:
    """Key of the marker of one shipped, unpublished WARC file."""
    return f"{due_prefix(site)}{name}.json"


def changes_key(day: date, first: int, last: int) -> str:
    """Key of a change feed file holding the sequence numbers `first` to `last`."""
    return f"changes/{day:%Y-%m-%d}/{first:012d}-{last:012d}.jsonl.gz"


def attachment_key(sha256: str, extension: str) -> str:
    """Key of an attachment by content."""
    return f"attachments/{sha256[:2]}/{sha256}.{extension}"


def template_key(site: str, version: str) -> str:
    """Key of one version of a site's template memory."""
    return f"templates/{site}/{version}.json"


def schema_key(table: str) -> str:
    """Key of the JSON Schema of a table's rows."""
    return f"schema/{table}.v1.json"


def attachment_list_key(site: str) -> str:
    """Key of the list of a site's fetched attachments by URL."""
    return f"attachments/sites/{site}.json"


def state_key(site: str) -> str:
    """Key of what is remembered of a site between its crawls."""
    return f"state/{site}.json"


CAMPAIGNS = "campaigns/"
"""Prefix of the backfills."""


def campaign_key(campaign: str) -> str:
    """Key of one backfill."""
    return f"{CAMPAIGNS}{campaign}.json"


def release_prefix(name: str) -> str:
    """Prefix of one release (`yyyy-mm`)."""
    return f"releases/{name}/"


def release_key(name: str, month: str) -> str:
    """Key of the Parquet file of the articles of one month in a release."""
    return f"{release_prefix(name)}articles/{month}.parquet"


def manifest_key(name: str) -> str:
    """Key of what a release holds, with checksums."""
    return f"{release_prefix(name)}manifest.json"


def release_claim_key(name: str) -> str:
    """Key of what a release is to hold, while its files are written."""
    return f"{release_prefix(name)}writing.json"


def aliases_key(site: str) -> str:
    """Key of the map from the ids that a site's articles had to those they have."""
    return f"aliases/{site}.json"
