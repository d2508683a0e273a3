"""The search of both databases: what is indexed when, what is found, in which order, and why."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.search import Filters
from chrysopedia_assets.models.technique_pages import (
    Citation,
    Section,
    TechniquePage,
    TechniquePages,
)
from chrysopedia_assets.models.transcripts import Segment, Transcript
from chrysopedia_assets.search import words
from chrysopedia_assets.search.words import terms
from resources import searching
from resources.searching import count_documents, search, update_index
from resources.store import tables as t
from resources.store.database import Database
from resources.store.records import save
from resources.store.search_index import index_video
from resources.store.videos import put_video
from tests.conftest import SHARED_DATA, shared
from tests.records import library_video, record_of
from tests.search.test_words import HOSTILE

SEARCHED = ("transcripts", "key_moments", "classifications", "technique_pages")


def video(name: str, creator: str = "Ann", url: str | None = None) -> Video:
    return Video(video_id=name, title=f"Title of {name}", creator=creator, url=url)


def page(of: Video, title: str, body: str, **changes: object) -> TechniquePage:
    number = changes.pop("at_s", 60.0)
    citation = Citation(
        number=1, moment_id=f"{of.video_id} {title}", title="Moment", start_s=number, end_s=number + 20, quote="said so"
    )  # fmt: skip
    given: dict[str, object] = {
        "page_id": f"{of.video_id}--{title}".lower().replace(" ", "-"),
        "title": title,
        "summary": "",
        "category": "mixing",
        "source_quality": "mixed",
        "sections": (Section(title="Section", body=body),),
        "citations": (citation,),
    }
    return TechniquePage.model_validate(given | changes)


def store_pages(database: Database, of: Video, *pages: TechniquePage) -> None:
    _store(database, of, TechniquePages(video=of, made_by="test", pages=pages))


def store_speech(database: Database, of: Video, *said: str) -> None:
    segments = tuple(Segment(start_s=60.0 * n, end_s=60.0 * n + 30, text=one) for n, one in enumerate(said))  # fmt: skip
    duration_s = segments[-1].end_s
    _store(database, of, Transcript(video=of, made_by="test", language="en", duration_s=duration_s, segments=segments))  # fmt: skip


def _store(database: Database, of: Video, record: Transcript | TechniquePages) -> None:
    entry = library_video(of.video_id, f"/{of.video_id}", of.video_id, of.creator)
    with database.writing(lock="test") as connection:
        put_video(connection, entry)
        stage = "transcripts" if isinstance(record, Transcript) else "technique_pages"
        save(connection, stage, record, run_id=None)


def titles(database: Database, query: str, filters: Filters = Filters()) -> list[str]:  # noqa: B008
    return [hit.title for hit in search(database, query, filters).hits]


@pytest.fixture
def everything(database: Database) -> Database:
    """One video with a record of every stage."""
    with database.writing(lock="test") as connection:
        put_video(connection, library_video())
        for stage in SEARCHED:
            save(connection, stage, record_of(stage), run_id=None)
    return database


@pytest.fixture
def three(database: Database) -> Database:
    ann, bob = video("low-end", url="https://youtu.be/abcdefghijk"), video("pads", "Bob Ümlaut")
    store_pages(
        database,
        ann,
        page(ann, "Sidechain the bass", "Duck the bass by -6 dB at 110 Hz with Pro-Q 3 [1]."),
        page(ann, "Kick drum", "Set the ratio to 4:1, and high-pass at 30 Hz [1].", tags=("eq",), at_s=200.0),
    )  # fmt: skip
    store_pages(database, bob, page(bob, "Wide pads", "Detune two oscillators, then chorus [1].", category="synthesis", at_s=500.0))  # fmt: skip
    store_speech(
        database, bob, "welcome", "so with granular clouds you freeze the buffer and it goes everywhere"
    )  # fmt: skip
    return database


def test_every_kind_of_document_is_indexed_once(everything: Database) -> None:
    assert update_index(everything).videos == 1
    kinds = {"page": 1, "section": 1, "moment": 2, "transcript": 1}
    assert count_documents(everything) == kinds
    assert update_index(everything).videos == 0
    index_video(everything, "a--one")
    assert count_documents(everything) == kinds


def test_a_search_brings_the_index_up_to_date_by_itself(database: Database) -> None:
    ann = video("a")
    assert search(database, "kick").hits == ()
    store_pages(database, ann, page(ann, "Kick", "Tune it."))
    found = search(database, "kick")
    assert [hit.title for hit in found.hits] == ["Kick"] and found.updated.videos == 1
    store_pages(database, ann, page(ann, "Snare", "Tune it."))
    assert titles(database, "kick") == [] and titles(database, "snare") == ["Snare"]
    assert search(database, "snare").updated.videos == 0


def test_only_what_has_changed_is_indexed_anew(
    three: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert update_index(three).videos == 2
    bob = video("pads", "Bob Ümlaut")
    before = _documents(three)
    store_pages(
        three, bob, page(bob, "Wide pads", "Only chorus [1].", category="synthesis", at_s=500.0)
    )
    assert update_index(three).videos == 1
    after = _documents(three)
    assert {key: after.get(key) for key in before if before[key][0] != "pads"} == {
        key: value for key, value in before.items() if value[0] != "pads"
    }
    assert [d for d in before if d in after and before[d][0] == "pads"], "speech stays as it is"


def test_storing_the_same_again_changes_nothing(three: Database) -> None:
    update_index(three)
    ann = video("other")
    store_pages(three, ann, page(ann, "New", "Page."))
    with three.writing(lock="test") as connection:
        put_video(connection, library_video())
    assert update_index(three).videos == 1


def _documents(database: Database) -> dict[str, tuple[str, int]]:
    of = t.search_documents.c
    with database.reading() as connection:
        rows = connection.execute(sa.select(of.content_id, of.video_id, of.document_id))
        return {content_id: (video_id, number) for content_id, video_id, number in rows}


def test_a_video_whose_records_are_gone_is_not_found_any_more(three: Database) -> None:
    update_index(three)
    with three.writing(lock="test") as connection:
        for table in (t.technique_pages, t.page_moments, t.transcripts, t.segments, t.stage_outputs):  # fmt: skip
            connection.execute(sa.delete(table).where(table.c.video_id == "pads"))
    done = update_index(three)
    assert (done.videos, done.dropped) == (0, 1)
    assert titles(three, "granular") == titles(three, "pads") == []
    assert counted_anew(three) == held_counts(three)


def test_another_version_of_the_program_indexes_everything_anew(
    three: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_index(three)
    with three.writing(lock="test") as connection:
        versions = t.search_videos.c.version
        connection.execute(sa.update(t.search_videos).values(version="0 " + versions))
        connection.execute(sa.update(t.search_terms).values(documents=99))
    assert update_index(three).videos == 2
    assert counted_anew(three) == held_counts(three)
    assert words.INDEX_VERSION != "0"


def counted_anew(database: Database) -> Counter[str]:
    """In how many documents each term is, by looking at all of them."""
    with database.reading() as connection:
        rows = connection.execute(sa.select(t.search_documents)).mappings().all()
    counts: Counter[str] = Counter()
    for row in rows:
        about = [row["video_title"], row["creator"], row["category"] or "", *row["tags"], *row["plugins"]]  # fmt: skip
        counts.update(set(terms("\n".join((row["title"], row["heading"], row["body"], *about)))))
    return counts


def held_counts(database: Database) -> Counter[str]:
    with database.reading() as connection:
        known = t.search_terms.c
        return Counter({term: count for term, count in connection.execute(sa.select(known.term, known.documents))})  # fmt: skip


def test_whatever_happens_the_index_is_what_it_would_be_if_made_at_once(database: Database) -> None:
    chance = random.Random(5)
    for _ in range(12):
        of = video(f"v{chance.randrange(3)}", chance.choice(["Ann", "Bob"]))
        pages = [page(of, f"Page {n}", f"kick {chance.choice(['snare', 'hat', 'pad'])} {n}", at_s=60.0 * n) for n in range(chance.randrange(3))]  # fmt: skip
        store_pages(database, of, *pages)
        if chance.random() < 0.7:
            update_index(database)
    update_index(database)
    held = set(_documents(database))
    assert counted_anew(database) == held_counts(database)
    with database.writing(lock="test") as connection:
        connection.execute(sa.update(t.search_videos).values(version="0"))
    update_index(database)
    assert set(_documents(database)) == held
    assert counted_anew(database) == held_counts(database)


def test_a_page_comes_once_with_its_best_passage_and_its_second(three: Database) -> None:
    [hit] = search(three, "duck bass").hits
    assert (hit.kind, hit.title, hit.section, hit.section_number) == ("section", "Sidechain the bass", "Section", 1)  # fmt: skip
    assert (hit.start_s, hit.clock) == (60.0, "1:00")
    assert hit.play == "https://www.youtube.com/watch?v=abcdefghijk&t=60s"
    marks = [hit.snippet.text[start:end] for start, end in hit.snippet.marks]
    assert marks == ["Duck", "bass"]
    assert [(reason.where, reason.words) for reason in hit.reasons] == [("title", ("bass",)), ("section", ("duck",))]  # fmt: skip


def test_speech_that_is_on_no_page_is_a_moment_of_its_video(three: Database) -> None:
    [hit] = search(three, "freeze buffer").hits
    assert (hit.kind, hit.page, hit.video_id, hit.section) == ("transcript", None, "pads", None)
    assert hit.start_s == 0.0 and "freeze the buffer" in hit.snippet.text
    assert hit.reasons[0].where == "transcript"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("110 Hz", "Sidechain the bass"),
        ("110hz", "Sidechain the bass"),
        ("-6 dB", "Sidechain the bass"),
        ("Pro-Q 3", "Sidechain the bass"),
        ("pro q 3", "Sidechain the bass"),
        ("4:1", "Kick drum"),
        ("4 to 1", "Kick drum"),
        ("highpass", "Kick drum"),
        ("high pass", "Kick drum"),
        ("side chain", "Sidechain the bass"),
        ("side-chaining", "Sidechain the bass"),
        ("umlaut chorus", "Wide pads"),
        ("OSCILLATOR detuned", "Wide pads"),
        ('"two oscillators"', "Wide pads"),
    ],
)
def test_what_people_look_for_is_found(three: Database, query: str, first: str) -> None:
    found = search(three, query).hits
    assert found[0].title == first
    assert found[0].missed == ()


def test_all_words_come_first_then_what_has_most_with_what_was_missed(three: Database) -> None:
    found = search(three, "kick ratio bass").hits
    assert [(hit.title, hit.missed) for hit in found] == [
        ("Kick drum", ("bass",)),
        ("Sidechain the bass", ("kick", "ratio")),
    ]
    found = search(three, "bass duck").hits
    assert found[0].missed == ()


def test_a_creator_is_a_reason(three: Database) -> None:
    [hit, *_] = search(three, "bob chorus").hits
    assert {reason.where: reason.words for reason in hit.reasons}["creator"] == ("bob",)


def test_filters_leave_only_what_they_ask_for(three: Database) -> None:
    speech = "Title of pads"  # on no page, so it is called what the video is
    assert set(titles(three, "title")) == {"Sidechain the bass", "Kick drum", "Wide pads", speech}
    assert set(titles(three, "title", Filters(creator="bob ümlaut"))) == {"Wide pads", speech}
    assert titles(three, "title", Filters(category="synthesis")) == ["Wide pads"]
    assert titles(three, "title", Filters(tag="eq")) == ["Kick drum"]
    assert set(titles(three, "title", Filters(video_id="low-end"))) == {"Sidechain the bass", "Kick drum"}  # fmt: skip
    assert {h.kind for h in search(three, "granular pads", Filters(kind="transcript")).hits} == {"transcript"}  # fmt: skip
    assert titles(three, "chorus", Filters(creator="Ann", category="mixing")) == []


@pytest.mark.parametrize("name", ["creator", "category", "tag", "video_id"])
def test_a_filter_that_nothing_can_pass_is_told(three: Database, name: str) -> None:
    for asked in ("nobody", "%", "_", "'", '"', "e"):
        with pytest.raises(ConfigurationError, match="nothing that can be searched has"):
            search(three, "kick", Filters(**{name: asked}))
    with pytest.raises(ConfigurationError, match="Did you mean mixing"):
        search(three, "kick", Filters(category="mixin"))


def test_a_typo_is_met_with_a_word_that_is_there(three: Database) -> None:
    found = search(three, "osillators chorus")
    assert found.meant == "oscillators chorus"
    assert [(hit.title, hit.missed) for hit in found.hits] == [("Wide pads", ("osillators",))]
    assert search(three, "chorus").meant is None
    assert search(three, "xyzzy").meant is None


def test_hostile_queries_find_nothing_and_break_nothing(three: Database) -> None:
    for text in HOSTILE:
        search(three, text)
        search(three, f"{text} kick")
    for text in json.loads(shared(SHARED_DATA / "badinputs/blns/blns.json").read_text()):
        search(three, text)
    assert titles(three, "kick") == ["Kick drum"]


def test_hostile_content_is_found_as_it_was_written(database: Database) -> None:
    for number, text in enumerate(HOSTILE):
        of = video(f"v{number}")
        clean = text.replace("\0", "").replace("\ud800", "")
        store_speech(database, of, f"needle {clean} haystack")
    update_index(database)
    assert len(search(database, "needle haystack", limit=100).hits) == len(HOSTILE)


def test_more_hits_than_there_are_documents_looked_at_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "LEAST_DOCUMENTS", 2)
    monkeypatch.setattr(searching, "DOCUMENTS_PER_HIT", 1)
    ann = video("a")
    sections = tuple(Section(title=f"Kick {n}", body="kick kick kick") for n in range(30))
    store_pages(database, ann, page(ann, "Kick kick", "-", sections=sections), page(ann, "Other", "kick", at_s=99.0))  # fmt: skip
    assert titles(database, "kick") == ["Kick kick", "Other"]
    assert len(search(database, "kick", limit=1).hits) == 1


KILLED = """
import sys
from sqlalchemy.engine import make_url
from resources.searching import update_index
from resources.store.database import Database
print("begun", flush=True)
update_index(Database(make_url(sys.argv[1])))
"""


def test_killed_anywhere_it_goes_on_where_it_was(database: Database) -> None:
    of = [video(f"v{number}") for number in range(40)]
    for one in of:
        store_speech(database, one, *(f"word{n} kick {one.video_id}" for n in range(40)))
    url = database.url.render_as_string(hide_password=False)
    before = -1
    for wait_s in (0.05, 0.1, 0.15):
        with subprocess.Popen([sys.executable, "-c", KILLED, url], stdout=subprocess.PIPE) as child:
            assert child.stdout and child.stdout.readline()
            time.sleep(wait_s)
            child.kill()
        assert counted_anew(database) == held_counts(database)
        assert indexed_videos(database) >= before
        before = indexed_videos(database)
    assert update_index(database).videos == 40 - before
    assert counted_anew(database) == held_counts(database)
    assert len(search(database, "kick", limit=100).hits) == sum(1 for _ in _passages(database))


def indexed_videos(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(t.search_videos)) or 0


def _passages(database: Database) -> Iterator[int]:
    """Speech on no page, of which what overlaps is one."""
    with database.reading() as connection:
        of = t.search_documents.c
        rows = connection.execute(sa.select(of.video_id, of.start_s, of.end_s).order_by(of.video_id, of.start_s))  # fmt: skip
        last: tuple[str, float] = ("", 0.0)
        for video_id, start_s, end_s in rows:
            if (video_id, start_s) >= last:
                yield 1
            last = (video_id, end_s)
