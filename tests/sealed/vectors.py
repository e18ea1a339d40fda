#!/usr/bin/env python3
"""Decrypts the test vectors of src/codec/SEALED.md as they stand there, and checks every value beside them.

vectors.py DOCUMENT FOLDER: also writes the files, in the document's order, as FOLDER/1.png, FOLDER/2.png, ...
"""
import os
import re
import sys

from decrypt import HEADER, NAME, TEXT, Keys, chunks_of, content, decrypted, derive, seal_of, stored_rows

VALUE = re.compile(r"^    (\S.{0,14}?) +([0-9a-f]+)$")
MORE = re.compile(r"^    (?: {16})?([0-9a-f]+)$")


class Fixed(Keys):
    """A master key, whatever the salt says of where it came from."""

    def __init__(self, master):
        super().__init__("key", master)

    def master(self, salt):
        return self.key


def values_of(section):
    """Hexadecimal values by name; "file" is the whole file."""
    values, name = {}, None
    for line in section.splitlines():
        value, more = VALUE.match(line), MORE.match(line)
        if line.startswith("The") and line.endswith("bytes:"):
            name = "file"
        elif value and not more:
            name = value[1]
            values[name] = value[2]
        elif more:
            values[name] = values.get(name, "") + more[1]
    return {name: bytes.fromhex(digits) for name, digits in values.items()}


def expect(what, got, expected):
    if got != expected:
        sys.exit("%s: %s in the document, and %s" % (what, expected.hex(), got.hex()))


def metadata_of(entries):
    return b"".join(bytes([kind]) + len(data).to_bytes(4, "big") + data for kind, data in entries)


def check(values, section):
    """`values`: those of this vector, over those that stand for all before it."""
    file, master, image_id = values["file"], values["master key"], values["id"]
    ihdr, chunks = chunks_of(file)
    seal, name = seal_of(chunks), re.search("bound to the name `(.*)`", section)
    expect("pixel key", derive(master, image_id, b"pixmill 1 pixels", 32), values["pixel key"])
    expect("metadata key", derive(master, image_id, b"pixmill 1 metadata", 32), values["metadata key"])
    expect("check value", derive(master, image_id, b"pixmill 1 key check", 16), values["check value"])
    expect("header", seal[: HEADER.size], values["header"])
    expect("seal", seal[HEADER.size :], values["tag of band 0"] + values["sealed metadata"] + values["its tag"])
    expect("noise", stored_rows(ihdr, chunks), values["noise"])
    picture = decrypted(file, Fixed(master), name[1].encode() if name else b"")
    expect("pixels", picture.rows, values["pixels"])
    expect("metadata", metadata_of(picture.entries), values["plain metadata"])
    for text in (data.decode().split("\0")[:2] for kind, data in picture.entries if kind == TEXT):
        if name is None and '"%s", "%s"' % tuple(text) not in section:
            sys.exit("the document does not tell the text %s" % text)
    if (NAME in dict(picture.entries)) != (name is not None):
        sys.exit("the vector is not bound as the document says")


def main(document, folder):
    text = content(document).decode()
    sections = re.split(r"^### ", text[text.index("## Test vectors") :], flags=re.MULTILINE)[1:]
    values, count = {}, 0
    for section in sections:
        values.update(values_of(section))
        check(values, section)
        count += 1
        with open(os.path.join(folder, "%d.png" % count), "wb") as out:
            out.write(values.pop("file"))
    passphrase = re.search("^    passphrase +(.*)$", text, re.MULTILINE)[1].encode()
    expect("scrypt", Keys("passphrase", passphrase).master(values["salt"]), values["scrypt of both"])
    print("%d vectors" % count)


if __name__ == "__main__":
    main(*sys.argv[1:])
