"""Every agent that is not Neural Procedural Memory."""
