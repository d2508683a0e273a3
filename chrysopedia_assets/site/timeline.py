"""A video drawn to scale: where each thing stands along it, in percent.

What belongs here: geometry. What does not: what is drawn (`video_page.py`, `technique_page.py`).
"""

from dataclasses import dataclass

LEAST = 0.6
"""Percent: what is shorter still shows."""
MOST_TICKS = 6
_TICK_STEPS_S = (10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400)


@dataclass(frozen=True)
class Tick:
    at_s: float
    x: float


def place(start_s: float, end_s: float, duration_s: float) -> tuple[float, float]:
    """Where it begins and how long it is; all of it lies within the video, whatever its times say."""
    whole = duration_s or 1.0
    first, last = (100 * min(1.0, at_s / whole) for at_s in (start_s, max(start_s, end_s)))
    width = max(LEAST, last - first)
    return round(min(first, 100 - width), 3), round(width, 3)


def ticks(duration_s: float) -> list[Tick]:
    """Round times along the axis, none so near the end that its words do not fit."""
    step_s = next((s for s in _TICK_STEPS_S if duration_s / s <= MOST_TICKS), _TICK_STEPS_S[-1])
    times = [n * step_s for n in range(int(duration_s / step_s) + 1)]
    return [
        Tick(at_s, place(at_s, at_s, duration_s)[0])
        for at_s in times
        if at_s < duration_s * 0.85 or not at_s
    ]
