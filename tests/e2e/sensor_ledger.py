#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The member's record of what left: each kind of tampering is named, both sides compare, crashes leave it whole.

YAGURA_SEED (printed) decides where kills fall."""
import base64
import glob
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from harness import ROOT, case, contains, equal, folder, main
from hub_kit import Hub, Member, append, lines, record, until

SEED = int(os.environ.get("YAGURA_SEED") or random.SystemRandom().randrange(1 << 32))


def files(member):
    return sorted((member.state / "ledger").glob("*.jsonl"))


def entries(member):
    return b"".join(f.read_bytes() for f in files(member)).split(b"\n")[:-1]


def verify(member, *options):
    done = member.call("ledger", "verify", "--state", member.state, "--json", *options)
    said = json.loads(done.stdout)
    equal(done.returncode, 0 if said["result"] == "whole" else 1, done.stdout)
    return said


def batches_of(member, kind="batch"):
    return [e for e in map(json.loads, entries(member)) if e["kind"] == kind]


def compare(hub, member, *more):
    """What `admin ledger compare` says once the hub has written down all that it got, which it does beside taking it."""
    wanted = sum(kind == 1 for kind, *_ in hub.kept())

    def look():
        done = hub.admin("ledger", "compare", "--ledger", member.state / "ledger", "--json", *more)
        lines_ = done.lines()
        return done if lines_ and lines_[0].get("hub_batches", wanted) == wanted else None
    return until("the hub's consumer", look)


def lived(batches=3, lives=2):
    """A hub and a sensor that ran @lives times and is stopped: some batches, some countersignatures."""
    hub = Hub()
    hub.org()
    log = folder() / "auth.log"
    member = Member(hub, follow=[log])
    written = 0
    for _ in range(lives):
        member.start()
        for _ in range(batches):
            append(log, lines(written + 1, written + 2))
            written += 2
            member.wait_for(lines(1, written))
        equal(member.stop(), 0)
    return hub, member, written


def rewrite(member, change, chain=False):
    """Change the lines as a list; @chain: with all digests made anew behind."""
    found = change(entries(member))
    if chain:
        before = "0" * 64
        for i, line in enumerate(found):
            entry = json.loads(line)
            entry["n"], entry["prev"] = i + 1, before
            found[i] = json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode()
            before = hashlib.sha256(found[i]).hexdigest()
    files(member)[0].write_bytes(b"".join(line + b"\n" for line in found))


@case
def whole():
    hub, member, written = lived()
    said = verify(member)
    equal((said["result"], said["records"], said["waiting"], said["has_spool"]), ("whole", written, 0, True))
    equal(said["batches"], len(hub.kept()))
    assert said["receipts"] >= 2, said
    equal([e["sha256"] for e in batches_of(member)], [head["sha256"] for _, _, head, _ in hub.kept()])
    # What a batch holds stands there, and is what the hub got.
    equal(sum(e["formats"]["syslog"] for e in batches_of(member)), written)
    equal({name for e in batches_of(member) for name in e["sources"]}, set(member.follow))
    # The head of each batch named its line.
    equal([head["ledger"] for _, _, head, _ in hub.kept()],
          [hashlib.sha256(line).hexdigest() for line in entries(member) if b'"kind":"batch"' in line])
    text = member.call("ledger", "verify", "--state", member.state).stdout.decode()
    contains(text, "whole: %d entries" % said["entries"])
    text = member.call("ledger", "show", "--state", member.state).stdout.decode()
    equal(len(text.splitlines()), said["entries"])
    contains(text, "signed for it")
    hub.stop()


@case
def stranger_agrees():
    """By other means: Python, and for one line sha256sum alone."""
    hub, member, _ = lived()
    key = json.loads((member.state / "sensor.json").read_text())["downlink_key"]
    script = ROOT / "tests" / "e2e" / "ledger_stranger.py"
    done = subprocess.run([sys.executable, script, *map(str, files(member)), "--key", key], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    equal(done.returncode, 0, done.stderr)
    said = verify(member)
    equal(done.stdout.decode().strip(), "whole: %d entries, %d batches, %d countersignatures"
          % (said["entries"], said["batches"], said["receipts"]))
    first, second = entries(member)[:2]
    sum_ = subprocess.run(["sha256sum"], input=first, stdout=subprocess.PIPE).stdout.split()[0]
    equal(json.loads(second)["prev"], sum_.decode())
    rewrite(member, lambda found: found[:2] + found[3:])
    done = subprocess.run([sys.executable, script, *map(str, files(member))], stderr=subprocess.PIPE)
    equal((done.returncode, done.stderr.decode().strip()), (1, "entry 3 does not follow the one before it"))
    hub.stop()


@case
def payload():
    hub, member, _ = lived(batches=2, lives=1)
    for entry in batches_of(member):
        done = member.call("ledger", "show", "--state", member.state, "--batch", entry["number"], "--payload")
        equal(done.returncode, 0, done.stderr)
        equal(hashlib.sha256(done.stdout).hexdigest(), entry["sha256"])
        equal(done.stdout.count(b"\n"), entry["records"])
    content = b"".join(subprocess.run(["zstd", "-dqc"], input=r[0], stdout=subprocess.PIPE).stdout
                       for _, _, _, r in hub.kept())
    equal(content, b"".join(member.call("ledger", "show", "--state", member.state, "--batch", e["number"],
                                        "--payload").stdout for e in batches_of(member)))
    equal(member.call("ledger", "show", "--state", member.state, "--batch", 99).returncode, 1)
    for segment in (member.state / "spool").glob("*.seg"):
        segment.unlink()
    done = member.call("ledger", "show", "--state", member.state, "--batch", 1, "--payload")
    equal((done.returncode, done.stdout), (1, b""))
    contains(done.stderr.decode(), "not here any more")
    hub.stop()


@case
def tampered():
    """Each kind, on real files, and the first entry that is concerned is named."""
    hub, member, _ = lived()
    clean = folder() / "clean"
    shutil.copytree(member.state, clean)
    count = len(entries(member))
    middle = count // 2
    kinds = [json.loads(e)["kind"] for e in entries(member)]
    assert count >= 8, kinds

    def changed(at, old=b'"v":1', new=b'"v": 1'):
        return lambda found: found[:at - 1] + [found[at - 1].replace(old, new)] + found[at:]

    def swap(found):
        found[middle - 1], found[middle] = found[middle], found[middle - 1]
        return found

    tries = [
        ("changed", middle, changed(middle)),
        ("changed", 1, changed(1)),
        ("changed", count, changed(count)),
        ("changed", middle, lambda f: f[:middle - 1] + [f[middle - 1][:-20]] + f[middle:]),
        ("changed", middle, lambda f: f[:middle - 1] + [b"rubbish"] + f[middle:]),
        ("changed", middle, changed(middle, b'"n":%d' % middle, b'"n":%d' % (middle + 7))),
        ("missing", middle, lambda f: f[:middle - 1] + f[middle:]),
        ("missing", 1, lambda f: f[1:]),
        ("missing", 3, lambda f: f[:2] + f[5:]),
        ("doubled", middle, lambda f: f[:middle] + [f[middle - 1]] + f[middle:]),
        ("moved", middle, swap),
        ("moved", 2, lambda f: [f[0]] + f[2:4] + [f[1]] + f[4:]),
        ("cut", count, lambda f: f[:-1]),
        ("cut", 4, lambda f: f[:3]),
        ("cut", 1, lambda f: []),
    ]
    for result, entry, change in tries:
        shutil.rmtree(member.state)
        shutil.copytree(clean, member.state)
        rewrite(member, change)
        said = verify(member)
        equal((said["result"], said["entry"]), (result, entry), said)
        text = member.call("ledger", "verify", "--state", member.state).stdout.decode()
        contains(text, "not whole: ")
    # A line torn at the end.
    shutil.rmtree(member.state)
    shutil.copytree(clean, member.state)
    os.truncate(files(member)[0], files(member)[0].stat().st_size - 5)
    equal((verify(member)["result"], verify(member)["entry"]), ("cut", count))
    # The whole file.
    files(member)[0].unlink()
    equal((verify(member)["result"], verify(member)["entry"]), ("cut", 1))
    hub.stop()


@case
def written_anew():
    """Who makes the whole chain again is stopped by the hub's countersignatures, and by the spool."""
    hub, member, _ = lived()
    clean = folder() / "clean"
    shutil.copytree(member.state, clean)
    kinds = [json.loads(e)["kind"] for e in entries(member)]
    first = kinds.index("batch")
    receipt = kinds.index("receipt")

    def fewer(found):  # one record less than there was
        entry = json.loads(found[first])
        entry["records"] -= 1
        return found[:first] + [json.dumps(entry, separators=(",", ":")).encode()] + found[first + 1:]

    rewrite(member, fewer, chain=True)
    said = verify(member)
    equal((said["result"], said["entry"], said["other"]), ("otherwise", receipt + 1, first + 1), said)
    compared = hub.admin("ledger", "compare", "--ledger", member.state / "ledger", "--json")
    equal((compared.code, compared.lines()[0]["ledger"]), (1, "broken"))

    def without(found):  # a batch that never was
        return [e for i, e in enumerate(found) if i != first]

    shutil.rmtree(member.state)
    shutil.copytree(clean, member.state)
    rewrite(member, without, chain=True)
    equal(verify(member)["result"] in ("number", "otherwise"), True)

    def silent(found):  # no countersignature is left, and one record less
        return [e for e in fewer(found) if json.loads(e)["kind"] != "receipt"]

    shutil.rmtree(member.state)
    shutil.copytree(clean, member.state)
    rewrite(member, silent, chain=True)
    equal(verify(member)["result"], "cut")
    shutil.rmtree(member.state / "spool")  # nothing left that knows
    said = verify(member)
    equal((said["result"], said["has_spool"], said["receipts"]), ("whole", False, 0))
    # But the hub.
    (hub.data / "heartbeats" / (member.id + ".json")).unlink()
    compared = compare(hub, member)
    said = compared.lines()[0]
    equal((compared.code, said["result"], said["sequence"]), (1, "other-line", 1))
    hub.stop()


