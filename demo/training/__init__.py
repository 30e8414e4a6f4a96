"""Trains the demo's detector. Needed to remake the model, not to run it."""
