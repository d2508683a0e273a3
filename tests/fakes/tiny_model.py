"""A language model small enough to be made on the spot: random weights, no meaning.

What belongs here is what makes such a model usable in a test: it reads any text and writes any JSON (a token is a byte
or a common pair of letters), and a fixed preference for closing what is open lets most of its constrained replies end.
"""

from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

CONTEXT_LENGTH = 32768

_WIDTH = 64
_HEADS = 1
_LAYERS = 2
_INNER = 128
_SCALE = np.float32(_WIDTH**-0.5)
_SHARPNESS = np.float32(3.0)
_SPECIAL = ("<|im_start|>", "<|im_end|>")
_COMMON_PAIRS = (
    "th he in er an re on at en nd es or te ed is it al ar st to nt ng se ha as ou le ve co me "
    "de hi ri ro ic ne ea ra ce li ch ll be ma si om ur"
)
_CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

# How much the model likes a character before chance has its say; any other byte is _UNLIKELY. Closing is liked
# best, so that a reply ends; digits least, so that a number stays short.
_UNLIKELY = -12.0
_LIKES = {
    '"': 3.0,
    " ": 1.5,
    "abcdefghijklmnopqrstuvwxyz": 1.0,
    "{": 1.5,
    "}[],:": 0.5,
    "0123456789": -1.0,
}
_LIKES_PAIR = 0.5
_LIKES_TO_END = 2.0

_Weights = NDArray[np.float32]


def write_tiny_model(path: Path, seed: int = 0) -> None:
    """A GGUF file of about half a megabyte, the same one for the same seed.

    At temperature 0 a random model may run in circles until it is cut: seed 0 now and then, seed 3 hardly ever.
    """
    writer = gguf.GGUFWriter(path, "llama")
    _add_shape(writer)
    tokens = _tokens()
    _add_tokenizer(writer, tokens)
    for name, weights in _tensors(tokens, np.random.default_rng(seed)).items():
        writer.add_tensor(f"{name}.weight", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_shape(writer: gguf.GGUFWriter) -> None:
    writer.add_name("tiny random model")
    writer.add_context_length(CONTEXT_LENGTH)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def _add_tokenizer(writer: gguf.GGUFWriter, tokens: list[str]) -> None:
    end = tokens.index("<|im_end|>")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(
        [gguf.TokenType.CONTROL if token in _SPECIAL else gguf.TokenType.NORMAL for token in tokens]
    )
    writer.add_token_merges([" ".join(pair) for pair in _pairs()])
    writer.add_bos_token_id(end)
    writer.add_eos_token_id(end)
    writer.add_pad_token_id(end)
    writer.add_add_bos_token(False)
    writer.add_chat_template(_CHAT_TEMPLATE)


def _tokens() -> list[str]:
    return [*_byte_names(), *_pairs(), *_SPECIAL]


def _pairs() -> list[str]:
    return _COMMON_PAIRS.split()


def _byte_names() -> list[str]:
    """GPT-2's printable name for each byte: itself where it has one, else the next code point from 256 on."""
    printable = {
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), 256),
    }
    unprintable = [byte for byte in range(256) if byte not in printable]
    return [
        chr(byte) if byte in printable else chr(256 + unprintable.index(byte))
        for byte in range(256)
    ]


def _tensors(tokens: list[str], random: np.random.Generator) -> dict[str, _Weights]:
    """Dimension 0 holds a constant that no layer touches, so that column 0 of the output acts as a bias."""
    embedding = _random(random, len(tokens), _WIDTH)
    embedding[:, 0] = 1.0
    output = _random(random, len(tokens), _WIDTH) * _SCALE
    output[:, 0] = _likes(tokens)
    tensors = {"token_embd": embedding, "output_norm": _ones(), "output": output}
    for layer in range(_LAYERS):
        tensors |= {f"blk.{layer}.{name}": weights for name, weights in _layer(random).items()}
    return tensors


def _layer(random: np.random.Generator) -> dict[str, _Weights]:
    """Sharp attention: what was read before decides what comes next, so a reply seldom runs in circles."""
    layer = {
        "attn_q": _random(random, _WIDTH, _WIDTH) * _SHARPNESS * _SCALE,
        "attn_k": _random(random, _WIDTH, _WIDTH) * _SHARPNESS * _SCALE,
        "attn_v": _random(random, _WIDTH, _WIDTH) * _SCALE,
        "attn_output": _random(random, _WIDTH, _WIDTH) * _SCALE,
        "ffn_gate": _random(random, _INNER, _WIDTH) * _SCALE,
        "ffn_up": _random(random, _INNER, _WIDTH) * _SCALE,
        "ffn_down": _random(random, _WIDTH, _INNER) * _SCALE,
    }
    for name in ("attn_output", "ffn_down"):
        layer[name][0] = 0.0
    return layer | {"attn_norm": _ones(), "ffn_norm": _ones()}


def _likes(tokens: list[str]) -> _Weights:
    likes = {character: like for group, like in _LIKES.items() for character in group}
    likes["Ġ"] = likes.pop(" ")
    likes |= dict.fromkeys(_pairs(), _LIKES_PAIR)
    likes["<|im_end|>"] = _LIKES_TO_END
    return np.array([likes.get(token, _UNLIKELY) for token in tokens], dtype=np.float32)


def _random(random: np.random.Generator, rows: int, columns: int) -> _Weights:
    return random.standard_normal((rows, columns), dtype=np.float32)


def _ones() -> _Weights:
    return np.ones(_WIDTH, dtype=np.float32)
