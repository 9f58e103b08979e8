"""The worker: delivers events to plugins and runs jobs, beside the server or in a process of its own."""

from zhiyuan.worker.draining import Drained, drain
from zhiyuan.worker.loop import CONNECTIONS, Worker
from zhiyuan.worker.signals import stop_on_signals

__all__ = ["CONNECTIONS", "Drained", "Worker", "drain", "stop_on_signals"]
