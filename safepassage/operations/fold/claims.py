"""Claims, the incidents they gather under, decisions above them, and sites."""

from __future__ import annotations

from safepassage.operations.event import Event
from safepassage.operations.fold.view import SetAside, View, Why, rule
from safepassage.operations.records import changed
from safepassage.operations.records.claims import HeardClaim, Incident
from safepassage.operations.records.movement import OperatedSite
from safepassage.operations.vocabulary import ClaimReported, IncidentDecided, SiteDeclared, SiteStatus


def incident_id(about: str, predicate: str) -> str:
    """Id of the incident that gathers the claims on one property of one subject."""
    return f"{about}:{predicate}"[:80]


@rule("claim.report")
def report(view: View, event: Event, said: ClaimReported) -> None:
    """Hear a claim; it is kept whatever others say."""
    name = incident_id(said.about, said.predicate)
    incident = view.get(Incident, name) or Incident(name, said.about, said.predicate)
    claim = HeardClaim(
        event=event.order,
        value=said.value,
        source=said.source,
        heard_from=said.heard_from,
        reliability=said.reliability,
        credibility=said.credibility,
        valid_ms=said.valid_ms or event.claimed_ms,
        evidence_hash=said.evidence_hash,
    )
    view.put(changed(incident, claims=(*incident.claims, claim), last_event=event.order))


@rule("incident.decide")
def decide(view: View, event: Event, said: IncidentDecided) -> None:
    """Let a named person say which value is used, citing claims."""
    incident = view.need(Incident, event.subject)
    if not said.cites or not set(said.cites) <= {claim.event for claim in incident.claims}:
        raise SetAside(Why.UNKNOWN_CHOICE, incident.last_event)
    view.put(
        changed(
            incident,
            decided=said.value,
            decided_by=event.actor,
            cites=tuple(sorted(set(said.cites))),
            reason=said.reason,
            decided_ms=event.claimed_ms,
            last_event=event.order,
        )
    )


@rule("site.declare")
def declare(view: View, event: Event, said: SiteDeclared) -> None:
    """Open a place that takes people in, or correct its size."""
    status = found.status if (found := view.get(OperatedSite, event.subject)) else "open"
    view.put(
        OperatedSite(
            event.subject, said.settlement, said.beds, said.area_m2, said.accessible, status, event.order
        )
    )


@rule("site.set_status")
def set_status(view: View, event: Event, said: SiteStatus) -> None:
    """Say how a site stands."""
    site = view.need(OperatedSite, event.subject)
    view.put(changed(site, status=said.status, last_event=event.order))
