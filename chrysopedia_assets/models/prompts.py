"""What a prompt is made for and with: the tasks, the variables each template gets, the settings beside the text.

What belongs here: the declared words. What does not: reading folders and filling templates (`resources.clients.prompts`).
"""

from typing import Annotated, Literal, get_args

from pydantic import Field

from chrysopedia_assets.models.records import Record, Text

Task = Literal["segmentation", "extraction", "classification", "synthesis"]
"""What the stages ask for; also the folder name under `prompts/`."""
TASKS: tuple[Task, ...] = get_args(Task)

PromptName = Literal[Task, "judging", "reflecting"]
"""Every folder of a prompt. Judging scores what stages gave, reflecting writes prompts: no stage asks for either, and
nothing goes stale by them."""
PROMPT_NAMES: tuple[PromptName, ...] = get_args(PromptName)

COMMON = frozenset({"creator", "video_title"})
VARIABLES: dict[PromptName, frozenset[str]] = {
    "segmentation": COMMON | {"transcript"},
    "extraction": COMMON | {"chunk_label", "chunk_summary", "transcript"},
    "classification": COMMON | {"taxonomy", "moments"},
    "synthesis": COMMON | {"category", "moments"},
    "judging": COMMON | {"moments", "page"},
    "reflecting": frozenset({"task", "placeholders", "prompt", "examples"}),
}
"""What the templates of a task are given, and have to use somewhere: no other name, none left out."""

REPLY_VERSIONS: dict[PromptName, int] = {
    "segmentation": 2,
    "extraction": 1,
    "classification": 1,
    "synthesis": 1,
    "judging": 1,
    "reflecting": 1,
}
"""Of the shape that a stage reads from a reply. A prompt names the one it was written for; a test holds shape and number together."""


class PromptSettings(Record):
    """How the model is to answer; `None` leaves it to the environment or the server."""

    model: Text | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_output_tokens: Annotated[int, Field(gt=0)] = 8_000
    """What a first try may write, thinking included; a reply that is cut off is asked for again with more."""
    max_input_tokens: Annotated[int, Field(ge=500)] = 24_000
    """A question whose prompt is estimated to be longer is asked in parts."""
    timeout_s: Annotated[float, Field(gt=0)] = 180.0
    thinks: bool = False
    """The model thinks before it answers: it is not held to JSON, and its thoughts are taken out of the reply."""
    voice: Annotated[float, Field(ge=0, le=1)] | None = None
    """Of synthesis: how much of the creator's own voice is kept; `None` leaves it to the prompt's text."""
