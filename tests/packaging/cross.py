#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sensor for arm64 and its package. What is quick is tried by `make test`; where the cross compiler is,
`make test-full` builds it whole and lets it enrol at a hub of this machine and send, under qemu-user.

YAGURA_ARM64_BUILD: a finished build folder to use in place of an own one (the libraries of arm64 may be elsewhere:
QEMU_LD_PREFIX). Skips clearly what cannot be tried here."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ["YAGURA_ROOT"])
BUILT = pathlib.Path(os.environ["YAGURA_SENSOR"])
OTHER = os.environ.get("YAGURA_ARM64_BUILD")
FULL = OTHER or os.environ.get("YAGURA_TEST") == "full"
failed = skipped = passed = 0


def check(is_right, what):
    global failed, passed
    passed += bool(is_right)
    failed += not is_right
    if not is_right:
        print("failed: " + what)


def skip(what):
    global skipped
    skipped += 1
    print("skipped: " + what)


def run(*args, env=None, ok=True):
    done = subprocess.run([*map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=dict(os.environ, **(env or {})))
    if ok and done.returncode != 0:
        raise SystemExit("%s: %d\n%s" % (args[0], done.returncode, done.stdout + done.stderr))
    return done


def the_list():
    """The list of the cross build follows that of the build: what is linked is there, what only the hub needs is not."""
    wanted = {line.split()[0] for line in run(ROOT / "packaging/cross/build", "--list").stdout.splitlines()}
    depends = {d["name"]: d["required"] for d in
               json.loads(run("meson", "introspect", "--scan-dependencies", ROOT / "meson.build").stdout)}
    check(len(depends) > 10, "meson names no dependencies: %s" % depends)
    for line in (ROOT / "packaging/deps.txt").read_text().splitlines():
        name = line.split()[0] if line.strip() else ""
        if name.endswith("-dev"):
            check((name + ":arm64" in wanted) != ("(hub only)" in line), "%s in the list of the cross build" % name)
    hub = re.findall(r"dependency\('([^']+)', required: hub_too\)", (ROOT / "meson.build").read_text())
    said = [line for line in (ROOT / "packaging/deps.txt").read_text().splitlines() if "(hub only)" in line]
    check(len(hub) == len(said) > 0, "hub only: %s in meson.build, %s in deps.txt" % (hub, said))


def package(build, arch, folder):
    """It holds what it should, belongs to root, and says what it needs; the same again gives the same bytes."""
    if not shutil.which("dpkg-deb") or not shutil.which("dpkg-shlibdeps"):
        return skip("dpkg-deb or dpkg-shlibdeps is not here")
    made = []
    for turn in ("one", "two"):
        (folder / turn).mkdir(parents=True)
        shutil.copy2(build / "yagura-sensor", folder / turn)
        made.append(pathlib.Path(run(ROOT / "packaging/deb", folder / turn, arch).stdout.strip()))
    check(made[0].read_bytes() == made[1].read_bytes(), "two packages of one program differ")
    said = run("dpkg-deb", "--field", made[0]).stdout
    check("Architecture: %s\n" % arch in said, said)
    for library in ("libc6", "libcurl3-gnutls", "libsodium23"):
        check(re.search(r"^Depends:.*\b%s\b" % library, said, re.M), "does not depend on %s: %s" % (library, said))
    tree = folder / "tree"
    run("dpkg-deb", "--raw-extract", made[0], tree)
    for name in ("usr/bin/yagura-sensor", "lib/systemd/system/yagura-sensor.service", "etc/default/yagura-sensor",
                 "usr/lib/sysusers.d/yagura-sensor.conf", "usr/share/man/man1/yagura-sensor.1.gz",
                 "usr/share/doc/yagura-sensor/copyright"):
        check((tree / name).is_file(), "%s is not in the package" % name)
    account = (tree / "usr/lib/sysusers.d/yagura-sensor.conf").read_text()
    check("u yagura-sensor " in account and "u yagura " not in account, account)
    for line in run("dpkg-deb", "--contents", made[0]).stdout.splitlines():
        check(line.split()[1] == "root/root" and "w" not in line[5] + line[8], "not of root alone: " + line)
    for script in ("postinst", "prerm", "postrm"):
        check(run("sh", "-n", tree / "DEBIAN" / script, ok=False).returncode == 0, script + " is no shell script")
    return None


def is_here():
    if OTHER:
        return True
    if not shutil.which("aarch64-linux-gnu-gcc"):
        skip("no compiler for arm64 (gcc-aarch64-linux-gnu): `make sensor-arm64` says what it needs")
        return False
    if "arm64" not in run("dpkg", "--print-foreign-architectures").stdout.split():
        skip("this machine does not take packages for arm64: `make sensor-arm64` says how")
        return False
    return True


def sends(build, folder):
    """Enrols at a real hub of this machine, sends lines; its ledger is whole and both sides are equal."""
    wrapper = folder / "sensor"
    wrapper.write_text("#!/bin/sh\nexec qemu-aarch64 %s \"$@\"\n" % (build / "yagura-sensor"))
    wrapper.chmod(0o755)
    os.environ["YAGURA_SENSOR"] = str(wrapper)
    sys.path.insert(0, str(ROOT / "tests/e2e"))
    from hub_kit import Hub, Member, append, lines  # now: it reads YAGURA_SENSOR
    hub = Hub()
    hub.org()
    log = folder / "auth.log"
    member = Member(hub, follow=[log], options=["--archive", "1G", "--inventory-every", "60"])
    # The inventory comes too: only lines of the log are compared.
    member.raws = lambda: [r["raw"] for r in hub.records(member.id) if r["format"] == "syslog"]
    member.start()
    written = 0
    for _ in range(3):
        append(log, lines(written + 1, written + 100))
        written += 100
        member.wait_for(lines(1, written))
    check(member.stop() == 0, "it does not end well: " + member.messages())
    done = member.call("ledger", "verify", "--state", member.state, "--json")
    said = json.loads(done.stdout)
    check(done.returncode == 0 and said["result"] == "whole" and said["records"] >= written, "ledger: %s" % said)
    compared = hub.admin("ledger", "compare", "--ledger", member.state / "ledger")
    check(compared.code == 0, "ledger compare: " + compared.out + compared.err)
    found = member.call("search", "--state", member.state, "--json", "line", "7")
    check(found.returncode == 0 and b"sshd" in found.stdout, "its own archive: %r" % found.stderr)
    check(hub.stop() == 0, "the hub: " + hub.messages())


def cross(folder):
    if not is_here():
        return
    if not FULL:
        run(ROOT / "packaging/cross/build", "--configure", folder / "configured")
        check((folder / "configured/build.ninja").is_file(), "it cannot be configured for arm64")
        return
    build = pathlib.Path(OTHER or folder / "whole")
    if not OTHER:
        run(ROOT / "packaging/cross/build", build)
    head = (build / "yagura-sensor").read_bytes()[:20]
    check(head[:5] == b"\x7fELF\x02" and head[18:20] == b"\xb7\x00", "this is no program for arm64")
    if not OTHER:  # what a package needs is looked up among the libraries of arm64
        package(build, "arm64", folder / "arm64")
    if not shutil.which("qemu-aarch64"):
        skip("no qemu-aarch64 (qemu-user): what was built is not run")
        return
    said = run("qemu-aarch64", build / "yagura-sensor", "--version").stdout
    check(said == run(BUILT, "--version").stdout and said, "--version: " + said)
    sends(build, folder)


with tempfile.TemporaryDirectory() as place:
    base = pathlib.Path(place)
    the_list()
    package(BUILT.parent, "amd64" if os.uname().machine == "x86_64" else run("dpkg", "--print-architecture").stdout.strip(),
            base / "here")
    cross(base)
print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
sys.exit(failed > 0)
