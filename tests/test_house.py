"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.core import TyperGroup

from safepassage.cli.main import app

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "safepassage"
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
DEVELOPMENT = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]

# The brackets keep this file from breaking its own rule.
MACHINE_PATH = re.compile(r"(?<![\w.\-/}])/(w[o]rk|r[o]ot|t[m]p|h[o]me|U[s]ers)/\w")
INDEX_ADDRESS = re.compile(r"py[p]i\.org|python[h]osted|--[i]ndex-url|--[f]ind-links|f[i]le:///")


def tracked_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True, text=True
    )
    return [path for name in listing.stdout.split("\0") if name and (path := REPOSITORY / name).is_file()]


def pins() -> dict[str, str]:
    lines = (REPOSITORY / "constraints.txt").read_text("utf-8").splitlines()
    return {
        canonicalize_name(name): version
        for name, _equals, version in (line.partition("==") for line in lines)
    }


def installed_closure(requirements: list[Requirement]) -> dict[str, Distribution]:
    """Distributions that a list of requirements brings in on this machine."""
    found: dict[str, Distribution] = {}
    waiting = [(requirement.name, requirement.extras) for requirement in requirements]
    while waiting:
        name, extras = waiting.pop()
        if canonicalize_name(name) in found:
            continue
        found[canonicalize_name(name)] = distribution(name)
        for line in distribution(name).requires or ():
            requirement = Requirement(line)
            wanted = [{"extra": extra} for extra in ("", *extras)]
            if requirement.marker is None or any(requirement.marker.evaluate(extra) for extra in wanted):
                waiting.append((requirement.name, requirement.extras))
    return found


def licence(package: Distribution) -> str:
    """What a package says of its licence, in the form that is least ambiguous."""
    fields = package.metadata.json
    classifiers = [line for line in fields.get("classifier", ()) if line.startswith("License ::")]
    first_line = str(fields.get("license", "")).partition("\n")[0]
    return str(fields.get("license_expression", "")) or "; ".join(classifiers) or first_line


def test_no_machine_path_and_no_index_address_is_tracked() -> None:
    found = []
    for path in tracked_files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if match := MACHINE_PATH.search(line) or INDEX_ADDRESS.search(line):
                found.append(f"{path.relative_to(REPOSITORY)}:{number}: {match.group()}")
    assert found == []


@pytest.mark.parametrize("parts", [("cd ", "work", "main"), ("'", "tmp", "x"), ("(", "home", "user")])
def test_the_rule_on_paths_can_fail(parts: tuple[str, str, str]) -> None:
    assert MACHINE_PATH.search("{}/{}/{}".format(*parts))


def test_constraints_pin_by_name_and_version_only() -> None:
    lines = (REPOSITORY / "constraints.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []
    assert len(pins()) == len(lines)


def test_everything_that_is_installed_for_us_is_pinned() -> None:
    assert sorted(installed_closure(RUNTIME + DEVELOPMENT).keys() - pins().keys()) == []


def test_pins_satisfy_what_the_package_declares() -> None:
    pinned = pins()
    refused = [
        str(need)
        for need in RUNTIME + DEVELOPMENT
        if not need.specifier.contains(pinned[canonicalize_name(need.name)])
    ]
    assert refused == []


def test_no_runtime_dependency_is_under_gpl_or_agpl() -> None:
    licences = {name: licence(package) for name, package in installed_closure(RUNTIME).items()}
    assert [name for name, text in licences.items() if not text] == []
    assert {
        name: text for name, text in licences.items() if re.search(r"(?<!L)GPL|General Public|Affero", text)
    } == {}


PACKAGE_FOLDERS = sorted({path.parent for path in PACKAGE.rglob("*.py")})


@pytest.mark.parametrize("folder", PACKAGE_FOLDERS, ids=lambda folder: str(folder.relative_to(REPOSITORY)))
def test_every_package_says_what_it_is_for(folder: Path) -> None:
    tree = ast.parse((folder / "__init__.py").read_text("utf-8"))
    assert ast.get_docstring(tree)


def imported_roots(path: Path) -> set[str]:
    roots = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module.partition(".")[0])
    return roots


def test_compiled_code_lives_in_kernels() -> None:
    kernels = PACKAGE / "simulator" / "kernel"
    strays = [
        str(path.relative_to(REPOSITORY))
        for path in PACKAGE.rglob("*.py")
        if "numba" in imported_roots(path)
        and kernels not in path.parents
        and not path.name.startswith("kernel_")
    ]
    assert strays == []


def test_every_command_and_option_has_help() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    silent = []
    for name, command in group.commands.items():
        silent += [name] if not command.help else []
        silent += [
            f"{name} {parameter.name}" for parameter in command.params if not getattr(parameter, "help", "")
        ]
    assert set(group.commands) >= {"check", "demo", "plan", "report", "simulate"}
    assert silent == []


def test_the_wheel_carries_every_tracked_file_of_the_package(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    expected = {
        path.relative_to(REPOSITORY).as_posix() for path in tracked_files() if PACKAGE in path.parents
    }
    assert sorted(expected - inside) == []
