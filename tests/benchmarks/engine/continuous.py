"""(c) transformers' own continuous batching, where it can be run.

    Continuous(network, agent, slots=16)     # "generation" only
    limits()                                 # what it cannot do, for the table

It serves multi-turn: a manager that is kept (`persistent_manager=True`) shares whole pages of
256 tokens between a prompt and those that were served before it, so that a turn encodes again
at most a page of its history.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from transformers import GenerationConfig
from transformers.generation.configuration_utils import ContinuousBatchingConfig

from harness.agent import View
from harness.lm import LMAgent
from tests.benchmarks.engine.loads import MAX_TOKENS, Load, Made, Naive

PAGE = 256
PASS_TOKENS = 2048
ROOM = 2
"""Pages that a session may grow by in a window."""


def limits() -> list[str]:
    """What it cannot do, and why it is measured at the first depth only."""
    return [
        "by choice: cannot. generate_batch takes no prefix_allowed_tokens_fn (among its keyword "
        "arguments it is passed over in silence), all requests share one list of logits "
        "processors, made of the generation config alone, and these are given each request's last "
        "token only, neither what came before it nor whose it is.",
        "beyond the first depth: not run. Without flash attention (CPU) all requests of a batch "
        "are one row under a dense mask: every new token's scores are computed against the cached "
        "tokens of all sessions, so that attention costs as many times too much as there are "
        "sessions. The ratio to (a) is at the same depth.",
        f"prefixes: shared by whole pages of {PAGE} tokens, so that what lies behind the last of "
        "them is encoded again each turn (counted here from the prompts: the manager says it in "
        "its debug log only).",
    ]


class Continuous(Load):
    """All sessions' prompts in one call, each turn."""

    name = "c"
    act_by = "generation"

    def __init__(self, network: Any, agent: LMAgent, slots: int) -> None:
        self.network = network
        self.agent = agent
        self.slots = slots
        self.settings: GenerationConfig = Naive(network, agent, "generation").settings()
        self.starts: list[list[int]] = []
        # A warning at every call says that the manager is kept, which is what is wanted.
        logging.getLogger("ContinuousBatchingLogger").setLevel(logging.ERROR)

    def bring(self, views: Sequence[View]) -> None:
        """Note the prompts before the window; they are encoded at `back`."""
        self.starts = [self.agent.prompt(view).tokens for view in views]

    def back(self) -> None:
        """A new manager that has served the turn before: an old one knows what comes next."""
        self.close()
        longest = max(map(len, self.starts))
        self.paging = ContinuousBatchingConfig(
            num_blocks=len(self.starts) * (longest // PAGE + ROOM),
            max_batch_tokens=PASS_TOKENS,
            auto_switch_to_flash=False,
        )
        self._serve(self.starts, 1)
        self.served = self.starts

    def decide(self, views: Sequence[View]) -> list[Made]:
        """Decide in all sessions at once."""
        prompts = [self.agent.prompt(view).tokens for view in views]
        answers = self._serve(prompts, MAX_TOKENS)
        encoded = [
            len(prompt) - _shared(prompt, before)
            for prompt, before in zip(prompts, self.served, strict=True)
        ]
        self.served = [[*p, *a] for p, a in zip(prompts, answers, strict=True)]
        decode = self.agent.model.format.decode
        return [
            Made(decode(answer).strip(), len(prompt), run, len(answer))
            for prompt, answer, run in zip(prompts, answers, encoded, strict=True)
        ]

    @property
    def caches(self) -> list[Any]:
        """The manager's pages."""
        manager = self.network._cached_continuous_batching_manager
        return [manager.batch_processor.cache]

    @property
    def tokens(self) -> int:
        """Of all sessions, as they were served last."""
        return sum(map(len, self.served))

    def close(self) -> None:
        """End the manager and its thread."""
        self.network.destroy_cached_continuous_batching_manager()

    def _serve(self, prompts: Sequence[list[int]], most: int) -> list[list[int]]:
        """The answers' tokens.

        Raises:
            RuntimeError: a request failed; transformers only logs it.
        """
        outputs = self.network.generate_batch(
            list(prompts),
            generation_config=self.settings,
            continuous_batching_config=self.paging,
            max_new_tokens=most,
            persistent_manager=True,
            warmup=False,
        )
        failed = [output.error for output in outputs.values() if output.error is not None]
        if failed or len(outputs) < len(prompts):
            raise RuntimeError(f"continuous batching lost requests: {failed or 'no answer'}")
        return [list(output.generated_tokens) for output in outputs.values()]


def _shared(prompt: Sequence[int], before: Sequence[int]) -> int:
    """Tokens in whole pages that two prompts have in common from the beginning."""
    pages = 0
    while (end := (pages + 1) * PAGE) < len(prompt) and prompt[:end] == before[:end]:
        pages += 1
    return pages * PAGE