@case
def swapped_key():
    hub, member, _ = lived()
    clean = folder() / "clean"
    shutil.copytree(member.state, clean)
    other = Ed25519PrivateKey.generate()
    public = base64.b64encode(other.public_key().public_bytes_raw()).decode()
    home = json.loads((member.state / "sensor.json").read_text())
    real = home["downlink_key"]
    # In the sensor's own file.
    (member.state / "sensor.json").write_text(json.dumps(dict(home, downlink_key=public)))
    said = verify(member)
    equal((said["result"], said["entry"]), ("key", 1))
    equal(verify(member, "--key", real)["result"], "whole")
    key_file = folder() / "key"
    key_file.write_text(real + "\n")
    equal(verify(member, "--key", key_file)["result"], "whole")
    # In the ledger, with all made anew: the countersignatures are not by it.
    shutil.rmtree(member.state)
    shutil.copytree(clean, member.state)

    def swap(found):
        return [json.dumps(dict(json.loads(found[0]), key=public), separators=(",", ":")).encode()] + found[1:]

    rewrite(member, swap, chain=True)
    equal((verify(member)["result"], verify(member)["entry"]), ("key", 1))
    kinds = [json.loads(e)["kind"] for e in entries(member)]
    (member.state / "sensor.json").write_text(json.dumps(dict(home, downlink_key=public)))
    said = verify(member)
    equal((said["result"], said["entry"]), ("signature", kinds.index("receipt") + 1))
    # And all signatures too: who knows the hub's key sees it.
    found, before, last = [], "0" * 64, {}
    for line in entries(member):
        entry = json.loads(line)
        if entry["kind"] == "receipt":
            entry["line"] = last[entry["number"]]
            text = ":".join(["yagura-receipt-1", home["sensor"], str(entry["epoch"]), str(entry["sequence"]),
                             entry["sha256"], entry["line"], entry["status"], entry["hub_time"]])
            entry["signature"] = base64.b64encode(other.sign(text.encode())).decode()
        entry["prev"] = before
        found.append(json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode())
        before = hashlib.sha256(found[-1]).hexdigest()
        if entry["kind"] == "batch":
            last[entry["number"]] = before
    files(member)[0].write_bytes(b"".join(line + b"\n" for line in found))
    shutil.rmtree(member.state / "spool")
    equal(verify(member)["result"], "whole")
    equal((verify(member, "--key", real)["result"], verify(member, "--key", real)["entry"]), ("key", 1))
    compared = hub.admin("ledger", "compare", "--ledger", member.state / "ledger", "--json")
    equal((compared.code, compared.lines()[0]["ledger"]), (1, "broken"))
    hub.stop()


