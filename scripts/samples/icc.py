#!/usr/bin/env python3
"""Writes a small ICC profile (version 2, matrix and curve) for RGB with given primaries:  icc.py srgb|p3 > profile.icc

Layout: ICC.1:2001-04, sections 6.1 (header), 6.3.1.2 (monitor profile). Primaries are given for a D65 white and brought to
the profile's D50 by the Bradford transform.
"""
import struct
import sys

PRIMARIES = {
    "srgb": ("sRGB primaries, sRGB curve", ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))),
    "p3": ("P3 primaries, sRGB curve", ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))),
}
D65 = (0.95047, 1.0, 1.08883)
D50 = (0.96420, 1.0, 0.82491)
BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))


def apply(m, v):
    return tuple(sum(a * b for a, b in zip(row, v)) for row in m)


def solve(m, v):
    """The x with m·x = v, by Cramer's rule."""
    def det(a):
        return (a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) - a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0])
                + a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0]))
    return tuple(det([[v[r] if c == k else m[r][c] for c in range(3)] for r in range(3)]) / det(m) for k in range(3))


def colorants(primaries):
    """The XYZ of each primary at full strength, seen under D50; together they make white."""
    columns = [(x / y, 1.0, (1 - x - y) / y) for x, y in primaries]
    strength = solve([[column[row] for column in columns] for row in range(3)], D65)
    scale = [b / a for a, b in zip(apply(BRADFORD, D65), apply(BRADFORD, D50))]
    return [solve(BRADFORD, [s * c for s, c in zip(scale, apply(BRADFORD, [strength[i] * v for v in columns[i]]))]) for i in range(3)]


def xyz(values):
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))


def text(s):
    raw = s.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(raw)) + raw + bytes(4 + 4 + 2 + 1 + 67)


def curve(points=64):
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (i / (points - 1) for i in range(points))]
    return b"curv\0\0\0\0" + struct.pack(">I%dH" % points, points, *(round(v * 65535) for v in linear))


def main():
    name, primaries = PRIMARIES[sys.argv[1]]
    red, green, blue = colorants(primaries)
    data = {b"desc": text(name), b"cprt": b"text\0\0\0\0MIT, the pixmill authors\0", b"wtpt": xyz(D50),
            b"rXYZ": xyz(red), b"gXYZ": xyz(green), b"bXYZ": xyz(blue), b"rTRC": curve()}
    tags, body, at = b"", b"", 128 + 4 + 12 * (len(data) + 2)
    for tag, value in data.items():
        entry = struct.pack(">II", at + len(body), len(value))
        for name in (b"rTRC", b"gTRC", b"bTRC") if tag == b"rTRC" else (tag,):  # one curve serves all three
            tags += name + entry
        body += value + bytes(-len(value) % 4)
    header = struct.pack(">I4sI4s4s4s6H4s4s", at + len(body), b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ",
                         2026, 1, 1, 0, 0, 0, b"acsp", b"\0\0\0\0") + bytes(24) + xyz(D50)[8:]
    sys.stdout.buffer.write(header.ljust(128, b"\0") + struct.pack(">I", len(data) + 2) + tags + body)


main()
