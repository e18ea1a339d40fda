"""Compares pixmill's kernels with those of sharp, OpenCV and Pillow:  kernel-goals.py KERNELS NODE SHARP ROUNDS

Every program works on 5120 x 2880 pixels of 8-bit RGB, in memory, on one thread. They take turns, ROUNDS times; medians count,
and only the ratios of one table mean anything. A goal is a share of the best peer's time (of sharp's for the resize), or GB/s.
"""
import json
import statistics
import subprocess
import sys
import time

import cv2
import numpy
from PIL import Image, ImageFilter

WIDTH, HEIGHT = 5120, 2880
SAMPLES = WIDTH * HEIGHT * 3
REPEATS = 3
LEVELS = ("base", "avx2", "avx512")

# name: (peers that the goal is relative to, goal with AVX-512, with AVX2)
GOALS = {
    "resize to 800 x 450": (("sharp",), 1 / 4, 1 / 2),
    "resize to 800 x 450, linear light": (("sharp",), 1 / 10, 1 / 10),  # sharp's scrgb pipeline
    "resize to 800 x 450, gamma": (("sharp",), 1 / 2, 1 / 2),  # sharp's gamma() beside pixmill's linear light
    "blur, sigma 1": (("sharp", "OpenCV"), 1 / 1.8, 1 / 1),
    "blur, sigma 2": (("sharp", "OpenCV"), 1 / 2, 1 / 1.3),
    "blur, sigma 5": (("sharp", "OpenCV"), 1 / 3.5, 1 / 2.5),
    "blur, sigma 20": (("sharp", "OpenCV"), 1 / 8, 1 / 4),
    "pad to 800 x 800": (("sharp",), 1 / 2, 1 / 2),
    "trim half of it": (("sharp",), 1 / 2, 1 / 2),
    "watermark, tiled": (("sharp",), 1 / 2, 1 / 2),
    "rotate by 10 degrees": (("sharp",), 1 / 2, 1 / 2),
    "modulate": (("sharp",), 1 / 2, 1 / 2),
    "median, 3 x 3": (("sharp",), 1 / 2, 1 / 2),
    "median, 5 x 5": (("sharp",), 1 / 2, 1 / 2),
    "median, 9 x 9": (("sharp",), 1 / 2, 1 / 2),
}
CIPHERS = ("encrypt", "decrypt")
CIPHER_GOAL = 4  # GB/s


def timed(work):
    times = []
    for repeat in range(REPEATS + 1):
        start = time.perf_counter()
        work()
        if repeat > 0:
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


# pixmill's kernel, where it has another name than the peer's.
SAME = {"resize to 800 x 450, gamma": "resize to 800 x 450, linear light"}


def run_pixmill(kernels):
    words = list(GOALS) + list(CIPHERS)
    text = subprocess.run([kernels, "--json", f"--repeats={REPEATS}", *words], check=True, stdout=subprocess.PIPE).stdout
    times = {
        (level, row["kernel"]): row[level]["seconds_per_sample"] * SAMPLES * 1e3
        for row in json.loads(text)
        if row["depth"] == 8
        for level in LEVELS
        if level in row
    }
    for name, own in SAME.items():
        times |= {(level, name): times[level, own] for level in LEVELS if (level, own) in times}
    return times


def run_sharp(node, root):
    script = __file__.rsplit("/", 1)[0] + "/sharp-kernels.mjs"
    text = subprocess.run([node, script, root, str(REPEATS)], check=True, stdout=subprocess.PIPE).stdout
    return {("sharp", name): ms for name, ms in json.loads(text).items()}


def run_python(pixels):
    picture = Image.fromarray(pixels)
    times = {
        ("OpenCV", "resize to 800 x 450"): timed(lambda: cv2.resize(pixels, (800, 450), interpolation=cv2.INTER_AREA)),
        ("Pillow", "resize to 800 x 450"): timed(lambda: picture.resize((800, 450), Image.LANCZOS)),
        ("Pillow", "blur, sigma 5"): timed(lambda: picture.filter(ImageFilter.GaussianBlur(5))),
    }
    for sigma in (1, 2, 5, 20):
        times["OpenCV", f"blur, sigma {sigma}"] = timed(lambda: cv2.GaussianBlur(pixels, (0, 0), sigma))
    return times


def row_of(name, medians):
    peers, *goals = GOALS[name]
    best = min(medians[peer, name] for peer in peers)
    cells = [name]
    cells += [f"{medians[who, name]:.1f}" if (who, name) in medians else "" for who in (*LEVELS, "sharp", "OpenCV", "Pillow")]
    for level, goal in zip(("avx512", "avx2"), goals):
        if (level, name) not in medians:
            cells.append("not here")
            continue
        ratio = medians[level, name] / best
        cells.append(f"{ratio:.2f} (≤ {goal:.2f}{'' if ratio <= goal else ', missed'})")
    return cells


def main():
    kernels, node, root, rounds = sys.argv[1:]
    cv2.setNumThreads(1)
    pixels = numpy.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=numpy.uint8)
    found = {}
    for _ in range(int(rounds)):
        for times in (run_pixmill(kernels), run_sharp(node, root), run_python(pixels)):
            for key, ms in times.items():
                found.setdefault(key, []).append(ms)
    medians = {key: statistics.median(values) for key, values in found.items()}
    print("Milliseconds; the last two columns are pixmill's time over the best peer's (goal).\n")
    print("| kernel | base | avx2 | avx512 | sharp | OpenCV | Pillow | AVX-512 | AVX2 |")
    print("| --- |" + " ---: |" * 8)
    for name in GOALS:
        print("| " + " | ".join(row_of(name, medians)) + " |")
    print()
    for name in CIPHERS:
        speeds = [SAMPLES / medians[level, name] / 1e6 for level in LEVELS if (level, name) in medians]
        print(f"{name}: {max(speeds):.2f} GB/s (goal: at least {CIPHER_GOAL})")


main()
