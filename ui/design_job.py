"""A design on its way: one thread searches, the visitor's page looks at it every second."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from biobridge_core.errors import BioBridgeError

if TYPE_CHECKING:
    from biobridge_core.design.evidence import Evidence
    from biobridge_core.design.run import Run
    from biobridge_core.queueing import Progress

_LOG = logging.getLogger("biobridge.ui")
_UNWATCHED = 600.0  #: seconds after which a search that nobody looks at any more ends, as if cancelled


class Job:
    """A search in the background; kept in the visitor's session, so that it ends with what was found."""

    def __init__(self, evidence: Evidence, prepare: Callable[[Progress], Run]) -> None:
        self.evidence = evidence
        self.message = "Starting"
        self.run: Run | None = None
        self.error: Exception | None = None
        self._prepare = prepare
        self._cancelled = False
        self._done = threading.Event()
        self._looked = time.monotonic()
        threading.Thread(target=self._work, name="design", daemon=True).start()

    @property
    def done(self) -> bool:
        """Whether it is over, or has failed."""
        return self._done.is_set()

    def look(self) -> None:
        """Say that somebody still watches."""
        self._looked = time.monotonic()

    def cancel(self) -> None:
        """Stop soon; what was found is kept."""
        self._cancelled = True
        if self.run is not None:
            self.run.cancel()

    def wait(self, seconds: float) -> bool:
        """Wait for the end; gives whether it came."""
        return self._done.wait(seconds)

    def _work(self) -> None:
        try:
            run = self.run = self._prepare(self._say)
            if self._cancelled:
                run.cancel()
            run.run(self._say)
        except Exception as error:  # the edge of a thread: shown to whoever waits
            self.error = error
            if not isinstance(error, BioBridgeError):
                where = "".join(traceback.format_tb(error.__traceback__))
                _LOG.error("unexpected %s in a design\n%s", type(error).__name__, where)
        finally:
            self._done.set()

    def _say(self, message: str, _done: float) -> None:
        self.message = message
        if time.monotonic() - self._looked > _UNWATCHED:
            self.cancel()


class Making:
    """What takes minutes to be made once for everybody, in the background."""

    def __init__(self, make: Callable[[Progress], str]) -> None:
        self.message, self.share = "Starting", 0.0
        self.told: str | None = None  #: what was made
        self.error: Exception | None = None
        self._make = make
        threading.Thread(target=self._work, name="design-extras", daemon=True).start()

    @property
    def done(self) -> bool:
        """Whether it is over, or has failed."""
        return self.told is not None or self.error is not None

    def _work(self) -> None:
        try:
            self.told = self._make(self._say)
        except Exception as error:  # the edge of a thread: shown to whoever waits
            self.error = error

    def _say(self, message: str, done: float) -> None:
        self.message, self.share = message, done
