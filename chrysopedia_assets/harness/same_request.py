"""Whether a stage, run on a fixture, asks what a call has asked; and if not, why.

What belongs here: listening to what would be asked, and comparing. What does not: sending anything; a further try of a
question is heard only where the ledger still has the reply to the one before.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from chrysopedia_assets.engines.llm.engine import LlmEngine
from chrysopedia_assets.errors import ChrysopediaError, EndpointFailed, ReplyRefused
from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.harness.trying import run_stage
from chrysopedia_assets.models.calls import Completion, Label, Request
from resources.clients.llm.caller import Reply
from resources.clients.llm.loop import BackgroundLoop
from resources.clients.prompts import PromptTemplate
from resources.store.calls import KeptCall
from resources.store.requests import harmless

Known = Callable[[str], Completion | None]
"""The ledger's reply to the request of that key."""


@dataclass(frozen=True)
class Asking:
    """The installed prompt with what decides a reply beside it."""

    prompt: PromptTemplate
    extra: Mapping[str, Any]
    sample: int = 0

    def settings(self) -> dict[str, Any]:
        chosen = self.prompt.settings
        return {
            "model": chosen.model or "none (the embedded engine)",
            "temperature": chosen.temperature,
            "max_output_tokens": chosen.max_output_tokens,
            "thinks": chosen.thinks,
            "extra": harmless(dict(self.extra)),
        }


@dataclass(frozen=True)
class Compared:
    """`why` is in words."""

    same: bool
    why: str


def compare(call: KeptCall, fixture: Fixture, now: Asking, known: Known) -> Compared:
    """With the settings of now; and, where that is another request, with those of the call."""
    now = replace(now, sample=call.request.sample if call.request else 0)
    if call.content_key in _asked(fixture, now, known):
        return Compared(True, "The fixture asks this very request.")
    then = _as_then(call, now)
    if call.content_key in _asked(fixture, then, known):
        return Compared(False, f"The fixture asks the same, with {_differences(then, now)}.")
    return Compared(False, _why_not(call, now))


def _why_not(call: KeptCall, now: Asking) -> str:
    if call.prompt_version != now.prompt.version:
        return f"Another prompt: the call was made with {call.prompt_version}, installed is {now.prompt.version}."
    if call.request is None:
        return "The stage's input, or a setting, has changed since the call."
    if call.request.extra != harmless(dict(now.extra)):
        return "Other settings: the further fields of a request (CHRYSOPEDIA_LLM_EXTRA) were others; so may be the input."
    if call.tried > 1:
        return "The stage's input has changed since the call, or the ledger has lost the reply to the try before it."
    return "The stage's input has changed since the call."


def _as_then(call: KeptCall, now: Asking) -> Asking:
    """As far as it is known: of a call whose request was not kept, only the model is."""
    if (asked := call.request) is None:
        return replace(now, prompt=now.prompt.with_settings({"model": call.model}))
    names = ("model", "temperature", "max_output_tokens", "thinks")
    prompt = now.prompt.with_settings({name: getattr(asked, name) for name in names})
    unchanged = harmless(dict(now.extra)) == asked.extra  # what was hidden of it is known only then
    return Asking(prompt, now.extra if unchanged else asked.extra, asked.sample)


def _differences(then: Asking, now: Asking) -> str:
    present = now.settings()
    told = [
        f"{name} {was} then and {present[name]} now"
        for name, was in then.settings().items()
        if was != present[name]
    ]
    return f"other settings: {', '.join(told)}"


def _asked(fixture: Fixture, asking: Asking, known: Known) -> set[str]:
    """The keys of all that the stage would ask."""
    listening, loop = _Listening(known), BackgroundLoop()
    engine = LlmEngine(
        prompts={fixture.task: asking.prompt},
        call=listening,
        wait=loop.run,
        retries_per_video=0,  # none is paid, so none counts
        extra=asking.extra,
        sample=asking.sample,
    )
    try:
        with suppress(ChrysopediaError):
            run_stage(fixture, engine)
    finally:
        loop.close()
    return listening.heard


@dataclass
class _Listening:
    """Notes what is asked, and answers from the ledger alone."""

    known: Known
    heard: set[str] = field(default_factory=set)

    async def __call__(
        self,
        request: Request,
        label: Label,
        judge: Callable[[Completion], ReplyRefused | None],
        *,
        run_id: str | None,
        reuse: bool,
    ) -> Reply:
        self.heard.add(request.key)
        if (completion := self.known(request.key)) is None:
            raise EndpointFailed(f"nobody has answered this {label.task} request yet")
        return Reply(completion, judge(completion), request.model, paid=False)
