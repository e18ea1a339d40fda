#!/usr/bin/env python3
"""Decrypts an encrypted image by src/codec/SEALED.md alone, with python3-cryptography.

decrypt.py FILE RESULT.png key FILE | passphrase FILE [NAME]

NAME is what the file is called now, for one that is bound to a name. Writes the picture, with what is in its metadata, as a PNG. Exits 1 with a message for a file or a key that is not right.
"""
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
HEADER = struct.Struct(">8sBBBB5I32s16s4B16s")


def insist(condition, message):
    if not condition:
        sys.exit(message)


def chunks_of(file):
    insist(file.startswith(SIGNATURE), "not a PNG file")
    at, chunks = len(SIGNATURE), []
    while at < len(file):
        size, kind = struct.unpack_from(">I4s", file, at)
        chunks.append((kind, file[at + 8 : at + 8 + size]))
        at += 12 + size
    return chunks


def unfiltered(stream, height, row_bytes, pixel):
    """The rows of a PNG without interlacing, one after the other."""
    rows, above = [], bytearray(row_bytes)
    for y in range(height):
        kind, row = stream[y * (row_bytes + 1)], bytearray(stream[y * (row_bytes + 1) + 1 : (y + 1) * (row_bytes + 1)])
        for i in range(row_bytes if kind else 0):
            a, b, c = (row[i - pixel], above[i], above[i - pixel]) if i >= pixel else (0, above[i], 0)
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            row[i] = (row[i] + (0, a, b, (a + b) // 2, nearest)[kind]) & 255
        rows.append(bytes(row))
        above = row
    return b"".join(rows)


def master_key(kind, path, salt):
    text = open(path, "rb").read()
    if kind == "passphrase":
        insist(any(salt), "was encrypted with a key file")
        text = text[:-1] if text.endswith(b"\n") else text
        return Scrypt(salt=salt, length=32, n=1 << 17, r=8, p=1).derive(text)
    insist(not any(salt), "was encrypted with a passphrase")
    return text if len(text) == 32 else bytes.fromhex(text.decode("ascii").rstrip("\r\n"))


def derive(master, image_id, info, size):
    return HKDF(algorithm=SHA256(), length=size, salt=image_id, info=info).derive(master)


def entries_of(metadata):
    at, entries = 0, []
    while at < len(metadata):
        tag, size = struct.unpack_from(">BI", metadata, at)
        insist(1 <= tag <= 14 and at + 5 + size <= len(metadata), "metadata of an unknown kind")
        entries.append((tag, metadata[at + 5 : at + 5 + size]))
        at += 5 + size
    return entries


def opened(file, kind, path, name):
    """Width, height, depth, colour type, rows and metadata of an encrypted file."""
    chunks = chunks_of(file)
    seals = [data for name, data in chunks if name == b"pmEN"]
    insist(len(seals) == 1, "not one seal but %d" % len(seals))
    seal, header = seals[0], seals[0][:100]
    magic, version, depth, colour, alpha, width, height, band_rows, bands, size, image_id, salt, *rest = HEADER.unpack(header)
    insist(magic == b"pmsealed" and version == 1, "not version 1")
    insist(depth in (8, 16) and colour < 2 and alpha < 2 and width > 0 and height > 0, "a field out of range")
    insist(rest[:3] == ([17, 8, 1] if any(salt) else [0, 0, 0]), "other parameters of scrypt")
    insist(rest[3] < 2, "unknown flags")
    channels = 3 * colour + (1 - colour) + alpha
    row_bytes = width * channels * depth // 8
    insist(band_rows == min(height, max(1, 262144 // row_bytes)), "band_rows is wrong")
    insist(bands == (height + band_rows - 1) // band_rows, "band_count is wrong")
    insist(len(seal) == 100 + 16 * bands + size + 16, "the seal's length is wrong")
    colour_type = 2 * colour + 4 * alpha
    insist(chunks[0][1] == struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0), "IHDR does not match")

    master = master_key(kind, path, salt)
    insist(derive(master, image_id, b"pixmill 1 key check", 16) == rest[4], "the key is not the one")
    stream = zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT"))
    noise = unfiltered(stream, height, row_bytes, channels * depth // 8)
    try:
        cipher = AESGCM(derive(master, image_id, b"pixmill 1 metadata", 32))
        entries = entries_of(cipher.decrypt(bytes(12), seal[100 + 16 * bands :], header))
        bound = dict(entries).get(14, b"")
        insist(rest[3] == (bound != b""), "the flag does not fit the metadata")
        insist(bound in (b"", name), "was encrypted under another name")
        cipher, rows = AESGCM(derive(master, image_id, b"pixmill 1 pixels", 32)), []
        for i in range(bands):
            band = noise[i * band_rows * row_bytes : (i + 1) * band_rows * row_bytes]
            tag = seal[100 + 16 * i : 116 + 16 * i]
            rows.append(cipher.decrypt(bytes(8) + struct.pack(">I", i), band + tag, header + bound))
    except InvalidTag:
        sys.exit("was changed since it was encrypted")
    return width, height, depth, colour_type, b"".join(rows), entries


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def metadata_chunks(entries):
    """The entries as PNG has them."""
    same = {5: b"gAMA", 6: b"cHRM", 7: b"sRGB", 8: b"pHYs", 11: b"cICP", 12: b"mDCV", 13: b"cLLI", 3: b"eXIf"}
    tags = dict(entries)
    insist(1 in tags and 1 <= tags[1][0] <= 8, "metadata without orientation")
    if 3 not in tags and tags[1][0] > 1:
        entries = entries + [(3, b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x112, 3, 1, tags[1][0], 0, 0))]
    for tag, data in entries:
        if tag in same:
            yield chunk(same[tag], data)
        elif tag == 2:
            yield chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(data))
        elif tag == 4:
            yield chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + data)
        elif tag == 9:
            keyword, text, nothing = data.split(b"\0")
            yield chunk(b"iTXt", keyword.decode().encode("latin-1") + bytes(5) + text)
        elif tag == 10:
            text = "\niptc\n%8d\n%s\n" % (len(data), data.hex())
            yield chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(text.encode()))


def main(source, result, kind, path, name=""):
    width, height, depth, colour_type, rows, entries = opened(open(source, "rb").read(), kind, path, os.fsencode(name))
    row_bytes = len(rows) // height
    stream = b"".join(b"\0" + rows[y * row_bytes : (y + 1) * row_bytes] for y in range(height))
    ihdr = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    with open(result, "wb") as out:
        out.write(SIGNATURE + chunk(b"IHDR", ihdr) + b"".join(metadata_chunks(entries)))
        out.write(chunk(b"IDAT", zlib.compress(stream)) + chunk(b"IEND", b""))


if __name__ == "__main__":
    main(*sys.argv[1:])
