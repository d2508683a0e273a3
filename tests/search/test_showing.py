"""What a hit shows: the part with most of the words, what is marked in it, and why it was found."""

from chrysopedia_assets.models.search import Reason
from chrysopedia_assets.search.hits import grouped, play
from chrysopedia_assets.search.query import read_query
from chrysopedia_assets.search.showing import SNIPPET_CHARS, reasons, snippet
from tests.search.indexed import indexed


def words(text: str):  # type: ignore[no-untyped-def]
    return read_query(text, lambda terms: dict.fromkeys(terms, 2))


def marked(text: str, query: str) -> list[str]:
    found = snippet(text, words(query))
    return [found.text[start:end] for start, end in found.marks]


def test_what_matched_is_marked_as_it_was_written() -> None:
    assert marked("Set the Side-Chain to 110Hz.", "sidechain 110 hertz") == ["Side-Chain", "110Hz"]
    assert marked("nothing of it", "kick") == []


def test_the_part_with_most_different_words_is_shown() -> None:
    text = "kick " + "blah " * 100 + "the kick and the snare " + "blah " * 100
    found = snippet(text, words("snare kick"))
    assert "the kick and the snare" in found.text
    assert found.text.startswith("… ") and found.text.endswith(" …")
    assert len(found.text) <= SNIPPET_CHARS + 4
    assert marked(text, "snare kick") == ["kick", "snare"]


def test_a_text_without_spaces_is_cut_all_the_same() -> None:
    assert len(snippet("x" * 5000, words("kick")).text) <= SNIPPET_CHARS + 4
    assert marked("\u4f4e\u97f3" * 500, "\u4f4e\u97f3")


def test_each_word_is_told_once_at_the_most_telling_place() -> None:
    places = [("title", "Kick"), ("section", "kick and snare"), ("section", "hat"), ("text", "all")]
    assert reasons(places, words("kick snare hat missing")) == (
        Reason("title", ("kick",)),
        Reason("section", ("snare", "hat")),
    )


def test_two_rankings_are_fused_and_a_page_is_one_hit() -> None:
    documents = {
        n: indexed(n, page=page) for n, page in enumerate(("a", "a", "b", None, None, "c"), start=1)
    }
    found = grouped({"full text": [1, 2, 3, 4], "semantic": [5, 3, 6, 99]}, documents)
    assert [(group.page, sorted(group.ranks.items())) for group in found] == [
        ("b", [("full text", 2), ("semantic", 2)]),
        ("a", [("full text", 1)]),
        (None, [("semantic", 1)]),
        (None, [("full text", 3)]),
        ("c", [("semantic", 3)]),
    ]


def test_what_overlaps_and_is_on_no_page_is_one_hit() -> None:
    documents = {1: indexed(1, start_s=0), 2: indexed(2, start_s=5), 3: indexed(3, start_s=50)}
    [first, second] = grouped({"full text": [1, 2, 3]}, documents)
    assert [one.document_id for one in first.documents] == [1, 2]
    assert [one.document_id for one in second.documents] == [3]


def test_only_a_public_player_is_linked_to() -> None:
    assert play("https://youtu.be/abcdefghijk", 83.9) == "https://www.youtube.com/watch?v=abcdefghijk&t=83s"  # fmt: skip
    for url in (None, "", "file:///home/x.mp4", "javascript:alert(1)//youtu.be/abcdefghijk"):
        assert play(url, 1.0) is None
