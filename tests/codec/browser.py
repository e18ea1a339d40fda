#!/usr/bin/env python3
"""What pixmill writes, decoded by Chromium: animations have their frames, times and repetitions, and lossless pictures their pixels.

usage: browser.py PIXMILL PICTURES

PIXMILL is the command, PICTURES the folder of samples. Only the standard library is used; the page asks its ImageDecoder. A format that
this Chromium does not decode is named and left out.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "serve"))
from browser import Browser  # noqa: E402

# As a browser shows them: frames, milliseconds of each, repetitions after the first time.
TIMES, LOOPS = [100, 50, 200], {1: 0, 3: 2, 0: "endless"}
TYPES = {"gif": "gif", "png": "png", "webp": "webp", "avif": "avif", "jxl": "jxl", "jpg": "jpeg"}
ANIMATED = (("gif", []), ("png", []), ("webp", ["--lossless"]), ("webp", ["--quality=70"]), ("avif", ["--lossless"]),
            ("avif", ["--quality=70"]), ("jxl", ["--lossless"]), ("jxl", ["--quality=70"]))
STILLS = (("jpeg", []), ("webp", []), ("webp", ["--lossless"]), ("png", []), ("png", ["--progressive"]), ("jxl", []), ("jxl", ["--lossless"]),
          ("avif", []), ("avif", ["--lossless"]), ("avif", ["--bitdepth=10"]), ("avif", ["--bitdepth=12", "--quality=95"]))

PAGE = """
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
async function decode(type, text) {
    if (!await ImageDecoder.isTypeSupported(type))
        return null;
    const decoder = new ImageDecoder({data: bytes(text), type}), shown = {times: [], pixels: []};
    await decoder.tracks.ready;
    const track = decoder.tracks.selectedTrack;
    await decoder.completed;
    for (let i = 0; i < track.frameCount; i++) {
        const image = (await decoder.decode({frameIndex: i})).image, width = image.displayWidth, height = image.displayHeight;
        const canvas = new OffscreenCanvas(width, height).getContext('2d');
        canvas.drawImage(image, 0, 0);
        shown.times.push(image.duration / 1000);
        shown.pixels.push(canvas.getImageData(0, 0, width, height).data);
        shown.size = [width, height];
        image.close();
    }
    shown.loops = track.repetitionCount === Infinity ? 'endless' : track.repetitionCount;
    return shown;
}
async function compare(type, text, reference_type, reference) {
    const own = await decode(type, text), other = await decode(reference_type, reference);
    if (own === null)
        return null;
    let max = 0;
    for (let i = 0; i < own.pixels.length; i++)
        own.pixels[i].forEach((value, at) => { max = Math.max(max, Math.abs(value - other.pixels[i][at])); });
    return {times: own.times, loops: own.loops, size: own.size, max};
}
"""


def colour_table(size):
    return b"".join(bytes((i * 37 % 256, i * 91 % 256, i * 53 % 256)) for i in range(size))


def gif(loops):
    """An animation of 16 x 16 pixels, stored with codes of 9 bits and without compression."""
    data = b"GIF89a" + bytes((16, 0, 16, 0, 0xF7, 0, 0)) + colour_table(256)
    if loops != 1:
        data += b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + bytes((LOOPS[loops] if loops else 0, 0, 0))
    for number, time in enumerate(TIMES):
        data += b"\x21\xf9\x04\x04" + bytes((time // 10, 0, 0, 0)) + b"\x2c\0\0\0\0" + bytes((16, 0, 16, 0, 0, 8))
        codes = [256]
        for pixel in range(256):
            codes += [256] if pixel % 128 == 127 else []  # a clear code before codes grow
            codes.append((pixel * (number + 3)) % 256)
        bits = sum(code << 9 * i for i, code in enumerate(codes + [257]))
        packed = bits.to_bytes((9 * (len(codes) + 1) + 7) // 8, "little")
        for at in range(0, len(packed), 255):
            data += bytes((len(packed[at : at + 255]),)) + packed[at : at + 255]
        data += b"\0"
    return data + b"\x3b"


def made(pixmill, source, folder, form, options):
    """The file that the command makes of `source`, and its suffix; None: the format was not built."""
    target = os.path.join(folder, "-".join([form, *options]))
    run = subprocess.run([pixmill, "run", source, "-o", target, f"--format={form}", *options, "-q"], capture_output=True, text=True)
    if "is not built" in run.stderr or "not installed" in run.stderr:
        return None, None
    if run.returncode != 0:
        sys.exit(f"browser.py: {form} {options}: {run.stderr}")
    (name,) = os.listdir(target)
    with open(os.path.join(target, name), "rb") as file:
        return base64.b64encode(file.read()).decode(), name.rsplit(".", 1)[1]


def main():
    pixmill, samples = os.path.abspath(sys.argv[1]), sys.argv[2]
    failures, checked, left_out = [], 0, set()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page = os.path.join(folder, "page.html")
        with open(page, "w") as file:
            file.write(f"<!doctype html><meta charset=utf-8><title></title><script>{PAGE}</script>")
        browser = Browser(os.path.join(folder, "profile"))
        browser.open("file://" + page, 500, 500)
        for loops in LOOPS:
            source = os.path.join(folder, f"{loops}.gif")
            with open(source, "wb") as file:
                file.write(gif(loops))
            for form, options in ANIMATED:
                cases = made(pixmill, source, os.path.join(folder, f"loops{loops}"), form, options)
                check(browser, cases, base64.b64encode(gif(loops)).decode(), "image/gif", form, options, (TIMES, LOOPS[loops]), failures, left_out)
                checked += 1
        source = os.path.join(samples, "dunes.png")
        small, _ = made(pixmill, source, os.path.join(folder, "small"), "png", ["--resize=101x67!", "--profile=none"])
        source = os.path.join(folder, "small.png")
        with open(source, "wb") as file:
            file.write(base64.b64decode(small))
        for form, options in STILLS:
            cases = made(pixmill, source, os.path.join(folder, "stills"), form, options)
            check(browser, cases, small, "image/png", form, options, None, failures, left_out)
            checked += 1
        browser.close()
    for failure in failures:
        print("browser.py:", failure, file=sys.stderr)
    print(f"{checked} files in Chromium, {len(failures)} of them wrong" + (f" (not decoded: {', '.join(sorted(left_out))})" if left_out else ""))
    sys.exit(1 if failures else 0)


def check(browser, case, reference, reference_type, form, options, expected, failures, left_out):
    text, suffix = case
    name = " ".join([form, *options])
    shown = None if text is None else browser.value(
        f"compare('image/{TYPES[suffix]}', {json.dumps(text)}, {json.dumps(reference_type)}, {json.dumps(reference)})")
    if shown is None:
        left_out.add(form)
        return
    animated, exact = expected is not None, "--lossless" in options or form in ("png", "gif")
    # Chromium converts the frames of an image sequence less exactly than stills: those of avifenc, too. Lossy animations are not
    # compared: their frames are noise.
    limit = 24 if exact and animated and form == "avif" else 0 if exact else 255 if animated else 64
    if shown["max"] > limit:
        failures.append(f"{name}: pixels differ by {shown['max']}, more than {limit}")
    if animated and ([round(time) for time in shown["times"]], shown["loops"]) != expected:
        failures.append(f"{name}: times and repetitions are {shown['times']}, {shown['loops']}, not {expected}")


main()
