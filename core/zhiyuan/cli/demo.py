"""``zhiyuan demo``: an installation to look at, filled through the ordinary commands."""

import secrets
from ipaddress import ip_address
from urllib.parse import urlsplit

import click

from zhiyuan.cli.context import loaded_settings
from zhiyuan.cli.demo_building import Builder, DemoClock
from zhiyuan.cli.demo_content import DEMO_PASSWORD, PLACES, SIGN_INS
from zhiyuan.cli.output import emit, json_option
from zhiyuan.declarations import declare_rules
from zhiyuan.host import migrate
from zhiyuan.kernel.clock import SystemClock
from zhiyuan.runtime import start

_PASSWORD_BYTES = 9


@click.command()
@json_option
def demo(as_json: bool) -> None:
    """Migrate, fill in the sample (twice is once), and print addresses and sign-ins.

    On a machine that others reach, the sign-ins get a password made for them instead of the well-known one.
    """
    settings = loaded_settings().settings
    migrate.migrate(settings.url, [migrate.CORE])
    password = DEMO_PASSWORD if _is_private(settings.public_url) else secrets.token_urlsafe(_PASSWORD_BYTES)
    clock = DemoClock(SystemClock().now().replace(microsecond=0))
    declare_rules()
    runtime = start(settings, clock=clock)
    try:
        built = Builder(runtime, clock, password).build()
    finally:
        runtime.close()
    base = settings.public_url.rstrip("/")
    is_new = built.counts.get("accounts", 0) > 0
    told = password if is_new or password == DEMO_PASSWORD else "as printed when they were made"
    addresses = {place.slug: base + (place.prefix or "/") for place in PLACES}
    lines = [
        "The demonstration is ready." if any(built.counts.values()) else "The demonstration is as it was."
    ]
    lines += [f"  {place.name}: {addresses[place.slug]}" for place in PLACES]
    lines += ["Sign-ins for this demonstration only:"]
    lines += [f"  {entry.login:<10} {entry.role or 'runs the installation'}" for entry in SIGN_INS]
    lines += [f"  password: {told}"]
    lines += [
        f"Certificate {number}, check code {code}: {base}/-/verify" for number, code in built.certificates
    ]
    lines += [f"Description of the API: {base}/schema"]
    if built.left_out:
        lines += [
            "Left out, because these files come with the repository only: " + ", ".join(built.left_out),
            "  Run it from a checkout (make demo) to see them.",
        ]
    data = {
        "created": built.counts,
        "left_out": built.left_out,
        "addresses": addresses,
        "sign_ins": [
            {"login": entry.login, "role": entry.role or "operator", "password": told} for entry in SIGN_INS
        ],
        "certificates": [{"number": number, "check_code": code} for number, code in built.certificates],
    }
    emit("\n".join(lines), data, as_json)


def _is_private(public_url: str) -> bool:
    host = urlsplit(public_url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
