"""The one language-model agent: four parts, put together by configuration.

_target_: harness.lm.LMAgent
policy:       {_target_: baselines.policies.WholeHistory}
adapter:      {_target_: baselines.lora.LoRA, rank: 16}
intervention: {_target_: npm_method.NPM, layers: [14]}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch.nn.functional import kl_div, log_softmax

from harness.agent import Agent, Answered, Decision, Episode, Question, View
from harness.lm.chat import Prompt, build_prompt, chat
from harness.lm.deciding import ActBy, Decided, Deciding, Wanted
from harness.lm.decoding import encode, read_command, read_message
from harness.lm.model import LanguageModel, Request
from harness.lm.parts import Adapter, Divergence, Intervention, Memory, Policy
from harness.lm.retention import QuestionAlone, retained
from harness.lm.slots import Slot
from harness.lm.steering import Steering
from harness.preparation import Learner, Preparation, recipe
from harness.records import RetentionRow

_ANSWER_ROOM = 64
"""Tokens of the window that are kept free for the answer."""


@dataclass(config=ConfigDict(arbitrary_types_allowed=True, extra="forbid"), kw_only=True)
class LMAgent(Agent, Learner):
    """A language model that plays: a policy, and optionally the other three parts."""

    policy: Policy
    memory: Memory | None = None
    adapter: Adapter | None = None
    intervention: Intervention | None = None
    act_by: ActBy = "choice"
    """Choose among the admissible commands, or write freely and be parsed."""
    temperature: Annotated[float, Field(ge=0)] = 0.0
    max_tokens: Annotated[int, Field(ge=1, le=_ANSWER_ROOM)] = 16
    """Longest free answer."""

    def __post_init__(self) -> None:
        self.sees_history = self.policy.sees_history
        self.chooses = self.act_by == "choice"
        self._slots: dict[int, Slot] = {}
        self._steered: dict[int, View] = {}
        self._adapter_name: str | None = None

    def prepare(self, preparation: Preparation) -> None:
        """Load the model; then the parts learn: adapter, memory, intervention.

        What a part learns from is how the agent plays with those before it and without itself.
        """
        self._model = preparation.step(
            "language model", lambda _report: LanguageModel.load(preparation.model)
        )
        # In half precision the batch decides what a sum is rounded to.
        self.deterministic = self.deterministic and self._model.precise
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

    def retention(self, preparation: Preparation) -> Iterable[RetentionRow]:
        """What the model still knows with its adapter and intervention, if it has either."""
        if self.adapter is None and self.intervention is None:
            return ()
        asked = replace(self, policy=QuestionAlone(), memory=None, act_by="choice", temperature=0.0)
        bare = replace(asked, adapter=None, intervention=None)
        return retained(preparation, self._on_my_model(asked), self._on_my_model(bare))

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
        return build_prompt(
            self._model.format,
            self._brief(view),
            self.policy.select(view),
            self._model.window - _ANSWER_ROOM,
        )

    def wanted(self, view: View, prompt: Prompt) -> Wanted:
        """What is to be decided, and what a free answer may turn out to be.

        That is what the game accepts, first what was said most often in the task: agents repeat
        themselves, but seldom at once.
        """
        said = Counter(exchange.said for exchange in view.episode.exchanges)
        likely = sorted(view.admissible, key=said.__getitem__, reverse=True)
        guesses = [*likely, *(text for text, _ in said.most_common())]
        return Wanted(prompt.tokens, view.admissible, view.key, guesses)

    def act(self, views: Sequence[View]) -> list[Decision]:
        """Decide for all views with as few forward passes as the longest answer needs."""
        prompts = [self.prompt(view) for view in views]
        slots = self._ready(views)
        decided = self._deciding.decide(
            slots,
            list(map(self.wanted, views, prompts)),
            self._slots.values(),
        )
        for slot, prompt in zip(slots, prompts, strict=True):
            if slot.steering is not None:  # nothing that was steered stays in the cache
                slot.truncate(len(prompt.tokens) - 1)
        return list(map(self._decision, views, prompts, decided))

    def answer(self, views: Sequence[View], questions: Sequence[Question]) -> list[Answered]:
        """Answer in forks of the slots, steered as the decision; the slots stay as they are.

        A question that does not fit the window is not asked: its answer is unknown.

        Raises:
            RuntimeError: a slot's context is not what it was before.
        """
        slots = self._ready(views)
        contexts = {index: self._slot(index).digest() for index in {v.slot for v in views}}
        wanted = [
            Wanted(self._asked(view, question), question.options, (question.name, *view.key))
            for view, question in zip(views, questions, strict=True)
        ]
        room = self._model.window - _ANSWER_ROOM
        fit = [i for i, one in enumerate(wanted) if len(one.tokens) <= room]
        decided = self._deciding.decide([slots[i].fork() for i in fit], [wanted[i] for i in fit])
        answers = [Answered(None, contexts[view.slot]) for view in views]
        for i, found in zip(fit, decided, strict=True):
            option = questions[i].read(found.text)
            answers[i] = Answered(option, contexts[views[i].slot], found.outcome.encoded)
        for index, context in contexts.items():
            if self._slot(index).digest() != context:
                raise RuntimeError(
                    f"A probe changed the context of slot {index}: a run whose probe changes the "
                    "context is an error, not a result."
                )
        return answers

    def length(self, text: str) -> int:
        """Tokens of a message."""
        return len(self._model.format.encode(self._model.format.inert(text)))

    @property
    def _deciding(self) -> Deciding:
        return Deciding(
            self._model, self._adapter_name, self.act_by, self.temperature, self.max_tokens
        )

    def _on_my_model(self, bare: LMAgent) -> LMAgent:
        """A copy without some parts, ready to play with the same model, and adapter if it has."""
        bare._model = self._model
        bare._adapter_name = None if bare.adapter is None else self._adapter_name
        bare.deterministic = self.deterministic
        return bare

    def _brief(self, view: View) -> str:
        """The brief, and behind it what the memory recalls."""
        recalled = self.memory.recall(view) if self.memory is not None else ""
        return f"{view.brief}\n\n{recalled}" if recalled else view.brief

    def _asked(self, view: View, question: Question) -> list[int]:
        """The prompt of the decision, with the question behind what was read last."""
        dropped = self.prompt(view).dropped_turns
        *before, last = chat(self._brief(view), *self.policy.select(view), skip=dropped)
        asked = last._replace(content=f"{last.content}\n\n{question.text}")
        return self._model.format.tokens([*before, asked])

    def _ready(self, views: Sequence[View]) -> list[Slot]:
        """The views' slots, steered for them: once a view, whether it is asked or acts first."""
        if self.intervention is not None:
            unread = {view.slot: view for view in views if self._steered.get(view.slot) is not view}
            begun = [view for view in unread.values() if not view.episode.exchanges]
            for view in unread.values():
                divergence = self._divergence(view, begun)
                self._slot(view.slot).steering = self.intervention.steer(view, divergence)
                self._steered[view.slot] = view
        return [self._slot(view.slot) for view in views]

    def _slot(self, index: int) -> Slot:
        if index not in self._slots:
            self._slots[index] = self._model.slot(self._adapter_name)
        return self._slots[index]

    def _decision(self, view: View, prompt: Prompt, decided: Decided) -> Decision:
        outcome = decided.outcome
        return Decision(
            command=self._sent(view, decided.text),
            text=decided.text,
            margin=decided.margin,
            recomputed=decided.recomputed,
            prompt_tokens=len(prompt.tokens),
            encoded_tokens=outcome.encoded,
            generated_tokens=outcome.decoded,
            dropped_turns=prompt.dropped_turns,
            steered_tokens=outcome.steered,
            dose=outcome.dose,
        )

    def _sent(self, view: View, text: str) -> str | None:
        """What of an output goes to the environment, if anything does."""
        if self.act_by == "choice":
            return text
        return read_message(text) if view.messages else read_command(text)

    def _divergence(self, view: View, begun: list[View]) -> Divergence:
        """How far candidates for the steering move the first token of the task's first answer.

        Args:
            view: of which slot and task.
            begun: views of tasks that begin, not encoded yet. The first that measures has them
                encoded, all together, and empties the list.
        """

        def measure(candidates: Sequence[Steering]) -> list[float]:
            slot = self._slot(view.slot)
            if begun:
                encode(
                    self._model,
                    [self._slot(one.slot) for one in begun],
                    [self.prompt(one).tokens for one in begun],
                    self._slots.values(),
                )
                begun.clear()
            begin = Episode(view.episode.goal, view.episode.opening)
            prompt = self.prompt(replace(view, episode=begin)).tokens
            *before, last = slot.missing(prompt)
            if before:
                self._model.extend([Request(slot, before)])
            tried = [slot.candidate(steering) for steering in (None, *candidates)]
            logits = self._model.extend([Request(one, [last], 1) for one in tried])
            unsteered, *steered = log_softmax(logits, dim=-1)
            return [
                float(kl_div(row, unsteered, reduction="sum", log_target=True)) for row in steered
            ]

        return measure
