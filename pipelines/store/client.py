"""How to ask an S3 server: its address, our credentials, one client for all threads, and what its failures mean."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from schemas.errors import StorageError, UsageError

logging.getLogger("botocore").setLevel(logging.INFO)  # what it tells at DEBUG holds the session token
POOL = 32
"""Connections of one client: more than the threads that a run uses, or urllib3 drops some and warns."""


class MissingObjectError(StorageError):
    """The object asked for is not in the bucket; a retry cannot help."""

    retryable = False


class OtherContentError(StorageError):
    """Another file has the key of an immutable one; a retry cannot help."""

    retryable = False


@dataclass(frozen=True)
class S3Options:
    """Where the S3 server is and who asks. Without keys the usual AWS chain (profile, role) finds them."""

    endpoint: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    region: str = "us-east-1"

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "S3Options":
        """The options that the usual `AWS_*` variables name."""
        return cls(
            endpoint=env.get("AWS_ENDPOINT_URL_S3") or env.get("AWS_ENDPOINT_URL") or None,
            access_key=env.get("AWS_ACCESS_KEY_ID") or None,
            secret_key=env.get("AWS_SECRET_ACCESS_KEY") or None,
            session_token=env.get("AWS_SESSION_TOKEN") or None,
            region=env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1",
        )

    def environment(self) -> dict[str, str]:
        """The variables by which other S3 tools ask the same server with the same keys, the secret among them."""
        named = {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
        }
        return {name: value for name, value in named.items() if value}


@lru_cache(maxsize=16)
def session(options: S3Options) -> Any:
    """The boto3 session with these credentials, or those that the usual AWS chain finds."""
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")  # else a machine without keys asks the network for some
    return boto3.session.Session(
        aws_access_key_id=options.access_key,
        aws_secret_access_key=options.secret_key,
        aws_session_token=options.session_token,
        region_name=options.region,
    )


@lru_cache(maxsize=16)
def client(options: S3Options, pid: int, hasty: bool = False) -> Any:  # noqa: ARG001  (a client is not for a fork)
    """The S3 client that all threads of process `pid` share; a hasty one gives up within ten seconds or so.

    Raises UsageError when the endpoint is no URL.
    """
    config = Config(
        s3={"addressing_style": "path" if options.endpoint else "auto"},
        max_pool_connections=POOL,
        connect_timeout=3,
        read_timeout=4 if hasty else 20,
        retries={"mode": "standard", "total_max_attempts": 2 if hasty else 3},
    )
    try:
        return session(options).client("s3", endpoint_url=options.endpoint, config=config)
    except ValueError as error:
        raise UsageError("AWS_ENDPOINT_URL_S3 is no URL; write it as http://host:port.") from error


def credentials(options: S3Options) -> Any:
    """The keys as they are now (a role's are renewed). Raises StorageError when there are none."""
    found = session(options).get_credentials()
    if found is None:
        raise StorageError(_NO_KEYS)
    return found.get_frozen_credentials()


def code(error: ClientError) -> str:
    """The name that S3 gives to the error, or its HTTP status."""
    return str(error.response.get("Error", {}).get("Code", ""))


_NO_KEYS = "No AWS keys were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."

_MEANING = {
    "NoSuchBucket": "there is no such bucket; create it, or mend TINTINH_RAW_URI and TINTINH_CLEAN_URI",
    "AccessDenied": "access is denied; these AWS keys need to read, write, list and delete there",
    "403": "access is denied; these AWS keys need to read, write, list and delete there",
    "InvalidAccessKeyId": "the server does not know this access key; check AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the secret does not fit the access key; check AWS_SECRET_ACCESS_KEY",
    "ExpiredToken": "the session token has expired; fetch new credentials",
    "RequestTimeTooSkewed": "this machine's clock is wrong; set it",
    "SlowDown": "the server asks for fewer requests; try again later",
    "QuotaExceeded": "its quota is used up; make room",
}


@contextmanager
def told(bucket: str, verb: str, key: str = "") -> Iterator[None]:
    """Turn what botocore raises into one sentence of ours."""
    what = f"{key} in bucket {bucket}" if key else f"bucket {bucket}"
    try:
        yield
    except ClientError as error:
        name = code(error)
        if name in ("NoSuchKey", "404", "NotFound"):
            raise MissingObjectError(f"{what} does not exist.") from error
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "?")
        reason = _MEANING.get(name, f"the server answered {status} {name}; see its log, then try again")
        raise StorageError(f"Cannot {verb} {what}: {reason}.") from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise StorageError(_NO_KEYS) from error
    except BotoCoreError as error:
        where = "check that it runs and AWS_ENDPOINT_URL_S3 is right"
        raise StorageError(f"Cannot {verb} {what}: no answer from the server ({type(error).__name__}); {where}.") from (
            error
        )
    except (boto3.exceptions.Boto3Error, ConnectionError, TimeoutError) as error:
        raise StorageError(f"Cannot {verb} {what}: the transfer failed ({type(error).__name__}); try again.") from error
