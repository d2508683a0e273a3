"""Speech made readable: fillers, false starts and repeated words go, every other word stays the speaker's own.

What belongs here: removing words and mending punctuation. What does not: choosing sentences, adding words.
"""

import re

from chrysopedia_assets.engines.text import plain, stems, tokens

_I = re.IGNORECASE

# In this order: each rule may leave something for the next.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:,\s*)?\b(?:u+m+|u+h+|u+hm+|e+rm+|h+m+|mm+)\b[,.…]*", _I), ""),
    (re.compile(r"\b(?:let me (?:see|think|find it)|let's see|hang on|hold on|what's it called|where was i)\b[,.?]?\s*", _I), ""),
    (re.compile(r"(^|[,.!?]\s+)(?:you know|i mean|let's say|i guess|i don't know|trust me|believe me|you see|see)(?:,\s*|(?=[.!?]))", _I), r"\1"),
    (re.compile(r",\s*(?:you know|i mean|i guess|i would say|i'd say|right|okay|ok|yeah|isn't it|or whatever|or something)(?=[,.?!]|$)", _I), ""),
    (re.compile(r",\s*(?:like|sort of|kind of),(?=\s)", _I), ""),
    (re.compile(r"(^|,\s*)(?:actually|basically|literally|honestly|obviously|like|well|sort of|kind of|whatever),\s*", _I), r"\1"),
    (re.compile(r",\s*(?:actually|basically|literally|honestly|obviously|ish)(?=[,.?!]|$)", _I), ""),
    (re.compile(r"(?<!\bbe )(?<!\bwas )(?<!'s )(?<!'re )(?<!'m )\blike,\s*", _I), ""),
    (re.compile(r"\blike\s+(?=(?:about |maybe |around |plus |minus )?\d)", _I), ""),
    (re.compile(r"(\b(?:is|are|was|it's|that's|he's|they're|just|to|be|all|with|than|of|by|within)\s+)like\s+(?=(?:a|an|the|only|two|three|half|every|way|really|super)\b)", _I), r"\1"),
    (re.compile(r"(?<!\ba )(?<!\bthis )(?<!\bthat )(?<!\bwhat )(?<!\bany )(?<!\bsome )(?<!\bthe )(?<!\bthese )(?<!\bsame )(?<!\bevery )(?<!\bof )(?<!\byour )(?<!\bmy )(?<!\bdifferent )\b(?:sort of|kind of|kinda|sorta)\s+", _I), ""),
    (re.compile(r"\b(about|within|at|to|of|than|like|by|around|with|for|than),\s+(?=\d)", _I), r"\1 "),
    (re.compile(r"(?<!\bor )\b((?:[^\W\d_]+(?:['\u2019][^\W_]+)?\s+){0,2}[^\W\d_]+(?:['\u2019][^\W_]+)?)(?:(?:,|…|\.{2,})?\s+\1\b)+", _I), r"\1"),
    (re.compile(r"\b(i|you|we) (i|you|we)('m|'re|'ve|'ll)?(?= )", _I), r"\2\3"),
)  # fmt: skip
_OPENERS = re.compile(
    r"^(?:(?:okay|ok|alright|all right|yeah|yep|oh|ah|anyway|cool|hey|ooh|ugh|whoo|ta-da|great|perfect)\b[,.!]*"
    r"|(?:right|well|now|see|also|again|first|then|yes|no|next|but|boom)[,!]"
    r"|so\b(?:,|(?! that\s| much\b| many\b| far\b| long\b))"
    r"|and(?:,| so\b| then\b,?|(?= ))|but\b(?= (?:okay|ok|yeah|anyway)\b))\s*",
    _I,
)
_MENDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"\s+([,.;:!?])(?!\d)"), r"\1"),
    (re.compile(r"([,;:])(?:\s*[,;:])+"), r"\1"),
    (re.compile(r"[,;:]\s*([.!?])"), r"\1"),
    (re.compile(r"^[\s,.;:!?…-]+"), ""),
    (re.compile(r"[\s,;:-]+$"), ""),
)
_ENDS = re.compile(r"[.!?…\u3002\uff01\uff1f][\"')\]]*$")

_DEMONSTRATION = re.compile(
    r"^(?:(?:and|so|okay|now|but|just|then|let's|let me|you|can you|do you|if you|i want you to)\s+)*"
    r"(?:listen|hear|look|watch|see|play|check (?:this|it) out|take a look|here (?:we|you) go|there (?:we|you) go)\b",
    _I,
)
_AIMLESS = re.compile(
    r"\b(?:like (?:this|that|so)|over here|right here|just here|from here|to here|here it is|you see (?:this|that)|hear (?:this|that))\W*$",
    _I,
)

MAX_EMPTY_WORDS = 9
"""A demonstration ("listen to this now") is at most this long; a longer sentence says something besides."""


def cleaned(sentence: str) -> str:
    """One sentence without fillers, capitalised and with an end; empty when nothing was left."""
    text = sentence
    for pattern, kept in _RULES:
        text = pattern.sub(kept, text)
    text = _mended(text)
    while (shorter := _mended(_OPENERS.sub("", text))) != text:
        text = shorter
    if not any(letter.isalnum() for letter in text):
        return ""
    text = text[0].upper() + text[1:]
    return text if _ENDS.search(text) else f"{text}."


def _mended(text: str) -> str:
    for pattern, kept in _MENDS:
        text = pattern.sub(kept, text)
    return text


def says_something(sentence: str) -> bool:
    """Whether a cleaned sentence reads as more than an interjection or a pointer at the screen."""
    words = tokens(sentence)
    if len(words) <= MAX_EMPTY_WORDS and (
        _DEMONSTRATION.search(sentence) or _AIMLESS.search(sentence)
    ):
        return False
    return bool(stems(sentence)) or any(plain(word)[:1].isdigit() for word in words)
