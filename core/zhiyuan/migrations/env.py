"""What Alembic executes for every owner, core or plugin; ``host.migrate`` hands over connection and owner."""

from alembic import context

from zhiyuan.host.migrate import Owner, configuration_of
from zhiyuan.tables import metadata

owner: Owner = context.config.attributes["owner"]
connection = context.config.attributes["connection"]

context.configure(connection=connection, target_metadata=metadata, **configuration_of(owner, connection))
with context.begin_transaction():
    context.run_migrations()
