"""``zhiyuan doctor``: looks at everything an installation stands on and names a cure for what is wrong."""

import click

from zhiyuan.cli.checkup import Check, examine
from zhiyuan.cli.context import loaded_settings
from zhiyuan.cli.output import emit, fail, json_option

_MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check database, migrations, keys, clock, fonts, languages, workers and plugins. Ends with 1 if one check fails."""
    loaded = loaded_settings()
    checks = examine(loaded)
    state = (
        "fail"
        if any(c.state == "fail" for c in checks)
        else "warn"
        if any(c.state == "warn" for c in checks)
        else "ok"
    )
    data = {
        "state": state,
        "checks": [
            {"name": check.name, "state": check.state, "message": check.message, "cure": check.cure}
            for check in checks
        ],
    }
    summary = "\n".join(_line(check) for check in checks)
    if state == "fail":
        fail(summary, data, as_json)
    emit(summary, data, as_json)


def _line(check: Check) -> str:
    cure = f"\n      {check.cure}" if check.cure and check.state != "ok" else ""
    return f"{_MARKS[check.state]}  {check.name}: {check.message}{cure}"