@case
def compared():
    hub, member, _ = lived()
    archived = len(hub.kept())

    def look():
        done = hub.admin("ledger", "compare", "--ledger", member.state / "ledger", "--json")
        said = done.lines()[0]
        return (done.code, said) if said["hub_batches"] == archived else None

    code, said = until("the hub's consumer", look)
    equal((code, said["result"], said["ledger"], said["batches"], said["waiting"]), (0, "equal", "whole", archived, 0))
    done = hub.admin("ledger", "compare", "--ledger", member.state / "ledger", "--sensor", member.id)
    contains(done.out, "equal: %d batches on both sides" % archived)
    equal(hub.admin("ledger", "compare", "--ledger", member.state / "ledger", "--sensor", "other").code, 1)
    contains(hub.admin("ledger", "compare").out, "%d batches" % archived)
    # All files one behind the other are as good.
    one = folder() / "ledger.jsonl"
    one.write_bytes(b"".join(line + b"\n" for line in entries(member)))
    equal(hub.admin("ledger", "compare", "--ledger", one).code, 0)
    # After another start it is the same, from the files alone.
    hub.stop()
    equal(hub.admin("ledger", "compare", "--ledger", one).code, 0)
    # What the hub lacks, or has too much, or has otherwise.
    day = sorted((hub.data / "batches").glob("*.jsonl"))[-1]
    kept = day.read_bytes().splitlines(keepends=True)
    for change, result, sequence in ((lambda k: k[:1] + k[2:], "not-at-hub", 2),
                                     (lambda k: k + [k[-1].replace(b'"sequence":%d' % archived, b'"sequence":77')],
                                      "not-in-ledger", 77),
                                     (lambda k: [k[0].replace(b'"sha256":"', b'"sha256":"00', 1).replace(
                                         k[0].split(b'"sha256":"')[1][:64], k[0].split(b'"sha256":"')[1][:62])] + k[1:],
                                      "other-content", 1)):
        day.write_bytes(b"".join(change(list(kept))))
        done = hub.admin("ledger", "compare", "--ledger", one, "--json")
        equal((done.code, done.lines()[0]["result"], done.lines()[0]["sequence"]), (1, result, sequence), done.err)


