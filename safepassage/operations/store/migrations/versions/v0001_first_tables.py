"""The first tables, as they were then; later steps change them one by one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

PLACE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make every table."""
    _make_log()
    _make_derived()
    _make_secrets()
    _make_people()


def _make_log() -> None:
    op.create_table(
        "event",
        sa.Column("position", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("place", PLACE, nullable=False, unique=True),
        sa.Column("event_id", PLACE, nullable=False, unique=True),
        sa.Column("device", PLACE, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("content_mark", sa.String, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("skew_ms", sa.BigInteger, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.Column("chain", sa.String, nullable=False),
    )
    op.create_index("event_by_device", "event", ["device", "sequence"])
    op.create_table(
        "held",
        sa.Column("event_id", PLACE, primary_key=True),
        sa.Column("device", PLACE, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("content_mark", sa.String, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.Column("reviewed_by", sa.String, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("mark", sa.String, nullable=False),
    )


def _make_derived() -> None:
    op.create_table(
        "touch",
        sa.Column("key", PLACE, primary_key=True),
        sa.Column("place", PLACE, primary_key=True),
        sa.Column("body", sa.Text),
        sa.Column("settlement", PLACE),
        sa.Column("category", PLACE),
    )
    op.create_index("touch_by_place", "touch", ["place"])
    op.create_table(
        "record",
        sa.Column("key", PLACE, primary_key=True),
        sa.Column("noun", PLACE, nullable=False),
        sa.Column("id", PLACE, nullable=False),
        sa.Column("settlement", PLACE, nullable=False),
        sa.Column("state", PLACE, nullable=False),
        sa.Column("agency", PLACE, nullable=False),
        sa.Column("site", PLACE, nullable=False),
        sa.Column("category", PLACE, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("record_by_noun", "record", ["noun", "id"])
    op.create_index("record_by_category", "record", ["noun", "settlement", "category"])
    op.create_index("record_by_site", "record", ["noun", "site"])
    op.create_index("record_by_position", "record", ["position", "key"])


def _make_secrets() -> None:
    op.create_table(
        "secret",
        sa.Column("ref", PLACE, primary_key=True),
        sa.Column("subject", PLACE, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("digest", sa.String, nullable=False),
    )
    op.create_index("secret_by_subject", "secret", ["subject"])
    op.create_table(
        "record_key",
        sa.Column("subject", PLACE, primary_key=True),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "blind",
        sa.Column("mark", PLACE, primary_key=True),
        sa.Column("subject", PLACE, primary_key=True),
    )
    op.create_index("blind_by_subject", "blind", ["subject"])


def _make_people() -> None:
    op.create_table(
        "device",
        sa.Column("id", PLACE, primary_key=True),
        sa.Column("account", PLACE, nullable=False),
        sa.Column("public_key", sa.String, nullable=False),
        sa.Column("token_hash", PLACE, nullable=False, unique=True),
        sa.Column("lease_until_ms", sa.BigInteger, nullable=False),
        sa.Column("revoked_ms", sa.BigInteger),
    )
    op.create_table(
        "account",
        sa.Column("name", PLACE, primary_key=True),
        sa.Column("agency", PLACE, nullable=False),
        sa.Column("role", PLACE, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary, nullable=False),
        sa.Column("totp_used", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until_ms", sa.BigInteger, nullable=False),
        sa.Column("disabled", sa.Integer, nullable=False),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", PLACE, primary_key=True),
        sa.Column("account", PLACE, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("break_glass_until_ms", sa.BigInteger, nullable=False),
    )
