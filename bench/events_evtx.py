#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""W4 from the public event files: events_evtx.py SHARED MEGABYTES >FILE

The full chunks (60,000 bytes of records and more) of the files, one file after the other in turn, so
that a file of many chunks counts no more than one of few; written again and again until the size is
reached, with new record numbers and right checksums. On standard error: digest, records, and bytes
that the chunks use.
"""
import hashlib
import pathlib
import struct
import sys
import zlib

CHUNK = 65536
HEAD = 512
FULL = 60000


def chunks_of(path):
    data = path.read_bytes()
    for at in range(4096, len(data) - CHUNK + 1, CHUNK):
        chunk = data[at:at + CHUNK]
        end = struct.unpack_from("<I", chunk, 48)[0]
        if chunk[:8] == b"ElfChnk\0" and FULL <= end <= CHUNK and \
                zlib.crc32(chunk[HEAD:end]) == struct.unpack_from("<I", chunk, 52)[0]:
            yield chunk


def record_places(chunk):
    at, end, places = HEAD, struct.unpack_from("<I", chunk, 48)[0], []
    while at < end:
        assert chunk[at:at + 4] == b"**\0\0"
        places.append(at)
        at += struct.unpack_from("<I", chunk, at + 4)[0]
    return places


def renumbered(chunk, places, number):
    to = bytearray(chunk)
    end = struct.unpack_from("<I", to, 48)[0]
    for i, at in enumerate(places):
        struct.pack_into("<Q", to, at + 8, number + i)
    last = number + len(places) - 1
    struct.pack_into("<QQQQ", to, 8, number, last, number, last)
    struct.pack_into("<I", to, 52, zlib.crc32(to[HEAD:end]))
    struct.pack_into("<I", to, 124, zlib.crc32(to[128:HEAD], zlib.crc32(to[:120])))
    return to, end


def file_header(count, number):
    to = bytearray(4096)
    struct.pack_into("<8sQQQIHHHH", to, 0, b"ElfFile\0", 0, count - 1, number, 128, 1, 3, 4096, count & 0xffff)
    struct.pack_into("<I", to, 124, zlib.crc32(to[:120]))
    return to


def main():
    shared, megabytes = sys.argv[1], int(sys.argv[2])
    files = [list(chunks_of(p)) for p in sorted((pathlib.Path(shared) / "evtx").rglob("*.evtx"))]
    files = [[(c, record_places(c)) for c in f] for f in files if f]
    count = max(1, (megabytes << 20) // CHUNK)
    order = [files[i % len(files)][i // len(files) % len(files[i % len(files)])] for i in range(count)]
    total = sum(len(places) for _, places in order)
    digest, number, used = hashlib.sha256(), 1, 0
    out = sys.stdout.buffer
    head = file_header(count, total + 1)
    digest.update(head)
    out.write(head)
    for chunk, places in order:
        to, end = renumbered(chunk, places, number)
        number += len(places)
        used += end
        digest.update(to)
        out.write(to)
    print("digest %s, %d records, %d bytes used, %d files" % (digest.hexdigest()[:16], total, used, len(files)),
          file=sys.stderr)


main()
