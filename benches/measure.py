"""Runs commands in turn and says how long each took, and how much memory."""

import os
import statistics
import subprocess
import sys
import time

# A row whose middle half is wider than this part of its median is run again.
NOISY = 0.15
AGAIN = 3


class Timed:
    """What a command took: seconds of every run, and the most memory of any in KiB."""

    def __init__(self):
        self.seconds, self.peak = [], 0

    def median(self):
        return statistics.median(self.seconds)

    def spread(self):
        if len(self.seconds) < 3:
            return 0.0
        low, _, high = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return (high - low) / self.median()


def once(command, folder, timed):
    """Runs a shell command, or a list without a shell. One that fails ends everything: it measures nothing."""
    argv = ["sh", "-c", command] if isinstance(command, str) else command
    null = os.open(os.devnull, os.O_RDWR)
    log = os.open(os.path.join(folder, ".errors"), os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
    os.chdir(folder)
    start = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    timed.seconds.append(time.perf_counter() - start)
    timed.peak = max(timed.peak, usage.ru_maxrss)
    os.close(null)
    os.close(log)
    if status != 0:
        errors = open(os.path.join(folder, ".errors"), errors="replace").read()
        sys.exit(f"{argv} ended with {status}:\n{errors}")


def in_turn(contenders, folder, rounds, before=None):
    """Runs {name: command} in turn, `rounds` times after one that does not count; again if it was noisy."""
    for attempt in range(1, AGAIN + 1):
        timed = {name: Timed() for name in contenders}
        for turn in range(rounds + 1):
            for name, command in contenders.items():
                if before:
                    subprocess.run(["sh", "-c", before], cwd=folder, check=True)
                once(command, folder, Timed() if turn == 0 else timed[name])
        noise = max(t.spread() for t in timed.values())
        if noise <= NOISY:
            break
        print(f"benches/run: spread of {noise:.0%}, attempt {attempt}", file=sys.stderr)
    return timed, noise
