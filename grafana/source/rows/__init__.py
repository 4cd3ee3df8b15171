"""Rows of panels that more than one dashboard shows."""
