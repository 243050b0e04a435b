"""The list of takedowns: two at once are both on it, one finished takes the place of the one begun."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from rows_made import NOON

from pipelines.store import suppressed
from pipelines.store.bucket import Bucket
from schemas import keys
from schemas.errors import StorageError
from schemas.suppression import Phrases, Suppression, name_hash, phrases
from schemas.urls import pack_hashes

SENTENCE = "Gia đình ông Tư được hỗ trợ mười triệu đồng để sửa lại căn nhà bị tốc mái."


def takedown(number: int, done: bool = False) -> tuple[Suppression, tuple[Phrases, ...]]:
    name, known = name_hash(f"mau:{number}"), phrases([SENTENCE])
    one = Suppression(site="mau", at=NOON, reason="court", articles=(name,), done=done)
    return one, (Phrases(article=name, widths=(10,), hashes=pack_hashes(known)),)


def test_a_list_that_many_extend(bucket: Bucket) -> None:
    raw = replace(bucket, prefix=bucket.prefix + "raw/")
    assert suppressed.load(bucket, raw).suppressions == ()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: suppressed.add(bucket, raw, *takedown(number)), range(4)))
    suppressed.add(bucket, raw, *takedown(2, done=True))
    known = suppressed.load(bucket, raw)
    assert sorted(one.done for one in known.suppressions) == [False, False, False, True]
    assert all(known.article(f"mau:{number}") for number in range(4))
    assert known.repeats(SENTENCE) and not suppressed.load(bucket).repeats(SENTENCE)
    assert len(known.phrases) == 4


def test_a_broken_list_is_not_taken_for_an_empty_one(bucket: Bucket) -> None:
    bucket.put(keys.SUPPRESSED_INDEX, b"{")
    with pytest.raises(StorageError, match="restore it"):
        suppressed.load(bucket)
