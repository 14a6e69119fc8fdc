"""The first tables."""

from __future__ import annotations

from alembic import op

from safepassage.operations.store.tables import METADATA

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table; later steps change them one by one."""
    METADATA.create_all(op.get_bind())
