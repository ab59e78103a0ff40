"""Tiny language models with random weights, one an architecture, and a tokenizer made here.

Nothing is downloaded. The weights are larger than at a usual initialisation, so that the next
token depends visibly on everything before it.
"""

from __future__ import annotations

from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    MiniCPM3Config,
    PreTrainedTokenizerFast,
    Qwen3Config,
)

from harness.lm import LanguageModel
from harness.lm.model import ordinary_attention

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

CORPUS = (
    "system\nuser\nassistant\nYou are in a room. There is an exit to the north and to the south. "
    "go north go south go east go west take the key open the door look inventory"
)

SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "initializer_range": 0.2,
    "tie_word_embeddings": True,
}

CONFIGS: dict[str, Any] = {
    "llama": lambda **own: LlamaConfig(**SHAPE, **own),
    "qwen3": lambda **own: Qwen3Config(**SHAPE, head_dim=8, **own),
    "gemma3": lambda **own: Gemma3TextConfig(
        **SHAPE,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=6,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        **own,
    ),
    "minicpm3": lambda **own: MiniCPM3Config(
        **(SHAPE | {"num_key_value_heads": 4, "initializer_range": 0.1}),
        q_lora_rank=24,
        kv_lora_rank=16,
        qk_nope_head_dim=8,
        qk_rope_head_dim=8,
        v_head_dim=12,
        dim_model_base=32,
        **own,
    ),
}
"""The configuration of each architecture, by name."""


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level, a few merges, with ChatML as its template."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=SPECIALS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([CORPUS], trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
    )
    fast.chat_template = CHATML
    return fast


def tiny_network(architecture: str, dtype: torch.dtype = torch.float32, **own: Any) -> Any:
    """A network of that architecture with weights that are always the same."""
    tokenizer = tiny_tokenizer()
    config = CONFIGS[architecture](
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **own,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return AutoModelForCausalLM.from_config(config, dtype=dtype)


def tiny_model(architecture: str = "llama", dtype: torch.dtype = torch.float32) -> LanguageModel:
    """The same, in the engine."""
    return LanguageModel(tiny_network(architecture, dtype), tiny_tokenizer())


def ordinary_logits(model: LanguageModel, tokens: list[int]) -> Tensor:
    """What transformers itself gives behind the last token, shape (vocabulary,)."""
    with ordinary_attention(model.network), torch.inference_mode():
        logits: Tensor = model.network(torch.tensor([tokens]), use_cache=False).logits
    return logits[0, -1].float()
