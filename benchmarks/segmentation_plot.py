"""One transcript's border scores over time, with the engine's borders and people's, as an SVG of numbers and times."""

from pathlib import Path

from benchmarks.segmentation_sets import Document
from chrysopedia_assets.engines.borders import (
    CERTAINTY,
    best_borders,
    border_scores,
    clock,
    possible_borders,
)

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 1200, 420, 60, 70, 50
TICK_S = 120.0


def write_plot(document: Document, file: Path) -> None:
    possible = possible_borders(document.segments)
    times = clock(document.segments, possible)
    scores = border_scores(possible, times)[1:]
    ours = [float(times[number]) for number in best_borders(border_scores(possible, times) - CERTAINTY, times)[1:]]  # fmt: skip
    theirs = document.topics_s or ()
    low, high, end_s = float(scores.min()), float(scores.max()), float(times[-1])

    def x(at_s: float) -> float:
        return LEFT + (WIDTH - LEFT - 20) * at_s / end_s

    def y(score: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - score) / (high - low)

    curve = " ".join(f"{x(float(at)):.1f},{y(float(score)):.1f}" for at, score in zip(times[1:-1], scores, strict=True))  # fmt: skip
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="14">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" fill="#1a5fb4">above: borders by the engine ({len(ours)})</text>',
        f'<text x="{LEFT}" y="44" fill="#c64600">below: borders by a person ({len(theirs)}); curve: log-odds of a border, but for a constant</text>',
        *(f'<path d="M{x(at):.1f} {TOP - 12}V{y(low):.1f}" stroke="#1a5fb4" stroke-opacity=".35"/><path d="M{x(at) - 6:.1f} {TOP - 14}h12l-6 10z" fill="#1a5fb4"/>' for at in ours),
        *(f'<path d="M{x(at) - 6:.1f} {y(low) + 12:.1f}h12l-6 -10z" fill="#c64600"/>' for at in theirs),
        f'<polyline points="{curve}" fill="none" stroke="#333"/>',
        *(f'<text x="{x(at):.1f}" y="{HEIGHT - 12}" text-anchor="middle" fill="#333">{at / 60:.0f} min</text>' for at in _ticks(end_s)),
        *(f'<text x="{LEFT - 8}" y="{y(score):.1f}" text-anchor="end" fill="#333">{score:.1f}</text>' for score in (low, 0.0, high)),
        "</svg>",
    ]  # fmt: skip
    file.write_text("\n".join(parts) + "\n")


def _ticks(end_s: float) -> list[float]:
    return [n * TICK_S for n in range(int(end_s / TICK_S) + 1)]
