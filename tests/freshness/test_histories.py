"""Random histories: whatever happens, in whatever order, our verdicts are Dagster's cell for cell, and the naive ones.

One machine plays on the product's graph with cheap stages; the steps are everything that people, runs and mishaps do.
"""

import itertools
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.engine import URL

from chrysopedia_assets.models.prompts import TASKS, Task
from chrysopedia_assets.models.records import STAGES, StageName
from chrysopedia_assets.models.stage_defs import (
    LIBRARY_FILES,
    NOT_HEARD,
    OF_VIDEOS,
    SOURCES,
    SPEECH_RECOGNITION,
    STAGE_DEFS,
    TAXONOMY,
    prompt_source,
    settings_source,
)
from resources.observations import asset_key
from resources.store.dagster_events import CODE_VERSION, DATA_VERSION, INPUT_VERSION
from tests.freshness.naive import Notebook
from tests.freshness.world import World, template, version_of
from tests.postgres.cluster import Cluster
from tests.verdicts import by_dagster, by_us

VIDEOS = ("ann--bass", "ann--kick", "ann--snare")
"""The first two are there and made from the beginning."""
TEXTS = st.sampled_from(("", "Be brief.", "Be kind."))
RESULTS = st.sampled_from(("one", "two"))
SHIPPED_TEMPERATURES = {"segmentation": "0", "extraction": "0.2", "classification": "0", "synthesis": "0.4"}  # fmt: skip
SETTINGS = (
    ("MODEL", "small"), ("MODEL", None), ("SYNTHESIS_MODEL", "large"), ("SYNTHESIS_MODEL", None),
    ("TEMPERATURE", "0.9"), ("TEMPERATURE", None), ("EXTRA", '{"seed": 1}'), ("TIMEOUT_S", "9"),
)  # fmt: skip
tasks, stages = st.sampled_from(TASKS), st.sampled_from(STAGES)
videos = st.sampled_from(VIDEOS)


