"""``zhiyuan migrate``: the one command that changes tables."""

import click

from zhiyuan.cli.context import loaded_settings
from zhiyuan.cli.output import emit, json_option
from zhiyuan.host import migrate as runner
from zhiyuan.host.upgrades import upgrade
from zhiyuan.runtime import start


@click.command()
@json_option
def migrate(as_json: bool) -> None:
    """Bring the tables of the core, then of the plugins, to their newest revision.

    Safe to run again, and by two processes at once.
    """
    settings = loaded_settings().settings
    done = runner.migrate(settings.url, [runner.CORE])
    if settings.plugins:
        runtime = start(settings, pool_size=2)
        try:
            done += upgrade(runtime.database, runtime.plugins, runtime.plugins.plugins)
        finally:
            runtime.close()
    lines = [
        f"{entry.owner}: {', '.join(entry.applied)} applied, now at {entry.after}"
        if entry.applied
        else f"{entry.owner}: nothing to do, at {entry.after}"
        for entry in done
    ]
    owners = {
        entry.owner: {"before": entry.before, "after": entry.after, "applied": list(entry.applied)}
        for entry in done
    }
    emit("\n".join(lines), {"owners": owners}, as_json)
