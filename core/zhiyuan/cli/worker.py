"""``zhiyuan worker``: outbox and jobs, apart from the web server."""

import click

from zhiyuan.cli.context import open_runtime
from zhiyuan.cli.output import emit, json_option
from zhiyuan.worker import CONNECTIONS, Worker, drain, stop_on_signals


@click.command()
@click.option("--drain", "only_drain", is_flag=True, help="Do what is due now, then end.")
@click.option("--parent", type=int, hidden=True, help="End when this process is no longer the parent.")
@json_option
def worker(only_drain: bool, parent: int | None, as_json: bool) -> None:
    """Deliver events to plugins and run jobs until told to stop (SIGTERM, Ctrl-C). Several may run."""
    with open_runtime(pool_size=CONNECTIONS) as runtime:
        if only_drain:
            done = drain(runtime)
            emit(
                f"{done.deliveries} deliveries, {done.jobs} jobs",
                {"deliveries": done.deliveries, "jobs": done.jobs},
                as_json,
            )
            return
        running = Worker(runtime, parent=parent)
        stop_on_signals(running, is_embedded=parent is not None)
        running.run()
