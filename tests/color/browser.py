#!/usr/bin/env python3
"""Converted colours in a real Chromium: each picture beside what --profile=srgb makes of it, on one page, must look the same: a mean
difference below one level of 255.

usage: browser.py PIXMILL PICTURES

PIXMILL is the command, PICTURES the folder of samples. Profiles are Debian's colord-data and icc-profiles-free. Only the standard
library is used.
"""

import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

WIDTH, HEIGHT = 300, 200
ICC = "/usr/share/color/icc/"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def profile(path):
    with open(ICC + path, "rb") as file:
        return chunk(b"iCCP", b"x\0\0" + zlib.compress(file.read()))


def cases():
    """Name, sample and what is put behind its IHDR."""
    yield "Adobe RGB", "spheres-444", profile("colord/AdobeRGB1998.icc")
    yield "ProPhoto RGB", "spheres-444", profile("colord/ProPhotoRGB.icc")
    yield "L* RGB", "lake", profile("LStar-RGB.icc")
    yield "Display P3", "lake", chunk(b"cICP", bytes((12, 13, 0, 1)))
    yield "BT.2020", "spheres-444", chunk(b"cICP", bytes((9, 1, 0, 1)))
    yield "gamma 1.8", "lake", chunk(b"gAMA", struct.pack(">I", 55556))
    yield "grey", "moon-grey", profile("Gray.icc")


# Name, options of the picture at the left and of its result at the right. (CMYK is compared with lcms2 alone, in test_pipeline.c:
# Chromium's own conversion makes white 252 254 255, and black lighter than lcms2 does.)
OTHERS = (
    ("AVIF, sRGB", ["--format=png"], ["--profile=srgb", "--format=avif", "--lossless"]),
    ("JPEG, sRGB", ["--format=png"], ["--profile=srgb", "--format=jpeg", "--quality=100"]),
    ("JPEG, P3", ["--format=png", "--profile=p3"], ["--profile=p3", "--format=jpeg", "--quality=100"]),
    ("WebP, P3", ["--format=png", "--profile=p3"], ["--profile=p3", "--format=webp", "--lossless"]),
    ("AVIF, P3", ["--format=png", "--profile=p3"], ["--profile=p3", "--format=avif", "--lossless"]),
)


def rows_of(path):
    """The rows of an 8-bit PNG without interlace: RGB, or RGBA, of which alpha is left out."""
    with open(path, "rb") as file:
        data = file.read()
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    channels, at, packed = {2: 3, 6: 4}[kind], 8, b""
    assert depth == 8
    while at < len(data):
        size = struct.unpack(">I", data[at : at + 4])[0]
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + size]
        at += size + 12
    samples, stride, above = zlib.decompress(packed), width * channels, bytes(width * channels)
    for y in range(height):
        how, row = samples[y * (stride + 1)], bytearray(samples[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for i in range(stride):
            left = row[i - channels] if i >= channels else 0
            up, corner = above[i], above[i - channels] if i >= channels else 0
            near = min((abs(up - corner), 0, left), (abs(left - corner), 1, up), (abs(left + up - 2 * corner), 2, corner))[2]
            row[i] = row[i] + (0, left, up, (left + up) // 2, near)[how] & 255
        above = bytes(row)
        yield bytes(sample for i, sample in enumerate(above) if i % channels < 3)


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)


def make_page(pixmill, pictures, folder):
    names, page = [], '<body style="margin: 0">'
    for number, (name, sample, described) in enumerate(cases()):
        size = "--resize=%dx%d!" % (WIDTH, HEIGHT)
        run(pixmill, "run", os.path.join(pictures, sample + ".jpg"), "-o", folder + "/plain", size, "--format=png", "--profile=none")
        with open("%s/plain/%s.png" % (folder, sample), "rb") as file:
            plain = file.read()
        os.makedirs(folder + "/in", exist_ok=True)
        with open("%s/in/%d.png" % (folder, number), "wb") as file:
            file.write(plain[:33] + described + plain[33:])
        place = '<img src="%s/%d.png" style="position: absolute; left: %dpx; top: %dpx">'
        page += place % ("in", number, 0, number * HEIGHT) + place % ("out", number, WIDTH, number * HEIGHT)
        names.append(name)
    run(pixmill, "run", folder + "/in", "-o", folder + "/out", "--profile=srgb")
    for name, source, result in OTHERS:
        number = len(names)
        sides = "%s/left%d" % (folder, number), "%s/right%d" % (folder, number)
        run(pixmill, "run", os.path.join(pictures, "lake.jpg"), "-o", sides[0], "--resize=%dx%d!" % (WIDTH, HEIGHT), *source)
        run(pixmill, "run", sides[0], "-o", sides[1], *result)
        for x, side in zip((0, WIDTH), sides):
            file = os.path.join(os.path.basename(side), os.listdir(side)[0])
            page += '<img src="%s" style="position: absolute; left: %dpx; top: %dpx">' % (file, x, number * HEIGHT)
        names.append(name)
    with open(folder + "/page.html", "w") as file:
        file.write(page)
    return names


def main(pixmill, pictures):
    chromium = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
    if chromium is None:
        sys.exit("browser.py: no Chromium")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        names = make_page(pixmill, pictures, folder)
        run(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--force-color-profile=srgb", "--hide-scrollbars",
            "--force-device-scale-factor=1", "--window-size=%d,%d" % (2 * WIDTH, HEIGHT * len(names) + 100),
            "--user-data-dir=" + folder + "/profile", "--screenshot=" + folder + "/shot.png", "file://" + folder + "/page.html")
        rows = list(rows_of(folder + "/shot.png"))
        for number, name in enumerate(names):
            band = rows[number * HEIGHT : (number + 1) * HEIGHT]
            differences = [abs(a - b) for row in band for a, b in zip(row[: 3 * WIDTH], row[3 * WIDTH : 6 * WIDTH])]
            mean = sum(differences) / len(differences)
            failed = failed or mean >= 1
            print("%-14s mean difference %.3f, at most %d" % (name, mean, max(differences)))
    sys.exit(failed)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
