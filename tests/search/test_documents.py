"""What a video is searched by: documents with times, each knowing its page."""

from itertools import pairwise

from chrysopedia_assets.search.documents import (
    OVERLAP_WORDS,
    WINDOW_WORDS,
    Sources,
    Spoken,
    documents_of,
    plain_text,
    windows,
)
from tests.records import VIDEO, record_of


def sources(**changes: object) -> Sources:
    pages = record_of("technique_pages").pages  # type: ignore[attr-defined]
    moments = record_of("key_moments").moments  # type: ignore[attr-defined]
    classes = record_of("classifications").classifications  # type: ignore[attr-defined]
    given: dict[str, object] = {
        "video": VIDEO,
        "spoken": [Spoken(0.0, 1.0, "cut at"), Spoken(1.0, 2.0, "300 hertz")],
        "moments": moments,
        "classified": {one.moment_id: one for one in classes},
        "pages": pages,
        "addresses": {pages[0].page_id: "the-address"},
    }
    return Sources(**given | changes)  # type: ignore[arg-type]


def test_each_part_is_a_document_that_knows_its_page_and_its_time() -> None:
    found = [(one.kind, one.page, one.section, one.start_s) for one in documents_of(sources())]
    assert found == [
        ("page", "the-address", None, 0.0),
        ("section", "the-address", 1, 0.0),
        ("moment", "the-address", None, 0.0),
        ("moment", None, None, 10.5),
        ("transcript", "the-address", None, 0.0),
    ]


def test_a_page_is_searched_by_all_that_can_be_read_on_it_and_is_said_about_it() -> None:
    page, section, *_ = documents_of(sources())
    assert page.heading == "At 300 Hz"
    for word in ("Cut", "Do it", "Mud", "Chain", "Compressor"):
        assert word in page.body
    assert section.heading == "At 300 Hz; Why" and section.body == "Do it.\nMud."
    assert page.about.splitlines() == ["Ünïcode & “quotes”", "A", "mixing", "eq", "Pro-Q 3"]


def test_a_moment_that_only_the_page_knows_is_searched_too() -> None:
    found = [one for one in documents_of(sources(moments=())) if one.kind == "moment"]
    assert [(one.title, one.body, one.page) for one in found] == [
        ("Moment 0", "cut at 300 hertz", "the-address")
    ]


def test_a_video_without_pages_has_its_moments_and_its_speech() -> None:
    assert {one.kind for one in documents_of(sources(pages=()))} == {"moment", "transcript"}
    assert list(documents_of(Sources(VIDEO))) == []


def test_ids_come_of_what_is_said_and_where() -> None:
    ids = [one.content_id for one in documents_of(sources())]
    assert ids == [one.content_id for one in documents_of(sources())]
    assert len(set(ids)) == len(ids)
    other = VIDEO.model_copy(update={"creator": "B"})
    assert not set(ids) & {one.content_id for one in documents_of(sources(video=other))}


def test_windows_hold_everything_in_order_and_overlap_a_little() -> None:
    spoken = [Spoken(float(n), n + 1.0, f"a{n} b{n} c{n} d{n} e{n} f{n}") for n in range(100)]
    found = list(windows(spoken))
    assert found[0].start_s == 0.0 and found[-1].end_s == 100.0
    sizes = [len(window.text.split()) for window in found]
    assert all(WINDOW_WORDS <= size < WINDOW_WORDS + 6 for size in sizes[:-1])
    for one, following in pairwise(found):
        shared = set(one.text.split()) & set(following.text.split())
        assert OVERLAP_WORDS - 6 < len(shared) <= OVERLAP_WORDS
    said = {word for window in found for word in window.text.split()}
    assert said == {word for one in spoken for word in one.text.split()}


def test_long_segments_and_empty_ones_end() -> None:
    long = " ".join("x" for _ in range(500))
    assert [w.text for w in windows([Spoken(0, 1, long), Spoken(1, 2, long)])] == [long, long]
    assert len(list(windows([Spoken(0, 1, "")] * 50))) == 1
    assert list(windows([])) == []


def test_markdown_is_searched_as_it_is_read() -> None:
    text = "## Set **4:1** [1], then\n* `Pro-Q 3`\n\\[not a citation\\] \\*really\\* [12]."
    assert plain_text(text) == "Set 4:1, then Pro-Q 3 [not a citation] *really*."