@case
def killed():
    """kill -9 anywhere: no batch without its line, no line twice, and both sides equal."""
    print("seed %d" % SEED)
    chance = random.Random(SEED)
    hub = Hub()
    hub.org()
    log = folder() / "auth.log"
    member = Member(hub, follow=[log])
    written = 0
    for _ in range(8):
        member.start()
        count = chance.randrange(1, 30)
        append(log, lines(written + 1, written + count))
        written += count
        wanted = chance.randrange(written + 1)
        until("%d lines" % wanted, lambda: len(member.raws()) >= wanted)
        if chance.random() < 0.3:
            hub.stop(signal.SIGKILL)
            hub.start()
        member.stop(signal.SIGKILL)
        said = verify(member)
        # A line may be in the spool alone until the next start.
        assert said["result"] in ("whole", "cut"), said
    member.start()
    member.wait_for(lines(1, written))
    equal(member.stop(), 0)
    said = verify(member)
    equal((said["result"], said["waiting"], said["records"]), ("whole", 0, written))
    equal([(e["epoch"], e["sequence"], e["sha256"]) for e in batches_of(member)],
          [(h["epoch"], h["sequence"], h["sha256"]) for _, _, h, _ in hub.kept()])
    until("both equal", lambda: hub.admin("ledger", "compare", "--ledger", member.state / "ledger", "--json")
          .lines()[0]["hub_batches"] == said["batches"])
    equal(hub.admin("ledger", "compare", "--ledger", member.state / "ledger").code, 0)
    hub.stop()


