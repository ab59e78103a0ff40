"""Neural Procedural Memory (arXiv 2606.29824): an intervention of the language-model agent."""

from npm_method.npm import NPM

__all__ = ["NPM"]
