"""Names of worker processes, as leases and the health table show them."""

import os
import secrets
import socket


def new_worker_id() -> str:
    """Return a name unique among workers, at most 40 characters: host, process, four random digits."""
    return f"{socket.gethostname()[:24]}-{os.getpid()}-{secrets.token_hex(2)}"
