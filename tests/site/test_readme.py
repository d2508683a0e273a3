"""The page in the README is one that the samples really give."""

from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.site.pages import page_markdown
from chrysopedia_assets.stages.transcripts import make_transcript
from resources.clients.captions.read import read_transcript
from resources.settings import PROJECT, SAMPLES
from tests.builders import all_stages, product_taxonomy

SAMPLE = SAMPLES / "Colin Hathersage" / "Mastering Your Own Record Without Wrecking It.srt"
TITLE = "Limiting: True Peak and Dither"
LINES = 13


def excerpt() -> str:
    """The beginning of the page, as the README quotes it."""
    video = Video(video_id="v", title=SAMPLE.stem, creator=SAMPLE.parent.name)
    taxonomy = product_taxonomy()
    transcript = make_transcript(video, read_transcript(SAMPLE))
    pages = all_stages(transcript, taxonomy, ExtractiveEngine(taxonomy)).pages
    page = next(page for page in pages.pages if page.title == TITLE)
    lines = page_markdown(page, video, pages.made_by).splitlines()[:LINES]
    return "\n".join(
        f"> {line.replace('# ', '## ', 1) if line.startswith('#') else line}".rstrip()
        for line in lines
    )


def test_the_readme_quotes_a_page_that_make_run_makes() -> None:
    assert excerpt() in (PROJECT / "README.md").read_text(), "out of date: make generated"


if __name__ == "__main__":
    readme = PROJECT / "README.md"
    before, _, rest = readme.read_text().partition("<!-- page -->\n")
    _, _, after = rest.partition("<!-- /page -->")
    readme.write_text(f"{before}<!-- page -->\n{excerpt()}\n>\n> ...\n<!-- /page -->{after}")
