"""The stemmer, held against SQLite's own, which nobody here wrote."""

import re
import sqlite3
from collections.abc import Sequence

import pytest

from chrysopedia_assets.search.stems import stem
from resources.settings import PROJECT, SAMPLES
from tests.conftest import SHARED_DATA, shared


def porter_of_sqlite(words: Sequence[str]) -> list[str]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE f USING fts5(word, tokenize = 'porter ascii')")
    connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(f, instance)")
    connection.executemany("INSERT INTO f(rowid, word) VALUES (?, ?)", enumerate(words))
    return [term for (term,) in connection.execute("SELECT term FROM v ORDER BY doc")]


def words_in(*texts: str) -> list[str]:
    found = {word for text in texts for word in re.findall("[a-z]+", text.lower())}
    return sorted(word for word in found if 3 <= len(word) <= 60)


def test_it_cuts_as_sqlite_does_whatever_the_documents_and_samples_say() -> None:
    texts = [path.read_text() for path in sorted(PROJECT.rglob("docs/**/*.md"))]
    texts += [path.read_text() for path in sorted(SAMPLES.rglob("*")) if path.is_file()]
    words = words_in(*texts)
    assert len(words) > 2000
    assert [stem(word) for word in words] == porter_of_sqlite(words)


def test_it_cuts_as_sqlite_does_in_another_field() -> None:
    found = shared(SHARED_DATA / "retrieval" / "cranfield" / "cran.all.1400.xml")
    words = words_in(found.read_text())
    assert [stem(word) for word in words] == porter_of_sqlite(words)


@pytest.mark.parametrize("word", ["", "s", "is", "110", "café", "mp3", "x" * 1000, "yyy", "aaa"])
def test_whatever_is_no_english_word_is_no_error(word: str) -> None:
    assert stem(word) in (word, word[:-1], word.replace("yyy", "yyi"))
