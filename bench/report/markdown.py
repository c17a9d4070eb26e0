"""Tables and numbers in Markdown."""

from collections.abc import Iterable, Sequence

from bench.report.figures import Figure

# No value where nothing was measured.
NOTHING = "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> str:
    """A table; so many columns are text, the others are numbers."""
    lines = [head, [*["---"] * texts, *["---:"] * (len(head) - texts)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def number(value: float) -> str:
    """Three figures that count, thousands set apart."""
    if value == 0:
        return "0"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def middle(figure: Figure | None) -> str:
    """The median alone."""
    return NOTHING if figure is None else number(figure.middle) + figure.marks


def spread(figure: Figure | None) -> str:
    """The median, and from where to where the rounds went."""
    if figure is None:
        return NOTHING
    if number(figure.lowest) == number(figure.highest):
        return middle(figure)
    return f"{middle(figure)} ({number(figure.lowest)}–{number(figure.highest)})"
