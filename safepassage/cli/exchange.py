"""Commands with which lists and files come into the ledger and leave it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safepassage.cli.boundary import terminal_of
from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.operations import Data, DatabaseUrl, admin, open_desk
from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.workflows.list_subject import Subject

if TYPE_CHECKING:
    from safepassage.operations.desk import Desk
    from safepassage.operations.reading import Reader

Account = Annotated[
    str, typer.Option("--as", metavar="ACCOUNT", help=_("Who does it; the account's role must allow it."))
]
Scenario = Annotated[
    Path | None,
    typer.Option("--scenario", metavar="DIR", help=_("Scenario folder, for names of settlements.")),
]


def reader_of(desk: Desk, account: str) -> Reader:
    """The account in whose name somebody works at this machine."""
    from safepassage.operations.reading import Reader
    from safepassage.operations.safety.roles import Role
    from safepassage.operations.store import accounts

    with desk.database.reading() as connection:
        found = accounts.find(connection, account)
    if found is None or found.disabled:
        problem, remedy = _("no open account has this name"), _("see: safepassage admin users")
        raise InputError([Fault("--as", 0, "", account, problem, remedy)])
    return Reader(found.name, found.agency, Role(found.role))


def _mapping(pairs: list[str]) -> dict[str, str]:
    faults = [
        Fault("--map", 0, "", pair, _("this names no column"), _("write it as field=header"))
        for pair in pairs
        if "=" not in pair
    ]
    if faults:
        raise InputError(faults)
    return {name.strip(): header.strip() for name, _sign, header in (pair.partition("=") for pair in pairs)}


def register() -> None:
    """Add the commands to those that take care of the ledger."""
    admin.command(name="import", help=_("Enter people or requests from a table, Kobo, ODK or PFIF."))(
        import_file
    )
    admin.command(help=_("Take in the parcel that a device has put on a stick, and write its answer."))(usb)
    admin.command(name="usb-key", help=_("Print the key for which devices seal their parcels."))(usb_key)
    admin.command(help=_("Write who is looked for as PFIF 1.4, for registries of missing people."))(export)


def import_file(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help=_("CSV, Excel, JSON of Kobo or ODK, XML of PFIF.")),
    ],
    account: Account,
    subject: Annotated[Subject, typer.Option("--of", help=_("What the file lists."))] = Subject.PEOPLE,
    source: Annotated[
        str, typer.Option("--source", help=_("Who made the list; its numbers hold within it. Default: name."))
    ] = "",
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=HEADER", help=_("Which column a field stands in; repeatable.")),
    ] = None,
    scenario: Scenario = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only tell what would happen."))] = False,
    data: Data = Path("ledger"),
    database: DatabaseUrl = "",
) -> None:
    """Enter a list, or tell everything that is wrong with it."""
    from safepassage.formats.scenario_folder import read_scenario
    from safepassage.operations.desk import NotAllowedError
    from safepassage.workflows.import_people import ListFile, import_list

    desk = open_desk(data, database)
    reader = reader_of(desk, account)
    given = ListFile(file, subject, source or file.stem, _mapping(columns or []))
    places = read_scenario(scenario).scenario if scenario else None
    try:
        result = import_list(desk, given, reader, scenario=places, dry_run=dry_run)
    except NotAllowedError as error:
        raise _not_allowed(reader, error) from error
    terminal = terminal_of(ctx)
    if not terminal.as_json:
        terminal.faults(result.warnings)
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())


def export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help=_("XML file to write."))],
    account: Account,
    domain: Annotated[str, typer.Option("--domain", help=_("Domain of this registry, for ids."))] = "",
    everyone: Annotated[
        bool, typer.Option("--everyone", help=_("Adults for whom nobody asks as well."))
    ] = False,
    scenario: Scenario = None,
    data: Data = Path("ledger"),
    database: DatabaseUrl = "",
) -> None:
    """Write PFIF."""
    from safepassage.formats.files import write_atomically
    from safepassage.formats.scenario_folder import read_scenario
    from safepassage.operations.desk import NotAllowedError
    from safepassage.operations.reading import ReadingRoom
    from safepassage.workflows.people_finder import DOMAIN, export_pfif

    desk = open_desk(data, database)
    reader = reader_of(desk, account)
    places = read_scenario(scenario).scenario if scenario else None
    try:
        text = export_pfif(
            ReadingRoom(desk), desk, reader, scenario=places, domain=domain or DOMAIN, everyone=everyone
        )
    except NotAllowedError as error:
        raise _not_allowed(reader, error) from error
    write_atomically(file, text)
    sentence = _("Written to {file}, readable by you alone: it holds names.").format(file=file)
    terminal_of(ctx).done(ExitCode.DONE, {"file": str(file)}, [sentence])


def usb_key(ctx: typer.Context, data: Data = Path("ledger"), database: DatabaseUrl = "") -> None:
    """Print the key of parcels."""
    from safepassage.operations.courier import public_key_of

    key = public_key_of(open_desk(data, database))
    terminal_of(ctx).done(ExitCode.DONE, {"public_key": key}, [key])


def usb(
    ctx: typer.Context,
    parcel: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=_("File of the device."))],
    answer: Annotated[Path, typer.Option("--answer", help=_("File to carry back to the device."))],
    data: Data = Path("ledger"),
    database: DatabaseUrl = "",
) -> None:
    """Take a parcel in."""
    from safepassage.formats.files import write_atomically
    from safepassage.formats.foreign_file import bytes_of
    from safepassage.operations.courier import take
    from safepassage.operations.login import Door
    from safepassage.operations.reading import ReadingRoom
    from safepassage.operations.sync import SyncDesk

    desk = open_desk(data, database)
    sync = SyncDesk(desk, ReadingRoom(desk), Door(desk))
    write_atomically(answer, take(desk, sync, bytes_of(parcel)))
    sentence = _("Taken in. Carry {file} back to the device; nobody else can open it.").format(file=answer)
    terminal_of(ctx).done(ExitCode.DONE, {"answer": str(answer)}, [sentence])


def _not_allowed(reader: Reader, error: Exception) -> InputError:
    problem = _("the role {role} may not do this ({what})").format(role=reader.role.value, what=error)
    remedy = _("let somebody do it whose role allows it, such as hotline or tracing")
    return InputError([Fault("--as", 0, "", reader.account, problem, remedy)])
