"""From bytes to text."""

import codecs

import pytest

from resources.clients.captions.decode import decode
from resources.clients.captions.raw import Notes

TEXT = "1\n00:00:01,000 --> 00:00:02,000\nBässe für müde Öhren € 低音\n"


@pytest.mark.parametrize(
    "raw",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
    ],
)
def test_every_unicode_encoding_is_read_without_a_note(raw: bytes) -> None:
    notes = Notes()
    assert (decode(raw, notes), notes.sentences()) == (TEXT, ())


def test_what_is_no_unicode_is_read_as_windows_1252_and_noted() -> None:
    notes = Notes()
    assert decode("Bässe € müde".encode("cp1252"), notes) == "Bässe € müde"
    assert notes.sentences() == ("The file is not UTF-8; it was read as Windows-1252",)


def test_utf_8_with_a_cut_character_stays_utf_8() -> None:
    notes = Notes()
    assert decode("Bässe für müde Öhren".encode() + b"\xe4", notes) == "Bässe für müde Öhren\ufffd"
    assert notes.sentences() == ("Bytes that are not UTF-8 were replaced by U+FFFD",)


def test_a_second_byte_order_mark_is_text_and_single_nuls_are_no_utf_16() -> None:
    assert decode(codecs.BOM_UTF8 * 2 + b"a", Notes()) == "\ufeffa"
    assert decode(b"WEBVTT\0 not utf-16\0", Notes()) == "WEBVTT\0 not utf-16\0"


@pytest.mark.parametrize(
    "raw", [b"", b"\xff", b"\xff\xfe\x00", b"\x81\x8d", b"\0\0\0\0", b"\xfe\xff\xd8\x00"]
)
def test_every_sequence_of_bytes_gives_a_text(raw: bytes) -> None:
    assert isinstance(decode(raw, Notes()), str)
