"""The ``zhiyuan`` command: one thin module per area, loaded when it is asked for.

Every command prints a summary for people, or with ``--json`` one JSON object on standard output. Exit codes: 0 done,
1 refused or found broken, 2 wrong usage (also of settings).
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import click

from zhiyuan.cli.output import ASKS_FOR_JSON

AREAS: Final[dict[str, tuple[str, str]]] = {
    "accounts": ("zhiyuan.cli.accounts:accounts", "Log-ins and roles."),
    "certificates": ("zhiyuan.cli.certificates:certificates", "Service certificates: issue, verify, revoke."),
    "config": ("zhiyuan.cli.config:config", "The settings in force and where they come from."),
    "demo": ("zhiyuan.cli.demo:demo", "Fill an installation with the sample and show it."),
    "doctor": ("zhiyuan.cli.doctor:doctor", "Look for what is broken or about to be."),
    "import": (
        "zhiyuan.cli.imports:imports",
        "Bring in people, organizations, activities, records from files.",
    ),
    "keys": ("zhiyuan.cli.keys:keys", "The keys that protect personal fields."),
    "migrate": ("zhiyuan.cli.migrate:migrate", "Bring the tables to the newest revision."),
    "organizations": ("zhiyuan.cli.organizations:organizations", "The tree of organizations."),
    "plugins": ("zhiyuan.cli.plugins:plugins", "Plugins: list, allow, switch, remove."),
    "policy": ("zhiyuan.cli.policy:policy", "Rule keys, their values and the reasons for them."),
    "records": ("zhiyuan.cli.records:records", "Service records: totals, verification, signed heads."),
    "regions": ("zhiyuan.cli.regions:regions", "Administrative divisions."),
    "serve": ("zhiyuan.cli.serve:serve", "Run the web server, with the worker beside it."),
    "sites": ("zhiyuan.cli.sites:sites", "Sites of this installation."),
    "tokens": ("zhiyuan.cli.tokens:tokens", "Keys for programs that use the API."),
    "worker": ("zhiyuan.cli.worker:worker", "Run the worker alone."),
}
"""Area: where its command is (``module:attribute``), and what the list of commands says about it."""


class Areas(click.Group):
    """The root: imports an area when its command is called, and turns expected errors into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the areas that this installation has, sorted."""
        return [
            name for name, (target, _) in AREAS.items() if find_spec(target.partition(":")[0]) is not None
        ]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command of an area, or None for a name that means nothing."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, attribute = AREAS[cmd_name][0].partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of areas without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, AREAS[name][1]) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command called ``args[0]`` under that very name, whatever its function is called."""
        _, command, rest = super().resolve_command(ctx, args)
        return args[0], command, rest

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note whether ``--json`` is asked for, so that a failure before the command runs is told in JSON too."""
        ctx.meta[ASKS_FOR_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a refusal ends with exit code 1, settings that cannot be used with 2."""
        from zhiyuan.cli.failures import failing

        with failing(ctx):
            return super().invoke(ctx)


@click.group(cls=Areas, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="zhiyuan")
def main() -> None:
    """Volunteer organizations: people, activities, service records, certificates."""
