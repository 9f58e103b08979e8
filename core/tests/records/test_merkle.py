"""Roots and canonical texts: two different batches never share one."""

from datetime import date, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyuan.kernel.ids import new_id
from zhiyuan.records.chain.canonical import canonical, instant, plain
from zhiyuan.records.chain.merkle import leaf_hash, root

_leaves = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


def _as_in_rfc_6962(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + _as_in_rfc_6962(leaves[:split]) + _as_in_rfc_6962(leaves[split:])).digest()


@given(_leaves)
def test_the_root_is_that_of_rfc_6962(leaves: list[bytes]) -> None:
    assert root(leaves) == _as_in_rfc_6962(leaves)


@given(_leaves)
def test_a_doubled_last_leaf_changes_the_root(leaves: list[bytes]) -> None:
    assert root(leaves) != root([*leaves, leaves[-1]])


def test_a_node_does_not_pass_for_a_leaf() -> None:
    left, right = leaf_hash("a"), leaf_hash("b")

    assert root([left, right]) != sha256(b"\x00" + left + right).digest()


def test_no_entries_have_no_root() -> None:
    with pytest.raises(ValueError, match="needs a leaf"):
        root([])


def test_canonical_text_is_the_same_whatever_the_order_and_the_zone() -> None:
    shanghai = datetime(2026, 3, 2, 20, tzinfo=timezone(timedelta(hours=8)))

    assert canonical({"b": 1, "a": "龘\n"}) == '{"a":"龘\\n","b":1}'
    assert instant(shanghai) == "2026-03-02T12:00:00.000000Z"
    assert plain(date(2026, 3, 2)) == "2026-03-02"
    assert plain(b"\x01") == "01"
    assert plain(True) is True
    identifier = new_id()
    assert plain(identifier) == str(identifier)
    with pytest.raises(TypeError):
        plain(1.5)
