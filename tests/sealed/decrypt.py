#!/usr/bin/env python3
"""Decrypts an encrypted image by src/codec/SEALED.md alone: the standard library and python3-cryptography.

decrypt.py SEALED RESULT key|passphrase FILE [NAME]

NAME is what the file is called now, for one that is bound to a name. RESULT gets the samples, as PNG has them before
filtering. Nothing is written unless everything is verified. Exits 1 with a message for a file or a key that is not right.
"""
import hmac
import os
import struct
import sys
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = struct.Struct(">8s4B5I32s16s4B16s")
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
ORIENTATION, GAMA, SRGB, PHYS, TEXT, CICP, NAME = 1, 5, 7, 8, 9, 11, 14
ANY = range(1 << 32)
LENGTHS = {1: (1,), 2: ANY, 3: ANY, 4: ANY, 5: (4,), 6: (32,), 7: (1,), 8: (9,), 9: ANY, 10: ANY, 11: (4,), 12: (24,),
           13: (8,), 14: range(1, 1024)}


class Refused(Exception):
    """Why there is no picture; nothing of it has been given out."""


def need(condition, why):
    if not condition:
        raise Refused(why)


class Picture:
    """Size, depth, PNG's colour type, the rows before filtering, and entries (type, content)."""

    def __init__(self, ihdr, rows, entries):
        self.width, self.height, self.depth, self.colour_type = ihdr[:4]
        self.rows, self.entries = rows, entries


def chunks_of(data):
    """IHDR's fields, and the chunks up to IEND. Checksums are not looked at."""
    need(data.startswith(SIGNATURE), "not a PNG file")
    at, chunks, kind = len(SIGNATURE), [], None
    while kind != b"IEND":
        need(at + 12 <= len(data), "the file ends too early")
        size, kind = struct.unpack_from(">I4s", data, at)
        need(at + 12 + size <= len(data), "the file ends too early")
        chunks.append((kind, data[at + 8 : at + 8 + size]))
        at += 12 + size
    need(chunks[0][0] == b"IHDR" and len(chunks[0][1]) == 13, "IHDR is not the first chunk")
    return struct.unpack(">IIBBBBB", chunks[0][1]), chunks[1:]


def seal_of(chunks):
    kinds = [kind for kind, _ in chunks]
    need(kinds.count(b"pmEN") == 1, "not one seal but %d" % kinds.count(b"pmEN"))
    need(b"IDAT" in kinds and kinds.index(b"pmEN") < kinds.index(b"IDAT"), "the seal comes after the pixels")
    return dict(chunks)[b"pmEN"]


