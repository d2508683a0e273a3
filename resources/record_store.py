"""The IO manager: a stage's record for one video, stored in one transaction and loaded as it was."""

from typing import cast

import dagster as dg
from pydantic import PrivateAttr

from chrysopedia_assets.models.records import StageName, StageRecord
from resources.database import open_database
from resources.failures import our_failures
from resources.hearing import forget_windows
from resources.store.records import load, save


class RecordStore(dg.ConfigurableIOManager):
    """Where the records lie is in the environment, not in config: config is shown in the UI, and the URL has a password.

    What a stage has just stored is handed to the next one of the same run as it is: a long transcript takes half a
    second to load.
    """

    _stored: dict[tuple[str, str], StageRecord] = PrivateAttr(default_factory=dict)

    def handle_output(self, context: dg.OutputContext, obj: StageRecord) -> None:
        stage = cast(StageName, context.asset_key.to_user_string())
        if obj.video.video_id != context.partition_key:
            raise ValueError(f"{stage} of {context.partition_key} is about {obj.video.video_id}")
        with open_database().writing(lock=context.partition_key) as connection:
            save(connection, stage, obj, context.run_id)
        self._stored[stage, context.partition_key] = obj
        if stage == "transcripts":
            forget_windows(context.partition_key)

    def load_input(self, context: dg.InputContext) -> StageRecord:
        stage = cast(StageName, context.asset_key.to_user_string())
        if stored := self._stored.get((stage, context.partition_key)):
            return stored
        with our_failures(), open_database().reading() as connection:
            return load(connection, stage, context.partition_key)
