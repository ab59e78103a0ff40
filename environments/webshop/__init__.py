"""WebShop: the shopping site as a text environment."""
