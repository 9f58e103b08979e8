"""What commands stand on: the settings of this call, logging, and a runtime that is closed at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from zhiyuan.host.migrate import CORE, pending
from zhiyuan.kernel import logging
from zhiyuan.kernel.errors import Conflict
from zhiyuan.kernel.settings import Loaded, Settings, load_settings
from zhiyuan.runtime import Runtime, start


def loaded_settings() -> Loaded:
    """Read the settings, set logging up by them, and warn about names that mean nothing. Raises BadSettings."""
    loaded = load_settings()
    logging.configure(log_format=loaded.settings.log_format, level=loaded.settings.log_level)
    for warning in loaded.warnings:
        click.secho(f"warning: {warning}", err=True)
    return loaded


@contextmanager
def open_runtime(*, pool_size: int | None = None) -> Iterator[Runtime]:
    """Open the installation for one command. Raises BadSettings, and Conflict while migrations are missing."""
    settings = loaded_settings().settings
    require_migrated(settings)
    runtime = start(settings, pool_size=pool_size)
    try:
        yield runtime
    finally:
        runtime.close()


def require_migrated(settings: Settings) -> None:
    """Raise Conflict, naming the command to run, when the core's tables are not at the newest revision."""
    missing = pending(settings.url, CORE)
    if missing:
        raise Conflict(
            "database.not_migrated",
            "The database lacks %(count)s migration(s). Run this first: zhiyuan migrate",
            count=len(missing),
        )
