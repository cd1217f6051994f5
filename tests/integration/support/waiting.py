"""The one place that polls. Everything else waits for something, with a deadline."""
import time


def wait_for(what: str, check, seconds: float = 60, pause: float = 0.05):
    """Calls check() until it returns something true, and returns that; TimeoutError after seconds.

    check may return (False, detail): the last detail is in the error's message.
    """
    deadline = time.monotonic() + seconds
    while True:
        result = check()
        is_done, detail = result if isinstance(result, tuple) else (result, None)
        if is_done:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}" +
                               (f"; last seen: {detail}" if detail is not None else ""))
        time.sleep(pause)
