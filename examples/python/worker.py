"""The tasks of examples/python/tasks.ts. `npx holdfast conformance -- python3 examples/python/worker.py` checks it."""

import re
from collections import Counter

from conformance import conformance_tasks
from holdfast_executor import NonRetryable, serve


def word_count(input, ctx):
    """The words of a text file, and the most frequent of them."""
    try:
        with open(input["path"], encoding="utf-8") as file:
            counts = Counter()
            for number, line in enumerate(file, start=1):
                counts.update(re.findall(r"\w+", line.lower()))
                if number % 1000 == 0:
                    ctx.progress({"lines": number})
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NonRetryable(f"there is no file {input['path']}") from error
    top = [{"word": word, "times": times} for word, times in counts.most_common(input["top"])]
    ctx.log("info", "counted", words=counts.total())
    return {"words": counts.total(), "top": top}


word_count.schemas = {"input": {"type": "object", "required": ["path"]}}


def prime_sum(input, ctx):
    """The sum of the primes below a limit; goes on from its last checkpoint."""
    state = ctx.checkpointed or {"next": 2, "sum": 0}
    candidate, total = state["next"], state["sum"]
    while candidate < input["below"]:
        if all(candidate % divisor for divisor in range(2, int(candidate**0.5) + 1)):
            total += candidate
        candidate += 1
        if candidate % 5000 == 0:
            ctx.checkpoint({"next": candidate, "sum": total})
            ctx.progress({"below": candidate})
    return total


if __name__ == "__main__":
    serve({"word-count": word_count, "prime-sum": prime_sum, **conformance_tasks})
