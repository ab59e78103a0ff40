"""Persona: answers of a prescribed form, to a partner who does not keep to any."""
