"""How a bucket is told to keep what is written: encrypted, and for the raw archive locked for some days."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal


@dataclass(frozen=True)
class Keeping:
    """Server-side encryption of every object, and object lock of WARC files and their indexes.

    Nothing else is ever locked: catalogue, feed index and markers are replaced, and a table's vacuum deletes.
    """

    encryption: Literal["AES256", "aws:kms"] | None = None
    """None: as the bucket does by itself."""
    kms_key: str | None = None
    """Id or ARN of the KMS key of `aws:kms`; None: the account's own."""
    lock_days: int = 0
    """Days for which nobody can change or delete a WARC file; 0: no lock."""
    lock_mode: Literal["GOVERNANCE", "COMPLIANCE"] = "GOVERNANCE"

    def extra(self, key: str) -> dict[str, Any]:
        """The further arguments of a PUT of the object at `key`."""
        extra: dict[str, Any] = {}
        if self.encryption:
            extra["ServerSideEncryption"] = self.encryption
            if self.kms_key and self.encryption == "aws:kms":
                extra["SSEKMSKeyId"] = self.kms_key
        if self.lock_days and key.endswith(".warc.gz"):
            until = datetime.now(UTC) + timedelta(days=self.lock_days)
            extra |= {"ObjectLockMode": self.lock_mode, "ObjectLockRetainUntilDate": until}
        return extra

    def delta_options(self) -> dict[str, str]:
        """The same encryption in the words of the `deltalake` package."""
        if not self.encryption:
            return {}
        named = {"aws_sse_kms_key_id": self.kms_key} if self.kms_key and self.encryption == "aws:kms" else {}
        return {"aws_server_side_encryption": self.encryption, **named}
