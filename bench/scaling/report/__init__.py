"""The document, from the raw results alone."""
