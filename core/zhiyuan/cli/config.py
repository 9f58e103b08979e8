"""``zhiyuan config``: what is set, and where."""

import click

from zhiyuan.cli.context import loaded_settings
from zhiyuan.cli.output import emit, json_option
from zhiyuan.kernel.settings import config_file


@click.group()
def config() -> None:
    """Show the settings in force and where they come from."""


@config.command()
@json_option
def show(as_json: bool) -> None:
    """Print every setting with its source (default, file, environment); secrets are hidden."""
    loaded = loaded_settings()
    shown = loaded.shown()
    width = max(len(setting.name) for setting in shown)
    lines = [f"{setting.name:<{width}}  {setting.source:<11}  {_text(setting.value)}" for setting in shown]
    settings = {
        setting.name: {
            "value": setting.value,
            "source": setting.source,
            "variable": setting.variable,
            "description": setting.description,
        }
        for setting in shown
    }
    path = str(config_file())
    emit("\n".join(lines), {"settings": settings, "file": path, "warnings": list(loaded.warnings)}, as_json)


def _text(value: str | int | float | bool | None) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
