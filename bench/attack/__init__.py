"""Hostile clients beside a steady load: what they cost everybody else."""
