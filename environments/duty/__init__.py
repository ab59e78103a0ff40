"""Long duty: what long-running agents are hired for, under rules that are given once."""
