"""The one language-model agent: four parts, put together by configuration.

_target_: harness.lm.LMAgent
policy:       {_target_: baselines.policies.WholeHistory}
adapter:      {_target_: baselines.lora.LoRA, rank: 16}
intervention: {_target_: npm_method.NPM, layers: [14]}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch.nn.functional import kl_div, log_softmax

from harness.agent import Agent, Decision, Episode, View
from harness.lm.chat import Prompt, build_prompt
from harness.lm.decoding import Answer, Choice, FreeText, Outcome, Sampling, decode, read_command
from harness.lm.model import LanguageModel, Request
from harness.lm.parts import Adapter, Divergence, Intervention, Memory, Policy
from harness.lm.slots import Slot
from harness.lm.steering import Steering
from harness.preparation import Learner, Preparation, recipe

TIE = 1e-4
"""A smaller margin is recomputed alone and uncached, so that no batch ever decides it."""

_ANSWER_ROOM = 64
"""Tokens of the window that are kept free for the answer."""


@dataclass(config=ConfigDict(arbitrary_types_allowed=True, extra="forbid"), kw_only=True)
class LMAgent(Agent, Learner):
    """A language model that plays: a policy, and optionally the other three parts."""

    policy: Policy
    memory: Memory | None = None
    adapter: Adapter | None = None
    intervention: Intervention | None = None
    act_by: Literal["choice", "generation"] = "choice"
    """Choose among the admissible commands, or write freely and be parsed."""
    temperature: Annotated[float, Field(ge=0)] = 0.0
    max_tokens: Annotated[int, Field(ge=1, le=_ANSWER_ROOM)] = 16
    """Longest free answer."""

    def __post_init__(self) -> None:
        self.sees_history = self.policy.sees_history
        self.chooses = self.act_by == "choice"
        self._slots: dict[int, Slot] = {}
        self._adapter_name: str | None = None

    def prepare(self, preparation: Preparation) -> None:
        """Load the model; then the parts learn: adapter, memory, intervention.

        What a part learns from is how the agent plays with those before it and without itself.
        """
        self._model = preparation.step(
            "language model", lambda _report: LanguageModel.load(preparation.model)
        )
        # In half precision the batch decides what a sum is rounded to.
        self.deterministic = self._model.precise
        if self.adapter is not None:
            self._adapter_name = self._model.add_adapter(
                self.adapter.learn(preparation, self._model)
            )
        if self.memory is not None:
            bare = replace(self, memory=None, intervention=None)
            self.memory.learn(preparation, self._on_my_model(bare))
        if self.intervention is not None:
            bare = replace(self, intervention=None)
            self.intervention.learn(preparation, self._on_my_model(bare))

    @property
    def fingerprint(self) -> str:
        """Of the model it plays with."""
        return self._model.fingerprint

    @property
    def model(self) -> LanguageModel:
        """The language model; known once the agent is prepared."""
        return self._model

    @property
    def adapter_name(self) -> str | None:
        """The name under which the model knows the trained adapter; it is a hash of its making."""
        return self._adapter_name

    @property
    def agent(self) -> Agent:
        """Itself: what a part that learns asks to play."""
        return self

    def made_of(self) -> dict[str, Any]:
        """Everything that decides how it plays, for the hash of what is learned from it."""
        return {
            "model": self._model.fingerprint,
            "policy": recipe(self.policy),
            "memory": recipe(self.memory),
            "adapter": self._adapter_name,
            "act by": [self.act_by, self.temperature, self.max_tokens],
            "window": self._model.window,
        }

    def prompt(self, view: View) -> Prompt:
        """The prompt that policy and memory make of a view."""
        recalled = self.memory.recall(view) if self.memory is not None else ""
        return build_prompt(
            self._model.format,
            f"{view.brief}\n\n{recalled}" if recalled else view.brief,
            self.policy.select(view),
            self._model.window - _ANSWER_ROOM,
        )

    def act(self, views: Sequence[View]) -> list[Decision]:
        """Decide for all views with as few forward passes as the longest answer needs."""
        prompts = [self.prompt(view) for view in views]
        slots = [self._slot(view.slot) for view in views]
        if self.intervention is not None:
            for view, slot in zip(views, slots, strict=True):
                slot.steering = self.intervention.steer(view, self._divergence(view, slot))
        answers = [self._answer(view) for view in views]
        outcomes = decode(self._model, slots, [p.tokens for p in prompts], answers)
        decisions = []
        for view, slot, prompt, answer, outcome in zip(
            views, slots, prompts, answers, outcomes, strict=True
        ):
            tied = answer.margin is not None and answer.margin < TIE
            if tied:
                answer, outcome = self._alone(view, slot, prompt)
            if slot.steering is not None:  # nothing that was steered stays in the cache
                slot.truncate(len(prompt.tokens) - 1)
            decisions.append(self._decision(view, prompt, answer, outcome, recomputed=tied))
        return decisions

    def length(self, text: str) -> int:
        """Tokens of a message."""
        return len(self._model.format.encode(self._model.format.inert(text)))

    def _on_my_model(self, bare: LMAgent) -> LMAgent:
        """A copy without some parts, ready to play with the same model and adapter."""
        bare._model, bare._adapter_name = self._model, self._adapter_name
        bare.deterministic = self.deterministic
        return bare

    def _answer(self, view: View) -> Answer:
        sampling = Sampling(self.temperature, view.key)
        if self.act_by == "generation":
            return FreeText(self._model, sampling, self.max_tokens)
        if not view.admissible:
            raise ValueError(
                "The game does not say which commands it accepts, so there is nothing to choose "
                "from: use agent.act_by=generation."
            )
        return Choice(list(self._commands(view)), sampling)

    def _commands(self, view: View) -> dict[tuple[int, ...], str]:
        return {tuple(self._model.format.answer(command)): command for command in view.admissible}

    def _alone(self, view: View, slot: Slot, prompt: Prompt) -> tuple[Answer, Outcome]:
        """The same decision in a slot of its own, nothing cached, steered as in `slot`."""
        fresh = self._model.slot(self._adapter_name)
        fresh.steering = slot.steering
        answer = self._answer(view)
        [outcome] = decode(self._model, [fresh], [prompt.tokens], [answer])
        return answer, outcome

    def _decision(
        self, view: View, prompt: Prompt, answer: Answer, outcome: Outcome, recomputed: bool
    ) -> Decision:
        if self.act_by == "generation":
            text = self._model.format.decode(answer.tokens).strip()
            command = read_command(text)
        else:
            text = command = self._commands(view)[answer.tokens]
        return Decision(
            command=command,
            text=text,
            margin=answer.margin,
            recomputed=recomputed,
            prompt_tokens=len(prompt.tokens),
            encoded_tokens=outcome.encoded,
            generated_tokens=outcome.decoded,
            dropped_turns=prompt.dropped_turns,
            steered_tokens=outcome.steered,
            dose=outcome.dose,
        )

    def _slot(self, index: int) -> Slot:
        if index not in self._slots:
            self._slots[index] = self._model.slot(self._adapter_name)
        return self._slots[index]

    def _divergence(self, view: View, slot: Slot) -> Divergence:
        """How far candidates for the steering move the first token of the task's first answer."""

        def measure(candidates: Sequence[Steering]) -> list[float]:
            begin = Episode(view.episode.goal, view.episode.opening)
            prompt = self.prompt(replace(view, episode=begin)).tokens
            *before, last = slot.missing(prompt)
            if before:
                self._model.extend([Request(slot, before)])
            forks = [slot.fork() for _ in range(len(candidates) + 1)]
            forks[0].steering = None
            for fork, steering in zip(forks[1:], candidates, strict=True):
                fork.steering = steering
            logits = self._model.extend([Request(fork, [last], 1) for fork in forks])
            unsteered, *steered = log_softmax(logits, dim=-1)
            return [
                float(kl_div(row, unsteered, reduction="sum", log_target=True)) for row in steered
            ]

        return measure
