"""Taking turns: what waits at the same time is served together, so that a queue grows shorter by itself."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")
MOST_TOGETHER = 32


@dataclass(slots=True)
class _Turn(Generic[_Asked, _Answer]):
    asked: _Asked
    answers: list[_Answer] | None = None
    error: Exception | None = None

    @property
    def is_served(self) -> bool:
        return self.answers is not None or self.error is not None


class Turns(Generic[_Asked, _Answer]):
    """
    Serves callers of many threads in the order they came, several at once where several wait.

    Parameters
    ----------
    serve : callable
        Takes what was asked, in order, and gives as many answers; all or none of it happens.
    """

    def __init__(self, serve: Callable[[Sequence[_Asked]], Sequence[_Answer]]) -> None:
        self._serve = serve
        self._waiting: deque[_Turn[_Asked, _Answer]] = deque()
        self._serving = threading.Lock()

    def ask(self, asked: _Asked) -> _Answer:
        """
        Wait for a turn and get the answer.

        Parameters
        ----------
        asked : object
            What to serve.

        Returns
        -------
        object
            Its answer.

        Raises
        ------
        Exception
            Whatever serving it by itself raises; nobody else's request fails for it.
        """
        turn: _Turn[_Asked, _Answer] = _Turn(asked)
        self._waiting.append(turn)
        with self._serving:
            # Whoever had the turn before may have served this one along.
            while not turn.is_served:
                together = [self._waiting.popleft() for _ in range(min(MOST_TOGETHER, len(self._waiting)))]
                self._serve_together(together)
        if turn.error is not None:
            raise turn.error
        assert turn.answers is not None
        return turn.answers[0]

    def _serve_together(self, turns: Sequence[_Turn[_Asked, _Answer]]) -> None:
        try:
            answers = self._serve([turn.asked for turn in turns])
        except Exception as error:  # noqa: BLE001 - it is raised again where it belongs
            if len(turns) == 1:
                turns[0].error = error
                return
            for turn in turns:
                self._serve_together([turn])
            return
        for turn, answer in zip(turns, answers, strict=True):
            turn.answers = [answer]
