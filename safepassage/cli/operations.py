"""Commands that run the ledger: serve it, and take care of it."""

from __future__ import annotations

import base64
import ipaddress
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safepassage.cli.boundary import terminal_of
from safepassage.cli.exit_codes import ExitCode
from safepassage.errors import Fault, InputError
from safepassage.i18n import _

if TYPE_CHECKING:
    from safepassage.operations.desk import Desk
    from safepassage.operations.safety.roles import Role

ROOT = "admin-command"
KEY_FILES = ("master.key", "device.key")
FOLDER_MODE = 0o700
FILE_MODE = 0o600

Data = Annotated[Path, typer.Option("--data", metavar="DIR", help=_("Folder of the ledger's data and keys."))]
DatabaseUrl = Annotated[
    str, typer.Option("--database", help=_("PostgreSQL address; by default a file in the data folder."))
]

admin = typer.Typer(help=_("Take care of the ledger of an evacuation."), no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of the ledger to the command line."""
    app.command(help=_("Serve the ledger of an evacuation to its crews and desks."))(serve)
    app.add_typer(admin, name="admin")


def open_desk(data: Path, database: str) -> Desk:
    """The ledger of a folder, with its keys."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from safepassage.operations.desk import Desk
    from safepassage.operations.rotation import finish_rotation
    from safepassage.operations.safety.keys import MasterKey
    from safepassage.operations.store.database import Database

    if not (data / "master.key").exists():
        problem, remedy = _("the folder holds no ledger"), _("make one with: safepassage admin init")
        raise InputError([Fault(str(data), 0, "", "", problem, remedy)])
    store = Database(database) if database else Database.in_folder(data)
    store.prepare()
    finish_rotation(store, data / "master.key")
    device_key = Ed25519PrivateKey.from_private_bytes((data / "device.key").read_bytes())
    exercise = not (data / "real").exists()
    return Desk(store, MasterKey.from_file(data / "master.key"), device_key, exercise=exercise)


def is_loopback(host: str) -> bool:
    """True where nobody but this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(
    data: Data = Path("ledger"),
    host: Annotated[str, typer.Option(help=_("Address to listen on."))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help=_("Port to listen on."))] = 8443,
    certificate: Annotated[Path | None, typer.Option(help=_("TLS certificate (PEM)."))] = None,
    key: Annotated[Path | None, typer.Option(help=_("Key of the TLS certificate (PEM)."))] = None,
    database: DatabaseUrl = "",
    alerts: Annotated[Path | None, typer.Option(help=_("File into which a feed of alerts writes."))] = None,
) -> None:
    """Listen until stopped; off the loopback only under TLS."""
    secure = certificate is not None and key is not None
    if not secure and not is_loopback(host):
        problem = _("personal data would travel in the open")
        remedy = _("give --certificate and --key, or listen on 127.0.0.1")
        raise InputError([Fault("serve", 0, "host", host, problem, remedy)])
    from safepassage.web.app import create_app
    from safepassage.web.run import listen

    app = create_app(open_desk(data, database), secure_cookies=secure, alert_file=alerts)
    listen(app, host, port, certificate=certificate, key=key)


@admin.command(help=_("Make an empty ledger: folder, keys and tables."))
def init(
    ctx: typer.Context,
    data: Data = Path("ledger"),
    real: Annotated[bool, typer.Option("--real", help=_("Not an exercise."))] = False,
    database: DatabaseUrl = "",
) -> None:
    """Make an empty ledger."""
    if (data / "master.key").exists():
        problem, remedy = _("the folder holds a ledger already"), _("choose another folder")
        raise InputError([Fault(str(data), 0, "", "", problem, remedy)])
    data.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    for name in KEY_FILES:
        _write_private(data / name, secrets.token_bytes(32))
    if real:
        _write_private(data / "real", b"")
    open_desk(data, database)
    _done(ctx, _("The ledger is ready in {folder}. Keep a copy of its keys elsewhere.").format(folder=data))


@admin.command(help=_("Open an account and print the seed of its one-time codes."))
def user(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help=_("Login name."))],
    agency: Annotated[str, typer.Argument(help=_("Agency id."))],
    role: Annotated[str, typer.Argument(help=_("Role, such as hotline or dispatcher."))],
    data: Data = Path("ledger"),
    database: DatabaseUrl = "",
) -> None:
    """Open an account."""
    from safepassage.operations.login import Door

    chosen = _known_role(role)
    desk = open_desk(data, database)
    if name in {known for known, _agency, _role in _accounts(desk)}:
        problem, remedy = _("an account has this name already"), _("choose another name")
        raise InputError([Fault("user", 0, "name", name, problem, remedy)])
    password = secrets.token_urlsafe(12)
    seed = Door(desk).open_account(name, agency, chosen, password, by=ROOT)
    _done(ctx, _("Password: {password}  Codes: {seed}").format(password=password, seed=seed))


@admin.command(help=_("List the accounts that are open, with agency and role."))
def users(ctx: typer.Context, data: Data = Path("ledger"), database: DatabaseUrl = "") -> None:
    """List the accounts."""
    found = _accounts(open_desk(data, database))
    rows = [f"{name}  {agency}  {role}" for name, agency, role in found]
    names = ("name", "agency", "role")
    document = {"accounts": [dict(zip(names, row, strict=True)) for row in found]}
    terminal_of(ctx).done(ExitCode.DONE, document, rows or [_("No account is open.")])


@admin.command(help=_("Give an account another role, or close it."))
def role(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help=_("Login name."))],
    new_role: Annotated[str, typer.Argument(help=_("The role from now on."))] = "",
    close: Annotated[bool, typer.Option("--close", help=_("Let the account in no more."))] = False,
    data: Data = Path("ledger"),
    database: DatabaseUrl = "",
) -> None:
    """Change or close an account; it holds from the next request on."""
    from safepassage.operations.login import Door

    desk = open_desk(data, database)
    if name not in {known for known, _agency, _role in _accounts(desk)}:
        problem, remedy = _("no open account has this name"), _("see: safepassage admin users")
        raise InputError([Fault("role", 0, "name", name, problem, remedy)])
    if close:
        Door(desk).close_account(name, by=ROOT)
        _done(ctx, _("{name} is let in no more.").format(name=name))
        return
    chosen = _known_role(new_role)
    Door(desk).change_role(name, chosen, by=ROOT)
    _done(ctx, _("{name} is {role} from now on.").format(name=name, role=chosen.value))


def _known_role(text: str) -> Role:
    from safepassage.operations.safety.roles import Role

    if text not in set(Role):
        remedy = _("choose one of {names}").format(names=", ".join(Role))
        raise InputError([Fault("account", 0, "role", text, _("the role is not known"), remedy)])
    return Role(text)


def _accounts(desk: Desk) -> list[tuple[str, str, str]]:
    from safepassage.operations.store import accounts

    with desk.database.reading() as connection:
        return accounts.names(connection)


@admin.command(help=_("Enrol a device and print its token, or take a lost one back."))
def device(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help=_("Device id."))],
    account: Annotated[str, typer.Option(help=_("Account that owns the device."))] = "",
    public_key: Annotated[str, typer.Option(help=_("Ed25519 public key, base64."))] = "",
    revoke: Annotated[bool, typer.Option("--revoke", help=_("The device was lost."))] = False,
    data: Data = Path("ledger"),
    database: DatabaseUrl = "",
) -> None:
    """Enrol or revoke a device."""
    from safepassage.operations.login import Door

    door = Door(open_desk(data, database))
    if revoke:
        door.revoke_device(name, by=ROOT)
        _done(ctx, _("What {device} still sends goes to review.").format(device=name))
        return
    if len(base64.b64decode(public_key, validate=False)) != 32:
        problem, remedy = _("this is no Ed25519 public key"), _("give its 32 bytes in base64")
        raise InputError([Fault("device", 0, "public-key", public_key, problem, remedy)])
    token = door.enrol_device(name, account, public_key, by=ROOT)
    _done(ctx, _("Token: {token}").format(token=token))


@admin.command(help=_("Derive every record again from the events."))
def rebuild(ctx: typer.Context, data: Data = Path("ledger"), database: DatabaseUrl = "") -> None:
    """Derive every record again from the events."""
    from safepassage.operations.maintenance import rebuild as derive

    count = derive(open_desk(data, database).database)
    _done(ctx, _("{count} events were applied again.").format(count=count))


@admin.command(name="verify-audit", help=_("Check the chains of the audit and of the events."))
def verify_audit(ctx: typer.Context, data: Data = Path("ledger"), database: DatabaseUrl = "") -> None:
    """Check the chains."""
    number, mark = _checked_chains(open_desk(data, database))
    _done(ctx, _("Both chains are whole. Last line {number}: {mark}").format(number=number, mark=mark))


def _checked_chains(desk: Desk) -> tuple[int, str]:
    from safepassage.operations.maintenance import first_broken_event
    from safepassage.operations.store import audit

    with desk.database.reading() as connection:
        broken = audit.first_broken(connection, desk.master.audit_marks), first_broken_event(connection)
        head = audit.head(connection)
    faults = [
        Fault(file, place, "", "", _("the chain is broken here"), _("compare with a backup"))
        for file, place in zip(("audit", "events"), broken, strict=True)
        if place is not None
    ]
    if faults:
        raise InputError(faults)
    return head


@admin.command(help=_("Copy the whole ledger to a file while the service runs."))
def backup(
    ctx: typer.Context,
    target: Annotated[Path, typer.Argument(help=_("New file; the keys are not in it."))],
    data: Data = Path("ledger"),
    database: DatabaseUrl = "",
) -> None:
    """Copy the ledger, of one moment."""
    from safepassage.operations.store.copies import copy_to_file

    if target.exists():
        problem, remedy = _("the file exists"), _("choose another name")
        raise InputError([Fault(str(target), 0, "", "", problem, remedy)])
    copy_to_file(open_desk(data, database).database, target)
    _done(ctx, _("Copied to {file}. Without the keys nobody can read names in it.").format(file=target))


@admin.command(help=_("Make a ledger from a backup and its keys, on this or another machine."))
def restore(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=_("File that backup made."))],
    keys: Annotated[Path, typer.Option("--keys", help=_("Folder with master.key and device.key."))],
    data: Data = Path("ledger"),
    database: DatabaseUrl = "",
) -> None:
    """Put a backup into an empty ledger and check its chains."""
    from safepassage.operations.store.copies import restore_from_file

    if (data / "master.key").exists():
        problem, remedy = _("the folder holds a ledger already"), _("choose another folder")
        raise InputError([Fault(str(data), 0, "", "", problem, remedy)])
    missing = [name for name in KEY_FILES if not (keys / name).exists()]
    if missing:
        problem, remedy = _("the key is missing"), _("give the folder where the keys were kept")
        raise InputError([Fault(str(keys / name), 0, "", "", problem, remedy) for name in missing])
    data.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    for name in (*KEY_FILES, *(["real"] if (keys / "real").exists() else [])):
        _write_private(data / name, (keys / name).read_bytes())
    desk = open_desk(data, database)
    restore_from_file(source, desk.database)
    number, mark = _checked_chains(desk)
    _done(
        ctx, _("Restored; both chains are whole. Last line {number}: {mark}").format(number=number, mark=mark)
    )


@admin.command(name="rotate-keys", help=_("Keep the keys of all records under a new master key."))
def rotate_keys(ctx: typer.Context, data: Data = Path("ledger"), database: DatabaseUrl = "") -> None:
    """Change the master key; the service must be stopped."""
    from safepassage.operations.rotation import rotate_master_key

    count = rotate_master_key(open_desk(data, database), data / "master.key", actor=ROOT)
    sentence = _("{count} keys are kept under a new master key. Copy master.key to its safe place again.")
    _done(ctx, sentence.format(count=count))


@admin.command(name="purge-expired", help=_("Forget the names and papers of persons whose date has passed."))
def purge_expired(ctx: typer.Context, data: Data = Path("ledger"), database: DatabaseUrl = "") -> None:
    """Forget what has expired."""
    from safepassage.operations.maintenance import forget_expired

    count = forget_expired(open_desk(data, database), datetime.now(tz=UTC).date(), actor=ROOT)
    _done(ctx, _("{count} persons were forgotten.").format(count=count))


def _write_private(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)


def _done(ctx: typer.Context, sentence: str) -> None:
    terminal_of(ctx).done(ExitCode.DONE, {"message": sentence}, [sentence])


@admin.command(help=_("Write the ledger for everyone: no figure tells of fewer than ten people."))
def publish(
    ctx: typer.Context,
    table: Annotated[Path, typer.Argument(help=_("CSV file to write, with an HXL row."))],
    scenario: Annotated[
        Path | None, typer.Option("--scenario", help=_("Scenario folder, for names of settlements."))
    ] = None,
    hours_ago: Annotated[
        float, typer.Option("--hours-ago", min=0, help=_("Moment that the table speaks of."))
    ] = 24.0,
    data: Data = Path("ledger"),
    database: DatabaseUrl = "",
) -> None:
    """Publish the ledger."""
    from safepassage.formats.scenario_folder import read_scenario
    from safepassage.operations.ledger import ledger
    from safepassage.workflows.public_ledger import RELEASES_FILE, publish_ledger

    desk = open_desk(data, database)
    at_ms = desk.now_ms() - round(hours_ago * 3_600_000)
    names = read_scenario(scenario).scenario if scenario else None
    result = publish_ledger(ledger(desk.database, at_ms=at_ms), at_ms, data / RELEASES_FILE, table, names)
    terminal_of(ctx).done(ExitCode.DONE, result.facts(), result.sentences())
