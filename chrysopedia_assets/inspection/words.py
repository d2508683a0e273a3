"""What can be counted in a text of any language: words, quotations, values with their units, titles that say nothing.

What belongs here: reading text, in time that grows with its length alone, whatever it is. What does not: what is good.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from chrysopedia_assets.models.quotes import UNSPACED, is_verbatim
from chrysopedia_assets.models.technique_pages import CITATION

WORDS_PER_MINUTE = 238
"""Silent reading of non-fiction, the mean of 190 studies (Brysbaert 2019)."""
CHARS_PER_WORD = 2
"""Of scripts that put no spaces between words."""
MAX_QUOTATION_CHARS = 2_000
MAX_NAME_CHARS = 60
MOST_LEFT_OUT = 2
"""A shortened quotation has half of the words between its first and its last, or more."""
MOST_STEPS = 20_000
"""For one quotation: speech that says one word for ever, as recognisers do at times, is not looked through for ever."""
_UNSPACED = re.compile(f"[{UNSPACED}]")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")


def words_of(text: str) -> list[str]:
    """Folded; a run of a script without spaces counts as one."""
    return [match[0].casefold() for match in _WORD.finditer(CITATION.sub(" ", text))]


def word_count(text: str) -> int:
    """Words as one reads them: in a script without spaces, every two characters."""
    unspaced = len(_UNSPACED.findall(text))
    return len(words_of(_UNSPACED.sub(" ", text))) + (unspaced + 1) // CHARS_PER_WORD


def reading_s(text: str) -> float:
    return 60 * word_count(text) / WORDS_PER_MINUTE


def paragraphs(text: str) -> list[str]:
    """Parts between empty lines; a list is one of them."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            found[-1].append(line.strip())
        elif found[-1]:
            found.append([])
    return [" ".join(lines) for lines in found if lines]


