"""Keep what each event names as the one before it on its device, and its own hash."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the two hashes; events that were kept before have none and are not compared."""
    for name in ("previous", "content_hash"):
        op.add_column("event", sa.Column(name, sa.String, nullable=False, server_default=""))
