"""Teaching the model: which windows in which order, what counts as wrong, and the steps. Needs torch.

One process makes the windows, another learns, each on one core: on a machine that does other things this is faster than
two cores for learning.
"""

import math
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, count, takewhile
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it
from torch import Tensor

from tests.speech.batches import IGNORED, Batch, Batches
from tests.speech.model import Said, Shape, TinyWhisper
from tests.speech.synthesis import Spoken
from tests.speech.tokenizer import LAST_TIME, Ids, load

PHASES = ((0.14, (5,)), (0.16, (5, 5, 10)), (0.2, (5, 10, 20)), (0.5, (10, 20, 30, 30)))
"""Shares of the time, and the windows' lengths in seconds in them. Long windows from the beginning teach nothing."""
RATE = 2.5e-3
WARM_UP_STEPS = 60
LAST_RATE = 0.02
"""As a share; from the middle on the rate sinks."""

LOOKING_COUNTS = 0.3
"""Of the loss: that attention is where the token is spoken. It teaches times, and that each word is said once."""
NEAR_TIMES = (0.06, 0.24, 0.40, 0.24, 0.06)
"""A time that is a step of 0.02 s off is nearly right."""
BATCHES_AHEAD = 6
TELL_STEPS = 25
KEEP_STEPS = 200


@dataclass(frozen=True)
class Loss:
    tokens: Tensor
    looking: Tensor
    words: Tensor
    total: Tensor


@dataclass(frozen=True)
class Course:
    """How far training is, by the clock: a busy machine takes fewer steps, and goes through all phases in the same time."""

    minutes: float
    began_s: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> float:
        """From 0 to 1."""
        return min(1.0, (time.monotonic() - self.began_s) / 60 / self.minutes)

    def window_length_s(self, step: int) -> int:
        ends = accumulate(share for share, _ in PHASES)
        done = self.done
        phases = zip(ends, (lengths for _, lengths in PHASES), strict=True)
        lengths = next((found for end, found in phases if done < end), PHASES[-1][1])
        return lengths[step % len(lengths)]

    def rate(self, step: int) -> float:
        warm = min(1.0, (step + 1) / WARM_UP_STEPS)
        sinking = max(0.0, self.done - 0.5) * 2
        return RATE * warm * (LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * sinking)) / 2)


def train(
    bank: Sequence[Spoken],
    tokenizer_json: dict[str, Any],
    minutes: float,
    seed: int,
    tell: Callable[[str], None],
    keep: Callable[[TinyWhisper], None],
    shape: Shape,
) -> None:
    """Learns from the bank; tells now and then how far it is, and gives the model to keep."""
    tokenizer, ids = load(tokenizer_json)
    batches = Batches(bank, tokenizer, ids, random.Random(seed))
    torch.manual_seed(seed)
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    course = Course(minutes)
    made = _ahead(batches, course)
    model = TinyWhisper(shape, ids, batches.word_count)
    learned = [part for part in model.parameters() if part.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    for step, batch in enumerate(made):
        said, loss = hear(model, batch, ids)
        _learn(optimizer, loss, course.rate(step))
        if step % TELL_STEPS == 0:
            tell(f"{step:5d} {course.done:4.0%}  {_in_words(batch, said, loss, ids)}")
        if step % KEEP_STEPS == KEEP_STEPS - 1:
            keep(model)
    keep(model)


def _learn(optimizer: torch.optim.Optimizer, loss: Loss, rate: float) -> None:
    [group] = optimizer.param_groups
    group["lr"] = rate
    optimizer.zero_grad()
    loss.total.backward()
    torch.nn.utils.clip_grad_norm_(group["params"], 1.0)
    optimizer.step()


def _ahead(batches: Batches, course: Course) -> Iterator[Batch]:
    """Made by a process of its own, which starts now."""
    context = multiprocessing.get_context("fork")  # the bank is large, and is there already
    queue: multiprocessing.Queue[Batch | None] = context.Queue(BATCHES_AHEAD)

    def make() -> None:
        for step in takewhile(lambda _: course.done < 1, count()):
            queue.put(batches.make(course.window_length_s(step)))
        queue.put(None)

    context.Process(target=make, daemon=True).start()
    return iter(queue.get, None)


def hear(model: TinyWhisper, batch: Batch, ids: Ids) -> tuple[Said, Loss]:
    wanted, places = torch.from_numpy(batch.wanted), torch.from_numpy(batch.places)
    said = model(
        torch.from_numpy(batch.sound),
        batch.first_steps,
        torch.from_numpy(batch.given),
        wanted != IGNORED,
        places.clamp(min=0),
    )
    return said, _loss(said, batch, ids)


def _loss(said: Said, batch: Batch, ids: Ids) -> Loss:
    tokens = _wrong_tokens(said.logits, _asked(batch), ids)
    looking = _wrong_looks(said.looks, batch)
    words = F.cross_entropy(said.words.flatten(0, 1), torch.from_numpy(batch.words).flatten())
    words_count = 0.5 if batch.length_s < 20 else 0.2
    return Loss(tokens, looking, words, tokens + LOOKING_COUNTS * looking + words_count * words)


def _asked(batch: Batch) -> Tensor:
    wanted = torch.from_numpy(batch.wanted)
    return wanted[wanted != IGNORED]


def _wrong_tokens(logits: Tensor, wanted: Tensor, ids: Ids) -> Tensor:
    likely = logits.log_softmax(-1)
    timed = wanted >= ids.first_time
    near = wanted[timed, None] + torch.arange(-2, 3)
    near = near.clamp(ids.first_time, ids.first_time + LAST_TIME)
    right = likely[~timed].gather(-1, wanted[~timed, None]).sum()
    right += (likely[timed].gather(-1, near) * torch.tensor(NEAR_TIMES)).sum()
    return -right / len(wanted)


def _wrong_looks(looks: Sequence[Tensor], batch: Batch) -> Tensor:
    """How little attention lies on the right part of the window; half as grave in all layers but the last."""
    step = torch.arange(looks[0].shape[-1])
    parts = torch.from_numpy(batch.parts)
    right = (step >= parts[..., :1]) & (step < parts[..., 1:])
    known = torch.from_numpy(batch.places) >= 0
    *others, last = (
        -(layer * right).sum(-1)[known].clamp(min=1e-4).log().mean() for layer in looks
    )
    return last + 0.5 * sum(others, torch.zeros(()))


@torch.no_grad()
def _in_words(batch: Batch, said: Said, loss: Loss, ids: Ids) -> str:
    wanted, best = _asked(batch), said.logits.argmax(-1)
    right = (best == wanted)[wanted < ids.text_count].float().mean()
    off_s = (best - wanted)[wanted >= ids.first_time].abs().float() * 0.02
    median_s = float(off_s.median()) if len(off_s) else 0.0
    return (
        f"windows of {batch.length_s:2d} s  loss {loss.total:.3f} (tokens {loss.tokens:.3f},"
        f" looking {loss.looking:.3f}, words {loss.words:.3f})  right {right:.3f}  times off {median_s:.2f} s"
    )
