"""Encryption and object lock are asked for as the settings say, and a takedown names what a lock still holds."""

import io
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows import identities
from flows.settings import Settings
from flows.storage import attached
from flows.takedown import Report
from pipelines.store import erasing
from pipelines.store.bucket import Bucket, S3Options
from pipelines.store.keeping import Keeping
from pipelines.store.tables import Tables
from schemas import keys
from schemas.errors import StorageError


def test_every_object_is_encrypted_and_only_the_archive_is_locked(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, dict[str, Any]] = {}
    keeping = Keeping("aws:kms", "key-1", lock_days=30)
    kept = replace(bucket, keeping=keeping)

    def put(**arguments: Any) -> Any:
        asked[arguments["Key"].removeprefix(bucket.prefix)] = arguments
        return {"ETag": "x"}

    monkeypatch.setattr(bucket.client, "put_object", put)
    for key in ("mau/2026/11/a.warc.gz", "mau/2026/11/a.cdxj", "due/mau/a.json", "catalog.json"):
        kept.put(key, b"x")
    assert {one["ServerSideEncryption"] for one in asked.values()} == {"aws:kms"}
    assert {one["SSEKMSKeyId"] for one in asked.values()} == {"key-1"}
    assert [key for key, one in asked.items() if "ObjectLockMode" in one] == ["mau/2026/11/a.warc.gz"]
    told = kept.storage_options()
    assert (told["aws_server_side_encryption"], told["aws_sse_kms_key_id"]) == ("aws:kms", "key-1")
    assert not Keeping().extra("a.warc.gz") and not Keeping().delta_options()


def test_what_a_lock_holds_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with attached(Settings(home=home)) as embedded:
        admin = identities.load(home / "storage")[identities.ADMIN]
        options = S3Options(embedded.endpoint, admin.access_key, admin.secret_key)
        plain = Bucket.open("s3://locked", options)
        plain.client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
        assert plain.can_lock() and not embedded.raw.can_lock()
        raw = replace(plain, prefix="raw/", keeping=Keeping(lock_days=1, lock_mode="COMPLIANCE"))
        key = keys.warc_key("mau", "TINTINH-mau-20261120050000-00000.warc.gz")
        for name, data in (("old", b"the page"), ("new", b"its place")):
            (tmp_path / name).write_bytes(data)
            raw.overwrite(tmp_path / name, key)
        raw.put("mau/a.cdxj", b"old")
        raw.put("mau/a.cdxj", b"new")
        gone, held = erasing.forget_versions(raw, ["mau/"])
        assert gone == 1 and len(held) == 1 and held[0].startswith(f"{raw.uri}/{key} (version ")
        assert (raw.get(key), raw.get("mau/a.cdxj")) == (b"its place", b"new")
        told = Report(run="r", name="mau:1", kept=tuple(f"{one}: held by object lock" for one in held))
        assert told.exit_code == 1


@pytest.mark.checks_keys
def test_no_secret_is_in_a_log_or_an_error(bucket: Bucket, caplog: pytest.LogCaptureFixture) -> None:
    secret, token = "planted-Secret+Key/0123456789abcdef", "planted-session-token-0123456789"
    options = replace(bucket.options, secret_key=secret, session_token=token)
    written = io.StringIO()
    errors: list[BaseException] = []
    with caplog.at_level(logging.DEBUG):
        for wrong in (options, replace(options, endpoint="http://127.0.0.1:1"), replace(options, access_key="nobody")):
            other = Bucket.open(bucket.uri, wrong, hasty=True)
            table = Tables(other).articles
            for attempt in (other.check, table.create) if wrong.endpoint == options.endpoint else (other.check,):
                with pytest.raises(StorageError) as raised:
                    attempt()
                errors.append(raised.value)
            print(other, wrong, table, table.clean, file=written)
    said = [caplog.text, written.getvalue()]
    for error in errors:
        cause: BaseException | None = error
        while cause is not None:
            said += [str(cause), repr(cause)]
            cause = cause.__cause__
    assert "table articles" in caplog.text  # what is told at its loudest
    assert not [text for text in said if secret in text or token in text]
