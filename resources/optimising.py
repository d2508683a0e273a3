"""One optimisation of a prompt, from what a person asked for to its results in a folder: for the command and for the job.

What belongs here: putting together the engine, the judge, the ledger and the search; what makes two optimisations the
same. What does not: the search itself and its files' shape (`harness`), how it is told (arguments).
"""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.harness.checks import code_scores
from chrysopedia_assets.harness.evaluating import Means, calls_of, evaluate
from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.harness.judging import judge
from chrysopedia_assets.harness.leaderboard import Leaderboard, ranked, write, write_candidate
from chrysopedia_assets.harness.optimising import (
    Split,
    round_calls,
    search,
)
from chrysopedia_assets.harness.purse import Budget, Purse
from chrysopedia_assets.harness.scores import Score
from chrysopedia_assets.harness.voice import voice_score
from chrysopedia_assets.models.prompts import PromptName
from chrysopedia_assets.models.records import StageRecord, content_hash
from chrysopedia_assets.models.technique_pages import TechniquePages
from resources.clients.prompts import PromptTemplate, with_voice
from resources.database import open_database
from resources.engine import engine_to_try, judge_to_ask
from resources.llm import expected_usd, stop_llm
from resources.llm import prompt as installed
from resources.settings import llm_settings, settings
from resources.sources import prompt_to_try
from resources.store.calls import Which
from resources.store.costs import dearest_call, usage_of

SAME = "optimisation.json"
STATE = "state"
HELD_OUT = "held_out.json"
CANDIDATE = "candidate"


@dataclass(frozen=True)
class Wanted:
    """What a person asked for. `path` is the prompt to begin with, None for the installed one."""

    fixtures: Sequence[Fixture]
    budget: Budget
    path: Path | None = None
    model: str | None = None
    reflect_model: str | None = None
    voice: float | None = None
    judged: bool = True
    seed: int = 0
    out: Path | None = None


@dataclass(frozen=True)
class Optimised:
    """`candidate` is a prompt's folder; None when nothing beats the seed."""

    folder: Path
    board: Leaderboard
    candidate: Path | None
    next_steps: tuple[str, ...]


def optimise(wanted: Wanted, tell: Callable[[str], None]) -> Optimised:
    """Goes on where one of the same folder stopped. Raises ChrysopediaError."""
    fixtures = wanted.fixtures
    split, task = Split.of(fixtures), fixtures[0].task
    prompt = with_voice(prompt_to_try(task, wanted.path, wanted.model), wanted.voice)
    if not prompt.settings.model:
        raise ConfigurationError(
            f"the embedded engine answers {task}, and reads no prompt",
            cure=f"Name a model: --model, or CHRYSOPEDIA_LLM_{task.upper()}_MODEL.",
        )
    model = wanted.reflect_model or wanted.model
    reflecting = _asked("reflecting", model or prompt.settings.model)
    judging = _asked("judging", wanted.model or prompt.settings.model) if wanted.judged else None
    folder = wanted.out or settings().data_dir / "optimisations" / _name(wanted, prompt)
    identity = _identity(wanted, prompt, reflecting, judging)
    run_id, is_new = _begun(folder, identity)
    means = _means(wanted, prompt, reflecting, judging, run_id, tell)
    means.purse.check_price()
    of_hold_out = sum(calls_of(fixture, means.judges) for fixture in split.hold_out)
    reserved = 2 * of_hold_out
    of_seed = sum(calls_of(fixture, means.judges) for fixture in split.validation)
    least = of_seed + round_calls(split, means.judges) + reserved
    if is_new and not means.purse.has(least):
        raise ConfigurationError(
            f"the budget of {wanted.budget} is too small: one round takes about {least} calls",
            cure="Raise --budget, give fewer or smaller fixtures, or leave out the judge (--no-judge).",
        )
    _write_identity(folder, run_id, identity)
    tell(
        f"{len(split.train)} fixtures to learn from, {len(split.validation)} to choose by, {len(split.hold_out)} held out."
    )
    candidates = search(split, means, folder / STATE, wanted.seed, reserved)

    held_out = partial(_held_out, folder / STATE / HELD_OUT, split, means, of_hold_out)
    board = ranked(candidates, prompt, held_out, means.purse.told)
    write(board, folder)
    return _finished(folder, board, wanted, prompt, split, candidates[board.winner.number].text if board.winner else None)  # fmt: skip


def _held_out(known: Path, split: Split, means: Means, calls: int, text: str) -> float | None:
    """The mean; from `known` if it was scored before, for then the budget has no say in it."""
    found: dict[str, float] = json.loads(known.read_text("utf-8")) if known.exists() else {}
    key = content_hash(text)
    if key not in found:
        if not means.purse.has(calls):
            return None
        values = [one.value for one in evaluate(split.hold_out, text, means)]
        found[key] = sum(values) / len(values)
        made = known.with_suffix(".new")
        made.write_text(json.dumps(found), "utf-8")
        made.replace(known)
    return found[key]


