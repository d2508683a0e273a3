"""Makes the speech model that the tests hear with, from nothing but espeak-ng: `python -m tests.speech.make --out FOLDER`.

It takes an hour or more, so the model is checked in (`tiny_model`); this is how it was made. Needs espeak-ng,
and beside the project's own packages, best in an environment of its own: `pip install torch==2.13.0 transformers`.
"""

import argparse
import time
from pathlib import Path

from tests.speech.export import export
from tests.speech.model import Shape
from tests.speech.synthesis import training_speech
from tests.speech.tokenizer import tokenizer_json
from tests.speech.training import train

MINUTES = 70
SENTENCES = 6000


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="to learn")
    parser.add_argument("--sentences", type=int, default=SENTENCES, help="to learn from")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    began = time.monotonic()
    bank = training_speech(given.sentences, given.seed)
    _tell(f"{len(bank)} sentences spoken in {time.monotonic() - began:.0f} s")
    written = tokenizer_json()
    shape = Shape()
    train(
        bank,
        written,
        given.minutes,
        given.seed,
        tell=_tell,
        keep=lambda model: export(model, written, shape, given.out),
        shape=shape,
    )
    _tell(f"{given.out}: made in {(time.monotonic() - began) / 60:.0f} min")


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
