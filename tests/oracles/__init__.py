"""Oracles that need a framework; `.ci/oracles` runs them, pytest does not."""
