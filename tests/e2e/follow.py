# SPDX-License-Identifier: Apache-2.0
"""--follow: growing, rotated and truncated files; the end by a signal."""
import json
import os
import signal
import subprocess
import threading

from harness import ATTACK, YAGURA, case, equal, folder, main


class Follower:
    """The program following one file, its findings read as they come."""

    def __init__(self, path):
        self.run = subprocess.Popen([YAGURA, "detect", "--json", "--follow", str(path)],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                    env=dict(os.environ, LANGUAGE="en"))
        self.seen = []
        self.news = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.run.stdout:
            finding = json.loads(line)
            with self.news:
                if finding.get("kind") == "pattern":
                    self.seen.append(finding["time"])
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


main()
