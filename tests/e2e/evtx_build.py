# SPDX-License-Identifier: Apache-2.0
"""Windows event files made by hand: one template a chunk, texts and checksums as Windows writes them."""
import struct
import zlib

CHUNK = 65536
SYSMON = "Microsoft-Windows-Sysmon/Operational"


def units(text):
    return text.encode("utf-16-le")


class Chunk:
    """A chunk with one template that all records use: System, and EventData with Image and User."""

    def __init__(self, first):
        self.bytes = bytearray(512)
        self.first = self.id = first
        self.definition = None

    def name(self, text):
        self.bytes += struct.pack("<IIHH", len(self.bytes) + 4, 0, 0, len(text)) + units(text) + b"\0\0"

    def open(self, name, attributes=False):
        self.bytes += struct.pack("<BHI", 0x41 if attributes else 1, 0xffff, 0)
        self.name(name)
        if attributes:
            self.bytes += bytes(4)

    def attribute(self, name):
        self.bytes += b"\6"
        self.name(name)

    def text(self, text):
        self.bytes += struct.pack("<BBH", 5, 1, len(text)) + units(text)

    def value(self, index):
        self.bytes += struct.pack("<BHB", 0xe, index, 0)

    def leaf(self, name, index):
        self.open(name)
        self.bytes += b"\2"
        self.value(index)
        self.bytes += b"\4"

    def data(self, name, index):
        self.open("Data", True)
        self.attribute("Name")
        self.text(name)
        self.bytes += b"\2"
        self.value(index)
        self.bytes += b"\4"

    def define(self):
        self.definition = len(self.bytes)
        self.bytes += bytes(24) + b"\x0f\1\1\0"
        self.open("Event")
        self.bytes += b"\2"
        self.open("System")
        self.bytes += b"\2"
        self.open("Provider", True)
        self.attribute("Name")
        self.text("Microsoft-Windows-Sysmon")
        self.bytes += b"\3"
        self.leaf("EventID", 0)
        self.open("TimeCreated", True)
        self.attribute("SystemTime")
        self.value(1)
        self.bytes += b"\3"
        self.leaf("Channel", 2)
        self.leaf("Computer", 3)
        self.bytes += b"\4"
        self.open("EventData")
        self.bytes += b"\2"
        self.data("Image", 4)
        self.data("User", 5)
        self.bytes += b"\4\4\0"
        struct.pack_into("<I", self.bytes, self.definition + 20, len(self.bytes) - self.definition - 24)

    def record(self, image, user="DOM\\user", code=1):
        start = len(self.bytes)
        ticks = 134208770930920519 + 10000000 * self.id
        self.bytes += b"**\0\0\0\0\0\0" + struct.pack("<QQ", self.id, ticks) + b"\x0f\1\1\0"
        self.bytes += b"\x0c\1" + struct.pack("<II", 7, self.definition or len(self.bytes) + 10)
        if self.definition is None:
            self.define()
        values = [(6, struct.pack("<H", code)), (0x11, struct.pack("<Q", ticks)), (1, units(SYSMON)),
                  (1, units("pc")), (1, units(image)), (1, units(user))]
        self.bytes += struct.pack("<I", len(values))
        for kind, value in values:
            self.bytes += struct.pack("<HBB", len(value), kind, 0)
        for _, value in values:
            self.bytes += value
        size = len(self.bytes) - start + 4
        self.bytes += struct.pack("<I", size)
        struct.pack_into("<I", self.bytes, start + 4, size)
        self.id += 1
        return start

    def done(self):
        to, end = self.bytes, len(self.bytes)
        to += bytes(CHUNK - end)
        struct.pack_into("<8sQQQQIII", to, 0, b"ElfChnk\0", 1, 1, self.first, self.id - 1, 128, 0, end)
        struct.pack_into("<I", to, 52, zlib.crc32(to[512:end]))
        struct.pack_into("<I", to, 124, zlib.crc32(to[128:512], zlib.crc32(to[:120])))
        return bytes(to)


def header(chunks):
    to = bytearray(4096)
    struct.pack_into("<8sQQQIHHHH", to, 0, b"ElfFile\0", 0, chunks - 1, 1, 128, 1, 3, 4096, chunks)
    struct.pack_into("<I", to, 124, zlib.crc32(to[:120]))
    return bytes(to)


def chunks(count=3, records=50):
    made, number = [], 1
    for _ in range(count):
        chunk = Chunk(number)
        for _ in range(records):
            evil = chunk.id % 7 == 3
            chunk.record("C:\\Temp\\%s.exe" % ("Evil" if evil else "good%d" % (chunk.id % 11)), "DOM\\%d" % chunk.id)
        number = chunk.id
        made.append(chunk.done())
    return made


def event_file(made):
    return header(len(made)) + b"".join(made)
