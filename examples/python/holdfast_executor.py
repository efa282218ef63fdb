"""Executes tasks for Holdfast: its side of docs/external-executor.md. Python 3.9 or later, no dependencies.

    from holdfast_executor import serve

    def resize(input, ctx):
        ctx.progress({"done": 1})
        return {"bytes": 1}

    serve({"resize": resize})
"""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

PROTOCOL = 1
END_SECONDS = 1.0


class NonRetryable(Exception):
    """Raise it to fail at once: no attempt is made again."""


class Cancelled(Exception):
    """Raised by `check`, `progress` and `checkpoint` once the result is no longer wanted."""


class Context:
    """What a task knows of its own execution: `ctx["runId"]`, `ctx["attempt"]` and all else that the worker says."""

    def __init__(self, message, send):
        self._message = message
        self._send = send
        self._cancelled = threading.Event()
        self.reason = None

    def __getitem__(self, name):
        return self._message[name]

    def get(self, name, default=None):
        return self._message.get(name, default)

    @property
    def checkpointed(self):
        """What `checkpoint` was given last, in this or an earlier attempt; None without."""
        return self._message.get("checkpointed")

    def check(self):
        """Raises Cancelled once the result is no longer wanted. Call it often."""
        if self._cancelled.is_set():
            raise Cancelled(self.reason)

    def sleep(self, seconds):
        """Sleeps, but not beyond a cancel."""
        self._cancelled.wait(seconds)
        self.check()

    def progress(self, value):
        """Shown with the run. At most 1 KB as JSON."""
        self.check()
        self._send({"type": "progress", "id": self["id"], "value": value})

    def checkpoint(self, state):
        """Remembers a state to go on from."""
        self.check()
        self._send({"type": "checkpoint", "id": self["id"], "state": state})

    def set_variable(self, name, value):
        """Tells something of this attempt, beside its result."""
        self._send({"type": "variable", "id": self["id"], "name": name, "value": value})

    def log(self, level, message, **fields):
        """`level` is debug, info, warn or error."""
        self._send({"type": "log", "id": self["id"], "level": level, "message": message, "fields": fields})

    def cancel(self, reason):
        self.reason = reason
        self._cancelled.set()


class _Wire:
    """Standard output, taken away from everybody else: what is printed goes to standard error."""

    def __init__(self):
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def send(self, message):
        line = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        rest = memoryview(line.encode("utf-8") + b"\n")
        with self._lock:
            while rest:
                rest = rest[self._out.write(rest) :]


def _execute(task, message, ctx, wire):
    identity = message["id"]

    def fail(kind, what, retryable):
        error = {"type": kind, "message": what}
        wire.send({"type": "error", "id": identity, "error": error, "retryable": retryable})

    try:
        output = task(message.get("input"), ctx)
    except Exception as error:  # whatever a task raises is its failure
        fail(type(error).__name__, str(error), not isinstance(error, NonRetryable))
        return
    try:
        wire.send({"type": "result", "id": identity, "output": output})
    except (TypeError, ValueError) as error:
        fail("NotSerializable", str(error), False)


def serve(tasks, max_parallel=32):
    """Says hello, then executes what comes until standard input ends.

    tasks -- functions of (input, ctx) by task name; an attribute `schemas` of a function, {"input": ..., "output": ...},
             holds its JSON Schemas.
    """
    wire = _Wire()
    running = {}
    lock = threading.Lock()
    pool = ThreadPoolExecutor(max_workers=max_parallel)

    def begin(message):
        identity, name = message["id"], message["task"]
        task = tasks.get(name)
        if task is None:
            failure = {"type": "TaskNotImplemented", "message": f"there is no task {name} here"}
            wire.send({"type": "error", "id": identity, "error": failure, "retryable": False})
            return
        ctx = Context(message, wire.send)
        with lock:
            running[identity] = ctx
        future = pool.submit(_execute, task, message, ctx, wire)
        future.add_done_callback(lambda _: end(identity))

    def end(identity):
        with lock:
            running.pop(identity, None)

    def cancel(message):
        with lock:
            ctx = running.get(message["id"])
        if ctx:
            ctx.cancel(message.get("reason", {}).get("message"))

    offered = [{"name": name, **getattr(task, "schemas", {})} for name, task in tasks.items()]
    wire.send({"type": "hello", "protocol": PROTOCOL, "tasks": offered})
    for line in sys.stdin.buffer:
        message = json.loads(line)
        kind = message.get("type")
        if kind == "execute":
            begin(message)
        elif kind == "cancel":
            cancel(message)
        elif kind == "ping":
            wire.send({"type": "pong", "id": message["id"]})
        # Whatever else there is belongs to a later version, which a worker uses only where it may be left out.

    # Nobody hears results any more. A task that does not look must not hold the process.
    with lock:
        for ctx in running.values():
            ctx.cancel("the worker has ended")
    pool.shutdown(wait=False, cancel_futures=True)
    threading.Timer(END_SECONDS, os._exit, [0]).start()
    pool.shutdown(wait=True)
    os._exit(0)
