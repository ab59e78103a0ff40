"""ScienceWorld, in a Java process that is bounded and shared."""
