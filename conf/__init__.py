"""Hydra configuration groups; Hydra finds them as `pkg://conf`."""