def unfiltered(raw, at, height, row_bytes, pixel_bytes):
    rows, above = [], bytearray(row_bytes)
    for _ in range(height):
        kind, row = raw[at], bytearray(raw[at + 1 : at + 1 + row_bytes])
        at += 1 + row_bytes
        need(kind <= 4, "an unknown filter")
        for i in range(row_bytes if kind else 0):
            a, c = (row[i - pixel_bytes], above[i - pixel_bytes]) if i >= pixel_bytes else (0, 0)
            b = above[i]
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            row[i] = (row[i] + (0, a, b, (a + b) // 2, nearest)[kind]) & 255
        rows.append(row)
        above = row
    return rows


def stored_rows(ihdr, chunks):
    """The stored samples, one row after the other."""
    width, height, depth, colour_type, compression, filters, interlaced = ihdr
    need(depth in (8, 16) and colour_type in (0, 2, 4, 6), "a depth or colour type that is never encrypted")
    need(compression == 0 and filters == 0 and interlaced < 2, "an unknown kind of PNG")
    pixel = (3 if colour_type & 2 else 1) + (colour_type >> 2)
    pixel *= depth // 8
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    passes = [(x, y, dx, dy, (width - x + dx - 1) // dx, (height - y + dy - 1) // dy) for x, y, dx, dy in passes]
    passes = [part for part in passes if part[4] > 0 and part[5] > 0]
    total = sum(rows * (1 + columns * pixel) for *_, columns, rows in passes)
    stream = b"".join(data for kind, data in chunks if kind == b"IDAT")
    try:  # raw deflate: zlib's checksum, and what is more than the rows, say nothing
        raw = zlib.decompressobj(-15).decompress(stream[2:], total)
    except zlib.error as error:
        raise Refused("the pixels do not inflate: %s" % error) from error
    need(len(raw) == total, "too few pixels")
    picture, at = [bytearray(width * pixel) for _ in range(height)], 0
    for x, y, dx, dy, columns, rows in passes:
        for n, row in enumerate(unfiltered(raw, at, rows, columns * pixel, pixel)):
            for b in range(pixel):
                picture[y + n * dy][x * pixel + b :: dx * pixel] = row[b::pixel]
        at += rows * (1 + columns * pixel)
    return b"".join(picture)


def read_key(data):
    if len(data) == 32:
        return data
    digits = data[:-2] if data.endswith(b"\r\n") else data[:-1] if data.endswith(b"\n") else data
    need(len(digits) == 64 and all(c in b"0123456789abcdefABCDEF" for c in digits), "not a key file")
    return bytes.fromhex(digits.decode())


def read_passphrase(data):
    passphrase = data[:-1] if data.endswith(b"\n") else data
    need(0 < len(passphrase) and len(data) < 4096, "an empty or long passphrase")
    return passphrase


def derive(master, image_id, info, size):
    return HKDF(algorithm=SHA256(), length=size, salt=image_id, info=info).derive(master)


class Keys:
    """A user's key: read from a file, or made of a passphrase once for each salt."""

    def __init__(self, kind, data):
        self.key = read_key(data) if kind == "key" else None
        self.passphrase = read_passphrase(data) if kind == "passphrase" else None
        self.masters = {}

    def master(self, salt):
        if salt == bytes(16):
            need(self.key is not None, "was encrypted with a key file")
            return self.key
        need(self.passphrase is not None, "was encrypted with a passphrase")
        if salt not in self.masters:
            self.masters[salt] = Scrypt(salt=salt, length=32, n=1 << 17, r=8, p=1).derive(self.passphrase)
        return self.masters[salt]


def is_utf8(data):
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def check_entry(kind, data):
    need(kind in LENGTHS, "an unknown entry of metadata: %d" % kind)
    need(len(data) in LENGTHS[kind], "an entry of metadata of the wrong length: %d" % kind)
    if kind == TEXT:
        need(data.count(0) == 2 and data[-1] == 0 and is_utf8(data), "a text that is none")
    good = {ORIENTATION: lambda: 1 <= data[0] <= 8, GAMA: lambda: 1 <= int.from_bytes(data, "big") < 1 << 31,
            SRGB: lambda: data[0] <= 3, PHYS: lambda: data[8] <= 1, CICP: lambda: data[3] <= 1,
            NAME: lambda: 0 not in data}
    need(good.get(kind, lambda: True)(), "an entry of metadata out of range: %d" % kind)


def entries_of(metadata):
    at, entries = 0, []
    while at < len(metadata):
        need(at + 5 <= len(metadata), "an entry of metadata is cut off")
        kind, size = struct.unpack_from(">BI", metadata, at)
        data = metadata[at + 5 : at + 5 + size]
        need(len(data) == size, "an entry of metadata is cut off")
        check_entry(kind, data)
        need(kind == TEXT or kind not in dict(entries), "an entry of metadata comes twice: %d" % kind)
        entries.append((kind, data))
        at += 5 + size
    need(ORIENTATION in dict(entries), "no orientation")
    return entries


class Header:
    """The seal's first 100 bytes, checked against each other and against IHDR."""

    def __init__(self, seal, ihdr):
        need(len(seal) >= HEADER.size, "the seal is too short")
        self.bytes = seal[: HEADER.size]
        magic, version, depth, colour, alpha, width, height, self.band_rows, self.bands, size, *rest = HEADER.unpack(self.bytes)
        self.id, self.salt, log_n, r, p, flags, self.check = rest
        need(magic == b"pmsealed" and version == 1, "not version 1")
        need(depth in (8, 16) and colour < 2 and alpha < 2 and flags < 2, "a field out of range")
        need(0 < width < 1 << 31 and 0 < height < 1 << 31 and 6 <= size <= 33554432, "a size out of range")
        need((log_n, r, p) == ((17, 8, 1) if any(self.salt) else (0, 0, 0)), "other parameters of scrypt")
        self.row_bytes = width * ((3 if colour else 1) + alpha) * depth // 8
        need(self.band_rows == min(height, max(1, 262144 // self.row_bytes)), "band_rows is wrong")
        need(self.bands == -(-height // self.band_rows), "band_count is wrong")
        need(len(seal) == HEADER.size + 16 * self.bands + size + 16, "the seal's length is wrong")
        need(ihdr[:4] == (width, height, depth, 2 * colour + 4 * alpha), "IHDR does not match")
        self.bound = flags == 1


def open_metadata(header, cipher, sealed, name):
    entries = entries_of(cipher.decrypt(bytes(12), sealed, header.bytes))
    bound = dict(entries).get(NAME, b"")
    need(header.bound == (NAME in dict(entries)), "the flag does not fit the metadata")
    need(not header.bound or bound == name, "was encrypted under another name")
    return entries, bound


def decrypted(data, keys, name=b""):
    """The picture in the file `data` that is called `name` now; or raises Refused."""
    ihdr, chunks = chunks_of(data)
    seal = seal_of(chunks)
    header = Header(seal, ihdr)
    master = keys.master(header.salt)
    need(hmac.compare_digest(derive(master, header.id, b"pixmill 1 key check", 16), header.check), "the key is not the one")
    pixels = AESGCM(derive(master, header.id, b"pixmill 1 pixels", 32))
    metadata = AESGCM(derive(master, header.id, b"pixmill 1 metadata", 32))
    tags_end, rows = HEADER.size + 16 * header.bands, []
    try:
        entries, bound = open_metadata(header, metadata, seal[tags_end:], name)
        noise, band_bytes = stored_rows(ihdr, chunks), header.band_rows * header.row_bytes
        for i in range(header.bands):
            tag = seal[HEADER.size + 16 * i : HEADER.size + 16 * (i + 1)]
            band = noise[i * band_bytes : (i + 1) * band_bytes]
            rows.append(pixels.decrypt(struct.pack(">QI", 0, i), band + tag, header.bytes + bound))
    except InvalidTag as error:
        raise Refused("was changed since it was encrypted") from error
    return Picture(ihdr, b"".join(rows), entries)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def main(source, result, kind, key, name=""):
    try:
        picture = decrypted(content(source), Keys(kind, content(key)), os.fsencode(name))
    except Refused as why:
        sys.exit("%s: %s" % (source, why))
    with open(result, "wb") as out:
        out.write(picture.rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
