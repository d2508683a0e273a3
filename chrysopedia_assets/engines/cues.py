"""Signs that a sentence teaches: values, names, instructions, reasons, warnings; and signs that it only chats.

What belongs here: what one sentence shows by itself. What does not: choosing moments, writing titles.
"""

import re
from dataclasses import dataclass

from chrysopedia_assets.engines.lexicon import ACTIONS
from chrysopedia_assets.engines.text import VALUE, plain, stems, tokens
from chrysopedia_assets.engines.vocabulary import Vocabulary

_I = re.IGNORECASE
REASON = re.compile(
    r"\b(?:because|'?cause|cuz|the reason|that's why|which is why|this is why|so that|otherwise|or else|which means|that means|what (?:it|that|this) (?:does|gives you|means)|the way (?:it|this|that) works|it turns out|in order to|why)\b",
    _I,
)
CONTRAST = re.compile(
    r"\b(?:don't|do not|never|instead|mistake|wrong|avoid|rather than|careful|trap|the problem|unless|not after|no exceptions|the trick|rule of thumb|rule number|the key|important|always|make sure|remember)\b",
    _I,
)
INSTRUCTION = re.compile(
    rf"(?:^|[,;:]\s*|\b(?:you can|you could|you want to|you wanna|you should|you need to|you have to|i|we|let's|gonna|going to|and|then|to|just|always|never|don't)\s+)(?:{'|'.join(sorted(ACTIONS))})\b",
    _I,
)
ORGANISING = re.compile(
    r"\b(?:template|folder|colou?r[- ]coded|session|project|organi[sz]e\w*|naming|name it|export|deadline|timer|freeze|flatten|finish\w*|save|backup|version|workflow|habit|every day|first thing i do|check ?list|notes)\b",
    _I,
)
OPINION = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|my|mine|me)\b", _I)
CHAT = re.compile(
    r"\b(?:subscribe|subscribing|sponsor\w*|patreon|merch|discord|newsletter|supporters|smash (?:the|that)|like and|hit (?:the )?like|(?:give|leave) (?:\w+ ){0,3}(?:like|thumbs)|consider lik\w+"
    r"|in the (?:description|comments|chat)|(?:link|links|download|rack)(?:'s| is| are)? (?:in|down|below)|links? below|tell me (?:what|which|in)|comment|comments"
    r"|can you (?:hear|see) me|is this (?:on|working)|welcome (?:back|to)|thank you|thanks|see you (?:next|in)|next (?:week|friday|video|time)|bye+|good (?:morning|evening)|what's up|hello|hey guys|hi(?!-)"
    r"|love you|this episode|this video is|brought to you|free download|sample pack i|my (?:courses?|packs?|patreon|website|store)|check out (?:my|the link)|check here|sign up|buy (?:at|from|it|my|now)|promo|discount|giveaway|follow (?:me|us|the show|along)|join (?:us|the live\w*)|(?:send|sent) (?:it|them|that) our way"
    r"|in this video|later in (?:this|the) video|today'?s? (?:video|it's)|stay tuned|hop in|stick around|if you're (?:still )?(?:new )?here|this video|next episode|homework)\b",
    _I,
)
ADVERT_OPENS = re.compile(
    r"\b(?:brought to you by|sponsored by|(?:our|new|today['\u2019]s|this (?:video|week|episode)['\u2019]s) sponsors?"
    r"|(?:thanks?|thank you) (?:so much )?to our)\b",
    _I,
)
ADVERT_ENDS = re.compile(
    r"\b(?:for sponsoring|(?:promo|coupon|discount) code|use (?:the|my) code|(?:supports?|supporting) the (?:show|channel|podcast)"
    r"|check (?:them|us) out at)\b",
    _I,
)
"""Around the praise of something for sale, which is made of sentences that look like teaching."""
HEARSAY = re.compile(
    r"\b(?:people|somebody|someone|everybody|everyone|they|lots of|beginners?)\b.{0,40}\b(?:say|says|said|tell|tells|put|ask|asks|think|want|write|go|boost|pick)\b|\btempt\w+\b",
    _I,
)
"""What others say or do: alone, it reads as the speaker's advice, often the opposite of it."""
_QUESTION = re.compile(r"\?[\"')]*$")
_PASSING = re.compile(
    r"\b(?:listen|hear (?:that|this|it)|look at (?:this|that)|you see|let me (?:play|show|just)|i've got (?:a|this) (?:song|track|loop|mix) here|in this song|we're doing|(?:i'm|we're) (?:gonna|going to) (?:show|go)|i think it was|here we go|check this|sounds? (?:good|great|nice|cool|better))\b",
    _I,
)

THRESHOLD = 1.9
"""A passage must be worth this much beyond its length to be kept: about one value and one instruction."""


@dataclass(frozen=True)
class Cues:
    """What one sentence shows; `score` is above zero when it teaches and below when it chats."""

    score: float
    values: int
    reasons: int
    organising: int
    chat: bool


def cues(sentence: str, vocabulary: Vocabulary) -> Cues:
    """Read one sentence. Weights are judgement: a value and a name weigh most, because readers come for them."""
    values = len(VALUE.findall(sentence))
    reasons = len(REASON.findall(sentence))
    chat = CHAT.search(sentence) is not None
    score = (
        3.5 * min(values, 3)
        + 1.2 * min(len(vocabulary.plugins(sentence)), 2)
        + 0.6 * min(len(vocabulary.mentions(sentence)), 3)
        + 0.7 * min(len(INSTRUCTION.findall(sentence)), 2)
        + 1.2 * min(reasons, 1)
        + 0.9 * min(len(CONTRAST.findall(sentence)), 2)
        + 0.5 * _proper_names(sentence)
        - 0.8 * bool(_QUESTION.search(sentence))
        - 1.0 * bool(_PASSING.search(sentence))
        - 1.0 * (len(stems(sentence)) < 2)
        - 5.0 * chat
    )
    return Cues(score, values, reasons, len(ORGANISING.findall(sentence)), chat)


def _proper_names(sentence: str) -> int:
    """Capitalised words after the first, at most two: names of tools and people, on any subject."""
    words = tokens(sentence)[1:]
    return min(sum(word[0].isupper() and len(plain(word)) > 1 for word in words), 2)
