"""The tables. Texts that are compared as places sort by code point on every database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

# PostgreSQL sorts by language unless told otherwise; places and cursors must not depend on it.
Place = String().with_variant(String(collation="C"), "postgresql")
# SQLite numbers rows by itself only where the type is INTEGER.
Number = BigInteger().with_variant(Integer, "sqlite")

METADATA = MetaData()

event = Table(
    "event",
    METADATA,
    Column("position", Number, primary_key=True, autoincrement=True),
    Column("place", Place, nullable=False, unique=True),
    Column("event_id", Place, nullable=False, unique=True),
    Column("device", Place, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("content_mark", String, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("skew_ms", BigInteger, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("chain", String, nullable=False),
    # The chain of the device: what it named, and by what the next names this one.
    Column("previous", String, nullable=False, server_default=""),
    Column("content_hash", String, nullable=False, server_default=""),
    Index("event_by_device", "device", "sequence"),
)

touch = Table(
    "touch",
    METADATA,
    Column("key", Place, primary_key=True),
    Column("place", Place, primary_key=True),
    Column("body", Text),
    Column("settlement", Place),
    Column("category", Place),
    Index("touch_by_place", "place"),
)

record = Table(
    "record",
    METADATA,
    Column("key", Place, primary_key=True),
    Column("noun", Place, nullable=False),
    Column("id", Place, nullable=False),
    Column("settlement", Place, nullable=False),
    Column("state", Place, nullable=False),
    Column("agency", Place, nullable=False),
    Column("site", Place, nullable=False),
    Column("category", Place, nullable=False),
    # Position of the log at which the row came to be what it is; devices ask for what is new to them.
    Column("position", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("record_by_noun", "noun", "id"),
    Index("record_by_category", "noun", "settlement", "category"),
    Index("record_by_site", "noun", "site"),
    Index("record_by_position", "position", "key"),
)

secret = Table(
    "secret",
    METADATA,
    Column("ref", Place, primary_key=True),
    Column("subject", Place, nullable=False),
    Column("sealed", LargeBinary),
    Column("digest", String, nullable=False),
    Index("secret_by_subject", "subject"),
)

record_key = Table(
    "record_key",
    METADATA,
    Column("subject", Place, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

blind = Table(
    "blind",
    METADATA,
    Column("mark", Place, primary_key=True),
    Column("subject", Place, primary_key=True),
    Index("blind_by_subject", "subject"),
)

held = Table(
    "held",
    METADATA,
    Column("event_id", Place, primary_key=True),
    Column("device", Place, nullable=False),
    Column("reason", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("content_mark", String, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("reviewed_by", String, nullable=False),
)

device = Table(
    "device",
    METADATA,
    Column("id", Place, primary_key=True),
    Column("account", Place, nullable=False),
    Column("public_key", String, nullable=False),
    Column("token_hash", Place, nullable=False, unique=True),
    Column("lease_until_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
)

account = Table(
    "account",
    METADATA,
    Column("name", Place, primary_key=True),
    Column("agency", Place, nullable=False),
    Column("role", Place, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("totp_sealed", LargeBinary, nullable=False),
    Column("totp_used", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until_ms", BigInteger, nullable=False),
    Column("disabled", Integer, nullable=False),
)

session = Table(
    "session",
    METADATA,
    Column("token_hash", Place, primary_key=True),
    Column("account", Place, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("break_glass_until_ms", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    METADATA,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("mark", String, nullable=False),
)
