"""One bounded line in front of the frozen models, so that many people at once wait in turn instead of all being slow.

Whoever asks by hand goes before whole files, which give their place up between chunks and queue again. A place is
freed by whatever ends the waiting: also by a progress callback that raises because its browser tab was closed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from biobridge_core.errors import BusyError

#: Told what is being done and how far it is, 0..1.
Progress = Callable[[str, float], None]

PLACES = 32  #: how many may wait
_LOOK = 0.25  #: seconds between two words to somebody who waits
_PATIENCE = 20.0  #: seconds after which a chunk of a file waits like a question asked by hand
_MEMORY = 0.7  #: how much of the earlier pace is kept when a turn was timed


@dataclass(eq=False)
class _Ticket:
    number: int
    kind: str
    amount: float
    background: bool
    since: float = field(default_factory=time.monotonic)

    def order(self, now: float) -> tuple[bool, int]:
        return self.background and now - self.since < _PATIENCE, self.number


class Line:
    """Lets one through at a time. Shared between threads.

    Parameters
    ----------
    places
        How many may wait at once.
    """

    def __init__(self, places: int = PLACES) -> None:
        self.places = places
        self._changed = threading.Condition()
        self._waiting: list[_Ticket] = []
        self._running: tuple[_Ticket, float] | None = None
        self._count = 0
        self._pace: dict[str, float] = {}  #: seconds for one unit of an amount

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @contextmanager
    def turn(self, kind: str, amount: float, say: Progress, *, background: bool = False) -> Iterator[None]:
        """Wait for the turn, hold it inside the block, and let the next one through afterwards.

        Parameters
        ----------
        kind, amount
            What is to be done and how much of it; from both the time left is reckoned.
        say
            Told the position and the time left while others are ahead. What it raises gives the place up.
        background
            Whether nobody looks at this one chunk: then it waits for those who ask by hand.

        Raises
        ------
        BusyError
            If every place is taken.
        """
        ticket = self._join(kind, amount, background)
        try:
            while not self._let_in(ticket):
                ahead, seconds = self._ahead(ticket)
                say(_words(ahead, seconds), 0.0)
        except BaseException:
            self._leave(ticket)
            raise
        started, whole = time.monotonic(), False
        try:
            yield
            whole = True
        finally:
            self._done(ticket, time.monotonic() - started if whole else None)

    def _join(self, kind: str, amount: float, background: bool) -> _Ticket:
        with self._changed:
            if len(self._waiting) >= self.places:
                raise BusyError(
                    f"{len(self._waiting)} others are waiting for the models, as many as can wait.",
                    "Try again in a minute. Named genes, drugs and diseases are answered at once.",
                )
            self._count += 1
            ticket = _Ticket(self._count, kind, amount, background)
            self._waiting.append(ticket)
            return ticket

    def _let_in(self, ticket: _Ticket) -> bool:
        """Take the turn if it is this one's; otherwise wait a little for a change."""
        until = time.monotonic() + _LOOK
        with self._changed:
            while True:
                now = time.monotonic()
                if self._running is None and min(self._waiting, key=lambda t: t.order(now)) is ticket:
                    self._waiting.remove(ticket)
                    self._running = (ticket, now)
                    return True
                if now >= until:
                    return False
                self._changed.wait(until - now)

    def _ahead(self, ticket: _Ticket) -> tuple[int, float | None]:
        """How many come first, and the seconds that they take; None where the pace is not known yet."""
        with self._changed:
            now = time.monotonic()
            mine = ticket.order(now)
            before = [other for other in self._waiting if other.order(now) < mine]
            seconds = 0.0
            for other in before:
                if other.kind not in self._pace:
                    return len(before) + (self._running is not None), None
                seconds += other.amount * self._pace[other.kind]
            if self._running is not None:
                running, since = self._running
                if running.kind not in self._pace:
                    return len(before) + 1, None
                seconds += max(running.amount * self._pace[running.kind] - (now - since), 0.0)
            return len(before) + (self._running is not None), seconds

    def _leave(self, ticket: _Ticket) -> None:
        with self._changed:
            self._waiting.remove(ticket)
            self._changed.notify_all()

    def _done(self, ticket: _Ticket, seconds: float | None) -> None:
        with self._changed:
            self._running = None
            if seconds is not None and ticket.amount > 0:
                pace = seconds / ticket.amount
                earlier = self._pace.get(ticket.kind, pace)
                self._pace[ticket.kind] = _MEMORY * earlier + (1 - _MEMORY) * pace
            self._changed.notify_all()


def _words(ahead: int, seconds: float | None) -> str:
    others = "1 other" if ahead == 1 else f"{ahead} others"
    left = "" if seconds is None else f", about {max(1, round(seconds))} s"
    return f"Waiting for the models: {others} first{left}"
