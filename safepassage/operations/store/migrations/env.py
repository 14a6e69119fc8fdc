"""How alembic reaches the database that is open already."""

from __future__ import annotations

from alembic import context

from safepassage.operations.store.tables import METADATA


def run() -> None:
    """Run the steps that are missing."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=METADATA)
    with context.begin_transaction():
        context.run_migrations()


# alembic loads this file under a name of its own; whoever imports it otherwise only reads it.
if __name__ == "env_py":
    run()
