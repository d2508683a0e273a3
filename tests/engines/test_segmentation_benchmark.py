"""The benchmark of topics measures what others measure, and its baselines are what they are called."""

import random
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from types import ModuleType

import pytest

from benchmarks.segmentation import engine, measure
from benchmarks.segmentation_baselines import equidistant, randomly, texttiling, u00
from benchmarks.segmentation_sets import Document, read_set
from tests.builders import transcript
from tests.conftest import SHARED_DATA, shared

PARTS = [
    ["the kick drum sits low", "tune the kick drum low", "a kick drum with sub"],
    ["vocals want compression", "compression keeps vocals near", "vocals with slow compression"],
    ["pads drift wide", "wide pads with chorus", "chorus makes pads drift"],
]


def document(topics: tuple[int, ...] = (6, 12)) -> Document:
    texts = [text for part in PARTS for text in part * 2]
    segments = transcript(*texts, each_s=10.0).segments
    return Document("one", segments, topics, tuple(segments[topic].start_s for topic in topics))


def own_metrics() -> ModuleType:
    spec = spec_from_file_location("segmetrics", shared(SHARED_DATA / "segmetrics.py"))
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_metrics_are_those_of_other_code() -> None:
    other, drawing = own_metrics(), random.Random(1)
    for _ in range(20):
        theirs, found = (sorted(drawing.sample(range(1, 18), drawing.randint(1, 6))) for _ in "ab")
        given = document(tuple(theirs))
        measured = measure(given, found)
        found_s = [given.segments[first].start_s for first in found]
        assert measured["pk"] == pytest.approx(other.pk(theirs, found, 18))
        assert measured["wd"] == pytest.approx(other.windowdiff(theirs, found, 18))
        assert measured["f1_3s"] == pytest.approx(other.boundary_f1(given.topics_s, found_s, 3))
        assert measured["f1_10s"] == pytest.approx(other.boundary_f1(given.topics_s, found_s, 10))


def test_all_right_is_without_error_and_nothing_found_finds_nothing() -> None:
    right, nothing = measure(document(), [6, 12]), measure(document(), [])
    assert (right["pk"], right["wd"], right["f1_3s"]) == (0.0, 0.0, 1.0)
    assert nothing["f1_10s"] == 0.0 < nothing["pk"]


def test_u00_finds_what_differs_and_keeps_to_the_number_given() -> None:
    assert u00(document(), None) == [6, 12]
    assert u00(document(), 3) == [6, 12]
    assert len(u00(document(), 5)) == 4


def test_the_engine_is_asked_for_a_number_too() -> None:
    assert engine(document(), 3) == [6, 12]


def test_blind_baselines_are_even_and_the_same_at_each_run() -> None:
    assert equidistant(document(), 3) == [6, 12]
    assert randomly(document(), 4) == randomly(document(), 4)
    assert len(randomly(document(), 4)) == 3
    assert texttiling(document(), None) == []


@pytest.mark.parametrize(
    ("name", "count"), [("whisper_music", 5), ("tinyrec_fine", 16), ("choi_9_11", 100)]
)
def test_a_set_is_read_as_it_is_described(name: str, count: int) -> None:
    shared(SHARED_DATA / "README.md")
    documents = read_set(name, SHARED_DATA)
    assert len(documents) == count
    for given in documents:
        assert all(a < b for a, b in pairwise((0, *given.topics, len(given.segments))))