def short(text: str) -> str:
    """A title or a quotation as it is named in a reason: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_NAME_CHARS else f"{line[: MAX_NAME_CHARS - 1]}…"


# Quotations --------------------------------------------------------------------------------------

_MARKS = (
    ("“", "”"),
    ("„", "“"),
    ("„", "”"),
    ("«", "»"),
    ("»", "«"),
    ("”", "”"),
    ('"', '"'),
    ("「", "」"),
    ("『", "』"),
)
_QUOTATION = re.compile(
    "|".join(rf"{a}([^“”„«»「」『』\"]{{1,{MAX_QUOTATION_CHARS}}}){b}" for a, b in _MARKS)
)
_GAP = re.compile(r"\[?(?:…|\.\.\.)\]?")


def quotation_spans(text: str) -> list[tuple[int, int, str]]:
    """What stands in quotation marks, of the usual kinds: where it begins and ends, marks included, and its words."""
    return [(*match.span(), _quoted(match)) for match in _QUOTATION.finditer(text)]


def quotations(text: str) -> list[str]:
    """Their words."""
    return [quoted for _, _, quoted in quotation_spans(text)]


def _quoted(match: re.Match[str]) -> str:
    return " ".join(CITATION.sub(" ", next(filter(None, match.groups()))).split())


def without_quotations(text: str) -> str:
    return _QUOTATION.sub(" ", text)


def is_said(quoted: str, said: str) -> bool:
    """Word for word, whatever the casing and punctuation; what was left out may be marked by dots."""
    parts = [part for part in _GAP.split(quoted) if words_of(part)]
    return all(is_verbatim(part, said) for part in parts)


def is_shortened(quoted: str, said: Sequence[str]) -> bool:
    """Whether every word was said (`words_of`), in this order and close together, with others left out between them."""
    wanted = words_of(quoted)
    if not wanted or not set(wanted) <= set(said):
        return False
    starts = [at for at, word in enumerate(said) if word == wanted[0]]
    return any(_goes_on(wanted, said, at) for at in starts[: MOST_STEPS // len(wanted)])


def _goes_on(wanted: Sequence[str], said: Sequence[str], at: int) -> bool:
    end = at + MOST_LEFT_OUT * len(wanted)
    for word in wanted:
        try:
            at = said.index(word, at, end) + 1
        except ValueError:
            return False
    return True


# Values ------------------------------------------------------------------------------------------

Value = tuple[str, float]
"""In a unit of its own kind: 3 kHz is 3,000 Hz."""

_UNITS: tuple[tuple[str, float, str], ...] = (
    ("Hz", 1, "hz hertz герц гц 赫兹 ヘルツ 헤르츠"),
    ("Hz", 1_000, "khz kilohertz k кгц 千赫 キロヘルツ"),
    ("ms", 1, "ms msec millis millisecond milliseconds millisekunde millisekunden milliseconde millisecondes milisegundo"
     " milisegundos millisecondo millisecondi milissegundo milissegundos мс миллисекунд миллисекунды 毫秒 ミリ秒 밀리초"),
    ("ms", 1_000, "s sec secs second seconds sekunde sekunden seconde secondes segundo segundos secondo secondi"
     " секунд секунды 秒 초"),
    ("dB", 1, "db dbs dbfs dbtp decibel decibels dezibel décibel décibels decibelio decibelios дб децибел"
     " 分贝 デシベル 데시벨"),
    ("LUFS", 1, "lufs lu"),
    ("%", 1, "% percent prozent pourcent procent процентов 퍼센트 パーセント"),
    ("bpm", 1, "bpm"),
    ("semitones", 1, "semitone semitones halbton halbtöne halbtönen semitono semitonos semitoni semitons 半音"),
    ("cents", 1, "cent cents"),
    ("bars", 1, "bar bars takt takte takten mesure mesures compás compases battute 小节 小節"),
    ("octaves", 1, "octave octaves oktave oktaven octava octavas"),
    ("voices", 1, "voice voices stimmen voix voces"),
    ("bit", 1, "bit bits"),
    ("degrees", 1, "° degree degrees grad degrés grados"),
)  # fmt: skip
_UNIT = {word: (unit, times) for unit, times, words in _UNITS for word in words.split()}
_NUMBER = re.compile(r"\d{1,7}(?:[.,]\d{1,6}){0,3}")
_BY_LENGTH = sorted(map(re.escape, _UNIT), key=len, reverse=True)
_OF_UNIT = re.compile(rf"[ \u00a0\u202f-]?({'|'.join(_BY_LENGTH)})", re.IGNORECASE)
_TO_ONE = re.compile(r"\s?(?::|to|zu|à|a|para|auf)\s?(?:1|one\b)(?!\d|[.,:]\d)", re.IGNORECASE)


def values_in(text: str) -> dict[Value, str]:
    """Numbers with their unit, and ratios; each as it is written. A sign is not looked at: cutting 3 dB is -3 dB."""
    found: dict[Value, str] = {}
    for number in _NUMBER.finditer(text):
        before = text[number.start() - 1 : number.start()]
        if before.isdigit() or before in (".", ","):
            continue  # the rest of a longer one
        if ratio := _TO_ONE.match(text, number.end()):
            found.setdefault((":1", _number(number[0])), number[0] + ratio[0])
        elif (after := _OF_UNIT.match(text, number.end())) and (of := _unit(after, text)):
            value = round(_number(number[0]) * of[1], 6)
            found.setdefault((of[0], value), number[0] + after[0])
    return found


def _unit(match: re.Match[str], text: str) -> tuple[str, float] | None:
    """None where it is only how a longer word begins."""
    word, after = match[1].casefold(), text[match.end() : match.end() + 1]
    goes_on = word.isascii() and word.isalpha() and after.isalpha() and after.isascii()
    return None if goes_on else _UNIT.get(word)


def _number(text: str) -> float:
    """A comma before three digits groups thousands; any other is a decimal point, and so is the last of several marks."""
    head, comma, tail = text.rpartition(",")
    if comma and "." not in text and len(tail) != 3:
        text = f"{head}.{tail}"
    whole, dot, part = text.replace(",", "").rpartition(".")
    return float(f"{whole.replace('.', '')}{dot}{part}")


def names(name: str, text: str) -> bool:
    """Whether a product is named, with or without hyphens."""
    return _loose(name) in _loose(text)


def _loose(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").split())


# Titles ------------------------------------------------------------------------------------------

_SAYS_NOTHING_WORDS = (
    "overview introduction intro introducing tips tip tricks trick conclusion conclusions summary basics basic notes note misc"
    " miscellaneous other others details technique techniques workflow workflows settings setting setup background"
    " thoughts takeaways takeaway points point part section step steps started advice practices practice process"
    " explanation discussion topic topics chapter untitled context methods method approach ideas content things stuff"
    " überblick übersicht einleitung einführung tipps fazit zusammenfassung grundlagen allgemeines sonstiges hinweise"
    " einstellungen technik techniken abschnitt teil aperçu astuces conseils résumé généralités bases réglages partie"
    " resumen introducción consejos trucos conclusión generalidades notas detalles ajustes conceptos básicos visión"
    " panoramica introduzione consigli trucchi conclusione riassunto impostazioni introdução dicas conclusão resumo"
    " overzicht inleiding conclusie samenvatting przegląd wstęp wskazówki podsumowanie обзор введение советы заключение"
    " выводы основы итоги 概要 はじめに まとめ ヒント 結論 紹介 概述 概览 简介 介绍 总结 技巧 结论 개요 소개 요약 팁 결론"
)  # fmt: skip
_SAYS_NOTHING = frozenset(_SAYS_NOTHING_WORDS.split())
_FILLS_WORDS = (
    "a an the and or of for to in on with some few more my your our his her their this that general key main final best getting"
    " quick useful important common der die das und ein eine zum zur im et de des du la le les un une y e el los las il"
    " lo gli o os as da do geral het een en van"
)  # fmt: skip
_FILLS = frozenset(_FILLS_WORDS.split())


def says_nothing(title: str, taken: Collection[str] = ()) -> bool:
    """Whether every word could stand over any text, or the title is only one of `taken` (folded)."""
    words = words_of(title)
    if not words or " ".join(words) in taken:
        return True
    return all(
        w in _SAYS_NOTHING or w in _FILLS or w in taken or w.isdecimal() for w in words
    ) and (len(words) == 1 or any(w in _SAYS_NOTHING for w in words))


def folded(words: Collection[str]) -> Iterator[str]:
    return (" ".join(words_of(word)) for word in words)
