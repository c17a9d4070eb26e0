"""Who is measured, and with which client."""
