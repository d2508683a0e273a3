"""What a stage's run has used of language models, for whoever may not look into the tables."""

from chrysopedia_assets.models.calls import Usage
from chrysopedia_assets.models.prompts import PromptName
from resources.database import open_database
from resources.store.calls import Which
from resources.store.costs import usage_of


def stage_usage(run_id: str, task: PromptName, video_id: str) -> Usage:
    """From the ledger; all zero where no model was asked."""
    with open_database().reading() as connection:
        return usage_of(connection, Which(video_id, run_ids=[run_id], task=task))
