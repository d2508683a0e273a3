"""The `openai` package without its types: it is quick to load, and in nobody's way."""

import subprocess
import sys

from tests.builders import PROJECT


def ran(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )  # fmt: skip
    return done.stdout.strip()


def test_the_client_is_loaded_without_the_types_of_all_apis() -> None:
    program = """
import sys
from resources.clients.llm.openai_package import openai_package
package = openai_package()
package.AsyncOpenAI(api_key="x", base_url="http://127.0.0.1:9/v1")
print([name for name in sys.modules if name.startswith("openai.types")])
"""
    assert ran(program) == "[]"


def test_who_imports_the_types_afterwards_has_the_real_ones() -> None:
    program = """
from resources.clients.llm.openai_package import openai_package
openai_package()
from openai.types.chat import ChatCompletion
import openai
print(ChatCompletion.__name__, sorted(ChatCompletion.model_fields)[:2], openai.types.chat.ChatCompletion is ChatCompletion)
"""
    assert ran(program) == "ChatCompletion ['choices', 'created'] True"


def test_a_package_that_was_loaded_before_stays_as_it_is() -> None:
    program = """
import openai
from resources.clients.llm.openai_package import openai_package
print(openai_package() is openai, openai.types.chat.ChatCompletion.__name__)
"""
    assert ran(program) == "True ChatCompletion"


def test_threads_that_ask_at_the_same_time_all_get_the_whole_package() -> None:
    program = """
from concurrent.futures import ThreadPoolExecutor
from resources.clients.llm.openai_package import openai_package
with ThreadPoolExecutor(8) as threads:
    asked = [threads.submit(lambda: openai_package().AsyncOpenAI) for _ in range(8)]
print(len({one.result() for one in asked}))
"""
    assert ran(program) == "1"
