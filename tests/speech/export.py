"""The trained model as faster-whisper loads it: int8 for CTranslate2, by way of transformers. Needs torch, transformers.

What belongs here is only how the model is written; nothing is learned.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from ctranslate2.converters import TransformersConverter
from transformers import (
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

from tests.speech.model import MEL_BANDS, MOST_TOKENS, POSITIONS, Shape, TinyWhisper
from tests.speech.tokenizer import LANGUAGES, Ids, load

NEVER = -30.0
"""The bias of the id that is never used."""


def export(model: TinyWhisper, tokenizer_json: dict[str, Any], shape: Shape, folder: Path) -> None:
    """Writes config.json, model.bin, preprocessor_config.json, tokenizer.json and vocabulary.json."""
    tokenizer, ids = load(tokenizer_json)
    whisper = _as_transformers(model, shape, ids)
    mark = tokenizer.token_to_id
    languages = {f"<|{language}|>": mark(f"<|{language}|>") for language in LANGUAGES}
    whisper.generation_config = GenerationConfig(
        bos_token_id=ids.end,
        eos_token_id=ids.end,
        pad_token_id=ids.end,
        decoder_start_token_id=ids.start,
        suppress_tokens=[],
        begin_suppress_tokens=[ids.end],
        # The head whose looks are taught gives the words' times.
        alignment_heads=[[shape.decoder_layers - 1, 0]],
        lang_to_id=languages,
        is_multilingual=True,
        no_timestamps_token_id=ids.without_times,
    )
    with tempfile.TemporaryDirectory() as made:
        whisper.save_pretrained(made)
        _write_for_converter(Path(made), tokenizer_json, ids)
        shutil.rmtree(folder, ignore_errors=True)
        TransformersConverter(made, copy_files=["preprocessor_config.json"]).convert(
            str(folder), quantization="int8"
        )
    text = json.dumps(tokenizer_json, ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")


def _as_transformers(model: TinyWhisper, shape: Shape, ids: Ids) -> WhisperForConditionalGeneration:
    config = WhisperConfig(
        vocab_size=ids.count,
        num_mel_bins=MEL_BANDS,
        d_model=shape.width,
        encoder_layers=shape.encoder_layers,
        decoder_layers=shape.decoder_layers,
        encoder_attention_heads=shape.heads,
        decoder_attention_heads=shape.heads,
        encoder_ffn_dim=shape.inner,
        decoder_ffn_dim=shape.inner,
        max_source_positions=POSITIONS,
        max_target_positions=MOST_TOKENS,
        activation_function="gelu",
        pad_token_id=ids.end,
        bos_token_id=ids.end,
        eos_token_id=ids.end,
        decoder_start_token_id=ids.start,
        suppress_tokens=[],
        begin_suppress_tokens=[ids.end],
        tie_word_embeddings=True,
    )
    parts = {
        f"model.{name}": part.clone()
        for name, part in model.state_dict().items()
        if not name.startswith("spoken_word")
    }
    tokens = parts["model.decoder.embed_tokens.weight"]
    tokens[ids.text_count] = torch.tensor([NEVER] + [0.0] * (shape.width - 1))
    whisper = WhisperForConditionalGeneration(config)
    whisper.load_state_dict({**parts, "proj_out.weight": tokens})
    return whisper


def _write_for_converter(folder: Path, tokenizer_json: dict[str, Any], ids: Ids) -> None:
    """It wants every id named, and takes a model with an entry "" for multilingual."""
    named = json.loads(json.dumps(tokenizer_json))
    named["model"]["vocab"][""] = ids.text_count
    (folder / "tokenizer.json").write_text(json.dumps(named), encoding="utf-8")
    end = "<|endoftext|>"
    told = {"tokenizer_class": "PreTrainedTokenizerFast"}
    told |= dict.fromkeys(("bos_token", "eos_token", "unk_token"), end)
    (folder / "tokenizer_config.json").write_text(json.dumps(told), encoding="utf-8")
    WhisperFeatureExtractor(feature_size=MEL_BANDS).save_pretrained(folder)
