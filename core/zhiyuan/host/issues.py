"""Why a plugin is kept out, why a switch does not move, and what a reader is told when a plugin fails."""

from typing import Final

from zhiyuan.kernel.issues import IssueText

PLUGIN_ERROR: Final = "plugin.error"
PLUGIN_UNAVAILABLE: Final = "plugin.unavailable"

ISSUES: Final = (
    IssueText(
        PLUGIN_ERROR,
        "The plugin %(plugin)s could not decide about this. Nothing was changed.",
        "Try again in a moment; if it stays so, tell the people who run this site.",
    ),
    IssueText(
        PLUGIN_UNAVAILABLE,
        "The plugin %(plugin)s must agree to this, and it is not running. Nothing was changed.",
        "The people who run this site can repair it, or lift its gate until a date.",
    ),
    # A manifest that is not as it should be.
    IssueText(
        "plugins.manifest_missing",
        "There is no plugin.toml in %(package)s.",
        "Add the manifest to the package.",
    ),
    IssueText("plugins.manifest_unreadable", "plugin.toml is not TOML: %(problem)s.", "Correct the file."),
    IssueText(
        "plugins.manifest_unknown_key",
        "The manifest has an unknown key %(key)s.",
        "Take it out; see the reference.",
    ),
    IssueText("plugins.manifest_key_missing", "The manifest lacks the key %(key)s.", "Add it."),
    IssueText(
        "plugins.manifest_wrong_type", "The manifest key %(key)s is not %(wanted)s.", "Correct its value."
    ),
    IssueText(
        "plugins.manifest_bad_id",
        "The id %(id)s is not 2 to 40 small letters, digits and single underscores beginning with a letter.",
        "Choose another id.",
    ),
    IssueText(
        "plugins.manifest_reserved_id", "The id %(id)s is reserved for the core.", "Choose another id."
    ),
    IssueText(
        "plugins.manifest_other_id",
        "The manifest says %(id)s, the entry point %(entry_point)s.",
        "Use one id for entry point, manifest and package.",
    ),
    IssueText("plugins.manifest_bad_version", "%(value)s is not a version.", "Write it like 1.4.0."),
    IssueText("plugins.manifest_bad_specifier", "%(value)s is not a version range.", "Write it like >=0.1."),
    IssueText(
        "plugins.manifest_bad_requirement",
        "%(value)s is not a required plugin.",
        "Write it like training>=0.3.",
    ),
    IssueText("plugins.manifest_unknown_gate", "There is no gate %(gate)s.", "Name one of: %(known)s."),
    IssueText(
        "plugins.hook_api_mismatch",
        "It was written for hook API %(wanted)s, and this core has %(present)s.",
        "Install the release of the plugin that fits this core.",
    ),
    IssueText(
        "plugins.core_too_old",
        "It needs core %(wanted)s, and this is %(present)s.",
        "Upgrade the core, or install an older release of the plugin.",
    ),
    # Discovery and order.
    IssueText(
        "plugins.not_installed",
        "It is listed in the settings and not installed.",
        "Install its distribution.",
    ),
    IssueText("plugins.twice", "Two distributions offer this id.", "Uninstall one of them."),
    IssueText(
        "plugins.wrong_package",
        "The entry point names %(package)s instead of %(wanted)s.",
        "Name the package after the id.",
    ),
    IssueText("plugins.package_missing", "The package %(package)s cannot be found.", "Install it again."),
    IssueText(
        "plugins.requirement_missing",
        "It needs the plugin %(wanted)s, which does not run.",
        "Install and list it.",
    ),
    IssueText(
        "plugins.requirement_too_old",
        "It needs %(wanted)s, and version %(present)s is there.",
        "Upgrade the plugin it needs.",
    ),
    IssueText(
        "plugins.cycle", "Plugins need each other in a circle: %(circle)s.", "Break the circle in a manifest."
    ),
    # Code that does not keep the contract.
    IssueText(
        "plugins.import_failed",
        "Its code cannot be loaded (%(error)s).",
        "See the log; install a repaired release.",
    ),
    IssueText(
        "plugins.register_failed", "%(hook)s failed (%(error)s).", "See the log; install a repaired release."
    ),
    IssueText(
        "plugins.unknown_hook", "There is no hook %(hook)s.", "Correct the name, or mark it optionalhook."
    ),
    IssueText("plugins.unknown_argument", "%(hook)s has no argument %(argument)s.", "Take the argument out."),
    IssueText("plugins.wrapper_refused", "%(hook)s is a wrapper.", "Return data; the core joins it."),
    IssueText("plugins.async_refused", "%(hook)s is asynchronous.", "Write it as a plain function."),
    IssueText(
        "plugins.order_marks_refused", "%(hook)s asks to be first or last.", "Use `order` in the manifest."
    ),
    IssueText(
        "plugins.table_outside_prefix",
        "The table %(table)s does not begin with %(prefix)s.",
        "Rename the table.",
    ),
    IssueText(
        "plugins.class_outside_prefix",
        "The class %(name)s does not begin with %(prefix)s.",
        "Rename the class.",
    ),
    IssueText(
        "plugins.issue_outside_prefix",
        "The issue code %(code)s does not begin with %(prefix)s.",
        "Rename the code.",
    ),
    IssueText("plugins.issue_twice", "The issue code %(code)s is declared twice.", "Declare it once."),
    IssueText(
        "plugins.unknown_table", "There is no table %(table)s that takes columns.", "Name one of: %(known)s."
    ),
    IssueText(
        "plugins.column_twice", "The column %(column)s of %(table)s is declared twice.", "Declare it once."
    ),
    IssueText(
        "plugins.migrations_missing",
        "It has tables and no migrations folder.",
        "Add migrations/versions to the package.",
    ),
    # Switching.
    IssueText("plugins.unknown", "No plugin %(plugin)s is known here.", "See `zhiyuan plugins list`."),
    IssueText(
        "plugins.not_allowed",
        "The plugin %(plugin)s is not allowed here yet.",
        "The people who run this site allow it with `zhiyuan plugins allow %(plugin)s`.",
    ),
    IssueText(
        "plugins.not_running",
        "The plugin %(plugin)s is %(state)s and cannot be switched on.",
        "See `zhiyuan plugins list` for the reason.",
        words={"state": "plugin"},
    ),
    IssueText(
        "plugins.not_migrated",
        "The tables of %(plugin)s have not been made.",
        "Run `zhiyuan plugins migrate %(plugin)s`.",
    ),
    IssueText(
        "plugins.requirement_off",
        "%(plugin)s needs %(wanted)s, which is not switched on here.",
        "Switch %(wanted)s on first.",
    ),
    IssueText(
        "plugins.whole_site_only",
        "This is decided for the whole installation, not for one organization.",
        "Leave the organization out.",
    ),
    IssueText(
        "plugins.gate_without_check",
        "It names the gate %(gate)s and does not implement %(hook)s.",
        "Implement the hook, or take the gate out of the manifest.",
    ),
    IssueText(
        "plugins.lift_needs_end",
        "A gate is lifted until an instant that is still to come.",
        "Give a later date.",
    ),
)
"""Texts of the plugin host; declared by the composition root with those of the domains."""
