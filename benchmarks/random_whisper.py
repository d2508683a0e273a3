"""Whisper models of true size with random weights: they cost what a real one costs, and say nothing.

What belongs here: making one, by CTranslate2's own description of the model. What does not: measuring. A code in each
position's embedding picks the word that is written there, so that an answer has the length of a real one; random
weights alone write until they are cut off.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TEXT, _LANGUAGES, _TIMES = 50_257, 99, 1_501
_SPECIAL = ("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>")
_PROMPT_TOKENS = 3
_WORDS_PER_SEGMENT, _SEGMENT_S, _SEGMENTS = 15, 7, 4
"""About what somebody says in 28 seconds."""
_SMALL = 0.02
_POSITIONS = 448

Weights = NDArray[np.float32]


@dataclass(frozen=True)
class Size:
    """As Whisper's authors have them."""

    width: int
    heads: int
    layers: int


SIZES = {"tiny": Size(384, 6, 4), "base": Size(512, 8, 6)}


def write_random_whisper(folder: Path, size: Size) -> None:
    from ctranslate2.specs import WhisperSpec

    tokens = _tokens()
    spec = WhisperSpec(size.layers, size.heads, size.layers, size.heads)
    make = _Maker(size.width, np.random.default_rng(0))
    make.encoder(spec.encoder)
    make.decoder(spec.decoder, _answer(tokens), len(tokens))
    spec.register_vocabulary(tokens)
    english = tokens.index("<|en|>")
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [_TEXT]
    spec.config.lang_ids = list(range(english, english + _LANGUAGES))
    spec.config.alignment_heads = [[size.layers - 1, head] for head in range(size.heads)]
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True)
    spec.save(str(folder))
    _write_tokenizer(folder / "tokenizer.json", tokens)


def _tokens() -> list[str]:
    from faster_whisper.tokenizer import _LANGUAGE_CODES
    from tokenizers.pre_tokenizers import ByteLevel

    bytes_ = sorted(ByteLevel.alphabet())
    # CTranslate2 takes a model for a multilingual one by its empty token.
    words = [f"Ġ{_letters(number)}" for number in range(_TEXT - len(bytes_) - 1)] + [""]
    languages = [f"<|{code}|>" for code in ("en", *(c for c in _LANGUAGE_CODES if c != "en"))]
    special = ["<|endoftext|>", "<|startoftranscript|>", *languages[:_LANGUAGES], *_SPECIAL]
    times = [f"<|{number * 0.02:.2f}|>" for number in range(_TIMES)]
    return [*bytes_, *words, *special, "<|notimestamps|>", *times]


def _letters(number: int) -> str:
    """A word for each number, so unlike its neighbours that text of them does not compress like a loop."""
    spread = number * 7_919 % 26**4
    return "".join(chr(ord("a") + spread // 26**place % 26) for place in range(4))


def _answer(tokens: list[str]) -> list[int]:
    """What the model writes about any sound."""
    first_time = len(tokens) - _TIMES
    written = []
    for segment in range(_SEGMENTS):
        start, end = (first_time + (segment + n) * _SEGMENT_S * 50 for n in (0, 1))
        first_word = 1_000 + segment * _WORDS_PER_SEGMENT
        written += [start, *range(first_word, first_word + _WORDS_PER_SEGMENT), end]
    return [*written, _TEXT]


def _write_tokenizer(path: Path, tokens: list[str]) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    text = {token: number for number, token in enumerate(tokens[:_TEXT])}
    tokenizer = Tokenizer(models.BPE(vocab=text, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = tokens[_TEXT : len(tokens) - _TIMES]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.save(str(path))


class _Maker:
    def __init__(self, width: int, random: np.random.Generator) -> None:
        self._width, self._random = width, random

    def _weights(self, *shape: int) -> Weights:
        return self._random.standard_normal(shape, np.float32) * np.float32(_SMALL)

    def encoder(self, spec: Any) -> None:
        for conv, bands in ((spec.conv1, 80), (spec.conv2, self._width)):
            conv.weight = self._weights(self._width, bands, 3)
            conv.bias = np.zeros(self._width, np.float32)
        spec.position_encodings.encodings = self._weights(1_500, self._width)
        self._norm(spec.layer_norm)
        for layer in spec.layer:
            self._layer(layer)

    def decoder(self, spec: Any, answer: list[int], vocabulary: int) -> None:
        spec.embeddings.weight = self._weights(vocabulary, self._width)
        positions = self._random.standard_normal((_POSITIONS, self._width), np.float32)
        projection = self._weights(vocabulary, self._width)
        for at, token in enumerate(answer, start=_PROMPT_TOKENS - 1):
            projection[token] += positions[at]
        spec.position_encodings.encodings = positions
        spec.projection.weight = projection
        self._norm(spec.layer_norm)
        for layer in spec.layer:
            self._layer(layer)
            self._norm(layer.attention.layer_norm)
            for linear, rows in zip(layer.attention.linear, (1, 2, 1), strict=True):
                self._linear(linear, rows * self._width, self._width)

    def _layer(self, spec: Any) -> None:
        self._norm(spec.self_attention.layer_norm)
        for linear, rows in zip(spec.self_attention.linear, (3, 1), strict=True):
            self._linear(linear, rows * self._width, self._width)
        self._norm(spec.ffn.layer_norm)
        self._linear(spec.ffn.linear_0, 4 * self._width, self._width)
        self._linear(spec.ffn.linear_1, self._width, 4 * self._width)

    def _linear(self, spec: Any, rows: int, columns: int) -> None:
        spec.weight = self._weights(rows, columns)
        spec.bias = np.zeros(rows, np.float32)

    def _norm(self, spec: Any) -> None:
        spec.gamma = np.ones(self._width, np.float32)
        spec.beta = np.zeros(self._width, np.float32)
