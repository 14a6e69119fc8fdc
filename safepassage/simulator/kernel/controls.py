"""When a feeder's head may move: holds (windows of time) and signals (a cycle with a green part)."""

from __future__ import annotations

from safepassage.simulator.kernel.compile import step
from safepassage.simulator.kernel.layout import NEVER, World


@step
def control_open(world: World, control_index: int, time: int) -> int:
    """Earliest tick from ``time`` on at which a control lets a head move; NEVER if none."""
    control = world.controls[control_index]
    window = control.first_window
    while True:
        asked = time
        while window < control.end_window and world.windows[window].end <= time:
            window += 1
        if window < control.end_window and world.windows[window].start <= time:
            time = world.windows[window].end
        if control.cycle > 0 and time < NEVER:
            phase = (time + control.lead) % control.cycle
            if phase >= control.green:
                time += control.cycle - phase
        if time == asked or time >= NEVER:
            return time
