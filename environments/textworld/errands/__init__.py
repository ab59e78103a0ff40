"""One house of TextWorld, errand after errand: a world that persists."""
