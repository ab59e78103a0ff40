"""Data entry: forms into a database, by a routine, with tools that fail at times."""
