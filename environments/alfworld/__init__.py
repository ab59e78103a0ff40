"""ALFWorld, in text: the published games, and games made from their seed."""
