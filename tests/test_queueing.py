"""The line in front of the models, with real threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from biobridge_core.errors import BusyError
from biobridge_core.queueing import Line


def _quiet(_message: str, _done: float) -> None:
    pass


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


class Held:
    """Somebody who holds the turn until told to let go."""

    def __init__(self, line: Line, kind: str = "text", amount: float = 1.0) -> None:
        self.inside, self.go = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._hold, args=(line, kind, amount), daemon=True)
        self.thread.start()
        assert self.inside.wait(20)

    def _hold(self, line: Line, kind: str, amount: float) -> None:
        with line.turn(kind, amount, _quiet):
            self.inside.set()
            self.go.wait(20)

    def release(self) -> None:
        self.go.set()
        self.thread.join(20)


def _queue(line: Line, order: list[str], name: str, background: bool = False) -> threading.Thread:
    def ask() -> None:
        with line.turn("text", 1, _quiet, background=background):
            order.append(name)

    waiting = len(line)
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    _until(lambda: len(line) == waiting + 1)
    return thread


def test_one_at_a_time() -> None:
    line, inside, most = Line(), [0], [0]

    def ask() -> None:
        for _ in range(20):
            with line.turn("text", 1, _quiet):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.001)
                inside[0] -= 1

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most[0] == 1
    assert len(line) == 0


def test_in_the_order_of_coming_and_files_after_those_who_ask_by_hand() -> None:
    line, order = Line(), list[str]()
    held = Held(line)
    threads = [_queue(line, order, "file", background=True), _queue(line, order, "a"), _queue(line, order, "b")]
    held.release()
    for thread in threads:
        thread.join(20)
    assert order == ["a", "b", "file"]


def test_two_files_take_turns() -> None:
    line, order = Line(), list[str]()

    def chunks(name: str) -> None:
        for _ in range(4):
            with line.turn("text", 1, _quiet, background=True):
                order.append(name)
                time.sleep(0.05)  # long enough for the other one to queue again

    held = Held(line)
    threads = [threading.Thread(target=chunks, args=(name,), daemon=True) for name in "xy"]
    for thread in threads:
        thread.start()
    _until(lambda: len(line) == 2)
    held.release()
    for thread in threads:
        thread.join(20)
    assert max(order.index("x"), order.index("y")) == 1
    assert all(first != second for first, second in pairwise(order))


def test_a_file_that_waited_long_enough_is_no_longer_overtaken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("biobridge_core.queueing._PATIENCE", 0.0)
    line, order = Line(), list[str]()
    held = Held(line)
    threads = [_queue(line, order, "file", background=True), _queue(line, order, "a")]
    held.release()
    for thread in threads:
        thread.join(20)
    assert order == ["file", "a"]


def test_a_full_line_says_so_and_what_still_works() -> None:
    line, order = Line(places=2), list[str]()
    held = Held(line)
    threads = [_queue(line, order, "a"), _queue(line, order, "b")]
    with pytest.raises(BusyError, match="2 others are waiting") as caught, line.turn("text", 1, _quiet):
        pass
    assert "Try again" in caught.value.hint
    held.release()
    for thread in threads:
        thread.join(20)
    with line.turn("text", 1, _quiet):
        pass


class _TabClosed(BaseException):
    """As the screen raises it out of a progress callback when nobody looks any more."""


def test_whoever_leaves_while_waiting_frees_the_place() -> None:
    line = Line(places=1)
    held = Held(line)

    def gone(_message: str, _done: float) -> None:
        raise _TabClosed

    with pytest.raises(_TabClosed), line.turn("text", 1, gone):
        raise AssertionError("it was never its turn")
    assert len(line) == 0
    order: list[str] = []
    thread = _queue(line, order, "next")
    held.release()
    thread.join(20)
    assert order == ["next"]


def test_whoever_leaves_in_the_middle_lets_the_next_one_in() -> None:
    line = Line()
    with pytest.raises(_TabClosed), line.turn("text", 1, _quiet):
        raise _TabClosed
    with line.turn("text", 1, _quiet):
        pass


def test_position_and_time_left_are_told() -> None:
    line, said = Line(), list[str]()
    with line.turn("sequence", 10, _quiet):
        time.sleep(0.2)  # the pace: 0.02 s for each
    held = Held(line, "sequence", 400)  # 8 s
    gone = threading.Event()

    def wait_for_text() -> None:
        def leave(_message: str, _done: float) -> None:
            if gone.is_set():
                raise _TabClosed

        with pytest.raises(_TabClosed), line.turn("text", 1, leave):
            pass

    first = threading.Thread(target=wait_for_text, daemon=True)
    first.start()
    _until(lambda: len(line) == 1)

    def stop(message: str, _done: float) -> None:
        said.append(message)
        raise _TabClosed

    with pytest.raises(_TabClosed), line.turn("sequence", 1, stop):
        pass
    assert "2 others first" in said[0]
    assert "about" not in said[0], "the pace of texts is not known yet, so no time is promised"
    gone.set()
    first.join(20)
    with pytest.raises(_TabClosed), line.turn("sequence", 1, stop):
        pass
    assert "1 other first, about" in said[1]
    assert 1 <= int(said[1].split("about ")[1].split()[0]) <= 40
    held.release()
