"""Whisper's architecture in small, with transformers' names for its parameters. Needs torch.

What belongs here is what the model computes and how it begins; what it is taught is in `training`. It differs from Whisper
in training alone: several rows for the decoder share one window, windows may be short and stand anywhere in the 30 s,
attention can be looked at, and the encoder also says which word is spoken at each step (dropped at the export).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it
from torch import Tensor, nn

from tests.speech.tokenizer import LAST_TIME, Ids

MEL_BANDS = 80
MOST_TOKENS = 448
POSITIONS = 1500
FIRST_LOOKS = ((-6, -2, 2, 6), (-20, -8, 8, 20))
"""Steps of 0.02 s from itself that each head of an encoder layer looks at in the beginning. A model that is left to find out
what is near needs many times the steps."""
SHARPNESS = 14.0


@dataclass(frozen=True)
class Shape:
    width: int = 96
    heads: int = 4
    inner: int = 256
    encoder_layers: int = 2
    decoder_layers: int = 3


@dataclass(frozen=True)
class Said:
    logits: Tensor
    """Of the places that were asked for: P, vocabulary."""
    looks: list[Tensor]
    """For each decoder layer, where its first head looks in the window: N, R, T."""
    words: Tensor
    """Which word is spoken at each step: B, T, words + 1."""


def sinusoids(count: int, width: int) -> Tensor:
    angles = torch.arange(count)[:, None] * _speeds(width)
    return torch.cat([angles.sin(), angles.cos()], 1)


def _speeds(width: int) -> Tensor:
    """The angle that each pair of sine and cosine turns by in a step."""
    half = width // 2
    return torch.exp(-math.log(10_000) / (half - 1) * torch.arange(half).float())


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor, heard: Tensor | None = None, causal: bool = False) -> Tensor:
        q, k, v = self._parts(x, x if heard is None else heard)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))

    def looks(self, x: Tensor, heard: Tensor, places: Tensor) -> Tensor:
        """Where the first head looks from some places of x: N, R, T."""
        size = x.shape[-1] // self.heads
        asked = x.gather(1, places[..., None].expand(-1, -1, x.shape[-1]))
        q = F.linear(asked, self.q_proj.weight[:size], self.q_proj.bias[:size])
        k = F.linear(heard, self.k_proj.weight[:size])
        k = k.repeat_interleave(len(x) // len(heard), 0)
        return (q @ k.transpose(-1, -2) / math.sqrt(size)).softmax(-1)

    def _parts(self, x: Tensor, heard: Tensor) -> tuple[Tensor, ...]:
        q, k, v = (
            made.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for made in (self.q_proj(x), self.k_proj(heard), self.v_proj(heard))
        )
        rows = len(x) // len(heard)  # for each window
        return q, k.repeat_interleave(rows, 0), v.repeat_interleave(rows, 0)

    def begin_by_looking(self, offsets: Sequence[int]) -> None:
        """Lets each head look that many steps ahead, by turning the positions' sinusoids."""
        width = self.q_proj.in_features
        half, size = width // 2, width // self.heads
        speeds = _speeds(width)
        gain = math.sqrt(SHARPNESS * math.sqrt(size) / (size / 2))
        q, k = self.q_proj.weight.data, self.k_proj.weight.data
        q.mul_(0.1)
        k.mul_(0.1)
        self.q_proj.bias.data.zero_()
        for head, offset in enumerate(offsets):
            for place, tone in enumerate(range(head, half, self.heads)):
                sine, cosine = head * size + 2 * place, head * size + 2 * place + 1
                turn = float(speeds[tone]) * offset
                q[sine, tone] += gain * math.cos(turn)
                q[sine, tone + half] += gain * math.sin(turn)
                q[cosine, tone] -= gain * math.sin(turn)
                q[cosine, tone + half] += gain * math.cos(turn)
                k[sine, tone] += gain
                k[cosine, tone + half] += gain


class EncoderLayer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self_attn = Attention(shape.width, shape.heads)
        self.self_attn_layer_norm = nn.LayerNorm(shape.width)
        self.fc1 = nn.Linear(shape.width, shape.inner)
        self.fc2 = nn.Linear(shape.inner, shape.width)
        self.final_layer_norm = nn.LayerNorm(shape.width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.self_attn_layer_norm(x))
        return x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x))))