class Histories(RuleBasedStateMachine):
    """`open_world` is set by who runs it."""

    open_world = staticmethod(World)

    @initialize()
    def begin(self) -> None:
        self.world = self.open_world()
        self.naive = Notebook()
        self.runs: list[str] = []
        self.texts = dict.fromkeys(TASKS, "")
        self.budgets = dict.fromkeys(TASKS, "4000")
        self.plugin = "Pro-Q 3"
        self.set: dict[str, str | None] = {}
        for task in TASKS:
            self.world.write_prompt_toml(task, "max_output_tokens = 4000")
        self.versions: dict[tuple[str, str], str] = {}
        self.look_up_facts()
        self.heard: set[str] = set()
        self.use_a_recogniser("1")
        for number, video in enumerate(VIDEOS[:2]):
            self.put_a_file(video, "a", media=number == 1)
        for stage, video in itertools.product(STAGES, VIDEOS[:2]):
            self.world.look()
            self._make(stage, video, "one")

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    def look_up_facts(self) -> None:
        """What each source comes to, in words."""
        for task in TASKS:
            model = self.set.get(f"{task.upper()}_MODEL") or self.set.get("MODEL")
            temperature = self.set.get("TEMPERATURE") or SHIPPED_TEMPERATURES[task]
            words = None if task == "classification" else self.plugin
            who = (model, temperature, self.set.get("EXTRA")) if model else ("embedded", words)
            self.naive.facts[settings_source(task)] = who
            self.naive.facts[prompt_source(task)] = (self.texts[task], self.budgets[task])
        self.naive.facts[TAXONOMY] = self.plugin

    @property
    def known(self) -> list[str]:
        return sorted({video for name, video in self.versions if name == LIBRARY_FILES})

    # What people do

    @rule(
        task=tasks, edit=st.sampled_from(("text", "budget", "taxonomy", "setting")), data=st.data()
    )
    def edit_what_stages_read_or_put_it_back(
        self, task: Task, edit: str, data: st.DataObject
    ) -> None:
        match edit:
            case "text":
                self.texts[task] = data.draw(TEXTS)
                self.world.write_prompt(task, self.texts[task])
            case "budget":
                self.budgets[task] = data.draw(st.sampled_from(("4000", "9000")))
                self.world.write_prompt_toml(task, f"max_output_tokens = {self.budgets[task]}")
            case "taxonomy":
                self.plugin = data.draw(st.sampled_from(("Pro-Q 3", "Vital")))
                self.world.write_taxonomy(self.plugin)
            case "setting":
                name, value = data.draw(st.sampled_from(SETTINGS))
                self.world.set(name, value)
                self.set[name] = value
        self.look_up_facts()

    @rule(video=videos, content=st.sampled_from("abc"), media=st.booleans())
    def put_a_file(self, video: str, content: str, media: bool) -> None:
        """A new video, a changed file, or one that was there before; a transcript or a media file."""
        self._told(LIBRARY_FILES, video, self.world.put_file(video, content, media=media))
        self.heard = self.heard | {video} if media else self.heard - {video}
        self._told(SPEECH_RECOGNITION, video, self.recogniser if media else NOT_HEARD)

    @rule(version=st.sampled_from("12"))
    def use_a_recogniser(self, version: str) -> None:
        self.recogniser = version
        self.world.set_recogniser(version)
        for video in sorted(self.heard):
            self._told(SPEECH_RECOGNITION, video, version)

    def _told(self, name: str, video: str, version: str) -> None:
        if self.versions.get((name, video)) != version:
            self.naive.write(name, video, version)
        self.versions[name, video] = version

    @rule(stage=stages, version=st.sampled_from(("1", "2")))
    def write_other_code(self, stage: StageName, version: str) -> None:
        self.world.raise_code_version(stage, version)

    @rule(
        stage=stages, known=st.sampled_from(("nothing", "result", "code", "inputs")), data=st.data()
    )
    def report_a_result_by_hand(self, stage: StageName, known: str, data: st.DataObject) -> None:
        """Dagster believes what is given, and takes an input that is given without its event for none."""
        video = data.draw(st.sampled_from(self.known))
        code = STAGE_DEFS[stage].code_version
        tags = {
            DATA_VERSION: version_of(video, "one"),
            CODE_VERSION: code,
            **{INPUT_VERSION + name: "something" for name in STAGE_DEFS[stage].reads},
        }
        many = {"nothing": 0, "result": 1, "code": 2, "inputs": len(tags)}[known]
        self.world.report(stage, video, dict(list(tags.items())[:many]))
        result = "one" if many else None
        if many > 1:
            self.naive.write(stage, video, result, code=code, read={})
        else:
            self.naive.write(stage, video, result)

    # What runs do

    @rule(first=stages, results=st.lists(RESULTS, min_size=6, max_size=6), data=st.data())
    def make_a_stage_and_all_below(
        self, first: StageName, results: list[str], data: st.DataObject
    ) -> None:
        video = data.draw(st.sampled_from(self.known))
        self.world.look()
        for stage, result in list(zip(STAGES, results, strict=True))[STAGES.index(first) :]:
            self._make(stage, video, result)

    @rule(stage=stages, result=RESULTS, data=st.data())
    def make_one_stage(self, stage: StageName, result: str, data: st.DataObject) -> None:
        self.world.look()
        self._make(stage, data.draw(st.sampled_from(self.known)), result)

    def _make(self, stage: StageName, video: str, result: str) -> None:
        self.world.results[stage, video] = result
        self.world.make_directly(stage, video)
        self.naive.make(stage, video, result)

    @rule(
        chosen=st.sets(stages, min_size=1, max_size=3),
        result=RESULTS,
        fails=st.booleans(),
        text=st.none() | TEXTS,
        data=st.data(),
    )
    def run_some_stages(
        self,
        chosen: set[StageName],
        result: str,
        fails: bool,
        text: str | None,
        data: st.DataObject,
    ) -> None:
        """In order; the last may fail. With a text each that asks is given a prompt of its own."""
        video = data.draw(st.sampled_from(self.known))
        in_order = [stage for stage in STAGES if stage in chosen]
        for stage in in_order:
            self.world.results[stage, video] = result
        if fails:
            del self.world.results[in_order[-1], video]
        run, made = self.world.run(in_order, video, text)
        self.runs.append(run)
        # What does not read a stage that failed is made all the same.
        assert made == (in_order[:-1] if fails else in_order)
        for stage in made:
            task = STAGE_DEFS[stage].task
            prompt = (text, self.budgets[task]) if task and text is not None else None
            self.naive.make(stage, video, result, prompt=prompt, run=run)
            self.world.results.setdefault((stage, video), result)

    @rule(data=st.data())
    def process_a_video(self, data: st.DataObject) -> None:
        """Everything is up to date afterwards, but for what waits for a person to take back an override."""
        video = data.draw(st.sampled_from(self.known))
        for stage in STAGES:
            self.world.results.setdefault((stage, video), "one")
        done = self.world.process(video)
        assert done.failed is None, done.failed
        for stage in done.ran:
            result = self.world.results[stage, video]  # type: ignore[index]
            self.naive.make(stage, video, result)
        waits = [stage for stage in STAGES if self.naive.word(stage, video) == "override"]
        for stage in STAGES:
            assert {at for at, *_ in self.naive.roots(stage, video)} <= set(waits)

    # What goes wrong

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def delete_a_run(self, data: st.DataObject) -> None:
        run = self.runs.pop(data.draw(st.integers(0, len(self.runs) - 1)))
        self.world.instance.delete_run(run)
        self.naive.delete_run(run)

    @rule(name=st.sampled_from((*STAGES, *SOURCES)))
    def wipe_an_asset(self, name: str) -> None:
        self.world.look()
        self.world.instance.wipe_assets([asset_key(name)])
        self.naive.wipe(name)
        if name in OF_VIDEOS:  # told again at the next look
            for video in self.known:
                self.naive.write(name, video, self.versions[name, video])

    @rule(stage=stages, mishap=st.sampled_from(("partition", "record", "tags")), data=st.data())
    def lose_something(self, stage: StageName, mishap: str, data: st.DataObject) -> None:
        video = data.draw(st.sampled_from(self.known))
        match mishap:
            case "partition":
                self.world.look()
                self.world.instance.delete_dynamic_partition("videos", video)
            case "record":
                self.world.lose(stage, video)
                self.naive.stored.pop((stage, video), None)
            case (
                "tags"
            ):  # as if stored by Dagster's own storage, which keeps but one of them in their table
                self.world.keep_only_tags_that_dagster_indexes()

    # What has to hold

    @invariant()
    def verdicts_are_those_of_dagster_and_the_naive_ones(self) -> None:
        if not hasattr(self, "world"):
            return
        found = self.world.look()
        assert sorted(found.verdicts) == self.known
        assert by_us(found.verdicts) == by_dagster(self.world.graph, self.world.instance)
        for video, by_stage in found.verdicts.items():
            for stage, verdict in by_stage.items():
                roots = {
                    (root.stage, root.cause.kind, root.cause.subject) for root in verdict.roots
                }
                assert verdict.word == self.naive.word(stage, video), (stage, video)
                assert roots == self.naive.roots(stage, video), (stage, video)
            if not any(verdict.roots for verdict in by_stage.values()):
                assert self.world.process(video).ran == ()


def play(open_world: object, examples: int, steps: int) -> None:
    class Opened(Histories):
        pass

    Opened.open_world = staticmethod(open_world)  # type: ignore[arg-type]
    run_state_machine_as_test(
        Opened,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            deadline=None,
            database=None,
            phases=(
                Phase.generate,
            ),  # the history that failed as it is: to shorten it takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_on_sqlite_whatever_happens_verdicts_are_dagsters_and_the_naive_ones(
    tmp_path: Path,
) -> None:
    beginning, numbers = template(tmp_path / "beginning"), itertools.count()
    play(lambda: World(tmp_path / f"world {next(numbers)}", beginning), examples=12, steps=16)


def test_on_postgresql_whatever_happens_verdicts_are_dagsters_and_the_naive_ones(
    tmp_path: Path, cluster: Cluster, prepared_postgres: URL
) -> None:
    def new_world() -> World:
        url = cluster.new_database(like=prepared_postgres).render_as_string(hide_password=False)
        return World(tmp_path / f"world {next(numbers)}", database_url=url)

    numbers = itertools.count()
    play(new_world, examples=1, steps=12)
