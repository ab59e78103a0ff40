"""What becomes visible of a run while it plays: W&B curves, and a progress line."""

from harness.tracking.progress import ProgressHooks
from harness.tracking.wandb import TrackingError, WandbHooks

__all__ = ["ProgressHooks", "TrackingError", "WandbHooks"]
