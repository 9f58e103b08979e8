"""How the core's tables came to be: one Alembic revision after another in ``versions``, run by ``host.migrate``."""
