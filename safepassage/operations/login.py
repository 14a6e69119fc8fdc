"""Who is there: logins with password and one-time code, sessions, devices and their leases."""

from __future__ import annotations

from dataclasses import dataclass, replace

from safepassage.errors import SafepassageError
from safepassage.operations.desk import Desk
from safepassage.operations.reading import Reader
from safepassage.operations.safety import passwords
from safepassage.operations.safety.keys import seal, unseal
from safepassage.operations.safety.roles import DOES, Action, Role
from safepassage.operations.store import accounts, audit, devices, secrets
from safepassage.operations.store.database import Connection

SESSION_MS = 12 * 3_600_000
LEASE_MS = 72 * 3_600_000
BREAK_GLASS_MS = 30 * 60_000


class LoginError(SafepassageError):
    """Name, password or code do not fit together; which of them is not told."""


class LockedError(SafepassageError):
    """Too many failures in a row; wait and try again."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """
    Who asks.

    Attributes
    ----------
    reader : Reader
        What the person may see.
    device : Device or None
        The device, where one asks.
    """

    reader: Reader
    device: devices.Device | None


class Door:
    """
    Lets people and devices in.

    Parameters
    ----------
    desk : Desk
        Whose database and keys.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def open_account(self, name: str, agency: str, role: Role, password: str, *, by: str) -> str:
        """
        Open an account.

        Parameters
        ----------
        name, agency : str
            Login name, agency id.
        role : Role
            What the person does.
        password : str
            To be changed by the person.
        by : str
            Who opens it.

        Returns
        -------
        str
            Seed of the one-time codes, for the authenticator; it is shown once.
        """
        seed = passwords.new_code_seed()
        subject = f"account/{name}"
        with self._desk.database.writing() as connection:
            wrapped = self._desk.master.new_record_key(subject)
            secrets.add_key(connection, subject, wrapped)
            sealed = seal(self._desk.master.unwrapped(subject, wrapped), subject, seed)
            hashed = passwords.password_hash(password)
            accounts.add(connection, accounts.Account(name, agency, role, hashed, sealed))
            self._note(connection, by, "account.open", name, role)
        return seed

    def change_role(self, name: str, role: Role, *, by: str) -> None:
        """Give an account another role; its sessions and devices have it from the next request on."""
        with self._desk.database.writing() as connection:
            accounts.change(connection, name, role=role.value)
            self._note(connection, by, "account.role", name, role)

    def close_account(self, name: str, *, by: str) -> None:
        """Let an account in no more; what its devices still send goes to review."""
        with self._desk.database.writing() as connection:
            accounts.change(connection, name, disabled=1)
            accounts.end_sessions_of(connection, name)
            self._note(connection, by, "account.close", name, "")

    def log_in(self, name: str, password: str, code: str) -> str:
        """
        Begin a session.

        Parameters
        ----------
        name, password, code : str
            As typed.

        Returns
        -------
        str
            Token of the session.

        Raises
        ------
        LoginError
            If they do not fit together.
        LockedError
            If the account waits after failures.
        """
        with self._desk.database.reading() as connection:
            known = accounts.find(connection, name)
        if known is not None and known.locked_until_ms > self._desk.now_ms():
            raise LockedError(name)
        # Slow on purpose, so it must not be done while everybody who writes waits.
        fits = passwords.is_password(known.password_hash if known else passwords.DUMMY_HASH, password)
        with self._desk.database.writing() as connection:
            now = self._desk.now_ms()
            account = accounts.find(connection, name)
            if account is not None and account.locked_until_ms > now:
                raise LockedError(name)
            step = self._code_step(connection, account, code) if account and fits else None
            allowed = account is not None and fits and step is not None and not account.disabled
            if account is not None and not allowed:
                failures = account.failures + 1
                until = now + passwords.lock_ms(failures)
                accounts.change(connection, name, failures=failures, locked_until_ms=until)
                self._note(connection, name, "login.fail", "", "")
            token = passwords.new_token()
            if allowed:
                accounts.change(connection, name, failures=0, locked_until_ms=0, totp_used=step)
                accounts.end_sessions_of(connection, name, expired_before_ms=now)
                accounts.begin_session(connection, passwords.token_hash(token), name, now + SESSION_MS)
                self._note(connection, name, "login", "", "")
        if not allowed:
            raise LoginError(name)
        return token

    def log_out(self, token: str) -> None:
        """End a session."""
        with self._desk.database.writing() as connection:
            accounts.end_session(connection, passwords.token_hash(token))

    def who_has_session(self, token: str) -> Visitor | None:
        """Whose session a token is; None where it has ended."""
        with self._desk.database.reading() as connection:
            found = accounts.who_has(connection, passwords.token_hash(token))
        now = self._desk.now_ms()
        if found is None:
            return None
        session, account = found
        if account.disabled or session.expires_ms <= now:
            return None
        broke = session.break_glass_until_ms > now
        return Visitor(Reader(account.name, account.agency, Role(account.role), broke), None)

    def who_has_device(self, token: str) -> Visitor | None:
        """Whose device a token is; a revoked one, or one of a closed account, delivers but sees nothing."""
        with self._desk.database.reading() as connection:
            device = devices.find_by_token(connection, passwords.token_hash(token))
        return self.who_owns(device) if device else None

    def who_owns(self, device: devices.Device) -> Visitor | None:
        """The owner of a device, with it; a revoked one delivers but sees nothing."""
        with self._desk.database.reading() as connection:
            account = accounts.find(connection, device.account)
        if account is None:
            return None
        if account.disabled:
            device = replace(device, revoked_ms=device.revoked_ms or self._desk.now_ms())
        return Visitor(Reader(account.name, account.agency, Role(account.role)), device)

    def break_glass(self, token: str, reader: Reader, reason: str) -> int:
        """
        See more for a while, in an emergency.

        Parameters
        ----------
        token : str
            Of the session.
        reader : Reader
            Whose it is; the role must hold the right.
        reason : str
            Written into the audit, where auditors see it at once.

        Returns
        -------
        int
            Until when (ms since 1970).
        """
        assert Action.BREAK_GLASS in DOES[reader.role]
        until = self._desk.now_ms() + BREAK_GLASS_MS
        with self._desk.database.writing() as connection:
            accounts.break_glass(connection, passwords.token_hash(token), until)
            self._note(connection, reader.account, "glass.break", "", reason)
        return until

    def enrol_device(self, device_id: str, account: str, public_key: str, *, by: str) -> str:
        """
        Let a device sign events of an account.

        Parameters
        ----------
        device_id, account, public_key : str
            Its id, its owner, its Ed25519 key in base64.
        by : str
            Who enrols it.

        Returns
        -------
        str
            Token with which it may deliver and see.
        """
        token = passwords.new_token()
        with self._desk.database.writing() as connection:
            lease = self._desk.now_ms() + LEASE_MS
            device = devices.Device(device_id, account, public_key, lease, None)
            devices.add(connection, device, passwords.token_hash(token))
            self._note(connection, by, "device.enrol", device_id, account)
        return token

    def revoke_device(self, device_id: str, *, by: str) -> None:
        """Take a lost device back; what it still sends goes to review."""
        with self._desk.database.writing() as connection:
            devices.revoke(connection, device_id, self._desk.now_ms())
            self._note(connection, by, "device.revoke", device_id, "")

    def extend_lease(self, device: devices.Device) -> int:
        """Let a device that was seen work on offline; until when (ms since 1970)."""
        until = self._desk.now_ms() + LEASE_MS
        with self._desk.database.writing() as connection:
            devices.extend_lease(connection, device.id, until)
        return until

    def _code_step(self, connection: Connection, account: accounts.Account, code: str) -> int | None:
        subject = f"account/{account.name}"
        wrapped = secrets.wrapped_keys(connection, [subject]).get(subject)
        if wrapped is None:
            return None
        seed = unseal(self._desk.master.unwrapped(subject, wrapped), subject, account.totp_sealed)
        return passwords.code_step(seed, code, self._desk.now_ms() / 1000, account.totp_used)

    def _note(self, connection: Connection, actor: str, action: str, subject: str, detail: str) -> None:
        mark = self._desk.master.audit_mark
        audit.add(connection, mark, self._desk.now_ms(), actor, action, subject, detail)
