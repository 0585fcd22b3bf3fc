"""The one service that all visitors share, opened in the background while the page says how far it is."""

from __future__ import annotations

import gc
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.config import Settings
from biobridge_core.errors import BioBridgeError
from ui import theme

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from biobridge_core.service import BridgeService

_LOG = logging.getLogger("biobridge.ui")
_POLL_SECONDS = 0.15
_HEAD_START = 3.0  #: seconds in which a named question of the first visitor has the processor to itself


def open_service(progress: Callable[[str, float], None]) -> BridgeService:
    """Open the service of the profile that the environment names. Imports the heavy libraries, hence not at the top."""
    progress("Starting the numerical libraries", 0.0)
    from biobridge_core.service import BridgeService

    return BridgeService.open(Settings.from_env(), progress)


class Opening:
    """A service on its way: opened by one thread, watched by any number of visitors."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, float]] = []
        self.service: BridgeService | None = None
        self.error: Exception | None = None
        self.started = time.monotonic()
        self._done = threading.Event()
        threading.Thread(target=self._open, name="open-service", daemon=True).start()

    @property
    def done(self) -> bool:
        """Whether it has been opened, or has failed."""
        return self._done.is_set()

    def seconds(self) -> float:
        """How long it has been on its way."""
        return time.monotonic() - self.started

    def _open(self) -> None:
        try:
            self.service = open_service(lambda message, done: self.steps.append((message, done)))
        except Exception as error:  # the edge: shown to whoever waits
            self.error = error
        finally:
            self._done.set()
        if self.service is not None:
            gc.freeze()
            self._warm(self.service)

    @staticmethod
    def _warm(opened: BridgeService) -> None:
        """Read the memories and load the models while the first visitor types; who asks before that waits for one."""
        time.sleep(_HEAD_START)
        try:
            opened.prepare()
            opened.load_encoders()
        except Exception:  # the edge of a thread: whoever needs the model is told then
            _LOG.exception("a model could not be loaded ahead")
        gc.collect()
        gc.freeze()  # a page collects garbage after every run: with the graph among it, a quarter of a second


@st.cache_resource(show_spinner=False)
def _opening() -> Opening:
    return Opening()


def opening() -> Opening:
    """The service on its way, for a page that shows something else meanwhile; starts it where nobody did."""
    return _opening()


def get() -> BridgeService:
    """The opened service. Shows what is being loaded while it is not, and the way out where it cannot be opened."""
    opening = _opening()
    if not opening.done:
        _watch(opening)
    if opening.error is not None:
        show_error(opening.error)
        if st.button("Try again", icon=":material/refresh:"):
            _opening.clear()
            st.rerun()
        st.stop()
    assert opening.service is not None
    return opening.service


def _watch(opening: Opening) -> None:
    place = st.empty()
    with place.container(), st.status("Loading models and data, once for everyone; up to a minute", expanded=True):
        bar = st.progress(0.0, "Starting")
        while not opening.done:
            if opening.steps:
                message, done = opening.steps[-1]
                bar.progress(min(max(done, 0.0), 1.0), f"{message} … {time.monotonic() - opening.started:.0f} s")
            time.sleep(_POLL_SECONDS)
    place.empty()


def _tell(place: DeltaGenerator, message: str) -> None:
    place.info(f"{theme.plain(message, 200)} …", icon=":material/hourglass_top:")


@contextmanager
def telling() -> Iterator[Callable[[str, float], None]]:
    """Give a function that shows what is being waited for; what it showed is gone afterwards."""
    place = st.empty()
    try:
        yield lambda message, _done: _tell(place, message)
    finally:
        place.empty()


def words(modality: str) -> tuple[str, str]:
    """Singular and plural of a modality, as the loaded graph names it."""
    known = get().modalities.get(modality)
    return theme.words(modality) if known is None else (known.label, known.plural)


@contextmanager
def caught(otherwise: Callable[[], None] | None = None) -> Iterator[None]:
    """Turn whatever goes wrong inside into words on the page, then do ``otherwise``; the app lives on."""
    try:
        yield
    except Exception as error:  # the edge: nothing above this would tell a person
        show_error(error)
        if otherwise is not None:
            otherwise()


def show_error(error: Exception) -> None:
    """Say what is wrong and the way out. What was not foreseen is logged, without the text that was asked about."""
    if isinstance(error, BioBridgeError):
        st.error(f"{theme.plain(error.message, 600)}\n\n{theme.plain(error.hint, 600)}", icon=":material/error:")
        return
    where = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("unexpected %s on a page\n%s", type(error).__name__, where)
    st.error(
        "Something went wrong that should not have. It has been written to the log of the app. Try another input, or "
        "reload the page; if it happens again, report what you did.",
        icon=":material/error:",
    )
