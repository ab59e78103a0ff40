"""Review: diffs with planted defects, a checklist of the session, findings in a fixed form."""
