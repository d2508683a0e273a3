"""How a clause of speech can be read as a title: an instruction, a warning, a setting, a plain statement.

What belongs here: English grammar by pattern, and what each reading is worth. What does not: cutting to length,
capitals, choosing among candidates (titles). A reading must keep the meaning: what is only a condition ("if you
boost 50 hertz") or what others do wrong ("people put a brick wall there") is never read as advice.
"""

import re
from collections.abc import Iterator

from chrysopedia_assets.engines.lexicon import (
    ACTIONS,
    PRONOUNS,
    QUALIFIERS,
    STOP_WORDS,
    VERBS,
    words_of,
)
from chrysopedia_assets.engines.text import VALUE, plain, tokens

INSTRUCTION_WORTH, WARNING_WORTH, SETTING_WORTH, SUPPOSITION_WORTH, STATEMENT_WORTH, DOING_WORTH = (
    2.0,
    1.6,
    1.2,
    1.0,
    0.4,
    0.2,
)

_I = re.IGNORECASE
_BORDER = re.compile(
    r"[,;:.!?…]+(?:\s+|$)|\s+[-\u2013\u2014]\s+"
    r"|\s+(?=(?:because|so that|so|but|which|until|when|if|where|while|unless|since|although|or else|otherwise"
    r"|as long as|and then|then|rather than)\b)"
    r"|\s+(?=(?:and|or) (?:i|you|we|it|they|that|he|she|there|this|if|when|so)\b)",
    _I,
)
_LEAD = re.compile(
    r"^(?:(?:and|so|then|now|but|also|first|next|just|okay|or|because|since|please|finally|here|again|usually"
    r"|normally|always|instead|so that|after that|another thing|secondly|second|third|from there|in this case)\s+)+",
    _I,
)
_CONDITION = re.compile(
    r"^(?:(?:and|but|so|or|even|now|then)\s+)*(?:if|when|unless|whenever|once|as|while|until|where|although|rather than|which|or else|otherwise)\b",
    _I,
)
_OTHERS = re.compile(
    r"\b(?:people|they|everybody|everyone|beginners?|someone|somebody|most producers|lots of|a lot of|not|never|\w+n['\u2019]t|thing where|tempt\w+|mistake|wrong|used to|would have)\b",
    _I,
)
_SUBJECT = re.compile(
    # "You'll sidechain it away" and "I'd have to" tell what would happen, not what to do.
    r"^(?!you(?:['\u2019]ll| will)\b|\w+['\u2019]d\b|i (?:could|would|might)\b)"
    r"(?:what )?(?:i|you|we)(?:['\u2019](?:m|re|ve|ll))?\s+"
    r"(?:(?:am|are|just|always|usually|can|could|should|would|will|might|must|also|really|then|gonna|gotta|wanna"
    r"|actually|simply|only|even|do|normally|often|basically|personally|probably|now|better|want to|need to|have to"
    r"|got to|like to|prefer to|try to|tend to|love to|going to|be able to|able to|go ahead and|go and|make sure to)\s+)*"
    r"|^(?:let['\u2019]?s|gonna|going to|make sure (?:to|you)|try to|remember to|feel free to|try and|to"
    r"|the (?:trick|idea|key|goal|point|job|thing) is to)\s+(?:(?:just|actually|also)\s+)*",
    _I,
)
_NEGATED = re.compile(
    r"^(?:(?:i|you|we)\s+)?(?:(?:do|would|should|can|could|will)(?: not|n['\u2019]t)|don['\u2019]t|never|avoid|not)\s+"
    r"(?:(?:ever|just|even|really|want to|wanna|need to|have to)\s+)*",
    _I,
)
_ARTICLE = re.compile(r"^(?:the|a|an|my|your|our|some|her|his|their|every)\s+", _I)
_SPEAKER = re.compile(r"\b(?:i|me|we|us|you|gonna|wanna|kinda|guys)\b", _I)
_COPULA = re.compile(
    r"(?:['\u2019]s| is| are)\s+(?=(?:at|on|about|around|set to|down|up|minus|plus|only)\b)", _I
)
_UNDERWAY = re.compile(r"(?:['\u2019]s| is| are) \w+ing\b", _I)
_FINITE = re.compile(
    r"^(?:is|are|has|have|always|never|can|will|(?:make|give|bring|add|take|need|keep|get|let|help|work|mean|come"
    r"|fill|change|create|turn|remove|allow|affect|control|move|define|tell|save|cost|return|support|run|work|matter)s)$",
    _I,
)

_SUPPOSED = re.compile(r"\b(?:would|could|might|\w+['\u2019](?:d|ll)|will)\b", _I)
_BEFORE_A_VERB = words_of("to you we i and or can should just gonna always then also usually")
_BEFORE_A_NOUN = words_of(
    "the a an this that these those my your our his her their its some any no"
)
_JOINS = words_of("with on in to from at below above into by before after between for")
_ARTICLES = words_of("the a an some more any")
MAX_THING_WORDS = 3


def clauses(sentence: str) -> Iterator[str]:
    """The parts of a sentence that could stand alone, up to where it speaks of what not to do."""
    borders = list(_BORDER.finditer(sentence))
    starts = [0, *(match.end() for match in borders)]
    ends = [*(match.start() for match in borders), len(sentence)]
    for start, end in zip(starts, ends, strict=True):
        clause = sentence[start:end].strip()
        if clause and not _OTHERS.search(sentence[:start]):
            yield clause


