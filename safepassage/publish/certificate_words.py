"""What a certificate says by short names, in words: limits, parts of the bound, whom they are about."""

from __future__ import annotations

from safepassage.i18n import _
from safepassage.model.scenario import Scenario
from safepassage.publish.wording import place_name


def bounded_words(name: str) -> str:
    """
    Whom an entry of the certificate is about.

    Parameters
    ----------
    name : str
        Name of the entry, such as ``cars`` or ``fleet_stretcher``.

    Returns
    -------
    str
        The same in words; the name itself where it has none.
    """
    return {
        "all": _("Everyone"),
        "cars": _("People in cars"),
        "fleet": _("People in buses and vans"),
        "fleet_seated": _("People who sit in buses and vans"),
        "fleet_seat": _("People who can sit and go alone"),
        "fleet_wheelchair": _("People in wheelchairs"),
        "fleet_stretcher": _("People on stretchers"),
        "fleet_carer": _("Carers"),
    }.get(name, name)


def binding_words(scenario: Scenario, binding: str) -> str:
    """
    What limits a clearance time.

    Parameters
    ----------
    scenario : Scenario
        Gives the names of sites in the reader's language.
    binding : str
        Short names joined by colons, such as ``cars: Checkpoint on the M-03`` or ``vehicles: seated``.

    Returns
    -------
    str
        The same in words.
    """
    site_names = {site.name_en: place_name(site) for site in scenario.sites}
    known = {
        "cars": _("cars"),
        "fleet": _("buses and vans"),
        "roads": _("the roads"),
        "distance": _("the longest way alone"),
        "horizon": _("the time allowed"),
        "vehicles": _("number of vehicles and places"),
        "seated": _("people who sit"),
        "seat": _("people who can sit"),
        "wheelchair": _("people in wheelchairs"),
        "stretcher": _("people on stretchers"),
        "carer": _("carers"),
    }
    parts = binding.split(": ")
    return ": ".join(known.get(part) or site_names.get(part, part) for part in parts)


def bound_part_words(name: str) -> str:
    """
    A part of the bound.

    Parameters
    ----------
    name : str
        Whom it is about and how it was found, such as ``cars_continuous`` or ``fleet_seat_work``.

    Returns
    -------
    str
        The same in words; the name itself where it has none.
    """
    who, _line, how = name.rpartition("_")
    manner = {
        "discrete": _("road capacity, step by step"),
        "continuous": _("road capacity, in continuous time"),
        "farthest": _("the longest way alone"),
        "work": _("work of the vehicles"),
    }.get(how)
    return f"{bounded_words(who)}: {manner}" if manner else name
