"""BabyAI, in text."""
