"""TextWorld's five families of games, made from their seed."""
