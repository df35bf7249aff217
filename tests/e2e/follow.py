# SPDX-License-Identifier: Apache-2.0
"""--follow: growing, rotated and truncated files; the end by a signal."""
import json
import os
import signal
import subprocess
import threading

from harness import ATTACK, YAGURA, case, equal, folder, main


class Follower:
    """The program following files, its findings read as they come."""

    def __init__(self, *paths):
        self.run = subprocess.Popen([YAGURA, "detect", "--json", "--follow", *map(str, paths)],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                    env=dict(os.environ, LANGUAGE="en"))
        self.seen = []
        self.places = []
        self.news = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.run.stdout:
            finding = json.loads(line)
            with self.news:
                if finding.get("kind") == "pattern":
                    self.seen.append(finding["time"])
                    self.places.append((os.path.basename(finding["source"]), finding["position"]))
                self.news.notify_all()

    def wait_for(self, time):
        with self.news:
            if not self.news.wait_for(lambda: time in self.seen, timeout=60):
                raise AssertionError("%s was not seen; %r was" % (time, self.seen))

    def stop(self):
        self.run.send_signal(signal.SIGTERM)
        return self.run.wait(timeout=60)


def stamp(second):
    return "2026-11-20T23:00:%02dZ" % second


@case
def growth_rotation_truncation():
    path = folder() / "access.log"
    path.write_text(ATTACK % 1 + "\n")
    follower = Follower(path)
    try:
        follower.wait_for(stamp(1))
        with open(path, "a") as log:
            log.write(ATTACK % 2 + "\n")
        follower.wait_for(stamp(2))
        os.rename(path, str(path) + ".1")
        with open(str(path) + ".1", "a") as log:  # a writer that has not reopened yet
            log.write(ATTACK % 3 + "\n")
        path.write_text(ATTACK % 4 + "\n" + ATTACK % 6 + "\n")
        follower.wait_for(stamp(3))
        follower.wait_for(stamp(6))
        with open(path, "r+") as log:  # copytruncate; what follows is shorter than what was read
            log.truncate(0)
            log.write(ATTACK % 5 + "\n")
        follower.wait_for(stamp(5))
        equal(follower.stop(), 0)
    finally:
        follower.run.kill()


@case
def a_line_that_is_still_being_written_stays_with_its_file():
    base = folder()
    slow, quick = base / "slow.log", base / "quick.log"
    line = ATTACK % 2 + "\n"
    slow.write_text(ATTACK % 1 + "\n" + line[:50])
    quick.write_text("")
    follower = Follower(slow, quick)
    try:
        follower.wait_for(stamp(1))
        for second in (11, 12, 13):  # in between, the slow file has its turn
            with open(quick, "a") as log:
                log.write(ATTACK % second + "\n")
            follower.wait_for(stamp(second))
        with open(slow, "a") as log:
            log.write(line[50:])
        follower.wait_for(stamp(2))
        equal(follower.stop(), 0)
        equal(sorted(set(follower.places)),
              [("quick.log", 1), ("quick.log", 2), ("quick.log", 3), ("slow.log", 1),
               ("slow.log", 2)])
        equal(len(follower.places) % 5, 0, "each line as often as the others")
    finally:
        follower.run.kill()


main()
