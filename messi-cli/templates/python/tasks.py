class _Watched:
    """Awaits a callback, and calls a function when it waits for the first time.

    Most callbacks do not wait. For them, no other task has to run.
    """

    def __init__(self, callback: Awaitable[None], on_wait: Callable[[], None]) -> None:
        self._callback = callback
        self._on_wait = on_wait

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._callback.__await__()
        try:
            step = next(steps)
            self._on_wait()
            while True:
                try:
                    yield step
                except BaseException as error:
                    step = steps.throw(error)
                else:
                    step = next(steps)
        except StopIteration:
            pass


def _log_exception(task: asyncio.Task[Any] | None) -> None:
    """Logs the exception of a task.

    SystemExit and KeyboardInterrupt have ended the event loop already, and are not logged.
    """
    if task is not None and task.done() and not task.cancelled():
        error = task.exception()
        if isinstance(error, Exception):
            LOGGER.error('A task has failed.', exc_info=error)
