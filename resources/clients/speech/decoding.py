"""The sound of one track as 16 kHz mono, packet by packet, each at the second at which a player plays it.

What belongs here: packets, damage, resampling, time. What does not: which track (`tracks`), what is said in it.

The library's own decoder stops in silence at the first damaged packet (a file of 67 s came back as 13 s), and what is
lost in the middle makes everything after it come too early. Here a damaged packet is skipped and counted, and what is
missing is silence of the same length.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chrysopedia_assets.errors import InputRefused
from chrysopedia_assets.models.doubts import Doubt
from resources.clients.library import shown
from resources.clients.speech.media import (
    audio_tracks,
    declared_s,
    open_media,
    origin_s,
    unreadable,
)
from resources.clients.speech.port import SAMPLE_HZ

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

Block = NDArray[np.int16]

_GAP_S = 0.2
"""A frame that comes later than this has lost something before it; less is the rounding of containers."""
_LONG_GAP_S = 0.5
_LONGEST_GAP_S = 3600.0
"""Where a file does not say how long it is: a frame that comes later than this has a damaged time."""
_NEAR_S = 2.0
"""Damage closer together than this is one place."""
_BLOCK_S = 60
_CUT_S, _CUT_SHARE = 1.0, 0.02
"""An end that comes earlier than both is no rounding."""
_MAX_READ_ERRORS = 100


class Decoder:
    """Iterate once; `damage` and `seconds` are complete when that ends.

    Raises InputRefused for a track without any sound, InputUnreadable when reading fails on the way.
    """

    def __init__(self, path: Path, track: int = 0, from_s: float = 0.0) -> None:
        self._path, self._track, self._from_s = path, track, from_s
        self._samples = 0
        self._lost: list[tuple[float, float, int]] = []  # start, end, packets that were damaged
        self._resampler: AudioResampler | None = None
        self._sound: tuple[str, str, int] | None = None
        self.declared_s: float | None = None

    @property
    def seconds(self) -> float:
        return self._samples / SAMPLE_HZ

    def __iter__(self) -> Iterator[Block]:
        with open_media(self._path) as container:
            track = audio_tracks(container, self._path)[self._track]
            self.declared_s = declared_s(container, track)
            begins_s = origin_s(container)
            if self._from_s and track.time_base:  # by this track: others may have no index
                container.seek(round((self._from_s + begins_s) / track.time_base), stream=track)
            for frame in self._frames(container, track):
                yield from self._placed(frame, begins_s + self._from_s)
            yield from self._flushed()
        if not self._samples:
            bad = sum(packets for _, _, packets in self._lost)
            why = f"none of its {bad} packets can be decoded" if bad else "it has no sound in it"
            raise InputRefused(
                f"the audio track is empty: {why}",
                where=shown(self._path),
                cure="Play it to see, and export it again.",
            )

    @property
    def damage(self) -> list[Doubt]:
        """Damaged packets together with the silence that stands in their place: a container that finds its next packet
        only at its next mark loses many seconds to one of them."""
        found = [
            Doubt(
                kind="damaged",
                start_s=min(start_s, self.seconds),
                end_s=min(end_s, self.seconds),
                reason=_what_was_lost(packets),
            )
            for start_s, end_s, packets in self._lost
        ]
        if self.declared_s and self.declared_s - self.seconds > max(
            _CUT_S, _CUT_SHARE * self.declared_s
        ):
            told = f"the file says it lasts {self.declared_s:.1f} s; its sound ends at {self.seconds:.1f} s"
            found.append(
                Doubt(kind="cut_short", start_s=self.seconds, end_s=self.declared_s, reason=told)
            )
        return sorted(found, key=lambda doubt: doubt.start_s)

    def _frames(self, container: "InputContainer", track: "AudioStream") -> "Iterator[AudioFrame]":
        import av

        for packet in self._packets(container, track):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                self._skip(packet, origin_s(container))
            else:
                yield from frames

    def _packets(
        self, container: "InputContainer", track: "AudioStream"
    ) -> "Iterator[Packet[AudioStream]]":
        """An error ends the library's iterator, not the file: reading goes on behind it."""
        import av

        for _ in range(_MAX_READ_ERRORS):
            try:
                yield from container.demux(track)
                return
            except (OSError, MemoryError) as error:
                raise unreadable(self._path, error) from None
            except av.error.FFmpegError:
                self._add_lost(self.seconds, self.seconds, packets=1)

    def _skip(self, packet: "Packet[AudioStream]", begins_s: float) -> None:
        if (
            not packet.size
        ):  # the last, empty one, which only asks the decoder for what it still has
            return
        at_s = self.seconds
        if packet.pts is not None and packet.time_base:
            at_s = max(0.0, float(packet.pts * packet.time_base) - begins_s - self._from_s)
        length_s = float((packet.duration or 0) * packet.time_base) if packet.time_base else 0.0
        self._add_lost(at_s, at_s + length_s, packets=1)

    def _add_lost(self, start_s: float, end_s: float, packets: int) -> None:
        if self._lost and start_s - self._lost[-1][1] <= _NEAR_S:
            first_s, last_s, before = self._lost[-1]
            self._lost[-1] = (min(first_s, start_s), max(last_s, end_s), before + packets)
        else:
            self._lost.append((start_s, end_s, packets))

    def _placed(self, frame: "AudioFrame", begins_s: float) -> Iterator[Block]:
        """The frame's sound, after silence where something is missing before it."""
        if frame.time is not None:
            at_s = frame.time - begins_s
            if self._from_s and at_s < 0:  # the place that could be gone to lies before it
                return
            gap_s = at_s - self.seconds
            if at_s > (self.declared_s or self.seconds + _LONGEST_GAP_S) + _NEAR_S:
                gap_s = 0.0  # a time that cannot be true
            if gap_s > _GAP_S:
                yield from self._flushed()
                yield from self._silence(at_s)
        sound = (frame.format.name, frame.layout.name, frame.sample_rate)
        if sound != self._sound:
            yield from self._flushed()
            self._sound = sound
        frame.pts = None  # the resampler would mend times in its own way
        yield from self._resampled(frame)

    def _silence(self, until_s: float) -> Iterator[Block]:
        if self._samples and until_s - self.seconds > _LONG_GAP_S:
            self._add_lost(self.seconds, until_s, packets=0)
        missing = round(until_s * SAMPLE_HZ) - self._samples
        while missing > 0:
            yield self._counted(np.zeros(min(missing, _BLOCK_S * SAMPLE_HZ), np.int16))
            missing = round(until_s * SAMPLE_HZ) - self._samples

    def _resampled(self, frame: "AudioFrame | None") -> Iterator[Block]:
        from av.audio.resampler import AudioResampler

        if self._resampler is None:
            self._resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_HZ)
        for made in self._resampler.resample(frame):
            yield self._counted(made.to_ndarray().reshape(-1).astype(np.int16, copy=False))

    def _flushed(self) -> Iterator[Block]:
        if self._resampler is not None:
            yield from self._resampled(None)
            self._resampler = None

    def _counted(self, block: Block) -> Block:
        self._samples += len(block)
        return block


def _what_was_lost(packets: int) -> str:
    if not packets:
        return "no sound in the file"
    return f"{packets} damaged packet{'s' if packets > 1 else ''} skipped"


def as_float(blocks: Iterable[Block]) -> NDArray[np.float32]:
    """One stretch of sound, between -1 and 1."""
    joined = np.concatenate([*blocks, np.zeros(0, np.int16)])
    return joined.astype(np.float32) / np.float32(32768)
