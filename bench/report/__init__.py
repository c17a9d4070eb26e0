"""The documents: figures from the runs, and the words around them from the templates here."""
