"""Moments are what teaches: they start and end with sentences, quote verbatim, and leave the chatter out."""

import itertools

import pytest

from chrysopedia_assets.engines.clauses import doings
from chrysopedia_assets.engines.cleaning import cleaned
from chrysopedia_assets.engines.extraction import units_of
from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.engines.titles import MAX_TITLE_CHARS, candidates, heading
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.transcripts import Transcript
from chrysopedia_assets.stages.key_moments import find_key_moments
from chrysopedia_assets.stages.topic_chunks import split_topics
from tests.builders import product_taxonomy, small_taxonomy, transcript

VOCABULARY = Vocabulary(small_taxonomy())
ENGINE = ExtractiveEngine(small_taxonomy())


def moments_of(spoken: Transcript) -> tuple[KeyMoment, ...]:
    return find_key_moments(spoken, split_topics(spoken, ENGINE), ENGINE).moments


def test_a_sentence_cut_into_segments_is_put_together_again() -> None:
    [found] = moments_of(
        transcript(
            "Hello there, welcome back to the channel.",
            "So on the reverb return I set a high pass at",
            "300 hertz because the low end of the reverb",
            "masks the bass.",
            "Thanks for watching, please subscribe.",
        )
    )
    assert (found.first_segment, found.last_segment) == (1, 3)
    assert found.quote.startswith("So on the reverb return I set a high pass at 300 hertz")
    assert found.kind in ("settings", "reasoning")


def test_chatter_alone_gives_no_moments() -> None:
    assert not moments_of(
        transcript(
            "Hey hey, welcome back, can you hear me?",
            "Um, so, yeah.",
            "Like and subscribe, the link is in the description.",
            "Thank you so much, see you next week, bye!",
        )
    )


def test_fillers_leave_the_summary_but_not_the_quote() -> None:
    [found] = moments_of(
        transcript(
            "Um, so I, uh, cut the the shelf by like 3 dB at 8k, you know, because it hisses."
        )
    )
    assert found.summary == "I cut the shelf by 3 dB at 8k, because it hisses."
    assert "uh" in found.quote


@pytest.mark.parametrize(
    ("said", "clean"),
    [
        ("Okay so, um, turn it down.", "Turn it down."),
        ("You know the loop.", "You know the loop."),
        ("I like this kind of sound", "I like this kind of sound."),
        ("It's, like, 3 dB, ish.", "It's 3 dB."),
        ("Right now it's mono.", "Right now it's mono."),
        ("Um. Uh.", ""),
        ("You'll be like, why is it late?", "You'll be like, why is it late?"),
        ("You see me do it. It's a kick.", "You see me do it. It's a kick."),
    ],
)
def test_cleaning_takes_fillers_and_nothing_else(said: str, clean: str) -> None:
    assert cleaned(said) == clean


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("I turn breaths down 6 to 8 dB.", "Turn Breaths Down 6 to 8 dB"),
        ("You can high-pass the return at 300 hertz, so it clears up.", "High-Pass the Return at 300 Hz"),
        ("Never boost the kick at 50.", "Never Boost the Kick at 50"),
        ("If you set a fast attack, the punch is gone.", "Setting a Fast Attack"),
    ],
)  # fmt: skip
def test_a_title_is_made_of_a_clause(said: str, title: str) -> None:
    assert max(candidates(said, VOCABULARY), key=lambda c: c.score).text == title


@pytest.mark.parametrize(
    "said",
    [
        "People boost the kick at 50 hertz.",
        "I did not do the thing where you boost 18 dB with a tiny Q.",
        "Pull it down.",
        "If the tail is long you'll sidechain the bass until it is gone.",
        "I'd have to compress the whole song.",
        "So that's it.",
    ],
)
def test_no_title_turns_a_warning_into_advice_or_points_at_nothing(said: str) -> None:
    assert not list(candidates(said, VOCABULARY))


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ("Once you start boosting the low end the room fills up.", "boosting the low end"),
        ("It is easier to tilt the frequency balance.", "tilting the frequency balance"),
        ("I transpose it by 2 semitones.", "transposing by 2 semitones"),
        ("The boost the engineer likes is small.", None),
        ("People boost the low end.", None),
        ("You would cut the low end.", None),
        ("I put it in mono.", None),
    ],
)
def test_a_title_may_say_what_is_done_to_what(said: str, about: str | None) -> None:
    assert list(doings(said)) == [about] * (about is not None)


def test_what_is_advertised_teaches_nothing() -> None:
    assert not moments_of(
        transcript(
            "This part is brought to you by the makers of a fine server.",
            "You can set it to 64 gigs, at 20% off, because it is fast.",
            "Always choose the 8 gb plan, never the small one.",
        )
    )


def test_what_the_chunk_comes_back_to_is_worth_more_than_an_aside() -> None:
    spoken = transcript(
        "The cat sat outside all morning long.",
        "A granular cloud is many grains of one recording.",
        "The grains overlap, and the cloud gets denser with every grain.",
        "My neighbour drove off yesterday.",
    )
    before, *about, after = (unit.worth for unit in units_of(spoken.segments, VOCABULARY))
    assert min(about) > max(before, after)


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("I've got a high shelf, plus 2 dB at 10k, and I like it.", "High Shelf: Plus 2 dB at 10k"),
        ("The reason is, a glue compressor has got one threshold.", "A Glue Compressor Has Got One Threshold"),
        ("You know, the limiter does it to all of us.", ""),
        ("Then there's this thing on the shelf.", ""),
    ],
)  # fmt: skip
def test_a_heading_names_the_thing_where_no_clause_can_stand_alone(said: str, title: str) -> None:
    assert heading([said], VOCABULARY) == title


def test_plugins_are_given_as_the_taxonomy_spells_them() -> None:
    found = VOCABULARY.plugins(
        "I use pro q 3 into Valhalla vintage verb, it is vital. Vital is free, my Vital patch."
    )
    assert found == ("Pro-Q 3", "Valhalla VintageVerb", "Vital")
    assert VOCABULARY.plugins("It is vital to check. Vital question.") == ()
    assert Vocabulary(product_taxonomy()).plugins("Turn the kick 2 dB down, then Kick 2.") == (
        "Kick 2",
    )


def test_moments_do_not_overlap_and_keep_titles_short() -> None:
    taught = [
        "Set the shelf to plus 2 dB at 10k because the vocal is dull.",
        "Don't cut below 80 hertz, the voice gets thin.",
        "Pull the glue ratio down to 2 to 1 and the attack to 30 milliseconds.",
        "Instead of a boost, cut 3 dB at 300 hertz on the guitars.",
    ]
    found = moments_of(transcript(*taught * 15))
    assert len(found) >= 3
    assert all(a.last_segment < b.first_segment for a, b in itertools.pairwise(found))
    assert all(m.end_s - m.start_s <= 45 for m in found)
    assert all(len(m.title) <= MAX_TITLE_CHARS for m in found)


def test_talk_about_programming_is_taught_too() -> None:
    found = moments_of(
        transcript(
            "Instead of a list, use a generator in Python, because it holds one item at a time.",
            "The way it works, the function stops at each yield and remembers where it was.",
            "We measured it, and memory went from 800 MB to 12 MB.",
        )
    )
    assert [m.title for m in found] == ["Memory Went from 800 MB to 12 MB"]


@pytest.mark.parametrize(
    "text", ["混音时把低频切到80赫兹。" * 300, "SET IT TO 300 HZ " * 400, "🎚️ 3 dB 🎚️", "\u200b"]
)
def test_odd_text_breaks_nothing(text: str) -> None:
    for found in moments_of(transcript(text)):
        assert found.title
        assert found.quote
