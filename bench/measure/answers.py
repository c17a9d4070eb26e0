"""Before anything is measured: every target gives the answer that was meant, and the same one."""

import time
from collections.abc import Iterator, Mapping, Sequence

from bench.children import Failure
from bench.targets.reference import Reference
from bench.targets.service import Answer, Service
from bench.work import Side, Work

# Differ from one answer to a write to the next, as they should.
_VOLATILE = ("id", "createdOn", "modifiedOn")


def checked(service: Service, work: Work, number: int) -> Answer:
    """The answer to one request, if it is the one that was meant."""
    answer = service.send(work, number)
    if not 200 <= answer.status < 300:
        raise Failure(f"{work.name}: {service.side} answers {answer.status}: {answer.body}")
    if work.rows is not None and not (isinstance(answer.body, list) and len(answer.body) == work.rows):
        raise Failure(f"{work.name}: {service.side} does not answer with {work.rows} rows: {answer.body}")
    return answer


def single_latency(service: Service, work: Work, numbers: Sequence[int]) -> float:
    """Seconds that one request takes: the shortest of some."""
    found = []
    for number in numbers:
        began = time.perf_counter()
        checked(service, work, number)
        found.append(time.perf_counter() - began)
    return min(found)


def differences(work: Work, answers: Mapping[Side, Answer]) -> list[str]:
    """In words, what in the answers to the same request differs from ours on PostgreSQL."""
    if Side.OURS not in answers:
        return []
    ours = answers[Side.OURS]
    found = set()
    for side, answer in answers.items():
        if answer.status != ours.status:
            found.add(f"{side}: status {answer.status}, ours {ours.status}")
        found |= {f"{side}: {text}" for text in _differing(_steady(answer.body, work), _steady(ours.body, work), "")}
    return sorted(found)


def check_reference(reference: Reference, work: Work, ours: Answer) -> None:
    """The rows of the reference statement must be those of our answer, in its order."""
    wanted = list(_ids(ours.body))
    found = reference.ids(work)
    if found != wanted:
        raise Failure(f"{work.name}: {work.reference} finds the rows {found}, the answer has {wanted}")


def _ids(body: object) -> Iterator[str]:
    """The ids of rows, those of included ones behind the row that they belong to."""
    for row in body if isinstance(body, list) else [body]:
        if isinstance(row, dict):
            yield row["id"]
            for related in row.values():
                if isinstance(related, list) and related and isinstance(related[0], dict):
                    yield from _ids(related)


def _steady(body: object, work: Work) -> object:
    """An answer without what differs each time."""
    if isinstance(body, list):
        return [_steady(row, work) for row in body]
    if isinstance(body, dict) and work.writes:
        return {name: value for name, value in body.items() if name not in _VOLATILE}
    return body


def _differing(theirs: object, ours: object, place: str) -> list[str]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return [
            text
            for name in sorted({*theirs, *ours})
            for text in _differing(theirs.get(name, "absent"), ours.get(name, "absent"), f"{place}.{name}")
        ]
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        return [text for one, other in zip(theirs, ours, strict=True) for text in _differing(one, other, f"{place}[]")]
    return [] if theirs == ours else [f"{place.lstrip('.') or 'the answer'} is {theirs!r}, ours {ours!r}"]
