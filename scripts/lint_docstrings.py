"""
Check the docstrings of public names against numpydoc.

Every public module, class, function and method needs a docstring; sections are known and in order; those
that describe parameters or attributes name all of them and no others. A short function may do with its
summary line: up to three parameters whose names say what they are.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator

from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

import safepassage

# GL: whole docstring; SS: summary; PR: parameters; RT: results. ruff holds the layout.
CHECKED = {
    "GL06",
    "GL07",
    "GL08",
    "PR01",
    "PR02",
    "PR03",
    "PR04",
    "PR10",
    "RT01",
    "RT03",
    "SS01",
    "SS03",
}
PARAMETERS_WITHOUT_SECTION = 3
# Options of commands carry their help, parameters of routes the schema of the service; steps of kernels
# share named tuples that say what each array holds.
EXPLAINED_ELSEWHERE = re.compile(
    r"\.web\.(routes|exchange)\.|\.kernel\.|\.kernel_\w+\."
    r"|\.cli\.(main|maps|forecast|operations|rehearse|verify|sheets|replan|crossings|pins|exchange)\."
)


def public_names() -> Iterator[tuple[str, object]]:
    """
    Walk the package.

    Yields
    ------
    str
        Dotted name.
    object
        The module, class, function or method of that name.
    """
    names = [safepassage.__name__]
    names += [found.name for found in pkgutil.walk_packages(safepassage.__path__, f"{safepassage.__name__}.")]
    for module_name in names:
        if any(part.startswith("_") for part in module_name.split(".")):
            continue
        module = importlib.import_module(module_name)
        yield module_name, module
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module_name:
                continue
            if inspect.isclass(value):
                yield f"{module_name}.{name}", value
                yield from _methods(f"{module_name}.{name}", value)
            elif callable(value) and hasattr(value, "__name__"):
                yield f"{module_name}.{name}", value


def _methods(class_name: str, owner: type) -> Iterator[tuple[str, object]]:
    for name, value in vars(owner).items():
        wrapped = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if not name.startswith("_") and (inspect.isfunction(wrapped) or isinstance(wrapped, property)):
            yield f"{class_name}.{name}", wrapped


def faults(name: str, value: object) -> Iterator[str]:
    """
    Check one name.

    Parameters
    ----------
    name : str
        Dotted name.
    value : object
        What it stands for.

    Yields
    ------
    str
        One line a fault.
    """
    documentation = inspect.getdoc(value)
    if inspect.ismodule(value) or not documentation or not value.__doc__:
        if not value.__doc__:
            yield f"{name}: GL08: no docstring"
        return
    sections = NumpyDocString(documentation)
    if inspect.isclass(value):
        if dataclasses.is_dataclass(value) and (sections["Attributes"] or sections["Parameters"]):
            yield from _undocumented_fields(name, value, sections)
        # The constructor's own signature is held by the fields, or by the section Parameters below.
        skipped = set() if sections["Parameters"] else {"PR01"}
        skipped |= {"PR02"} if dataclasses.is_dataclass(value) else set()
    else:
        skipped = _excused(name, value, sections)
    for code, message in validate(name)["errors"]:
        if code in CHECKED - skipped:
            yield f"{name}: {code}: {message}"


def _excused(name: str, value: object, sections: NumpyDocString) -> set[str]:
    """Codes that a function with a summary line alone need not meet."""
    if not callable(value):
        return set(CHECKED) - {"GL08", "SS03"}
    parameters = [name for name in inspect.signature(value).parameters if name not in {"self", "cls"}]
    excused = set()
    explained_elsewhere = len(parameters) <= PARAMETERS_WITHOUT_SECTION or EXPLAINED_ELSEWHERE.search(name)
    if not sections["Parameters"] and explained_elsewhere:
        excused.add("PR01")
        # With no section on parameters, the summary says what comes back as well.
        excused.add("RT01")
    return excused


def _undocumented_fields(name: str, owner: type, sections: NumpyDocString) -> Iterator[str]:
    described = {
        part.strip()
        for section in ("Attributes", "Parameters")
        for entry in sections[section]
        for part in entry.name.split(",")
    }
    fields = {field.name for field in dataclasses.fields(owner) if not field.name.startswith("_")}
    for missing in sorted(fields - described):
        yield f"{name}: PR01: field {missing!r} is not described"
    for extra in sorted(described - fields - set(dir(owner))):
        yield f"{name}: PR02: {extra!r} is described but is not a field"


def main() -> int:
    """Print every fault; exit with 1 if there is one."""
    found = [fault for name, value in public_names() for fault in faults(name, value)]
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
