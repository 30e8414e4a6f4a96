"""Draws street scenes with exact labels. Everything follows from a seed."""