@case
def new_epoch():
    """A sensor that was restored from a copy: batches move to another epoch, and the ledger says so."""
    hub = Hub()
    hub.org()
    log = folder() / "auth.log"
    member = Member(hub, follow=[log])
    append(log, lines(1, 2))
    member.start()
    member.wait_for(lines(1, 2))
    equal(member.stop(), 0)
    copy = folder() / "copy"
    shutil.copytree(member.state, copy)
    append(log, lines(3, 4))
    member.start()
    member.wait_for(lines(1, 4))
    equal(member.stop(), 0)
    shutil.rmtree(member.state)
    shutil.copytree(copy, member.state)
    append(log, lines(5, 6))
    member.start()
    until("the other epoch", lambda: any(h["epoch"] == 2 for _, _, h, _ in hub.kept()))
    equal(member.stop(), 0)
    said = verify(member)
    equal((said["result"], said["waiting"]), ("whole", 0))
    equal(len(batches_of(member, "epoch")), 1)
    # The hub has batches that this ledger does not: the copy does not know of them.
    done = compare(hub, member)
    equal((done.code, done.lines()[0]["result"], done.lines()[0]["sequence"]), (1, "not-in-ledger", 2))
    hub.stop()


@case
def stranger_is_countersigned():
    """By docs/protocol.md alone: with and without a line of a ledger in the head, new and again."""
    hub = Hub()
    hub.org()
    sensor = hub.stranger()
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(sensor.me["downlink_key"]))
    for sequence, line in ((1, None), (2, "ab" * 32)):
        content = record(sequence)
        batch = sensor.batch(content, sequence, **({"ledger": line} if line else {}))
        for status in ("kept", "already"):
            code, receipt = sensor.send(batch)
            equal((code, receipt["status"]), (200, status))
            while "signature" not in receipt:  # the signer was late, on a busy machine: asked again
                code, receipt = sensor.send(batch)
                equal((code, receipt["status"]), (200, "already"))
                status = "already"
            signed = ":".join(["yagura-receipt-1", sensor.me["sensor"], "1", str(sequence),
                               hashlib.sha256(content).hexdigest(), line or "-", status, receipt["time"]])
            key.verify(base64.b64decode(receipt["signature"]), signed.encode())
    code, problem = sensor.send(sensor.batch(record(3), 3, ledger="x"))
    equal((code, problem["code"]), (400, "bad-head"))
    hub.stop()


@case
def given_up():
    """What the bound drops stands there too."""
    hub = Hub()
    hub.org()
    log = folder() / "auth.log"
    member = Member(hub, follow=[log], options=["--spool-max", "128K"])
    append(log, lines(1, 2))
    member.start()
    member.wait_for(lines(1, 2))
    hub.stop()
    chance = random.Random(SEED)
    for n in range(12):
        append(log, ["Nov 21 08:01:00 box app[1]: %s" % ("%0600x" % chance.getrandbits(2400)) for _ in range(60)])
        until("batch %d" % n, lambda: len(batches_of(member)) >= n + 2)
    until("something is given up", lambda: batches_of(member, "drop"))
    hub.start()
    until("all is told", lambda: any(kind == 2 for kind, *_ in hub.kept()))
    until("it has arrived", lambda: "there again" in member.messages())
    equal(member.stop(), 0)
    said = verify(member)
    equal(said["result"], "whole")
    dropped = [what for kind, _, what, _ in hub.kept() if kind == 2]
    equal(sum(d["records"] for d in dropped), said["dropped"])
    # What both sides say was given up is no difference, though the hub signed for what came behind it.
    until("it is remembered", lambda: compare(hub, member).lines()[0]["result"] == "equal")
    hub.stop()


