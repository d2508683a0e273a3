"""What is out of date, by a definition of its own: dictionaries of what was made from what, and a short recursion.

What belongs here: what a person would say who had written everything down. What does not: anything of `freshness`,
versions, hashes or event logs. A fact is whatever is compared: the text of a prompt, the words for who answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.stage_defs import NOT_HEARD, SOURCES, SPEECH_RECOGNITION, STAGE_DEFS

Roots = frozenset[tuple[str, str, str]]
"""(the stage where it takes effect, the kind of cause, its subject)"""


@dataclass(frozen=True)
class Happened:
    """A file was seen, or a stage gave a result. `read` says what from: numbers of what happened before, and facts;
    without it somebody has reported the result and nothing else.
    """

    number: int
    result: str | None
    code: str | None = None
    read: Mapping[str, object] | None = None
    override: bool = False
    run: str | None = None


@dataclass
class Notebook:
    """Everything that happened, by name and video, and what the records' tables hold."""

    facts: dict[str, object] = field(default_factory=dict)
    log: dict[tuple[str, str], list[Happened]] = field(default_factory=dict)
    stored: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def newest(self, name: str, video: str) -> Happened | None:
        happened = self.log.get((name, video))
        return happened[-1] if happened else None

    def write(self, name: str, video: str, result: str | None, **more: object) -> None:
        happened = Happened(next(self.numbers), result, **more)  # type: ignore[arg-type]
        self.log.setdefault((name, video), []).append(happened)

    def make(
        self, stage: str, video: str, result: str, *, prompt: object = None, run: str | None = None
    ) -> None:
        """From what is there now; `prompt` is one that was given for this video alone."""
        read: dict[str, object] = {}
        for name in STAGE_DEFS[stage].reads:  # type: ignore[index]
            parent = self.newest(name, video)
            read[name] = self.facts.get(name, parent and parent.number)
            if prompt is not None and SOURCES.get(name) == "prompt":
                read[name] = prompt
        code = STAGE_DEFS[stage].code_version  # type: ignore[index]
        self.write(stage, video, result, code=code, read=read, override=prompt is not None, run=run)
        self.stored[stage, video] = result

    def wipe(self, name: str) -> None:
        for of, video in list(self.log):
            if of == name:
                del self.log[of, video]

    def delete_run(self, run: str) -> None:
        for key, happened in self.log.items():
            self.log[key] = [one for one in happened if one.run != run]

    def word(self, stage: str, video: str) -> str:
        last = self.newest(stage, video)
        if last is None:
            return "missing"
        if last.override:
            return "override"
        return "stale" if self.roots(stage, video) else "fresh"

    def roots(self, stage: str, video: str) -> Roots:
        last = self.newest(stage, video)
        if last is None:
            return frozenset({(stage, "missing", stage)})
        causes = set(self._causes(stage, video, last))
        if last.override:
            causes = {(kind, name) for kind, name in causes if kind != "prompt"}
        if self.stored.get((stage, video)) != last.result:
            causes.add(("lost", stage))
        above = [self.roots(name, video) for name in STAGE_DEFS[stage].reads if name in STAGES]  # type: ignore[index]
        return frozenset((stage, *cause) for cause in causes).union(*above)

    def _causes(self, stage: str, video: str, last: Happened) -> list[tuple[str, str]]:
        reads = STAGE_DEFS[stage].reads  # type: ignore[index]
        if last.read is None:
            above = {name: self.newest(name, video) for name in reads if name in STAGES}
            return [("input", n) for n, seen in above.items() if not seen or seen.number > last.number]  # fmt: skip
        new = [("dependency", name) for name in reads if name not in last.read]
        if ("dependency", SPEECH_RECOGNITION) in new:  # from before there was any
            new.remove(("dependency", SPEECH_RECOGNITION))
            if (now := self.newest(SPEECH_RECOGNITION, video)) and now.result != NOT_HEARD:
                new.append(("recogniser", SPEECH_RECOGNITION))
        known = [name for name in reads if name in last.read]
        changed = [name for name in known if self._has_changed(name, video, last.read[name])]
        code = [("code", stage)] if last.code != STAGE_DEFS[stage].code_version else []  # type: ignore[index]
        return code + new + [(self._kind(name, last.read[name]), name) for name in changed]

    def _kind(self, name: str, read: object) -> str:
        """What the embedded engine is made from beside the prompt is the taxonomy."""
        kind = SOURCES.get(name, "input")
        return (
            "taxonomy"
            if kind == "settings" and _embedded(read) and _embedded(self.facts[name])
            else kind
        )

    def _has_changed(self, name: str, video: str, read: object) -> bool:
        if name in self.facts:
            return self.facts[name] != read
        newest = self.newest(name, video)
        if newest is None or read is None or newest.number <= read:  # type: ignore[operator]
            return False
        # What has been deleted since is as if it had never been.
        before = [one for one in self.log[name, video] if one.number <= read]  # type: ignore[operator]
        return (before[-1].result if before else None) != newest.result


def _embedded(fact: object) -> bool:
    return isinstance(fact, tuple) and fact[0] == "embedded"
