"""Support: a customer writes, is served by a protocol, and tries to talk the agent out of it."""
