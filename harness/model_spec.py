"""The configuration of a language model (`conf/model/*.yaml`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class ModelSpec(BaseModel):
    """Which model, in which precision, on which device."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "smollm2"
    """`smollm2` for the embedded one, else a name on the Hugging Face hub or a folder."""
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    device: str = "cpu"
    window: Annotated[int, Field(ge=128)] | None = None
    """Most tokens of a prompt; None: what the model was made for."""
