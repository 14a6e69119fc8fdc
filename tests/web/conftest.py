"""The service over a desk with one account a role, spoken to without a network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from safepassage.operations.desk import Desk
from safepassage.operations.safety.passwords import token_hash
from safepassage.operations.store import accounts
from safepassage.web.access import COOKIE
from safepassage.web.app import create_app
from tests.operations.conftest import database, desk, master, postgres_folder, watch

__all__ = ["database", "desk", "master", "postgres_folder", "watch"]

Visit = Callable[[str], TestClient]


@pytest.fixture
def visit(desk: Desk) -> Visit:
    """Make a client with the session of an account; nobody's where the name is empty."""
    app = create_app(desk, secure_cookies=False)

    def client(account: str) -> TestClient:
        made = TestClient(app, raise_server_exceptions=False)
        if account:
            with desk.database.writing() as connection:
                accounts.begin_session(connection, token_hash(f"{account}-{id(made)}"), account, 2**50)
            made.cookies.set(COOKIE, f"{account}-{id(made)}")
        return made

    return client
