"""Our engine and llama.cpp's own server, with a model that talks nonsense: a protocol that is not of our making.

What belongs here: that each reply ends in a record or in an error with a name, and that the ledger has all of it. What
does not: what a sensible model would reply.
"""

import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import pytest

from chrysopedia_assets.errors import AccessDenied, ChrysopediaError, PromptTooLong
from chrysopedia_assets.models.prompts import TASKS, Task
from chrysopedia_assets.stages.topic_chunks import SegmentationInput, SegmentationQuestion
from resources.clients.prompts import read_prompt
from resources.database import open_database
from resources.engine import engine
from resources.llm import check_llm, close_llm
from resources.settings import PROJECT
from tests.builders import Everything, all_stages, product_taxonomy, transcript, video
from tests.conftest import need
from tests.fakes.calling import KEY, outcomes, rows
from tests.fakes.llama_server import MODEL_NAME, ServerOptions, llama_server
from tests.library import LINES

UseServer = Callable[..., None]

CONTEXT = 6_144
"""Tokens, of which a byte or two makes one: a third of it is taken by a prompt without any input."""
BUDGET = 600
SEEDS = range(5)
SPEECH = transcript(*LINES, gap_s=2.0)
LONG_SPEECH = transcript(*LINES * 9, gap_s=2.0)
MADE = {
    "segmentation": "chunks",
    "extraction": "moments",
    "classification": "classes",
    "synthesis": "pages",
}


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    need(bool(find_spec("xllamacpp") and find_spec("gguf")), "xllamacpp and gguf")
    from tests.fakes.tiny_model import write_tiny_model

    model = tmp_path_factory.mktemp("model") / "tiny.gguf"
    write_tiny_model(model, seed=3)
    with llama_server(model, ServerOptions(context=CONTEXT, parallel=4, api_key=KEY)) as url:
        yield url


@pytest.fixture
def use_llama(base_url: str, use_server: UseServer) -> UseServer:
    """For all tasks, or for those that are named. A random model never learns from what was wrong: few retries."""

    def use(*tasks: Task, seed: int = 0, **more: str) -> None:
        found = {
            "MODEL": "" if tasks else MODEL_NAME,
            **{f"{task.upper()}_MODEL": MODEL_NAME for task in tasks},
            "MAX_OUTPUT_TOKENS": str(BUDGET),
            "TEMPERATURE": "1.0",
            "RETRIES_PER_VIDEO": "2",
            "EXTRA": json.dumps({"seed": seed}),
        }
        use_server(base_url, **found | more)

    return use


def made_or_refused() -> Everything | ChrysopediaError:
    """Any other exception is a defect."""
    try:
        return all_stages(SPEECH, product_taxonomy(), engine())
    except ChrysopediaError as failure:
        assert failure.cure
        return failure


@pytest.mark.parametrize("task", TASKS)
def test_each_task_ends_in_a_record_or_in_an_error_with_a_name(
    use_llama: UseServer, task: Task
) -> None:
    use_llama(task)
    made = made_or_refused()
    if isinstance(made, Everything):
        assert getattr(made, MADE[task]).made_by == MODEL_NAME
    else:
        assert type(made) is not ChrysopediaError
        assert task in made.what
    found = rows(open_database())
    assert {row.task for row in found} == {task}
    assert {row.outcome for row in found} <= {
        *("ok", "truncated", "empty", "not_json", "misshapen", "breaks_rules", "short"),
        "too_long",
    }
    assert {row.reply_format for row in found} == {"json_schema"}
    for row in found:
        if row.outcome == "too_long":
            continue
        assert row.reply
        assert (row.finish_reason == "length") == (row.outcome == "truncated")
        # A token is a byte or a pair of letters.
        assert row.tokens_in > len(read_prompt(PROJECT / "prompts" / task, task).system) / 2
        assert 0 < row.tokens_out <= 4 * BUDGET
        assert row.tokens_out >= len(row.reply) / 2 - 1
        assert row.latency_s > 0


def test_even_a_random_model_gives_a_sound_reply_now_and_then(use_llama: UseServer) -> None:
    for seed in range(40):
        use_llama("extraction", seed=seed)
        made = made_or_refused()
        if isinstance(made, Everything):
            break
    assert isinstance(made, Everything), "seeds are many enough"
    assert made.moments.made_by == MODEL_NAME
    asked = outcomes(open_database())
    assert "ok" in asked
    assert made_or_refused() == made
    assert set(outcomes(open_database())[len(asked) :]) == {"reused"}


def test_a_wrong_key_is_told_by_name_and_nothing_more_is_asked(use_llama: UseServer) -> None:
    use_llama(API_KEY="sk-of-somebody-else")
    ask = engine()
    for _ in range(2):
        with pytest.raises(AccessDenied, match="does not let us in") as refused:
            all_stages(SPEECH, product_taxonomy(), ask)
        assert "CHRYSOPEDIA_LLM_API_KEY" in refused.value.cure
        assert "sk-of-somebody-else" not in str(refused.value)
    assert outcomes(open_database()) == ["denied"]


def test_a_prompt_that_is_longer_than_the_context_is_asked_in_halves(use_llama: UseServer) -> None:
    use_llama()
    given = SegmentationInput(video=video(), segments=LONG_SPEECH.segments)
    question = SegmentationQuestion(given)
    try:
        engine()([question])
    except ChrysopediaError as failure:
        assert not isinstance(failure, PromptTooLong)
    [whole, *parts] = rows(open_database())
    assert (whole.outcome, whole.subject) == ("too_long", question.subject)
    assert whole.cost_usd == 0.0
    answered = [row for row in parts if row.reply]
    assert {row.subject for row in answered} >= {half.subject for half in question.halves()}
    assert "started" not in outcomes(open_database())


def test_one_segment_that_is_longer_than_the_context_is_told_by_name(use_llama: UseServer) -> None:
    use_llama()
    endless = transcript("and then you turn it up a little more " * 400)
    with pytest.raises(PromptTooLong, match="longer than tiny-random"):
        all_stages(endless, product_taxonomy(), engine())
    assert outcomes(open_database()) == ["too_long"]


def test_the_doctor_tells_how_the_server_answers(use_llama: UseServer) -> None:
    use_llama()
    [told] = check_llm()
    assert told.startswith(f"{MODEL_NAME} at 127.0.0.1:")
    assert "replies held to json_schema" in told
    assert "lists" not in told
    [row] = rows(open_database())
    assert (row.task, row.outcome) == ("check", "ok")
    assert set(json.loads(row.reply)) == {"ready"}


def test_the_doctor_tells_that_the_server_has_another_model(use_llama: UseServer) -> None:
    use_llama(MODEL="gpt-of-my-dreams")
    [told] = check_llm()
    assert told.startswith("gpt-of-my-dreams at ")
    assert f"it lists only {MODEL_NAME}" in told


def test_the_doctor_names_a_wrong_key(use_llama: UseServer) -> None:
    use_llama(API_KEY="sk-of-somebody-else")
    with pytest.raises(AccessDenied):
        check_llm()
    close_llm()
    assert outcomes(open_database()) == ["denied"]
