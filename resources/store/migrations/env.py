"""Alembic's entry: migrate over the connection that was handed in, in its transaction."""

from alembic import context

from resources.store.database import VERSION_TABLE
from resources.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
