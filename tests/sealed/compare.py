#!/usr/bin/env python3
"""Compares what decrypt.py makes of encrypted images with what pixmill made of them, pixel by pixel and entry by entry.

compare.py SEALED PLAIN key|passphrase FILE: each PNG below the folder SEALED, decrypted, is the one of the same path below
PLAIN (--decrypt --keep=all --no-autorotate). Prints how many were compared; exits 1 at the first that differs.
"""
import os
import struct
import sys
import zlib

from decrypt import TEXT, Keys, Refused, chunks_of, content, decrypted, stored_rows

SAME_DATA = {b"gAMA": 5, b"cHRM": 6, b"sRGB": 7, b"pHYs": 8, b"cICP": 11, b"mDCV": 12, b"cLLI": 13, b"eXIf": 3}
XMP = b"XML:com.adobe.xmp"
IPTC = b"Raw profile type iptc"


def orientation_of(exif):
    """A TIFF structure's tag 0x112 in its first directory."""
    order = ">" if exif[:2] == b"MM" else "<"
    (at,) = struct.unpack_from(order + "I", exif, 4)
    (count,) = struct.unpack_from(order + "H", exif, at)
    for n in range(count):
        tag, _, _, value = struct.unpack_from(order + "HHIH", exif, at + 2 + 12 * n)
        if tag == 0x112:
            return value
    return 1


def text_entry(kind, data):
    """(type, content) of a PNG's text: XMP, IPTC or a text."""
    keyword, rest = data.split(b"\0", 1)
    if keyword == IPTC:
        digits = zlib.decompress(rest[1:]).split(b"\n", 3)[3]
        return 10, bytes.fromhex(digits.decode())
    if kind == b"iTXt":
        rest = rest[2:].split(b"\0", 2)[2]
    if keyword == XMP:
        return 4, rest
    text = rest if kind == b"iTXt" else rest.decode("latin-1").encode()
    return TEXT, keyword.decode("latin-1").encode() + b"\0" + text + b"\0"


def entries_of_png(chunks):
    """What a PNG says beside its pixels, as the entries of SEALED.md, without orientation; and that."""
    entries, orientation = [], 1
    for kind, data in chunks:
        if kind in SAME_DATA:
            entries.append((SAME_DATA[kind], data))
        elif kind == b"iCCP":
            entries.append((2, zlib.decompress(data.split(b"\0", 1)[1][1:])))
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            entries.append(text_entry(kind, data))
        if kind == b"eXIf":
            orientation = orientation_of(data)
    return entries, orientation


def in_order(entries):
    """By type; texts stay in theirs."""
    return sorted(entries, key=lambda entry: entry[0])


def differences(picture, plain):
    ihdr, chunks = chunks_of(plain)
    entries, orientation = entries_of_png(chunks)
    own = dict(picture.entries)
    if 3 not in own:  # pixmill makes one that states the orientation alone
        entries = [entry for entry in entries if entry[0] != 3]
    if ihdr[:4] != (picture.width, picture.height, picture.depth, picture.colour_type):
        yield "size, depth or colour type"
    elif stored_rows(ihdr, chunks) != picture.rows:
        yield "pixels"
    if orientation != own[1][0]:
        yield "orientation: %d and %d" % (orientation, own[1][0])
    ours, theirs = in_order(e for e in picture.entries if e[0] not in (1, 14)), in_order(entries)
    if ours != theirs:
        yield "metadata: %s and %s" % (ours, theirs)


def files_below(folder):
    for at, _, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(at, name), folder)


def main(sealed, plain, kind, key):
    keys, seen, count = Keys(kind, content(key)), set(), 0
    for name in sorted(files_below(sealed)):
        try:
            picture = decrypted(content(os.path.join(sealed, name)), keys, os.fsencode(name))
        except Refused as why:
            sys.exit("%s: %s" % (name, why))
        for difference in differences(picture, content(os.path.join(plain, name))):
            sys.exit("%s differs: %s" % (name, difference))
        seen.update(kind for kind, _ in picture.entries)
        count += 1
    print("%d images, entries %s" % (count, " ".join(map(str, sorted(seen)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
