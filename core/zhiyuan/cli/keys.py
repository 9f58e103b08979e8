"""``zhiyuan keys``: rotate the keys that protect personal fields, and retire old ones."""

import time

import click

from zhiyuan.cli.context import open_runtime
from zhiyuan.cli.output import emit, fail, json_option
from zhiyuan.kernel import actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.reencryption import enqueue_reencryption, remaining

_SETTLING_SECONDS = 300  # longer than any unit of work that may still write with the keys before

_BACKUP = "Back up the keyring file now, apart from the database."


@click.group()
def keys() -> None:
    """Show, rotate and retire keys. The secrets themselves are never printed."""


@keys.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Print the ids of all keys, the ones in force first, and how many values still need an older one."""
    with open_runtime() as runtime:
        ring = runtime.keys.current()
        with runtime.database.reading() as tx:
            needing = remaining(tx, runtime.protected)
        data = {
            "file": str(runtime.keys.path),
            "fields": [key.id for key in ring.fields],
            "index": [key.id for key in ring.index],
            "signing": [key.id for key in ring.signing],
            "needing_older_keys": needing,
        }
        lines = [f"{use:<8} {' '.join(data[use])}" for use in ("fields", "index", "signing")]
        lines += [f"{place}: {count} value(s) need an older key" for place, count in needing.items()]
        emit("\n".join(lines), data, as_json)


@keys.command()
@click.option(
    "--signing", is_flag=True, help="Also sign certificates and chain heads with a new key from now on."
)
@json_option
def rotate(signing: bool, as_json: bool) -> None:
    """Put new keys in force and close every protected field again in the background.

    Servers that are running notice by themselves. Older keys stay until `keys retire`.
    """
    with open_runtime() as runtime:
        ring = runtime.keys.change(
            lambda held: held.rotated().with_new_signing_key() if signing else held.rotated()
        )
        with runtime.database.uow() as tx:
            job_id = enqueue_reencryption(tx)
            detail = {"field_key": ring.fields[0].id, "index_key": ring.index[0].id, "signing": signing}
            tx.audit(Audit(actor.operator(), "keys.rotate", "keyring", detail=detail))
        emit(
            f"Key {ring.fields[0].id} is in force; the worker closes older values again (job {job_id}). {_BACKUP}",
            {"field_key": ring.fields[0].id, "index_key": ring.index[0].id, "job": job_id},
            as_json,
        )


@keys.command()
@click.option(
    "--now", is_flag=True, help="Do not wait until units of work from before the rotation must have ended."
)
@json_option
def retire(now: bool, as_json: bool) -> None:
    """Remove keys that nothing needs any more. Refused while a value still needs one. Signing keys always stay."""
    with open_runtime() as runtime:
        # The file's own stamp: how long ago the keys changed has nothing to do with the installation's clock.
        age = time.time() - runtime.keys.path.stat().st_mtime
        if age < _SETTLING_SECONDS and not now:
            message = (
                f"The keys changed {age:.0f} seconds ago. Wait {_SETTLING_SECONDS} seconds, or say --now."
            )
            fail(message, {"error": "keys.too_fresh", "message": message}, as_json)
        with runtime.database.reading() as tx:
            needing = remaining(tx, runtime.protected)
        if needing:
            places = ", ".join(f"{place} ({count})" for place, count in needing.items())
            message = (
                f"Values still need an older key: {places}. Let the worker finish, see `zhiyuan keys list`."
            )
            fail(
                message,
                {"error": "keys.still_needed", "needing_older_keys": needing, "message": message},
                as_json,
            )
        before = runtime.keys.current()
        after = runtime.keys.change(lambda held: held.retired())
        gone = [key.id for key in (*before.fields[1:], *before.index[1:])]
        with runtime.database.uow() as tx:
            tx.audit(Audit(actor.operator(), "keys.retire", "keyring", detail={"retired": gone}))
        emit(
            f"Retired {len(gone)} key(s); {after.fields[0].id} is in force. {_BACKUP}"
            if gone
            else "Nothing to retire.",
            {"retired": gone, "field_key": after.fields[0].id},
            as_json,
        )
