"""The database: how it is opened, who writes, and how it comes to the current tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from safepassage.errors import SafepassageError

# Code above the store passes connections on without knowing SQL.
__all__ = ["Connection", "Database", "StoreFullError", "StoreUnavailableError"]

_WRITER_LOCK = 5_271_009
MIGRATIONS = Path(__file__).parent / "migrations"
# PostgreSQL: disk full, read-only transaction; connection lost, resources short, shutting down.
_FULL = frozenset({"53100", "25006"})
_FULL_WORDS = ("disk is full", "readonly", "read-only", "no space")
_AWAY = frozenset({"08", "53", "57"})


class StoreUnavailableError(SafepassageError):
    """The database cannot be reached or cannot be written just now; nothing was lost."""


class StoreFullError(StoreUnavailableError):
    """The disk is full or may not be written."""


class Database:
    """
    A store of the ledger.

    Parameters
    ----------
    url : str
        ``sqlite:///file`` or ``postgresql+psycopg://...``.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url, _READERS)
        # Writers of one process queue up here, in order; waiting inside the database is neither fair nor
        # quick, and each would hold a connection that readers need.
        self._writer = _engine(url, _WRITERS)

    @classmethod
    def in_folder(cls, folder: Path) -> Database:
        """Embedded database of a data folder."""
        return cls.in_file(folder / "ledger.sqlite")

    @classmethod
    def in_file(cls, file: Path) -> Database:
        """Embedded database of a file."""
        return cls(f"sqlite:///{file}")

    @property
    def is_sqlite(self) -> bool:
        """True for the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def prepare(self) -> None:
        """Bring the tables to the current version."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent look at the data."""
        with _told_plainly(), self.engine.connect() as connection:
            # One snapshot for all statements: a board must not add up two moments.
            if not self.is_sqlite:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The only writer for the length of a block; all of it is durable at the end, or none."""
        with _told_plainly(), self._writer.connect() as plain:
            connection = plain.execution_options(immediate=True)
            with connection.begin():
                if not self.is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
                yield connection

    @contextmanager
    def much_cache(self, connection: Connection) -> Iterator[None]:
        """Hold many pages in memory while nearly all of them change."""
        if not self.is_sqlite:
            yield
            return
        connection.exec_driver_sql(f"PRAGMA cache_size=-{_MUCH_CACHE_KIB}")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"PRAGMA cache_size=-{_WRITERS.cache_kib}")

    def copy_pages_to(self, target: Path) -> None:
        """Copy the embedded database to a new file while others write."""
        with _told_plainly(), self.engine.connect() as connection:
            # A bind parameter, for a file name may hold anything.
            connection.connection.execute("VACUUM INTO ?", (str(target),))

    def close(self) -> None:
        """Let go of every connection."""
        for engine in self.engines:
            engine.dispose()

    @property
    def engines(self) -> tuple[Engine, Engine]:
        """Of those who read and of the one who writes."""
        return self.engine, self._writer


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise StoreUnavailableError("too many wait for the ledger; try again") from error
    except DBAPIError as error:
        words, state = str(error.orig).lower(), getattr(error.orig, "sqlstate", None) or ""
        if state in _FULL or any(part in words for part in _FULL_WORDS):
            problem = "the ledger cannot be written: free space or restore write permission"
            raise StoreFullError(problem) from error
        if isinstance(error, OperationalError | InterfaceError) or state[:2] in _AWAY:
            raise StoreUnavailableError("the ledger's database does not answer; try again") from error
        raise


@dataclass(frozen=True, slots=True)
class _Pool:
    connections: int
    cache_kib: int


# SQLite keeps a cache for every connection, so many connections get small ones.
_READERS = _Pool(connections=16, cache_kib=4_000)
_WRITERS = _Pool(connections=1, cache_kib=32_000)
_MUCH_CACHE_KIB = 256_000
_WAIT_S = 60


def _engine(url: str, pool: _Pool) -> Engine:
    sizes: dict[str, Any] = {"pool_size": pool.connections, "max_overflow": 0, "pool_timeout": _WAIT_S}
    if not url.startswith("sqlite"):
        # No question before each use whether the line still stands: after a restart of the database one
        # request fails, and all lines are made anew.
        return create_engine(url, **sizes)
    connecting = {"timeout": _WAIT_S, "check_same_thread": False}
    engine = create_engine(url, poolclass=QueuePool, connect_args=connecting, **sizes)
    event.listen(engine, "connect", partial(_set_up_sqlite, cache_kib=pool.cache_kib))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any, *, cache_kib: int) -> None:  # noqa: ANN401 - of the driver
    connection.isolation_level = None
    cursor = connection.cursor()
    # What was acknowledged survives a power cut; what was forgotten leaves no trace in free pages.
    # A longer journal writes pages that change again and again once.
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", f"cache_size=-{cache_kib}",
               "wal_autocheckpoint=8000")  # fmt: skip
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
