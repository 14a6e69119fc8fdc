"""Fetch a map extract or a population raster, for those with internet; nothing else ever needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from safepassage.errors import Fault, InputError
from safepassage.formats.area_file import parse_box
from safepassage.formats.web_file import fetch, published_checksum
from safepassage.i18n import _
from safepassage.progress import Progress

GEOFABRIK = "https://download.geofabrik.de"
WORLDPOP = "https://data.worldpop.org/GIS/Population/Global_2000_2020_Constrained/2020/BSGM"
OVERPASS = "https://overpass-api.de/api/map?bbox="
LARGEST_BYTES = 20_000_000_000


@dataclass(frozen=True, slots=True)
class DownloadResult:
    """
    A file that was fetched.

    Attributes
    ----------
    path : Path
        Where it is.
    address : str
        Where it came from.
    size : int
        Bytes.
    checked : bool
        True where a hash was compared.
    """

    path: Path
    address: str
    size: int
    checked: bool

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {
            "file": str(self.path),
            "address": self.address,
            "bytes": self.size,
            "hash_checked": self.checked,
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        said = [_("{file}: {size} MB fetched.").format(file=self.path, size=round(self.size / 1e6, 1))]
        if not self.checked:
            said.append(_("Its size was checked, its content was not: no checksum was given."))
        return said


def address_of(what: str) -> str:
    """
    The web address of a wish.

    Parameters
    ----------
    what : str
        A web address; ``osm:europe/ukraine`` (a Geofabrik extract); ``overpass:W,S,E,N`` (the map of a small
        box, in degrees); ``worldpop:UKR`` (persons in 2020).

    Returns
    -------
    str
        The address.

    Raises
    ------
    InputError
        If the wish is not of one of these forms.
    """
    kind, _colon, name = what.partition(":")
    plain = name.replace("/", "").replace("-", "")
    if kind == "osm" and plain.isalnum():
        return f"{GEOFABRIK}/{name}-latest.osm.pbf"
    if kind == "overpass":
        return OVERPASS + ",".join(f"{value:g}" for value in parse_box(name).bounds)
    if kind == "worldpop" and len(name) == 3 and name.isalpha():
        return f"{WORLDPOP}/{name.upper()}/{name.lower()}_ppp_2020_UNadj_constrained.tif"
    if kind in ("http", "https"):
        return what
    problem = _("this is nothing that can be fetched")
    remedy = _("write osm:europe/ukraine, overpass:37.5,49.6,37.7,49.8, worldpop:UKR, or a web address")
    raise InputError([Fault("download", 0, "", what, problem, remedy)])


def download_file(
    what: str, output: Path | None = None, *, checksum: str = "", progress: Progress | None = None
) -> DownloadResult:
    """
    Fetch a file; run again, it goes on where it stopped.

    Parameters
    ----------
    what : str
        See `address_of`.
    output : Path, optional
        File to write; by default the name at the end of the address, in the present folder.
    checksum : str
        MD5, SHA-1 or SHA-256 in hexadecimal digits; for Geofabrik's extracts that which it publishes.
    progress : Progress, optional
        Told of the bytes.

    Returns
    -------
    DownloadResult
        Where the file is.

    Raises
    ------
    InputError
        If it cannot be fetched or is not what was promised.
    OutputError
        If it cannot be written.
    """
    address = address_of(what)
    name = "map.osm" if address.startswith(OVERPASS) else Path(urlsplit(address).path).name
    target = output or Path(name or "download")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not checksum and address.startswith(f"{GEOFABRIK}/"):
        checksum = published_checksum(address)
    size = fetch(address, target, checksum=checksum, most_bytes=LARGEST_BYTES, progress=progress)
    return DownloadResult(target, address, size, bool(checksum))
