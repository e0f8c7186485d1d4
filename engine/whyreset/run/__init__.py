"""Wiring: sources to engine to sinks."""
