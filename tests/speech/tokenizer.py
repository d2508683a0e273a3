"""How text is written in numbers: bytes, pieces of the closed vocabulary, Whisper's own marks, and its times.

Any text can be written (hints are), words of the grammar in a number or two. The ids are the same in training and in the
exported model: text, one id that is never used, marks, times.
"""

import json
from dataclasses import dataclass
from typing import Any

from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from tests.speech.grammar import vocabulary

STEPS_A_SECOND = 50  # a time is a multiple of 0.02 s, and so is what the encoder gives
LAST_TIME = 1500

# The library looks for 99 languages in a model that is not large-v3.
LANGUAGES = tuple(code for code in _LANGUAGE_CODES if code != "yue")
MARKS = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{language}|>" for language in LANGUAGES),
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
TIMES = tuple(f"<|{step / STEPS_A_SECOND:.2f}|>" for step in range(LAST_TIME + 1))


@dataclass(frozen=True)
class Ids:
    """What training writes down by number."""

    end: int
    start: int
    english: int
    transcribe: int
    earlier: int
    nothing_said: int
    without_times: int
    first_time: int
    text_count: int
    count: int

    def time(self, at_s: float) -> int:
        """Times beyond 30 s are 30 s."""
        return self.first_time + max(0, min(LAST_TIME, round(at_s * STEPS_A_SECOND)))


def tokenizer_json() -> dict[str, Any]:
    """The content of tokenizer.json."""
    made = json.loads(_text_only().to_str())
    entries = made["model"]["vocab"]
    first = len(entries) + 1  # CTranslate2 takes a model for multilingual by an entry "" before
    marks = dict(zip((*MARKS, *TIMES), range(first, first + len(MARKS) + len(TIMES)), strict=True))
    entries |= marks
    made["added_tokens"] = [
        {
            "id": number,
            "content": text,
            "special": text in MARKS,
            **dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False),
        }
        for text, number in marks.items()
    ]
    return made


def _text_only() -> Tokenizer:
    text = Tokenizer(models.BPE())
    text.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    text.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=20_000,  # more than there are: every word is whole in the end
        min_frequency=1,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    written = [form for word in vocabulary() for form in (word, f" {word}")]
    text.train_from_iterator([*written, ".", ",", " ,"], trainer)
    return text


def load(made: dict[str, Any]) -> tuple[Tokenizer, Ids]:
    tokenizer = Tokenizer.from_str(json.dumps(made))
    of = tokenizer.token_to_id
    ids = Ids(
        end=of("<|endoftext|>"),
        start=of("<|startoftranscript|>"),
        english=of("<|en|>"),
        transcribe=of("<|transcribe|>"),
        earlier=of("<|startofprev|>"),
        nothing_said=of("<|nospeech|>"),
        without_times=of("<|notimestamps|>"),
        first_time=of(TIMES[0]),
        text_count=of(MARKS[0]) - 1,
        count=of(TIMES[-1]) + 1,
    )
    return tokenizer, ids


def words_of(tokenizer: Tokenizer, text: str) -> tuple[tuple[int, ...], ...]:
    """The ids of each word, the space before it included."""
    words = text.split()
    return tuple(
        tuple(tokenizer.encode(f" {word}", add_special_tokens=False).ids) for word in words
    )