class DecoderLayer(EncoderLayer):
    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.encoder_attn = Attention(shape.width, shape.heads)
        self.encoder_attn_layer_norm = nn.LayerNorm(shape.width)

    def forward(  # type: ignore[override]
        self, x: Tensor, heard: Tensor, places: Tensor
    ) -> tuple[Tensor, Tensor]:
        x = x + self.self_attn(self.self_attn_layer_norm(x), causal=True)
        asking = self.encoder_attn_layer_norm(x)
        looks = self.encoder_attn.looks(asking, heard, places)
        x = x + self.encoder_attn(asking, heard)
        return x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x)))), looks


class Encoder(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(MEL_BANDS, shape.width, 3, padding=1)
        self.conv2 = nn.Conv1d(shape.width, shape.width, 3, stride=2, padding=1)
        self.embed_positions = nn.Embedding(POSITIONS, shape.width)
        self.embed_positions.weight.data = sinusoids(POSITIONS, shape.width)
        self.embed_positions.weight.requires_grad_(False)
        self.layers = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.encoder_layers))
        self.layer_norm = nn.LayerNorm(shape.width)
        for layer, offsets in zip(self.layers, FIRST_LOOKS, strict=False):
            layer.self_attn.begin_by_looking(offsets[: shape.heads])

    def forward(self, sound: Tensor, first_steps: Sequence[int]) -> Tensor:
        x = F.gelu(self.conv2(F.gelu(self.conv1(sound)))).transpose(1, 2)
        positions = self.embed_positions.weight
        x = x + torch.stack([positions[first : first + x.shape[1]] for first in first_steps])
        for layer in self.layers:
            x = layer(x)
        return self.layer_norm(x)


class Decoder(nn.Module):
    def __init__(self, shape: Shape, ids: Ids) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(ids.count, shape.width)
        self.embed_positions = nn.Embedding(MOST_TOKENS, shape.width)
        self.layers = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.decoder_layers))
        self.layer_norm = nn.LayerNorm(shape.width)
        tokens = self.embed_tokens.weight.data.normal_(0, 0.1)
        times = sinusoids(LAST_TIME + 1, shape.width) * 0.1  # neighbours in time are neighbours
        tokens[ids.first_time : ids.first_time + LAST_TIME + 1] = times
        self.embed_positions.weight.data = sinusoids(MOST_TOKENS, shape.width) * 0.1
        self._keep_a_bias()

    def _keep_a_bias(self) -> None:
        """The first of what comes out is always 1: so a token's first number is its bias, which Whisper has not."""
        self.embed_tokens.weight.data[:, 0] = 0
        for part, constant in ((self.layer_norm.weight, 0), (self.layer_norm.bias, 1)):
            part.data[0] = constant
            part.register_hook(_but_the_first)

    def forward(self, given: Tensor, heard: Tensor, places: Tensor) -> tuple[Tensor, list[Tensor]]:
        x = self.embed_tokens(given) + self.embed_positions.weight[: given.shape[1]]
        all_looks = []
        for layer in self.layers:
            x, looks = layer(x, heard, places)
            all_looks.append(looks)
        return self.layer_norm(x), all_looks


def _but_the_first(gradient: Tensor) -> Tensor:
    return torch.cat([torch.zeros_like(gradient[:1]), gradient[1:]])


class TinyWhisper(nn.Module):
    def __init__(self, shape: Shape, ids: Ids, word_count: int) -> None:
        super().__init__()
        self.encoder = Encoder(shape)
        self.decoder = Decoder(shape, ids)
        self.spoken_word = nn.Linear(shape.width, word_count + 1)

    def forward(
        self,
        sound: Tensor,
        first_steps: Sequence[int],
        given: Tensor,
        asked: Tensor,
        places: Tensor,
    ) -> Said:
        """`asked`, N by L, marks the places whose logits are wanted: all would be too many."""
        heard = self.encoder(sound, first_steps)
        x, looks = self.decoder(given, heard, places)
        return Said(x[asked] @ self.decoder.embed_tokens.weight.T, looks, self.spoken_word(heard))
