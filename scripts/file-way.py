#!/usr/bin/env python3
"""Lists the files of the upper floors that run for each image of a batch: those in which callgrind counts more
instructions for more images. Exit status 1 if there are more than src/README.md says.

    scripts/file-way.py        needs valgrind and a built build/pixmill
"""
import collections, pathlib, re, shutil, subprocess, sys, tempfile

UPPER = re.compile(r"src/(cli|batch|backend|io|transform)/[^/]+\.c$")
IMAGES, MOST = 6, 15
BESIDE = {"src/batch/batch.c", "src/cli/run_report.c"}  # what is done once, and the report of a result that is written


def count_instructions(profile):
    """Instructions executed in each source file. The format: valgrind's manual, "Callgrind Format"."""
    files, counts, file, is_call = {}, collections.Counter(), None, False
    for line in profile.read_text(errors="replace").splitlines():
        key, _, value = line.partition("=")
        if key in ("fl", "fi", "fe", "cfi", "cfl"):
            number, _, name = value.partition(" ")
            name = files.setdefault(number, name)
            file = name if key in ("fl", "fi", "fe") else file
        elif key == "calls":
            is_call = True  # the next line is the cost of the functions called
        elif line[:1] in tuple("+-*0123456789") and file is not None:
            counts[file] += 0 if is_call else int(line.split()[1])
            is_call = False
    return counts


def run(folder, images):
    inputs = folder / f"in{images}"
    inputs.mkdir()
    for i in range(images):
        shutil.copy("samples/lake.jpg", inputs / f"{i}.jpg")
    profile = folder / f"profile{images}"
    subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", "build/pixmill", "run", "-q",
                    inputs, "-o", folder / f"out{images}", "--resize=100x100"],
                   check=True, stderr=subprocess.DEVNULL)
    return count_instructions(profile)


def main():
    with tempfile.TemporaryDirectory() as folder:
        one, several = (run(pathlib.Path(folder), images) for images in (1, IMAGES))
    way = collections.Counter()
    for file, count in several.items():
        found = UPPER.search(file)
        if found:
            way[found.group()] += (count - one[file]) // (IMAGES - 1)
    way = {file: count for file, count in way.items() if count > 0 and file not in BESIDE}
    for file, count in sorted(way.items()):
        print(f"{count:8} instructions an image  {file}")
    print(f"{len(way)} files (at most {MOST})")
    return len(way) > MOST


if __name__ == "__main__":
    sys.exit(main())
