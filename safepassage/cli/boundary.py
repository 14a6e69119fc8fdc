"""
The one place where errors end: each becomes a clear message and an exit code.

Nobody at a terminal ever sees a raw traceback; what the authors need lies in a log file.
"""

from __future__ import annotations

import os
import platform
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from safepassage import __version__
from safepassage.cli.exit_codes import ExitCode, exit_code
from safepassage.cli.terminal import Terminal
from safepassage.errors import InputError
from safepassage.i18n import _, language, ngettext, use_language


class Commands(TyperGroup):
    """A group of commands whose errors are told in words."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # noqa: ANN401
        """Run a command; its language and its errors do not outlive it."""
        with use_language(language()):
            try:
                return super().invoke(ctx)
            except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
                # The library's own signals: a chosen exit code, wrong usage, a reader that went away.
                raise
            except KeyboardInterrupt:
                code = ExitCode.INTERRUPTED
                terminal_of(ctx).failed(
                    code, _("Stopped at your request; nothing half-written was left behind.")
                )
            except Exception as error:  # noqa: BLE001 (the last line before the user)
                code = exit_code(error)
                _tell(terminal_of(ctx), code, error)
            raise typer.Exit(code)


def terminal_of(ctx: typer.Context) -> Terminal:
    """Terminal of this run, made when first asked for."""
    root = ctx.find_root()
    if not isinstance(root.obj, Terminal):
        root.obj = Terminal()
    return root.obj


def state_folder() -> Path:
    """Folder for what this user's runs leave behind, by the XDG convention."""
    chosen = os.environ.get("XDG_STATE_HOME")
    return (Path(chosen) if chosen else Path.home() / ".local" / "state") / "safepassage"


def _tell(terminal: Terminal, code: ExitCode, error: Exception) -> None:
    if code is ExitCode.OUR_FAULT:
        terminal.failed(code, _our_fault(error))
    elif isinstance(error, InputError):
        terminal.failed(code, _count(error), error.faults)
    elif isinstance(error, OSError):
        terminal.failed(code, _system_refused(error))
    else:
        terminal.failed(code, str(error))


def _count(error: InputError) -> str:
    count = sum(fault.severity != "warning" for fault in error.faults)
    text = ngettext(
        "{count} error in the input; nothing was written.",
        "{count} errors in the input; nothing was written.",
        count,
    )
    return text.format(count=count)


def _system_refused(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.filename is None:
        return _("The system refused: {reason}.").format(reason=reason)
    return _("{file} could not be read or written: {reason}.").format(file=error.filename, reason=reason)


def _our_fault(error: Exception) -> str:
    kind = type(error).__name__
    try:
        log = _write_log(error)
    except (OSError, RuntimeError):
        return _(
            "Safepassage failed ({kind}); that is our fault, not yours. No log could be written."
        ).format(kind=kind)
    return _(
        "Safepassage failed ({kind}); that is our fault, not yours. "
        "The details for its authors are in {log}. "
        "Read that file before you send it: it may name places of your scenario."
    ).format(kind=kind, log=log)


def _write_log(error: Exception) -> Path:
    folder = state_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"failure-{datetime.now(tz=UTC):%Y%m%dT%H%M%S%f}Z-{os.getpid()}.log"
    text = "\n".join(
        (
            f"safepassage {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"arguments: {sys.argv[1:]!r}",
            "",
            "".join(traceback.format_exception(error)),
        )
    )
    # Readable by this user alone: a traceback may hold what the scenario keeps secret.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    return path
