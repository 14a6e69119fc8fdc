"""From events to exposure, closures and alerts."""
