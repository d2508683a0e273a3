"""The IO manager: a stage's record for one video, stored in one transaction and loaded as it was."""

from typing import cast

import dagster as dg

from chrysopedia_assets.errors import ChrysopediaError
from chrysopedia_assets.models.records import StageName, StageRecord
from resources.database import open_database
from resources.store.records import load, save


class RecordStore(dg.ConfigurableIOManager):
    """Where the records lie is in the environment, not in config: config is shown in the UI, and the URL has a password."""

    def handle_output(self, context: dg.OutputContext, obj: StageRecord) -> None:
        stage = cast(StageName, context.asset_key.to_user_string())
        if obj.video.video_id != context.partition_key:
            raise ValueError(f"{stage} of {context.partition_key} is about {obj.video.video_id}")
        with open_database().writing(lock=context.partition_key) as connection:
            save(connection, stage, obj, context.run_id)

    def load_input(self, context: dg.InputContext) -> StageRecord:
        stage = cast(StageName, context.asset_key.to_user_string())
        try:
            with open_database().reading() as connection:
                return load(connection, stage, context.partition_key)
        except ChrysopediaError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