def readings(clause: str) -> Iterator[tuple[str, float]]:
    """Ways to read one clause as a title, with what each form is worth."""
    bare = _LEAD.sub("", clause)
    if condition := _CONDITION.match(bare):
        yield from _supposed(bare[condition.end() :].strip())
    elif negated := _NEGATED.match(bare):
        rest = bare[negated.end() :]
        if _is_instruction(rest):
            word = "Never" if "never" in negated[0].casefold() else "Don't"
            yield f"{word} {rest}", WARNING_WORTH
    elif _OTHERS.search(bare):
        return
    elif subject := _SUBJECT.match(bare):
        rest = _LEAD.sub("", bare[subject.end() :])
        if _is_instruction(rest):
            yield rest, INSTRUCTION_WORTH
    elif _is_instruction(bare):
        yield bare, INSTRUCTION_WORTH
    elif not _SPEAKER.search(bare):
        yield from _statements(_ARTICLE.sub("", bare))


def _supposed(bare: str) -> Iterator[tuple[str, float]]:
    """ "If you leave a 400 ms tail" is no advice; "Leaving a 400 ms Tail" says what it is about."""
    subject = _SUBJECT.match(bare)
    rest = bare[subject.end() :] if subject else ""
    if _is_instruction(rest) and not _OTHERS.search(bare):
        verb, _, acted_on = rest.partition(" ")
        yield f"{gerund(verb)} {acted_on}", SUPPOSITION_WORTH


def gerund(verb: str) -> str:
    """The -ing form: "set" gives "setting", "leave" gives "leaving"."""
    if verb.endswith("e") and not verb.endswith(("ee", "ye")):
        return f"{verb[:-1]}ing"
    if re.search(r"^[^aeiou]*[aeiou][^aeiouwxyl]$", verb):
        return f"{verb}{verb[-1]}ing"
    return f"{verb}ing"


_DEEDS = ACTIONS | words_of("make take give find finish polish shorten emphasize emphasise thicken")
_GERUNDS = frozenset(map(gerund, _DEEDS))
_NEED_A_THING = words_of(
    "using putting taking making giving finding bringing adding leaving choosing"
)


def _statements(text: str) -> Iterator[tuple[str, float]]:
    words = tokens(text)
    if not words or words[0][0].isdigit() or plain(words[0]) in STOP_WORDS | PRONOUNS | VERBS:
        return
    if VALUE.search(text) and not _UNDERWAY.search(text):
        yield _COPULA.sub(" ", text), SETTING_WORTH
    elif len(words) > 2 and _says_of(words):
        yield text, STATEMENT_WORTH


def doings(clause: str) -> Iterator[str]:
    """What is done to what anywhere in a clause: "once you start boosting the sound" is about "boosting the sound"."""
    if _OTHERS.search(clause) or _SUPPOSED.search(clause):
        return
    spoken = tokens(clause)
    for n, word in enumerate(map(plain, spoken)):
        before = plain(spoken[n - 1]) if n else "to"
        if word in _DEEDS and before in _BEFORE_A_VERB:
            verb = gerund(word)
        elif word in _GERUNDS and before not in _BEFORE_A_NOUN:
            verb = word
        else:
            continue
        rest = spoken[n + 1 :]
        thing = _thing(rest)
        where = _where(rest[len(thing) or int(rest[:1] in (["it"], ["them"])) :])
        if thing or (where and verb not in _NEED_A_THING):
            yield " ".join([verb, *thing, *where])


def _where(words: list[str]) -> list[str]:
    """ "on the master", "by 2 semitones": the words of a place or an amount that a list of words begins with."""
    if not words or words[0].casefold() not in _JOINS:
        return []
    amount = VALUE.match(" ".join(words[1:4]))
    found = amount[0].split() if amount else _thing(words[1:])
    return [words[0], *found] if found else []


def _thing(words: list[str]) -> list[str]:
    """The article and up to three words for a thing that a list of words begins with; none when it begins otherwise."""
    start = int(bool(words) and words[0].casefold() in _ARTICLES | _BEFORE_A_NOUN)
    end = start
    while end < min(len(words), start + MAX_THING_WORDS) and _may_name(plain(words[end])):
        end += 1
    named = end > start and plain(words[end - 1]) not in QUALIFIERS
    return words[:end] if named else []


def _may_name(word: str) -> bool:
    return (
        word not in STOP_WORDS | VERBS | PRONOUNS
        and not word[0].isdigit()
        and not word.endswith("ly")
    )


def _says_of(words: list[str]) -> bool:
    """Whether a verb follows what is spoken of: "a clipper takes the top off", "high passes just remove low frequencies"."""
    if any(_FINITE.match(word) for word in words[1:4]):
        return plain(words[-1]) not in QUALIFIERS  # "EQs are cool"
    verb = next((n for n in range(1, min(len(words), 4)) if plain(words[n]) in ACTIONS), 0)
    subject = [
        w for w in words[:verb] if w.casefold() not in ("just", "only", "also", "always", "really")
    ]
    return bool(subject) and subject[-1].endswith("s") and verb < len(words) - 1


def _is_instruction(text: str) -> bool:
    words = [plain(word) for word in tokens(text)]
    return (
        len(words) > 1
        and words[0] in ACTIONS
        and words[1] not in ("to", "of")
        and not _points_away(words[1:3])
    )


def _points_away(following: list[str]) -> bool:
    """Whether what is acted on stands outside the clause: "pull it down", "listen to that"."""
    return following[0] in PRONOUNS or (following[0] in STOP_WORDS and following[-1] in PRONOUNS)
