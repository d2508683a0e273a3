"""Whisper on this machine, through faster-whisper.

What belongs here: what the library is told, and what it answers. What does not: loading a model (`whisper_loading`),
finding speech, judging what comes back.

* Clips are cut by us, so that its own voice detection, which takes pauses out and puts times back, is not used.
* Batched is several times faster on a GPU, and drops a passage now and then (its issue 1179); what is asked for again is
  never batched.
* `condition_on_previous_text` is off: with it, one slip is repeated for minutes.
* Nothing is drawn by lot, as Whisper does at higher temperatures when it is not sure: the same sound gives the same words,
  and nothing goes stale by itself. (A seed is no way: CTranslate2 heeds it once a thread.) A second try has a wider beam.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chrysopedia_assets.errors import NotTranscribed
from chrysopedia_assets.models.transcripts import Segment
from resources.clients.captions.clean_text import clean_text
from resources.clients.speech.port import (
    SAMPLE_HZ,
    Ask,
    HeardClip,
    HeardSegment,
    Hints,
    Samples,
    Span,
)

if TYPE_CHECKING:
    from ctranslate2 import StorageView
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment as LibrarySegment

_MOST_HINT_TOKENS = 200
"""Prompt and hotwords may have 223 each by the library, which is all of the model's 448 places: a RuntimeError. What they
take is missing for the answer."""
_LONGEST_LOOP_TOKENS = 8
"""What nobody says twice in half a minute, and a recogniser that is lost writes twenty times."""
_LANGUAGE_CLIPS, _LANGUAGE_SURE = 3, 0.9


class WhisperRecogniser:
    """A loaded model."""

    def __init__(
        self, model: "WhisperModel", name: str, beam: int, batch: int, notes: tuple[str, ...]
    ) -> None:
        self._model, self._name, self._beam, self._batch = model, name, beam, batch
        self._notes = notes
        self._sounds_like: list[tuple[str, float]] = []
        if model.model.is_multilingual:
            self._note_languages()

    @property
    def made_by(self) -> str:
        from faster_whisper import __version__

        model = self._model.model
        name = self._name.rstrip("/").rpartition("/")[2]
        return f"faster-whisper {__version__}, {name}, {model.compute_type} on {model.device}"

    @property
    def notes(self) -> tuple[str, ...]:
        return self._notes

    def recognise(self, audio: Samples, clips: Sequence[Span], ask: Ask) -> list[HeardClip]:
        """Raises NotTranscribed where the library gives up: other files may go."""
        try:
            return self._recognised(audio, clips, ask)
        except RuntimeError as error:  # CTranslate2 has no class for it
            raise NotTranscribed(
                f"Whisper failed on {self._model.model.device}: {one_line(error)}",
                cure="Close what else uses its memory, or take a smaller model. The next run goes on from here.",
            ) from error

    def _recognised(self, audio: Samples, clips: Sequence[Span], ask: Ask) -> list[HeardClip]:
        while self._batch > 1 and not ask.again:
            try:
                return self._batched(audio, clips, ask)
            except RuntimeError as error:
                if "out of memory" not in str(error):
                    raise
                self._batch //= 2
        return [self._sequential(audio, clip, ask) for clip in clips]

    def _batched(self, audio: Samples, clips: Sequence[Span], ask: Ask) -> list[HeardClip]:
        found, info = self._pipeline.transcribe(
            audio,
            batch_size=self._batch,
            clip_timestamps=[{"start": start_s, "end": end_s} for start_s, end_s in clips],
            **self._told(ask),
        )
        self._sounds_like.clear()  # what was found while looking for the language
        of_clip: list[list[HeardSegment]] = [[] for _ in clips]
        places = {
            int(int(clip.start_s * SAMPLE_HZ) / SAMPLE_HZ * 100): at
            for at, clip in enumerate(clips)
        }
        for segment in found:
            of_clip[places[segment.seek]] += _heard([segment])
        return [
            self._clip(clip, segments, info.language, at)
            for at, (clip, segments) in enumerate(zip(clips, of_clip, strict=True))
        ]

    def _sequential(self, audio: Samples, clip: Span, ask: Ask) -> HeardClip:
        start, end = int(clip.start_s * SAMPLE_HZ), int(clip.end_s * SAMPLE_HZ)
        found, info = self._model.transcribe(
            audio[start:end], **self._told(ask) | (self._thorough if ask.again else {})
        )
        self._sounds_like.clear()
        segments = [one.later(start / SAMPLE_HZ) for one in _heard(found)]
        return self._clip(clip, segments, info.language, 0)

    def _told(self, ask: Ask) -> dict[str, Any]:
        hints = self._within_limit(ask.hints)
        return {
            "language": ask.language,
            "language_detection_segments": _LANGUAGE_CLIPS,
            "language_detection_threshold": _LANGUAGE_SURE,
            "beam_size": self._beam,
            "temperature": 0.0,
            "initial_prompt": hints.prompt or None,
            "hotwords": hints.hotwords or None,
            "condition_on_previous_text": False,
            "without_timestamps": False,
            "word_timestamps": True,
        }

    @property
    def _thorough(self) -> dict[str, Any]:
        return {
            "beam_size": 2 * self._beam,
            "no_speech_threshold": None,
            "no_repeat_ngram_size": _LONGEST_LOOP_TOKENS,
        }

    def _clip(
        self, clip: Span, segments: Iterable[HeardSegment], language: str, at: int
    ) -> HeardClip:
        language_of, probability = (
            self._sounds_like[at] if at < len(self._sounds_like) else (None, 0.0)
        )
        return HeardClip(clip, tuple(segments), language, language_of, probability)

    def _within_limit(self, hints: Hints) -> Hints:
        """The prompt from its end, and after it as many hotwords as there is room for."""
        room = _MOST_HINT_TOKENS
        words, prompt = hints.prompt.split(), ""
        while words and (size := self._tokens(prompt := " ".join(words))) > room:
            words = words[max(1, size - room) // 4 + 1 :]
        room -= self._tokens(prompt) if words else 0
        hotwords = [word.strip() for word in hints.hotwords.split(",") if word.strip()]
        while hotwords and self._tokens(", ".join(hotwords)) > room:
            hotwords.pop()
        return Hints(prompt if words else "", ", ".join(hotwords))

    def _tokens(self, text: str) -> int:
        return len(self._model.hf_tokenizer.encode(text, add_special_tokens=False).ids)

    @cached_property
    def _pipeline(self) -> Any:
        from faster_whisper import BatchedInferencePipeline

        return BatchedInferencePipeline(self._model)

    def _note_languages(self) -> None:
        """Of every clip that is encoded, which language it sounds like. Asked of what is encoded anyway: encoding a
        clip once more would cost up to half of its time."""
        encode = self._model.encode

        def noting(features: Any) -> "StorageView":
            encoded = encode(features)
            for ranked in self._model.model.detect_language(encoded):
                token, probability = ranked[0]
                self._sounds_like.append((token.strip("<|>"), probability))
            return encoded

        self._model.encode = noting


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _heard(found: "Iterable[LibrarySegment]") -> Iterator[HeardSegment]:
    for one in found:
        if text := clean_text(one.text):
            yield HeardSegment(_segment(one, text), one.avg_logprob, one.compression_ratio)


def _segment(one: "LibrarySegment", text: str) -> Segment:
    start_s = max(0.0, float(one.start))
    words = [
        {
            "start_s": max(0.0, float(word.start)),
            "end_s": max(0.0, float(word.start), float(word.end)),
            "text": said,
        }
        for word in one.words or ()
        if (said := clean_text(word.word))
    ]
    return Segment.model_validate(
        {"start_s": start_s, "end_s": max(start_s, float(one.end)), "text": text, "words": words}
    )