def _finished(
    folder: Path,
    board: Leaderboard,
    wanted: Wanted,
    prompt: PromptTemplate,
    split: Split,
    text: str | None,
) -> Optimised:
    if text is None:
        return Optimised(folder, board, None, ())
    path = wanted.path.expanduser() if wanted.path else None
    source = path if path and path.is_dir() else settings().prompts_dir / prompt.task
    candidate = folder / CANDIDATE
    write_candidate(prompt, text, source, split, candidate)
    stage = wanted.fixtures[0].stage
    return Optimised(
        folder,
        board,
        candidate,
        (
            f"chrysopedia prompt compare installed {candidate} --fixtures FOLDER_OF_OTHER_FIXTURES",
            f"chrysopedia prompt promote {candidate} --stage {stage}",
        ),
    )


def _asked(name: PromptName, model: str | None) -> PromptTemplate:
    """A prompt of ours that no stage asks with; its own model is stronger than the one that is given."""
    found = installed(name, llm_settings())
    return found if found.settings.model else found.with_settings({"model": model})


def _means(
    wanted: Wanted,
    prompt: PromptTemplate,
    reflecting: PromptTemplate,
    judging: PromptTemplate | None,
    run_id: str,
    tell: Callable[[str], None],
) -> Means:
    ask_judge = judge_to_ask(model=judging.settings.model, run_id=run_id) if judging else None

    def score(fixture: Fixture, record: StageRecord) -> list[Score]:
        scores = code_scores(fixture, record)
        groups, voices = fixture.input.synthesis_groups, prompt.voices
        dial = prompt.settings.voice
        if isinstance(record, TechniquePages) and groups and voices and dial is not None:
            scores.append(voice_score(record, groups, voices, dial))
        return scores + (judge(fixture, record, ask_judge) if ask_judge else [])

    models = {p.settings.model for p in (prompt, reflecting, judging) if p and p.settings.model}
    return Means(
        prompt=prompt,
        ask=partial(engine_to_try, run_id=run_id),
        score=score,
        reflect=lambda number: engine_to_try(reflecting, sample=number, run_id=run_id),
        purse=Purse(wanted.budget, partial(_usage, run_id), partial(_dearest_usd, models, prompt)),
        judges=judging is not None,
        tell=tell,
        stop=stop_llm,
    )


def _usage(run_id: str) -> Any:
    with open_database().reading() as connection:
        return usage_of(connection, Which(run_ids=[run_id]))


def _dearest_usd(models: set[str], prompt: PromptTemplate) -> float | None:
    """Of the dearest model: what it has cost at most, else what a full prompt and a full reply would; None if unknown."""
    with open_database().reading() as connection:
        seen = {model: dearest_call(connection, model) for model in models}
    found = [cost or _worst_usd(model, prompt) for model, cost in seen.items()]
    known = [cost for cost in found if cost is not None]
    return max(known) if len(known) == len(found) else None


def _worst_usd(model: str, prompt: PromptTemplate) -> float | None:
    bounds = prompt.settings
    return expected_usd(llm_settings(), model, bounds.max_input_tokens, bounds.max_output_tokens)


# The same optimisation ---------------------------------------------------------------------------


def _identity(
    wanted: Wanted,
    prompt: PromptTemplate,
    reflecting: PromptTemplate,
    judging: PromptTemplate | None,
) -> dict[str, Any]:
    """All that decides its course; the budget may be raised."""
    return {
        "stage": wanted.fixtures[0].stage,
        "fixtures": sorted(fixture.fixture_id for fixture in wanted.fixtures),
        "prompt": prompt.version,
        "model": prompt.settings.model,
        "reflection": f"{reflecting.version} by {reflecting.settings.model}",
        "judge": f"{judging.version} by {judging.settings.model}" if judging else None,
        "voice": prompt.settings.voice,
        "seed": wanted.seed,
    }


def _name(wanted: Wanted, prompt: PromptTemplate) -> str:
    ids = sorted(fixture.fixture_id for fixture in wanted.fixtures)
    facts = (prompt.version, str(prompt.settings.model), str(wanted.seed), str(wanted.judged), *ids)
    return f"{wanted.fixtures[0].stage}-{content_hash(*facts)[:8]}"


def _begun(folder: Path, identity: dict[str, Any]) -> tuple[str, bool]:
    """Under which run its calls are filed, and whether it is a new one. Raises ConfigurationError for another one."""
    path = folder / SAME
    if not path.exists():
        return f"optimisation-{uuid.uuid4().hex}", True
    try:
        found = json.loads(path.read_text("utf-8"))
        run_id, known = str(found.pop("run_id")), found
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ConfigurationError(
            f"what was begun here cannot be read: {error}",
            where=str(path),
            cure="Name another folder: --out",
        ) from error
    if other := sorted(name for name in identity if identity[name] != known.get(name)):
        raise ConfigurationError(
            f"another optimisation was begun here; it has another {', '.join(other)}",
            where=str(folder),
            cure="Name another folder (--out), or repeat the command that it was begun with.",
        )
    return run_id, False


def _write_identity(folder: Path, run_id: str, identity: dict[str, Any]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = folder / f"{SAME}.new"
        made.write_text(json.dumps({"run_id": run_id, **identity}, indent=1) + "\n", "utf-8")
        made.replace(folder / SAME)
    except OSError as error:
        raise ConfigurationError(
            f"nothing can be written there: {error.strerror}",
            where=str(folder),
            cure="Name another folder: --out",
        ) from error
