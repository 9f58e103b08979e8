"""Only what is both installed and listed runs; what breaks the contract is kept out by name, and the rest goes on."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from zhiyuan.host import PluginHost, PluginsCannotRun, load
from zhiyuan.kernel.settings import Settings
from zhiyuan.runtime import Runtime
from zhiyuan.tables import metadata

GATE = 'gates = ["activities.sign_up"]\n'
CHECK = "@hookimpl\ndef check_signups(ctx, requests):\n    return {}\n"


def loaded(
    runtime: Runtime, *entries: EntryPoint, listed: tuple[str, ...] = ("*",), strict: bool = False
) -> PluginHost:
    settings = Settings(data_dir=runtime.settings.data_dir, plugins=listed, strict_plugins=strict)
    return load(settings, runtime.database, entries=entries)


def kept_out(host: PluginHost) -> dict[str, tuple[str, list[str]]]:
    return {out.id: (out.state, [issue.code for issue in out.issues]) for out in host.kept_out}


def test_a_plugin_outside_the_list_is_found_and_not_imported(runtime: Runtime, write_plugin) -> None:
    entries = [write_plugin("listed_one"), write_plugin("quiet_one", "raise SystemExit")]

    host = loaded(runtime, *entries, listed=("listed_one",))

    assert host.order == ("listed_one",)
    assert kept_out(host) == {"quiet_one": ("found", [])}
    assert not [name for name in sys.modules if name.startswith("zhiyuan_quiet_one")]


def test_a_listed_plugin_that_is_not_installed_is_named(runtime: Runtime) -> None:
    assert kept_out(loaded(runtime, listed=("gone",))) == {"gone": ("refused", ["plugins.not_installed"])}


def test_code_of_an_incompatible_plugin_is_never_run(runtime: Runtime, write_plugin) -> None:
    entry = write_plugin("old_one", "raise SystemExit")
    manifest = Path(sys.path[0]) / "zhiyuan_old_one" / "plugin.toml"
    manifest.write_text(manifest.read_text().replace("hook_api = 1", "hook_api = 9"))

    host = loaded(runtime, entry)

    assert kept_out(host) == {"old_one": ("refused", ["plugins.hook_api_mismatch"])}
    assert "zhiyuan_old_one" not in sys.modules


def test_two_distributions_with_one_id_are_both_refused(runtime: Runtime, write_plugin) -> None:
    entry = write_plugin("double_one")

    assert kept_out(loaded(runtime, entry, entry)) == {"double_one": ("refused", ["plugins.twice"])}


def test_a_package_of_another_name_is_refused(runtime: Runtime) -> None:
    entry = EntryPoint("oddly_named", "os", "zhiyuan.plugins")

    assert kept_out(loaded(runtime, entry)) == {"oddly_named": ("refused", ["plugins.wrong_package"])}


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("raise RuntimeError", "quarantined", "plugins.import_failed"),
        ("raise SystemExit", "quarantined", "plugins.import_failed"),
        ("import zhiyuan_nowhere", "quarantined", "plugins.import_failed"),
        ("@hookimpl\ndef check_sign_ups(ctx): ...", "refused", "plugins.unknown_hook"),
        ("@hookimpl\ndef check_signups(ctx, request): ...", "refused", "plugins.unknown_argument"),
        ("@hookimpl(wrapper=True)\ndef check_signups(ctx):\n    yield", "refused", "plugins.wrapper_refused"),
        (
            "@hookimpl(hookwrapper=True)\ndef check_signups(ctx):\n    yield",
            "refused",
            "plugins.wrapper_refused",
        ),
        ("@hookimpl(tryfirst=True)\ndef check_signups(ctx): ...", "refused", "plugins.order_marks_refused"),
        ("@hookimpl\nasync def check_signups(ctx): ...", "refused", "plugins.async_refused"),
        ("@hookimpl\ndef register_issues(): raise KeyError", "quarantined", "plugins.register_failed"),
        ("@hookimpl\ndef register_issues(): return 3", "quarantined", "plugins.register_failed"),
        (
            "@hookimpl\ndef register_issues(): return [IssueText('other.code', 'x', 'y')]",
            "refused",
            "plugins.issue_outside_prefix",
        ),
        (
            "@hookimpl\ndef register_issues(): return [IssueText('bad_one.a', 'x', 'y')] * 2",
            "refused",
            "plugins.issue_twice",
        ),
        (
            "@hookimpl\ndef register_columns(): return [Column('walls', 'a', 'A')]",
            "refused",
            "plugins.unknown_table",
        ),
        (
            "@hookimpl\ndef register_columns(): return [Column('people', 'a', 'A')] * 2",
            "refused",
            "plugins.column_twice",
        ),
    ],
)
def test_what_breaks_the_contract_is_kept_out_by_name(runtime, write_plugin, code, state, reason) -> None:
    entries = [write_plugin("bad_one", code), write_plugin("good_one", CHECK)]

    host = loaded(runtime, *entries)

    assert kept_out(host) == {"bad_one": (state, [reason])}
    assert host.order == ("good_one",)


def test_an_optional_hook_of_another_core_is_let_through(runtime: Runtime, write_plugin) -> None:
    entry = write_plugin("two_cores", "@hookimpl(optionalhook=True)\ndef check_weather(ctx): ...")

    assert loaded(runtime, entry).order == ("two_cores",)


def test_a_gate_without_its_check_is_refused(runtime: Runtime, write_plugin) -> None:
    host = loaded(
        runtime, write_plugin("empty_gate", extra=GATE), write_plugin("full_gate", CHECK, extra=GATE)
    )

    assert kept_out(host) == {"empty_gate": ("refused", ["plugins.gate_without_check"])}
    assert host.order == ("full_gate",)


# On one database: a class that was mapped once stays known to this process, and cannot be mapped a second time.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("plugin_id", "table", "name", "reason"),
    [
        ("tabled_a", "other__thing", "TabledAThing", "plugins.table_outside_prefix"),
        ("tabled_b", "tabled_b_thing", "TabledBThing", "plugins.table_outside_prefix"),
        ("tabled_c", "tabled_c__thing", "Thing", "plugins.class_outside_prefix"),
    ],
)
def test_a_table_outside_the_prefix_is_refused_and_forgotten(
    runtime, write_plugin, plugin_id, table, name, reason
) -> None:
    models = (
        "from zhiyuan.sdk import Base, id_field\nfrom uuid import UUID\n"
        f"class {name}(Base, table=True):\n    __tablename__ = '{table}'\n    id: UUID = id_field()\n"
    )

    host = loaded(runtime, write_plugin(plugin_id, models=models))

    assert kept_out(host) == {plugin_id: ("refused", [reason])}
    assert table not in metadata.tables


def test_a_plugin_that_needs_a_broken_one_is_refused(runtime: Runtime, write_plugin) -> None:
    host = loaded(
        runtime, write_plugin("below", "raise OSError"), write_plugin("above", extra='requires = ["below"]\n')
    )

    assert kept_out(host)["above"] == ("refused", ["plugins.requirement_missing"])


def test_strict_plugins_refuses_to_start_and_says_why(runtime: Runtime, write_plugin) -> None:
    with pytest.raises(PluginsCannotRun, match="bad_one: Its code cannot be loaded"):
        loaded(runtime, write_plugin("bad_one", "raise OSError"), strict=True)


def test_pluggy_has_the_plugins_in_our_order(runtime: Runtime, write_plugin, capsys) -> None:
    """Registered in reverse, because pluggy calls the last registered first."""
    code = "@hookimpl\ndef check_signups(ctx, requests):\n    return {}\n"
    entries = [
        write_plugin("late_one", code, extra="order = 900\n"),
        write_plugin("early_one", code, extra="order = 1\n"),
        write_plugin("needs_late", code, extra='order = 1\nrequires = ["late_one>=1"]\n'),
        write_plugin("usual_one", code),
    ]

    host = loaded(runtime, *entries)
    sys.stdout.write(" → ".join(host.order) + "\n")

    assert capsys.readouterr().out.splitlines()[-1] == "early_one → usual_one → late_one → needs_late"
    assert [check.plugin_id for check in host._checks["check_signups"]] == list(host.order)
