"""The overview: where each mark of its pictures stands.

What belongs here: geometry. What does not: the figures (`models/overview.py`), the look (`templates/overview.html`).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from chrysopedia_assets.models.overview import Day, Overview
from chrysopedia_assets.site.html import environment

HEIGHT = 10.0
"""Of a picture, in its own units; it is one across for each day."""
COLOURS = 8
"""Of tasks: the six with prompts, and the `check` of `chrysopedia doctor`. The style knows as many."""


def overview_html(found: Overview) -> str:
    """The whole page; everything that a model, a file or a speaker has said is escaped."""
    return (
        environment()
        .get_template("overview.html")
        .render(
            found=found,
            videos=sum(found.states.values()),
            week_calls=sum(day.calls for day in found.week),
            week_unpriced=sum(day.unpriced for day in found.week),
            colours=COLOURS,
            spend=_spend(found.days),
            quality=[
                line
                for line in (
                    _line("checks passed", found.days, _share_passed),
                    _line("judged", found.days, lambda day: day.judged),
                )
                if line
            ],
        )
    )


def _spend(days: Sequence[Day]) -> dict[str, Any]:
    """Bars of money by task, or of calls where no money is known."""
    has_price = any(sum(day.usd.values()) > 0 for day in days)
    parts = [day.usd if has_price else {"calls": float(day.calls)} for day in days]
    most = max((sum(part.values()) for part in parts), default=0.0)
    tasks = sorted({task for part in parts for task in part})
    bars = []
    for x, (day, part) in enumerate(zip(days, parts, strict=True)):
        top = HEIGHT
        for number, task in enumerate(tasks):
            height = HEIGHT * part.get(task, 0.0) / most if most else 0.0
            if height:
                top -= height
                bars.append({"x": x, "y": round(top, 3), "height": round(height, 3), "number": number, "day": day, "task": task, "value": part[task]})  # fmt: skip
    return {"tasks": tasks, "bars": bars, "most": most, "in_usd": has_price}


def _share_passed(day: Day) -> float | None:
    told = day.passed + day.failed
    return day.passed / told if told else None


def _line(
    name: str, days: Iterable[Day], value_of: Callable[[Day], float | None]
) -> dict[str, Any] | None:
    """Days without a value are bridged; nothing where no day has one."""
    points = [
        {"x": x + 0.5, "y": round(HEIGHT * (1 - value), 3), "day": day.day, "value": value}
        for x, day in enumerate(days)
        if (value := value_of(day)) is not None
    ]
    return {"name": name, "points": points, "last": points[-1]["value"]} if points else None
