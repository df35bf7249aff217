# SPDX-License-Identifier: Apache-2.0
"""The result is the same for any number of threads, and in every run."""
import hashlib
import random

from harness import ATTACK, BENIGN, SHARED, case, equal, folder, main, yagura


def digest(*args):
    return hashlib.sha256(yagura(*args).out.encode()).hexdigest()


@case
def many_sources_one_digest():
    chance = random.Random(7)
    log = folder() / "access.log"
    with open(log, "w") as out:
        for i in range(60000):
            line = (ATTACK if chance.random() < 0.3 else BENIGN) % (i % 60)
            address = "203.0.%d.%d" % (chance.randrange(40), chance.randrange(250))
            status = chance.choice(("200", "404", "500", "302"))
            line = line.replace("203.0.113.9", address).replace("198.51.100.7", address)
            out.write(line.replace(" 404 ", " %s " % status) + "\n")
    digests = {digest("detect", "--json", "--threads", n, log) for n in (1, 2, 5, 2)}
    equal(len(digests), 1)


@case
def shared_scan_one_digest():
    scan = SHARED / "weblogs" / "attack" / "acunetix.txt"
    if not scan.exists():
        print("the shared web scan is not here: only generated logs were compared")
        return
    equal(len({digest("detect", "--json", "--threads", n, scan) for n in (1, 2, 5)}), 1)


main()
