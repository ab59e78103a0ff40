"""LoRA: low-rank weight differences, supervised on the expert's play of training games.

Every answer of the expert is a target, in the very prompt in which the agent will have to give
it. With `context="task"` each task is learned by itself, as most fine-tuning does it; the
adapter then never sees what a long session looks like, and drifts in one. With
`context="session"` it learns the same tasks with the earlier ones still in the prompt.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import torch
from peft import LoraConfig, get_peft_model
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch.nn.functional import cross_entropy

from harness.experience import Trajectory
from harness.keyed import generator
from harness.lm import Adapter, LanguageModel
from harness.lm.chat import chat
from harness.lm.products import use_in
from harness.lm.prompt import PromptFormat
from harness.lm.training import whole_sequences
from harness.preparation import Preparation, Report, recipe


class Example(NamedTuple):
    """A token sequence, and where in it the expert's answers stand."""

    tokens: list[int]
    targets: list[int]
    """Positions of answer tokens, ascending."""


@dataclass(config=ConfigDict(extra="forbid"), kw_only=True)
class LoRA(Adapter):
    """Trained inside the run, once; cached by a hash of everything that made it."""

    rank: Annotated[int, Field(ge=1, le=256)] = 16
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = 1e-3
    """At its peak: it rises over the first tenth of the steps and then falls to zero."""
    epochs: Annotated[int, Field(ge=1, le=100)] = 2
    context: Literal["task", "session"] = "task"

    def learn(self, preparation: Preparation, model: LanguageModel) -> Path:
        """Train on the expert's sessions; returns the folder with peft's files."""
        sessions = preparation.expert_sessions()
        made_of = {
            **recipe(self, ("torch", "transformers", "peft")),
            "model": model.fingerprint,
            "experience": preparation.made_of(),
            "seed": preparation.seed,
        }

        def make(folder: Path, report: Report) -> None:
            examples = self.examples(model.format, sessions)
            self._train(model, examples, preparation.seed, folder, report)

        return preparation.artefact("LoRA adapter", made_of, make)

    def examples(
        self, format: PromptFormat, sessions: Sequence[Sequence[Trajectory]]
    ) -> list[Example]:
        """One example a task, or one a session."""
        if self.context == "session":
            return [example(format, session[-1]) for session in sessions]
        return [
            example(format, trajectory._replace(history=()))
            for session in sessions
            for trajectory in session
        ]

    def _train(
        self,
        model: LanguageModel,
        examples: Sequence[Example],
        seed: int,
        folder: Path,
        report: Report,
    ) -> None:
        steps = self.epochs * len(examples)
        # The global generator is put back afterwards: peft draws its initial factors from it.
        with (
            torch.random.fork_rng(devices=[]),
            whole_sequences(model.network),
            warnings.catch_warnings(),
        ):
            # peft asks transformers by a name that transformers will rename.
            warnings.filterwarnings("ignore", message="`is_gradient_checkpointing`")
            torch.manual_seed(seed)
            config = LoraConfig(
                r=self.rank, lora_alpha=2 * self.rank, target_modules="all-linear", lora_dropout=0.0
            )
            network: Any = get_peft_model(model.network, config)
            use_in(network)
            try:
                weights = [p for p in network.parameters() if p.requires_grad]
                optimizer = torch.optim.AdamW(weights, lr=self.learning_rate, weight_decay=0.0)
                # A hair more than a tenth: at ten steps in all the rise would last 0, and torch
                # divides by it.
                schedule = torch.optim.lr_scheduler.OneCycleLR(
                    optimizer, self.learning_rate, total_steps=steps, pct_start=0.1 + 1e-6
                )
                order = generator("LoRA order", seed)
                done = 0
                for _ in range(self.epochs):
                    for index in order.permutation(len(examples)):
                        loss = _loss(network, examples[int(index)], model.device)
                        torch.autograd.backward(loss)
                        torch.nn.utils.clip_grad_norm_(weights, 1.0)
                        optimizer.step()
                        optimizer.zero_grad()
                        schedule.step()
                        done += 1
                        report(done, steps)
                network.save_pretrained(folder)
            finally:
                network.unload()


def example(format: PromptFormat, trajectory: Trajectory) -> Example:
    """All answers of a task, and of those before it, each in the prompt it was given in."""
    tokens: list[int] = []
    targets: list[int] = []
    episodes = (*trajectory.history, trajectory.episode)
    for k, episode in enumerate(episodes):
        for t, exchange in enumerate(episode.exchanges):
            now = episode._replace(exchanges=episode.exchanges[:t])
            prompt = format.tokens(chat(trajectory.brief, episodes[:k], now))
            if prompt[: len(tokens)] != tokens:
                raise ValueError(
                    "This model's chat template changes earlier messages when later ones come, so "
                    "a session cannot be trained on as one sequence."
                )
            answer = format.answer(exchange.said)
            targets += range(len(prompt), len(prompt) + len(answer))
            tokens = [*prompt, *answer]
    return Example(tokens, targets)


def _loss(network: Any, example: Example, device: torch.device) -> torch.Tensor:
    """Mean cross-entropy of the answer tokens; other tokens' logits are never computed."""
    tokens = torch.tensor(example.tokens, device=device)
    targets = torch.tensor(example.targets, device=device)
    logits = network(input_ids=tokens[None], use_cache=False, logits_to_keep=targets - 1).logits[0]
    return cross_entropy(logits.float(), tokens[targets])
