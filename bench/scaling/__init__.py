"""Measures what requests cost as data, load and processes grow; `bench/scale` starts it."""
