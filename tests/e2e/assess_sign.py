#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`yagura assess key` and `yagura assess verify`: files, exit statuses, words of the contract."""
import base64
import hashlib
import json
import os
import pathlib
import stat
import tempfile

from harness import case, contains, equal, main, yagura

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="yagura-sign-"))


def new_key(name, *more):
    path = FOLDER / name
    done = yagura("assess", "key", "new", path, *more)
    equal(done.code, 0, done.err)
    return path


@case
def a_key_is_two_files_and_only_one_of_them_is_public():
    path = new_key("one.key", "--name", "株式会社山田製作所", "--expires", "2999-01-31")
    equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "mode")
    secret, public = path.read_text(), pathlib.Path(str(path) + ".pub").read_text()
    contains(secret, "yagura-key v1 secret\nname: 株式会社山田製作所\n")
    contains(public, "expires: 2999-01-31\n")
    fields = dict(line.split(": ", 1) for line in public.splitlines() if ": " in line)
    equal(fields["fingerprint"], hashlib.sha256(base64.b64decode(fields["public"])).hexdigest(), "fingerprint")
    equal("seed" in public, False, "the secret in the public file")
    equal(yagura("assess", "key", "show", path).out, public, "show")


@case
def nothing_is_overwritten():
    path = new_key("two.key")
    before = path.read_bytes()
    done = yagura("assess", "key", "new", path)
    equal(done.code, 2, done.err)
    contains(done.err, "there is such a file already")
    equal(path.read_bytes(), before, "the old key")
    os.unlink(path)
    equal(yagura("assess", "key", "new", path).code, 2, "its public half is still there")
    equal(path.exists(), False, "half a pair")


@case
def wrong_options_and_files():
    equal(yagura("assess", "key", "new", FOLDER / "x", "--expires", "2001-01-01").code, 2)
    equal(yagura("assess", "key", "new", FOLDER / "x", "--expires", "tomorrow").code, 2)
    equal(yagura("assess", "key", "new", FOLDER / "x", "--name", "a\nb").code, 2)
    equal((FOLDER / "x").exists(), False, "a file")
    equal(yagura("assess", "key").code, 2)
    equal(yagura("assess", "verify").code, 2)
    equal(yagura("assess", "verify", FOLDER / "nosuch").code, 2)
    (FOLDER / "no.key").write_text("yagura-key v1 public\nname: a\npublic: xyz\n")
    done = yagura("assess", "key", "show", FOLDER / "no.key")
    equal(done.code, 2)
    contains(done.err, "no.key:3: 32 bytes in base64 are expected here")


@case
def what_is_no_statement():
    path = FOLDER / "S.json"
    for text in (b"", b"{}", b"{\"payload\":\"\"}", b"\xff", b"[" * 100, b"hello", json.dumps(
            {"payload": "e30=", "payloadType": "application/vnd.in-toto+json",
             "signatures": [{"keyid": "", "sig": ""}]}, separators=(",", ":")).encode()):
        path.write_bytes(text)
        done = yagura("assess", "verify", path)
        equal((done.code, done.out), (1, ""), repr(text))
        contains(done.err, "not valid: ")


main()
