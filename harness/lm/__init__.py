"""Language-model agents: prompts, slots, steering, adapters, and the agent made of them."""

from harness.lm.chat import Prompt, Selected
from harness.lm.lm_agent import LMAgent
from harness.lm.model import LanguageModel
from harness.lm.parts import Adapter, Base, Divergence, Intervention, Memory, Policy
from harness.lm.steering import Steering

__all__ = [
    "Adapter",
    "Base",
    "Divergence",
    "Intervention",
    "LMAgent",
    "LanguageModel",
    "Memory",
    "Policy",
    "Prompt",
    "Selected",
    "Steering",
]
