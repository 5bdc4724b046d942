def _log_exception(task: asyncio.Task[Any] | None) -> None:
    """Logs the exception of a task.

    SystemExit and KeyboardInterrupt have ended the event loop already, and are not logged.
    """
    if task is not None and task.done() and not task.cancelled():
        error = task.exception()
        if isinstance(error, Exception):
            LOGGER.error('A task has failed.', exc_info=error)
