#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fixed versions of the peers, from the package registries, into $YAGURA_PEERS.

Nothing is installed into the system: Debian's packages are unpacked beside each other, not configured.
What is there already is not fetched again. Each function returns what the race needs, or raises Missing
with the reason.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PEERS = pathlib.Path(os.environ.get("YAGURA_PEERS", "/var/tmp/yagura-peers"))

GOACCESS = "1:1.7-1"
CROWDSEC = "1.4.6-6~deb12u1+b1"
SIGMA_CLI = "3.1.0"
SQLITE_BACKEND = "2.0.0"  # the last for the pySigma of that sigma-cli
# Newest first, with the oldest compiler each takes; the first that a compiler here can build is used.
RSIGMA = (("0.26.0", (1, 96)), ("0.23.0", (1, 95)))

# Debian's hub names a list that its data folder has under an older name; without it CrowdSec writes an
# error for each line, which is no fair race.
RENAMED = {"http_path_traversal.txt": "path_traversal.txt"}


class Missing(Exception):
    """This peer cannot be had here; the text says why."""


def run(command, log, **more):
    """Runs @command; its output goes to @log in PEERS."""
    PEERS.mkdir(parents=True, exist_ok=True)
    with open(PEERS / log, "ab") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **more)
    if done.returncode:
        raise Missing("%s ended with %d: see %s" % (" ".join(map(str, command[:4])), done.returncode, PEERS / log))


def debian(name, version):
    """A Debian package unpacked: its folder."""
    place = PEERS / ("%s-%s" % (name, version.replace(":", "_")))
    if place.is_dir():
        return place
    if not shutil.which("apt-get"):
        raise Missing("%s comes from Debian's packages, and this is no Debian" % name)
    fetched = PEERS / "fetched"
    shutil.rmtree(fetched, ignore_errors=True)
    fetched.mkdir(parents=True)
    wanted = "%s=%s" % (name, version) if version != "any" else name
    run(["apt-get", "download", wanted], "debian.log", cwd=fetched)
    part = place.with_name(place.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    for package in fetched.glob("*.deb"):
        run(["dpkg", "-x", package, part], "debian.log")
        run(["dpkg", "-e", package, part / "DEBIAN"], "debian.log")
    part.rename(place)
    return place


def libraries():
    """Environment in which goaccess finds the one library of its own."""
    return dict(os.environ, LD_LIBRARY_PATH=str(debian("libmaxminddb0", "any") / "usr/lib/x86_64-linux-gnu"))


def goaccess():
    return debian("goaccess", GOACCESS) / "usr/bin/goaccess"


def enabled(package):
    """The items that Debian's package enables when it is installed (upstream's recommendation)."""
    text = (package / "DEBIAN/postinst").read_text()
    found = re.search(r"UPSTREAM_ITEMS=\$\(cat <<EOF\n(.*?)\nEOF", text, re.S)
    if not found:
        raise Missing("crowdsec: the list of enabled items is not where it was in %s" % CROWDSEC)
    return found[1].split()


def crowdsec():
    """The package, and a folder set up as its installation does (configuration, hub, lists)."""
    package = debian("crowdsec", CROWDSEC)
    place = PEERS / "crowdsec-set-up"
    if place.is_dir():
        return package, place
    part = place.with_name(place.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(package / "etc/crowdsec", part / "etc")
    shutil.copytree(package / "usr/share/crowdsec/data", part / "data")
    for name, older in RENAMED.items():
        if not (part / "data" / name).exists():
            shutil.copy(part / "data" / older, part / "data" / name)
    (part / "hub").mkdir()
    for item in (package / "usr/share/crowdsec/hub").iterdir():
        (part / "hub" / item.name).symlink_to(item)
    for item in enabled(package):
        kind, name = item.rsplit("/", 2)[0], item.rsplit("/", 1)[1]
        link = part / "etc" / kind / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(place / "hub" / item)
    part.rename(place)
    return package, place


def compilers():
    """(version, command) of each cargo here, newest first."""
    commands = [["cargo"]]
    if shutil.which("rustup"):
        listed = subprocess.run(["rustup", "toolchain", "list"], stdout=subprocess.PIPE, text=True, check=False).stdout
        commands += [["cargo", "+" + line.split()[0]] for line in listed.splitlines() if line.strip()]
    found = []
    for command in commands:
        if shutil.which(command[0]):
            said = subprocess.run(command + ["--version"], stdout=subprocess.PIPE, text=True, check=False).stdout
            number = re.search(r"(\d+)\.(\d+)", said)
            if number:
                found.append(((int(number[1]), int(number[2])), command))
    return sorted(found, key=lambda f: (-f[0][0], -f[0][1]))


def rsigma():
    """RSigma built from crates.io: (program, version)."""
    for version, _ in RSIGMA:
        program = PEERS / ("rsigma-" + version) / "bin/rsigma"
        if program.exists():
            return program, version
    here = compilers()
    for version, oldest in RSIGMA:
        fit = [command for number, command in here if number >= oldest]
        if not fit:
            continue
        command = fit[0] + ["install", "rsigma", "--version", version, "--root", str(PEERS / ("rsigma-" + version)),
                            "--target-dir", str(PEERS / "build-rsigma"), "--features", "evtx,daachorse-index"]
        print("rsigma %s: building, this takes some minutes" % version, file=sys.stderr)
        try:
            run(command + ["--locked"], "rsigma.log")
        except Missing:  # a version named in its lock file is not in this registry: then the nearest
            run(command, "rsigma.log")
        return PEERS / ("rsigma-" + version) / "bin/rsigma", version
    raise Missing("RSigma needs cargo %d.%d or newer; here: %s"
                  % (*RSIGMA[-1][1], ", ".join("%d.%d" % number for number, _ in here) or "none"))


def sigma_cli():
    """sigma-cli in a virtual environment: its program."""
    place = PEERS / "sigma-cli"
    program = place / "bin/sigma"
    if not program.exists():
        shutil.rmtree(place, ignore_errors=True)
        run([sys.executable, "-m", "venv", place], "sigma-cli.log")
        run([place / "bin/pip", "install", "--require-hashes", "--only-binary", ":all:", "-r", HERE / "requirements.txt"],
            "sigma-cli.log")
    return program
