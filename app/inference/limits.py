"""The limits of inference processes."""

from dataclasses import dataclass

from app.imaging.limits import PoolLimits


@dataclass(frozen=True, slots=True)
class Threads:
    """How many threads a model may use in each process: a process's share of the cores."""

    each: int = 1


def inference_limits(processes: int) -> PoolLimits:
    """Return what inference processes may take.

    They stand further back than those of imaging, whose niceness is 5: an upload comes before its labels.
    """
    return PoolLimits(
        processes=processes,
        max_wait_s=60.0,
        timeout_s=20.0,
        max_memory_bytes=4 * 2**30,
        max_calls=100_000,  # models hold their memory; nothing is lost to fragments
        nice=8,
    )
