"""Random histories on the graph as it is: real files, real stages, the embedded engine. Few, because they are slow.

`test_histories` plays everything that can happen; here it is proved that the stages record what they were made from.
"""

import itertools
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.models.prompts import TASKS, Task
from chrysopedia_assets.models.records import STAGES, StageName
from chrysopedia_assets.models.stage_defs import (
    LIBRARY_FILES,
    NOT_HEARD,
    SPEECH_RECOGNITION,
    STAGE_DEFS,
    TAXONOMY,
    prompt_source,
    settings_source,
)
from resources.clients.library import look
from resources.store.records import stored_versions
from resources.store.videos import list_videos
from tests.freshness.naive import Notebook
from tests.freshness.world import World, template
from tests.library import LINES, put_vtt
from tests.verdicts import by_dagster, by_us

VIDEO = "ann--kick"
PLUGINS = ("Pro-Q 3", "Saturn 2")
"""The speech names both, so that a taxonomy without one of them gives other moments."""
tasks, stages = st.sampled_from(TASKS), st.sampled_from(STAGES)
texts = st.sampled_from(("", "Be brief."))


class RealHistories(RuleBasedStateMachine):
    """`open_world` is set by who runs it."""

    open_world = staticmethod(World)

    @initialize()
    def begin(self) -> None:
        self.world = self.open_world()
        self.naive = Notebook()
        self.texts = dict.fromkeys(TASKS, "")
        self.edit_the_taxonomy(PLUGINS[0])
        self.put_the_file(len(LINES))
        self.process()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    @rule(plugin=st.sampled_from(PLUGINS))
    def edit_the_taxonomy(self, plugin: str) -> None:
        self.world.write_taxonomy(plugin)
        for task in TASKS:
            words = None if task == "classification" else plugin
            self.naive.facts[settings_source(task)] = ("embedded", words)
            self.naive.facts[prompt_source(task)] = self.texts[task]
        self.naive.facts[TAXONOMY] = plugin

    @rule(task=tasks, text=texts)
    def edit_a_prompt_or_put_it_back(self, task: Task, text: str) -> None:
        self.world.write_prompt(task, text)
        self.texts[task] = self.naive.facts[prompt_source(task)] = text  # type: ignore[assignment]

    @rule(lines=st.sampled_from((len(LINES) - 1, len(LINES))))
    def put_the_file(self, lines: int) -> None:
        folder = self.world.folder / "library"
        put_vtt(folder / "Ann" / "Kick.vtt", *LINES[:lines])
        ingest(look([folder]).files, self.world.database, self.world.instance)
        with self.world.database.reading() as connection:
            [entry] = list_videos(connection)
        seen = self.naive.newest(LIBRARY_FILES, VIDEO)
        if not seen or seen.result != entry.version:
            self.naive.write(LIBRARY_FILES, VIDEO, entry.version)
        self.naive.facts[SPEECH_RECOGNITION] = NOT_HEARD

    @rule(chosen=st.sets(stages, min_size=1, max_size=3), text=st.none() | texts)
    def run_some_stages(self, chosen: set[StageName], text: str | None) -> None:
        _, made = self.world.run([stage for stage in STAGES if stage in chosen], VIDEO, text)
        assert set(made) == chosen
        self._noted(made, text)

    @rule()
    def process(self) -> None:
        done = self.world.process(VIDEO)
        assert done.failed is None, done.failed
        self._noted(done.ran, None)  # type: ignore[arg-type]

    def _noted(self, made: "tuple[StageName, ...] | list[StageName]", text: str | None) -> None:
        with self.world.database.reading() as connection:
            stored = stored_versions(connection)
        for stage in made:
            prompt = text if STAGE_DEFS[stage].task else None
            self.naive.make(stage, VIDEO, stored[VIDEO, stage], prompt=prompt)

    @invariant()
    def verdicts_are_those_of_dagster_and_the_naive_ones(self) -> None:
        if not hasattr(self, "world"):
            return
        found = self.world.look()
        assert by_us(found.verdicts) == by_dagster(self.world.graph, self.world.instance)
        for stage, verdict in found.verdicts[VIDEO].items():
            roots = {(root.stage, root.cause.kind, root.cause.subject) for root in verdict.roots}
            assert verdict.word == self.naive.word(stage, VIDEO), stage
            assert roots == self.naive.roots(stage, VIDEO), stage


def test_the_stages_of_the_product_record_what_they_were_made_from(tmp_path: Path) -> None:
    beginning, numbers, defs = template(tmp_path / "beginning"), itertools.count(), build_defs()

    class Opened(RealHistories):
        open_world = staticmethod(
            lambda: World(tmp_path / f"world {next(numbers)}", beginning, defs=defs)
        )

    run_state_machine_as_test(
        Opened,
        settings=settings(
            max_examples=3,
            stateful_step_count=8,
            derandomize=True,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
