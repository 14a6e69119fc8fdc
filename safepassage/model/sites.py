"""Sites: where people gather, are handed over, checked, received, treated, and where vehicles stand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from safepassage.errors import ModelError


class SiteKind(StrEnum):
    """What a site is for."""

    ASSEMBLY_POINT = "assembly_point"
    HANDOVER_HUB = "handover_hub"
    CHECKPOINT = "checkpoint"
    TRANSIT_CENTRE = "transit_centre"
    RECEPTION = "reception"
    HOSPITAL = "hospital"
    STATION = "station"
    DEPOT = "depot"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Site:
    """
    A place with a part in the evacuation.

    Attributes
    ----------
    id : str
        Unique id.
    kind : SiteKind
        What the site is for. An ``exit`` is a way out of the map beyond which people are safe.
    name_uk, name_en : str
        Names in two languages.
    node : str
        Id of the network node where it is reached.
    latitude_deg, longitude_deg : float
        Position, WGS84; rounded or a settlement's centre where the place must not be shown.
    capacity_persons : float
        Persons that can be received or may stay (beds for reception); ``inf`` where unlimited.
    waiting_cap_persons : float
        Most persons who may wait here at one time; ``inf`` where no cap is set.
    service_rate_pcu_per_h : float
        Vehicles that can pass in an hour (PCU/h); ``inf`` where none are held.
    accessible : bool
        Reachable for wheelchairs and stretchers.
    safe : bool
        People who arrive here are out of danger.
    settlement : str
        For an assembly point, the settlement it serves; otherwise empty.
    opens_s, closes_s : float
        Opening in seconds since the scenario's start; ``inf`` closes never.
    divert_to : str
        Id of the site to which whoever finds this one full drives on; empty where nobody is diverted.
    walk_m : float
        Mean way on foot of those who gather here (m); 0 where it is not counted.
    """

    id: str
    kind: SiteKind
    name_uk: str
    name_en: str
    node: str
    latitude_deg: float
    longitude_deg: float
    capacity_persons: float = math.inf
    waiting_cap_persons: float = math.inf
    service_rate_pcu_per_h: float = math.inf
    accessible: bool = True
    safe: bool = False
    settlement: str = ""
    opens_s: float = 0.0
    closes_s: float = math.inf
    divert_to: str = ""
    walk_m: float = 0.0

    def __post_init__(self) -> None:
        for name in ("capacity_persons", "waiting_cap_persons"):
            if not getattr(self, name) >= 0:
                raise ModelError(f"site {self.id}: {name} is {getattr(self, name)}; give a number >= 0")
        if not self.service_rate_pcu_per_h > 0:
            raise ModelError(
                f"site {self.id}: service_rate_pcu_per_h is {self.service_rate_pcu_per_h};"
                " give a positive number"
            )
        if not 0 <= self.walk_m < math.inf:
            raise ModelError(f"site {self.id}: walk_m is {self.walk_m}; give a number >= 0")
        if not self.closes_s > self.opens_s:
            raise ModelError(f"site {self.id}: closes at {self.closes_s} s, not after it opens")
