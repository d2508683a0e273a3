"""What the tests' own speech model can be told: sentences of music tutorials, from a closed vocabulary.

What belongs here is text alone; how it sounds is in `synthesis`, how it is written in numbers in `tokenizer`.
"""

import hashlib
import random
import re

_LISTS = {
    "instrument": "kick, snare, bass, vocal, lead, pad, piano, guitar, drums, synth, hat, clap",
    "effect": (
        "reverb, delay, compressor, limiter, equalizer, saturator, chorus, filter, gate, phaser"
    ),
    "control": (
        "attack, release, threshold, ratio, cutoff, resonance, decay, sustain, gain, volume, "
        "feedback, mix"
    ),
    "bus": "master, drum bus, send track, return track, side chain, group",
    "number": (
        "one, two, three, four, five, six, seven, eight, nine, ten, twelve, twenty, thirty, "
        "forty, fifty, sixty, eighty"
    ),
    "time": "milliseconds, seconds",
    "character": "warm, bright, dark, wide, loud, soft, clean, thick, punchy, muddy",
    "action": "open, load, duplicate, mute, solo, freeze, record, automate, bypass",
    "side": "left, right",
}
WORDS = {kind: words.split(", ") for kind, words in _LISTS.items()}

SENTENCES = (
    "Set the {control} to {number} {time}.",
    "Route the {instrument} to the {bus}.",
    "Cut {number} decibels at {number} hundred hertz.",
    "Boost the {instrument} by {number} decibels.",
    "Now {action} the {effect} on the {bus}.",
    "The {instrument} sounds too {character} in this mix.",
    "Turn the {control} up until the {instrument} is {character}.",
    "Turn the {control} down to {number} percent.",
    "Add a {effect} after the {effect}.",
    "Here we {action} the {instrument} and the {instrument}.",
    "Use a {character} {effect} with a {character} {instrument}.",
    "This {effect} makes the {instrument} more {character}.",
    "Pan the {instrument} {number} percent to the {side}.",
    "The tempo is {number} hundred beats per minute.",
    "Lower the {control} before you {action} the {instrument}.",
    "Put the {effect} on the {instrument} and set the {control} to {number}.",
    "Remember to {action} the {instrument} track.",
    "High pass the {instrument} at {number} hertz.",
    "Next we layer the {instrument} with a {character} {instrument}.",
    "Let us {action} the {bus} and listen to the {instrument}.",
)

_SLOT = re.compile(r"\{(\w+)\}")
_HELD_OUT_OF_256 = 26


def sentence(chance: random.Random) -> str:
    return _SLOT.sub(lambda slot: chance.choice(WORDS[slot[1]]), chance.choice(SENTENCES))


def sentences(count: int, seed: int, *, never_trained_on: bool) -> list[str]:
    """That many, of those that training sees or of those that it does not."""
    chance = random.Random(seed)
    found: list[str] = []
    while len(found) < count:
        text = sentence(chance)
        if held_out(text) == never_trained_on:
            found.append(text)
    return found


def held_out(text: str) -> bool:
    """Whether training never sees this sentence: about a tenth of all, the same ones everywhere."""
    return hashlib.md5(text.encode()).digest()[0] < _HELD_OUT_OF_256


def vocabulary() -> list[str]:
    """Every word as it is written in a sentence, without full stops."""
    texts = [_SLOT.sub(lambda slot: " ".join(WORDS[slot[1]]), text) for text in SENTENCES]
    return sorted({word.rstrip(".") for text in texts for word in text.split()})
