"""How well topics are found: the engine's on real transcripts, beside baselines, with the number of topics unknown and given.

Pk (Beeferman 1999), WindowDiff (Pevzner and Hearst 2002) over segments, and F1 of borders within 3 and 10 seconds of people's, by `chunkseg`;
means over documents with intervals by bootstrap. A document without any border gets a good Pk: look at F1 beside it.
"""

import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from chunkseg.metrics import collar_boundary_f1, compute_metrics

from benchmarks.report import Figure, arguments, print_figures
from benchmarks.segmentation_baselines import (
    equidistant,
    no_border,
    randomly,
    texttiling,
    u00,
)
from benchmarks.segmentation_plot import write_plot
from benchmarks.segmentation_sets import READERS, Document, read_set
from chrysopedia_assets.engines.borders import (
    CERTAINTY,
    best_borders,
    border_scores,
    clock,
    possible_borders,
)
from resources.settings import PROJECT

DATA = PROJECT.parent / "shared" / "data"
SETS = ("whisper_music", "tinyrec_coarse", "tinyrec_fine", "btc_chapters", "choi_3_11")
PLOTTED = ("tinyrec_fine", 4)
"""A set under the Apache licence, and a session of it."""
BUCKETS_MIN = (("under_10_min", 0, 10), ("10_to_30_min", 10, 30), ("over_30_min", 30, 10_000))
BOOTSTRAPS = 2_000
HIGHEST_CERTAINTY, STEPS = 20.0, 30

Cut = Callable[[Document, int | None], list[int]]
Metrics = dict[str, float]


def engine(document: Document, topics: int | None) -> list[int]:
    """As the product cuts; with a number given, as near to it as one certainty for the whole document comes."""
    possible = possible_borders(document.segments)
    times = clock(document.segments, possible)
    scores = border_scores(possible, times)

    def cut(certainty: float) -> list[int]:
        chosen = best_borders(scores - certainty, times)
        return [possible[number].first_segment for number in chosen[1:]]

    if not topics:
        return cut(CERTAINTY)
    low, high = -HIGHEST_CERTAINTY, HIGHEST_CERTAINTY
    tries = []
    for _ in range(STEPS):
        middle = (low + high) / 2
        tries.append(cut(middle))
        low, high = (middle, high) if len(tries[-1]) >= topics else (low, middle)
    return min(tries, key=lambda found: abs(len(found) - topics + 1))


BASELINES: dict[str, Cut] = {"u00": u00, "no border": no_border, "random": randomly, "equidistant": equidistant, "TextTiling": texttiling}  # fmt: skip
ONLY_UNKNOWN = ("no border", "TextTiling")


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="with whisper_music, tinyrec, btc_chapters, choi")  # fmt: skip
    parser.add_argument("--sets", nargs="+", choices=list(READERS), default=SETS, metavar="SET", help=", ".join(READERS))  # fmt: skip
    parser.add_argument("--plot", type=Path, help="write one session's border scores as SVG, and measure nothing")  # fmt: skip
    given = parser.parse_args()
    if given.plot:
        name, number = PLOTTED
        write_plot(read_set(name, given.data)[number], given.plot)
        return
    wanted = {name: read_set(name, given.data) for name in given.sets}
    print_figures(dict(_figures(wanted)), given.json)


def _figures(sets: dict[str, list[Document]]) -> Iterator[tuple[str, Figure]]:
    for name, documents in sets.items():
        for mode in ("auto", "known"):
            cuts = {"engine": engine, **BASELINES}
            if mode == "known":
                cuts = {n: cut for n, cut in cuts.items() if n not in ONLY_UNKNOWN}
            measured = {
                by: [measure(d, cut(d, len(d.topics) + 1 if mode == "known" else None)) for d in documents]
                for by, cut in cuts.items()
            }  # fmt: skip
            yield from _of_set(f"{name}_{mode}", documents, measured)


def _of_set(
    name: str, documents: Sequence[Document], measured: dict[str, list[Metrics]]
) -> Iterator[tuple[str, Figure]]:
    """Means beside the baselines', the engine's less u00's document by document, and by length."""
    ours, first = measured["engine"], measured["u00"]
    for metric in ours[0]:
        values = [m[metric] for m in ours]
        others = ", ".join(f"{by} {statistics.mean(m[metric] for m in found):.3f}" for by, found in measured.items() if by != "engine")  # fmt: skip
        yield f"{name}_{metric}", Figure(statistics.mean(values), "", f"{_interval(values)}; {others}")  # fmt: skip
    for metric in [metric for metric in ours[0] if metric != "borders"]:
        differences = [a[metric] - b[metric] for a, b in zip(ours, first, strict=True)]
        yield f"{name}_{metric}_less_u00", Figure(statistics.mean(differences), "", f"{_interval(differences)} of {len(differences)} pairs")  # fmt: skip
    buckets = {
        bucket: [m for d, m in zip(documents, ours, strict=True) if at_least <= d.minutes < below]
        for bucket, at_least, below in BUCKETS_MIN
    }
    if documents[0].topics_s is None:
        return
    for bucket, inside in buckets.items():
        for metric in inside[0] if inside else ():
            values = [m[metric] for m in inside]
            yield f"{name}_{bucket}_{metric}", Figure(statistics.mean(values), "", f"{_interval(values)} of {len(values)}")  # fmt: skip


def measure(document: Document, found: Sequence[int]) -> Metrics:
    """`found` and the document's topics are segments that open a topic, never the first."""
    theirs, ours = (_flags(topics, len(document.segments)) for topics in (document.topics, found))
    both = compute_metrics(ours, theirs)
    metrics = {"pk": both["pk"], "wd": both["window_diff"]}
    if document.topics_s is not None:
        found_s = [document.segments[first].start_s for first in found]
        for name, collar_s in (("f1_3s", 3.0), ("f1_10s", 10.0)):
            f1 = collar_boundary_f1(list(document.topics_s), found_s, collar_s)
            metrics[name] = f1["collar_f1"]
    return metrics | {"borders": len(found) / max(len(document.topics), 1)}


def _flags(topics: Sequence[int], segments: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """One for each place between two segments."""
    flags = np.zeros(max(segments - 1, 1))
    flags[[topic - 1 for topic in topics]] = 1
    return flags


def _interval(values: Sequence[float]) -> str:
    """Where the mean lies in 95 of 100 draws of as many documents, the same draws at each run."""
    drawing = random.Random(0)
    means = sorted(statistics.fmean(drawing.choices(values, k=len(values))) for _ in range(BOOTSTRAPS))  # fmt: skip
    return f"{means[BOOTSTRAPS // 40]:.3f} to {means[-BOOTSTRAPS // 40 - 1]:.3f}"


if __name__ == "__main__":
    main()
