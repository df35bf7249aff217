# SPDX-License-Identifier: Apache-2.0
"""The same log in every packing, encoding and form gives the same findings."""
import bz2
import gzip
import lzma
import shutil
import subprocess
import zipfile

from harness import access_log, case, contains, equal, folder, main, yagura

TEXT = access_log(200, (20, 21, 150))


def facts(result):
    return [(f["rule_id"], f["position"], f["outcome"], f["reason"], f["event"]) for f in result.findings()]


def wanted():
    path = folder() / "access.log"
    path.write_text(TEXT)
    return facts(yagura("detect", "--json", path))


@case
def packings():
    base = folder()
    want = wanted()
    (base / "a.gz").write_bytes(gzip.compress(TEXT[:9000].encode()) + gzip.compress(TEXT[9000:].encode()))
    (base / "b.xz").write_bytes(lzma.compress(TEXT.encode()))
    with zipfile.ZipFile(base / "c.zip", "w") as archive:
        archive.writestr("logs/access.log", TEXT)
    names = ["a.gz", "b.xz", "c.zip"]
    if shutil.which("zstd"):
        (base / "plain").write_text(TEXT)
        subprocess.run(["zstd", "-q", str(base / "plain"), "-o", str(base / "d.zst")], check=True)
        names.append("d.zst")
    for name in names:
        equal(facts(yagura("detect", "--json", base / name)), want, name)


@case
def standard_input_and_folder():
    want = wanted()
    got = yagura("detect", "--json", "-", stdin=TEXT.encode())
    equal(facts(got), want)
    equal(got.findings()[0]["source"], "-")
    base = folder()
    (base / "sub").mkdir()
    (base / "sub" / "access.log").write_text(TEXT)
    equal(facts(yagura("detect", "--json", base)), want)


@case
def line_endings_and_byte_order_mark():
    want = wanted()
    for data in (TEXT.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + TEXT.encode(),
                 TEXT.encode("utf-16"), TEXT.rstrip("\n").encode()):
        equal(facts(yagura("detect", "--json", "-", stdin=data)), want)


@case
def japanese_encodings():
    line = ('203.0.113.9 - 山田 [21/Nov/2026:08:00:00 +0900] "GET /検索?q=1%20union%20select%20a%20from%20b '
            'HTTP/1.1" 404 5 "-" "ソフト表示能"\n')
    text = line * 20
    want = facts(yagura("detect", "--json", "-", stdin=text.encode()))
    assert want
    for encoding in ("cp932", "euc_jp"):
        equal(facts(yagura("detect", "--json", "-", stdin=text.encode(encoding))), want, encoding)


@case
def quoted_by_a_spreadsheet():
    quoted = "".join('"%s"\n' % line for line in TEXT.splitlines())
    got = yagura("detect", "--json", "--stats", "-", stdin=quoted.encode())
    equal(got.stats()["unparsed"], 0)
    equal([f["position"] for f in got.findings()], [p for _, p, *_ in wanted()])


@case
def own_log_format():
    line = "21/Nov/2026:08:00:00 +0900|203.0.113.9|404|GET /x.php?id=1%20union%20select%20a%20from%20b HTTP/1.1|7\n"
    for form in ("%{%d/%b/%Y:%H:%M:%S %z}t|%h|%>s|%r|%b", "$time_local|$remote_addr|$status|$request|$body_bytes_sent"):
        got = yagura("detect", "--json", "--stats", "--log-format", form, "-", stdin=line.encode())
        equal((got.code, got.stats()["unparsed"]), (0, 0), form)
        assert got.findings(), form
        equal(got.findings()[0]["src_ip"], "203.0.113.9")


@case
def records_give_the_same_findings():
    base = folder()
    samples = {"access.log": TEXT, "auth.log": "".join(
        "Nov 21 08:00:%02d host sshd[%d]: Failed password for root from 203.0.113.9 port 4%03d ssh2\n" % (i, i, i)
        for i in range(30))}
    for name, text in samples.items():
        path = base / name
        path.write_text(text)
        records = yagura("source", "records", path)
        equal(records.code, 0)
        direct = yagura("detect", "--json", path)
        assert direct.out, name
        again = yagura("detect", "--json", "-", stdin=records.out.encode())
        equal(again.out, direct.out, name)


@case
def time_zone():
    line = "Nov 21 08:00:00 host sshd[1]: Failed password for root from 203.0.113.9 port 1 ssh2\n"
    got = {zone: yagura("source", "records", "--tz", zone, "-", stdin=line.encode()).lines()[0]["time"]
           for zone in ("UTC", "Asia/Tokyo", "+01:00")}
    equal({t[11:19] for t in got.values()}, {"08:00:00", "23:00:00", "07:00:00"})


@case
def other_archives_are_said():
    path = folder() / "a.log.bz2"
    path.write_bytes(bz2.compress(TEXT.encode()))
    got = yagura("detect", "--json", path)
    assert got.code in (1, 2)
    contains(got.err, str(path))


@case
def indicators_and_allow_list():
    base = folder()
    (base / "access.log").write_text(access_log(10, ()))
    (base / "bad.txt").write_text("# list\n198.51.100[.]7\nhxxp://evil.example/x\n")
    (base / "ok.txt").write_text("198.51.100.7\n")
    got = yagura("detect", "--json", "--indicators", base / "bad.txt", base / "access.log")
    hits = [f for f in got.findings() if f["kind"] == "indicator"]
    equal(len(hits), 10)
    got = yagura("detect", "--json", "--indicators", base / "bad.txt", "--allow", base / "ok.txt",
                 base / "access.log")
    equal([f for f in got.findings() if f["kind"] == "indicator"], [])


@case
def behind_a_proxy_the_first_forwarded_address_is_the_source():
    log = access_log().replace("203.0.113.9 ", "203.0.113.9, 10.0.0.1 ")
    got = yagura("detect", "--json", "--log-format",
                 '%{X-Forwarded-For}i %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"', "-",
                 stdin=log.encode())
    assert got.findings(), got.err
    equal({f["src_ip"] for f in got.findings()}, {"203.0.113.9"})


@case
def what_is_no_log_in_a_folder_or_archive_is_no_failure():
    base = folder()
    (base / "access.log").write_text(access_log())
    (base / "empty.log").write_text("")
    (base / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    got = yagura("detect", "--json", base)
    equal(got.code, 0)
    contains(got.err, "picture.png")
    with zipfile.ZipFile(base / "logs.zip", "w") as archive:
        for name in ("access.log", "empty.log", "picture.png"):
            archive.write(base / name, name)
    for command in (("detect", "--json"), ("source", "records")):
        got = yagura(*command, base / "logs.zip")
        equal(got.code, 0)
        contains(got.err, "logs.zip!empty.log")


main()
