"""Conversions, applied only where data enters or leaves; everything inside is SI."""

SECONDS_PER_HOUR = 3600.0
SECONDS_PER_DAY = 86400
EARTH_RADIUS_M = 6_371_008.8


def kmh_to_m_per_s(speed_km_per_h: float) -> float:
    """Kilometres an hour to metres a second."""
    return speed_km_per_h / 3.6


def m_per_s_to_kmh(speed_m_per_s: float) -> float:
    """Metres a second to kilometres an hour."""
    return speed_m_per_s * 3.6


def per_hour_to_per_s(rate_per_h: float) -> float:
    """A rate an hour to a rate a second."""
    return rate_per_h / SECONDS_PER_HOUR
