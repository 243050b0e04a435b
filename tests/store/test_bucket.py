"""The bucket does what it says, and says in one sentence what went wrong."""

import time
from pathlib import Path

import pytest

from flows.identities import ADMIN, load
from pipelines.store.bucket import Bucket, MissingObjectError, OtherContentError, S3Options
from pipelines.store.bucket import client as shared_client
from schemas.errors import StorageError, TintinhError, UsageError

SECRET = "v3rySecretIndeed"


@pytest.mark.parametrize(
    ("uri", "name", "prefix"),
    [
        ("s3://b", "b", ""),
        ("s3://b/", "b", ""),
        ("s3://b/clean", "b", "clean/"),
        ("s3://b/a/clean/", "b", "a/clean/"),
        ("s3://b/tin-tức", "b", "tin-tức/"),
    ],
)
def test_a_uri_names_bucket_and_prefix(uri: str, name: str, prefix: str) -> None:
    bucket = Bucket.open(uri, S3Options(access_key="a", secret_key="b"))
    assert (bucket.name, bucket.prefix, bucket.uri) == (name, prefix, uri.rstrip("/"))


@pytest.mark.parametrize("uri", ["", "b/clean", "/tmp/x", "https://b/x", "s3:///x", "s3://b/x?versionId=1"])
def test_what_is_no_bucket_is_refused(uri: str) -> None:
    with pytest.raises(UsageError, match="s3://bucket/prefix"):
        Bucket.open(uri, S3Options(access_key="a", secret_key="b"))


@pytest.mark.parametrize(
    ("env", "endpoint"),
    [
        ({}, None),
        ({"AWS_ENDPOINT_URL": "http://a:1"}, "http://a:1"),
        ({"AWS_ENDPOINT_URL_S3": "http://b:2"}, "http://b:2"),
        ({"AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_S3": "http://b:2"}, "http://b:2"),
    ],
)
def test_the_environment_names_the_server(env: dict[str, str], endpoint: str | None) -> None:
    assert S3Options.from_env(env).endpoint == endpoint


def test_delta_gets_the_same_server_and_keys() -> None:
    options = S3Options("http://127.0.0.1:9", "a", "b", "token", "ap-southeast-1")
    told = Bucket.open("s3://b/clean", options).storage_options()
    assert (
        told.items()
        >= {
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
            "AWS_SKIP_SIGNATURE": "false",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_SESSION_TOKEN": "token",
            "AWS_REGION": "ap-southeast-1",
            "aws_conditional_put": "etag",
        }.items()
    )


@pytest.mark.parametrize("key", ["a", "tin tức/ế #?+%20.txt", "thư mục/e\u0302\u0301.txt"])
def test_what_is_put_is_got(bucket: Bucket, key: str) -> None:
    bucket.put(key, b"hello")
    assert bucket.get(key) == b"hello"
    assert [found.key for found in bucket.list()] == [key]


@pytest.mark.each_server
def test_a_key_is_taken_once(bucket: Bucket) -> None:
    assert bucket.put_new("k", b"first")
    assert bucket.put_new("k", b"second") is None
    assert bucket.get("k") == b"first"


@pytest.mark.each_server
def test_only_the_seen_state_is_replaced(bucket: Bucket) -> None:
    old = bucket.put("k", b"1")
    new = bucket.replace("k", b"2", old)
    assert new
    assert bucket.replace("k", b"3", old) is None
    assert bucket.get_tagged("k") == (b"2", new)


def test_nothing_is_replaced_where_nothing_is(bucket: Bucket) -> None:
    assert bucket.replace("k", b"1", '"d41d8cd98f00b204e9800998ecf8427e"') is None


def test_a_range_is_exact(bucket: Bucket) -> None:
    bucket.put("k", bytes(range(100)))
    assert bucket.get_range("k", 10, 5) == bytes(range(10, 15))
    with pytest.raises(StorageError, match="gave 5 of 10 bytes at 95"):
        bucket.get_range("k", 95, 10)


@pytest.mark.parametrize("size", [0, 1000, 40_000_000], ids=["empty", "small", "in parts"])
def test_a_file_is_uploaded_once(bucket: Bucket, tmp_path: Path, size: int) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * size)
    assert bucket.upload(file, "k")
    assert not bucket.upload(file, "k")
    assert bucket.download("k", tmp_path / "back").stat().st_size == size


def test_an_immutable_file_is_not_overwritten(bucket: Bucket, tmp_path: Path) -> None:
    file = tmp_path / "file"
    for data in (b"one", b"two"):
        file.write_bytes(data)
        if data == b"one":
            bucket.upload(file, "k")
    with pytest.raises(OtherContentError, match="never overwritten"):
        bucket.upload(file, "k")
    assert bucket.get("k") == b"one"


def test_keys_are_listed_in_order_and_from_a_place(bucket: Bucket) -> None:
    for key in ("b", "a/2", "a/1", "c"):
        bucket.put(key, b"")
    assert [found.key for found in bucket.list()] == ["a/1", "a/2", "b", "c"]
    assert [found.key for found in bucket.list("a/", start_after="a/1")] == ["a/2"]


def test_deleting_is_quiet_about_what_is_not_there(bucket: Bucket) -> None:
    for key in ("a", "b", "c"):
        bucket.put(key, b"")
    bucket.delete("a")
    bucket.delete("a")
    bucket.delete_many(["b", "c", "d"])
    assert list(bucket.list()) == []


@pytest.mark.parametrize("ask", [Bucket.get, Bucket.get_tagged, lambda b, k: b.get_range(k, 0, 1)])
def test_a_missing_object_is_named(bucket: Bucket, ask: object) -> None:
    with pytest.raises(MissingObjectError, match=r"not/there in bucket tintinh does not exist"):
        ask(bucket, "not/there")  # type: ignore[operator]


def test_a_download_leaves_no_half_file(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(MissingObjectError):
        bucket.download("not/there", tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.checks_keys
@pytest.mark.parametrize(
    ("where", "change", "says"),
    [
        ("s3://nowhere/x", {}, "access is denied"),  # its key is for one bucket
        ("s3://nowhere/x", {"who": ADMIN}, "there is no such bucket"),
        ("s3://tintinh/x", {"secret_key": SECRET}, "the secret does not fit"),
        ("s3://tintinh/x", {"access_key": "somebody", "secret_key": SECRET}, "does not know this access key"),
        ("s3://tintinh/x", {"endpoint": "http://127.0.0.1:1", "secret_key": SECRET}, "no answer from the server"),
        ("s3://tintinh/x", {"endpoint": "not a url", "secret_key": SECRET}, "is no URL"),
    ],
)
def test_what_went_wrong_is_told_soon_and_without_a_secret(
    bucket: Bucket, servers: Path, where: str, change: dict[str, str], says: str
) -> None:
    if change.get("who"):
        keys = load(servers / "storage")[change["who"]]
        change = {"access_key": keys.access_key, "secret_key": keys.secret_key}
    started = time.monotonic()
    with pytest.raises(TintinhError) as told:
        Bucket.open(where, S3Options(**(vars(bucket.options) | change))).check()
    assert says in str(told.value)
    assert SECRET not in f"{told.value}{told.value!r}{told.value.__cause__!r}"
    assert time.monotonic() - started < 60


def test_without_keys_it_says_which_to_set(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    shared_client.cache_clear()
    with pytest.raises(StorageError, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        Bucket.open("s3://tintinh/x", S3Options(bucket.options.endpoint, region="eu-west-1")).check()


def test_a_secret_is_not_shown(bucket: Bucket) -> None:
    assert str(bucket.options.secret_key) not in repr(bucket)
