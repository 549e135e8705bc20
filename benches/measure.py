"""Runs commands in turn and says how long each took, and how much memory."""

import os
import statistics
import sys
import time

# A row whose middle half is wider than this part of its median is run again.
NOISY = 0.15
AGAIN = 3


class Timed:
    """What a command took: seconds of every run, on the clock and of processors, and the most memory in KiB."""

    def __init__(self, peak=0):
        self.seconds, self.processors, self.peak = [], [], peak

    def median(self):
        return statistics.median(self.seconds)

    def processor(self):
        return statistics.median(self.processors)

    def spread(self):
        """The steadier of the two: on a machine that others use, the clock says little and processors are still counted."""
        return min(self.spread_of(self.seconds), self.spread_of(self.processors))

    def spread_of(self, values):
        if len(values) < 3:
            return 0.0
        low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
        return (high - low) / middle if middle else 0.0


def once(command, folder, timed):
    """Runs a shell command, or a list without a shell. One that fails ends everything: it measures nothing."""
    argv = ["sh", "-c", command] if isinstance(command, str) else command
    null = os.open(os.devnull, os.O_RDWR)
    log = os.open(os.path.join(folder, ".errors"), os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
    os.chdir(folder)
    start = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
    _, status, used = os.wait4(pid, 0)
    timed.seconds.append(time.perf_counter() - start)
    timed.processors.append(used.ru_utime + used.ru_stime)
    os.close(null)
    os.close(log)
    if status != 0:
        errors = open(os.path.join(folder, ".errors"), errors="replace").read()
        sys.exit(f"{argv} ended with {status}:\n{errors}")


def peak(command, folder):
    """The most memory in KiB, of the largest of its processes. GNU time is asked, for a child of ours begins with ours."""
    argv = ["sh", "-c", command] if isinstance(command, str) else command
    once(["time", "-f", "%M", "-o", ".peak"] + argv, folder, Timed())
    return int(open(os.path.join(folder, ".peak")).read().split()[-1])


def in_turn(contenders, folder, rounds):
    """Runs {name: command} in turn, `rounds` times after one that does not count; again if it was noisy."""
    peaks = {name: peak(command, folder) for name, command in contenders.items()}
    for attempt in range(1, AGAIN + 1):
        timed = {name: Timed(peaks[name]) for name in contenders}
        for _ in range(rounds):
            for name, command in contenders.items():
                once(command, folder, timed[name])
        noise = max(t.spread() for t in timed.values())
        if noise <= NOISY:
            break
        print(f"benches/run: spread of {noise:.0%}, attempt {attempt}", file=sys.stderr)
    return timed, noise
