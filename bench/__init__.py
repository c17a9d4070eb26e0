"""Measures the service beside the original and beside the database itself; `bench/run` starts it."""
