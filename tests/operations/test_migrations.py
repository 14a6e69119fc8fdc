"""The steps of the tables: together they make what the code declares, and they keep what was there."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.command import upgrade
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from safepassage.operations.desk import Command, Desk
from safepassage.operations.maintenance import first_broken_event, rebuild
from safepassage.operations.safety.keys import MasterKey, new_device_key
from safepassage.operations.safety.roles import Role
from safepassage.operations.store import database as database_module
from safepassage.operations.store import records
from safepassage.operations.store.database import Database
from safepassage.operations.store.tables import METADATA
from tests.operations.field import Watch


def step_to(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(database_module.MIGRATIONS))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        upgrade(config, revision)
        connection.commit()


def empty(database: Database) -> None:
    with database.engine.connect() as connection:
        METADATA.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
        connection.commit()


def test_the_steps_make_what_the_code_declares(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        inspector = inspect(connection)
        for table in METADATA.tables.values():
            found = [column["name"] for column in inspector.get_columns(table.name)]
            assert found == [column.name for column in table.columns]


def test_places_sort_by_code_point(database: Database) -> None:
    with database.writing() as connection:
        names = ("b", "B", "a-", "a.", "a_", "Z", "я", "ї")
        for name in names:
            connection.execute(
                text("INSERT INTO record_key (subject, wrapped) VALUES (:name, :key)"),
                {"name": name, "key": b"k"},
            )
        found = connection.execute(text("SELECT subject FROM record_key ORDER BY subject")).scalars().all()
    assert list(found) == sorted(names)


def test_a_ledger_of_the_first_tables_comes_along(database: Database, master: MasterKey) -> None:
    empty(database)
    step_to(database, "0001")
    with database.engine.connect() as connection:
        assert "content_hash" not in {column["name"] for column in inspect(connection).get_columns("event")}
    old: dict[str, Any] = {
        "position": 1, "place": "1" * 18 + "018a0000-0000-7000-8000-000000000001",
        "event_id": "018a0000-0000-7000-8000-000000000001", "device": "server", "sequence": 1,
        "content_mark": "m", "received_ms": 5, "skew_ms": 0, "receipt": "{}", "chain": "c",
        "body": '{"event_id":"018a0000-0000-7000-8000-000000000001","kind":"person.register","subject":"p1",'
        '"payload":{"settlement":"s1"},"device":"server","sequence":1,"wall_ms":1111111111111,'
        '"counter":11111,"claimed_ms":5,"actor":"hotline"}',
    }  # fmt: skip
    with database.writing() as connection:
        names = ", ".join(old)
        marks = ", ".join(f":{name}" for name in old)
        connection.execute(text(f"INSERT INTO event ({names}) VALUES ({marks})"), old)  # noqa: S608
    database.prepare()
    assert rebuild(database) == 1
    desk = Desk(database, master, new_device_key(), now_ms=Watch())
    receipt = desk.say(
        Command("person.register", "p2", {"settlement": "s1"}),
        actor="hotline",
        agency="red",
        role=Role.HOTLINE,
    )
    assert (receipt.status, receipt.warnings) == ("accepted", ())
    with database.reading() as connection:
        assert [record.id for record in records.everything(connection, "person")] == ["p1", "p2"]
        # The made-up event was never chained, and that shows.
        assert first_broken_event(connection) == 1