@case
def cut_by_its_owners_setting():
    """A ledger over its bound loses its oldest files behind an entry that says so: seen by verify, by a stranger, at
    the hub; what goes without such an entry is missing as ever."""
    hub = Hub()
    hub.org()
    log = folder() / "auth.log"
    member = Member(hub, follow=[log], options=["--ledger", "16K", "--spool-max", "128K"]).start()
    for turn in range(1, 46):
        append(log, lines(turn, turn))
        until("batch %d" % turn, lambda: len(batches_of(member)) >= turn)
    member.wait_for(lines(1, 45))
    equal(member.stop(), 0)
    before = verify(member)
    equal((before["result"], before["begins"], before["cut"]), ("whole", 1, 0))
    sizes = sum(f.stat().st_size for f in files(member))
    assert sizes > 20 << 10 and len(files(member)) > 3, (sizes, len(files(member)))
    member.start()
    # At most four files at once; the next look is ten minutes later, or at the next start.
    until("it was cut", lambda: "cut, as --ledger says" in member.messages())
    equal(member.stop(), 0)
    while sum(f.stat().st_size for f in files(member)) > 16 << 10:
        count = len(files(member))
        member.start()
        until("more of it", lambda: len(files(member)) < count)
        equal(member.stop(), 0)
    said = verify(member)
    equal(said["result"], "whole")
    assert said["begins"] > 1 and said["cut"] > said["begins"], said
    equal((said["batches"], said["records"]), (before["batches"], before["records"]))
    plain = member.call("ledger", "verify", "--state", member.state).stdout.decode()
    contains(plain, "begins at entry %d: " % said["begins"])
    contains(plain, "was cut by its owner's setting; entry %d says so" % said["cut"])
    shown = member.call("ledger", "show", "--state", member.state).stdout.decode()
    contains(shown, "were cut by the owner's setting of 16384 bytes")
    gone = member.call("ledger", "show", "--state", member.state, "--batch", "1")
    equal(gone.returncode, 1)
    contains(gone.stderr.decode(), "was cut by the owner's setting")
    stranger = subprocess.run([sys.executable, ROOT / "tests/e2e/ledger_stranger.py", *files(member)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    equal(stranger.returncode, 0, stranger.stderr)
    contains(stranger.stdout, "begins at %d" % said["begins"])
    compared = compare(hub, member)
    equal(compared.code, 0, compared.out + compared.err)
    equal(json.loads(compared.out)["begins"], said["begins"])
    # The policy that was in force stands in the entry, though its own is gone.
    policy = [e for e in map(json.loads, entries(member)) if e["kind"] == "cut"][-1]["policy"]
    text = json.dumps(policy, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    equal(batches_of(member)[-1]["policy"], hashlib.sha256(text.encode()).hexdigest())
    # Somebody takes one file more.
    files(member)[0].unlink()
    said = verify(member)
    equal((said["result"], said["entry"]), ("missing", 1))
    hub.stop()


@case
def ledger_taken_away():
    """A ledger whose end, or all of it, was taken between two runs: the sensor goes on, and it stays visible."""
    hub, member, written = lived(lives=1)
    path = files(member)[0]
    whole_lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole_lines[:2]))
    append(pathlib.Path(member.follow[0]), lines(written + 1, written + 1))
    member.start()
    member.wait_for(lines(1, written + 1))
    equal(member.stop(), 0)
    said = verify(member)
    # What the spool's last segment knows is put back; what it does not is named.
    assert (said["result"], said["entry"]) in (("whole", 0), ("missing", 3)), said
    member.says("ledger")
    hub.stop()


if __name__ == "__main__":
    main()
