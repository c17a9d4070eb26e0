"""What the machine is, and what it is busy with."""
