"""Plugins are asked in one order, whatever order the disk gives."""

from itertools import permutations
from typing import Any

from zhiyuan.host.manifest import Manifest, parse
from zhiyuan.host.order import put_in_order


def plugin(plugin_id: str, *requires: str, order: int = 100, version: str = "1.0") -> Manifest:
    table: dict[str, Any] = {
        "id": plugin_id,
        "name": {"en": plugin_id},
        "version": version,
        "hook_api": 1,
        "requires_core": ">=0.1",
        "requires": list(requires),
        "order": order,
    }
    return parse({"plugin": table}, entry_point=plugin_id)


def test_requirements_come_first_then_order_then_id() -> None:
    plugins = [plugin("aa", "cc"), plugin("bb"), plugin("cc", order=900), plugin("dd", order=1)]

    for shuffled in permutations(plugins):
        assert [each.id for each in put_in_order(shuffled).plugins] == ["dd", "bb", "cc", "aa"]


def test_a_circle_is_refused_and_named_and_the_others_go_on() -> None:
    order = put_in_order([plugin("aa", "bb"), plugin("bb", "cc"), plugin("cc", "bb"), plugin("dd")])

    assert [each.id for each in order.plugins] == ["dd"]
    assert order.refused["bb"].params == {"circle": "bb → cc → bb"}
    assert order.refused["cc"].code == "plugins.cycle"
    assert order.refused["aa"].code == "plugins.requirement_missing"


def test_a_missing_or_too_old_requirement_is_refused_along_the_chain() -> None:
    order = put_in_order([plugin("aa", "bb"), plugin("bb", "zz"), plugin("cc", "dd>=2"), plugin("dd")])

    assert [each.id for each in order.plugins] == ["dd"]
    assert {key: issue.code for key, issue in order.refused.items()} == {
        "aa": "plugins.requirement_missing",
        "bb": "plugins.requirement_missing",
        "cc": "plugins.requirement_too_old",
    }
