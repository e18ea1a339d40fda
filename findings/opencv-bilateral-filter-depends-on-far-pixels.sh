#!/usr/bin/env bash
# One bright pixel anywhere in the image turns OpenCV's bilateral filter for floats into a plain blur everywhere.
#
# A bilateral filter is local: each pixel is averaged with neighbours within the diameter, weighted by similarity, so that edges stay sharp.
# For floats OpenCV reads the weights from a table of 4096 entries that spans the range from min to max of the whole image. An HDR highlight,
# or a large number that marks missing data in a depth map, makes one table step wider than every edge elsewhere. The weight, interpolated
# between the first two entries, then hardly falls, and edges far away from that pixel are blurred. There is no warning, and a crop of an image
# gives a different result.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v npm >/dev/null || { echo "cannot be tried here: npm is missing"; exit 2; }
npm install --silent --no-audit --no-fund --cache "$work/npm" --prefix "$work" @techstark/opencv-js@4.12.0-release.1 >npm.log 2>&1 ||
    { echo "cannot be tried here: npm failed"; exit 2; }
cat >bilateral.js <<'EOF'
const cv = require('@techstark/opencv-js');
const side = 64, diameter = 9;

// A step from 0.2 to 0.8 between columns 31 and 32, one pixel of row 60 replaced; the filtered row 10, 50 rows away.
function step(bright) {
    const values = Array.from({ length: side * side }, (_, i) => (i % side < 32 ? 0.2 : 0.8));
    values[60 * side + 60] = bright;
    const source = cv.matFromArray(side, side, cv.CV_32FC1, values), result = new cv.Mat();
    cv.bilateralFilter(source, result, diameter, 0.1, 3);
    const row = Array.from(result.data32F.slice(10 * side + 29, 10 * side + 35), (value) => value.toFixed(3));
    source.delete(), result.delete();
    return row.join(' ');
}

cv.onRuntimeInitialized = () => {
    console.log(`version:  ${cv.getBuildInformation().match(/OpenCV [0-9.]+/)[0]} (@techstark/opencv-js 4.12.0-release.1)`);
    console.log('expected: columns 29 to 34: 0.200 0.200 0.200 0.800 0.800 0.800, whatever a pixel 50 rows away is');
    const seen = [0.8, 10, 10000, 1000000].map((bright) => {
        const row = step(bright);
        console.log(`seen:     that pixel is ${bright}: ${row}`);
        return row;
    });
    const sharp = '0.200 0.200 0.200 0.800 0.800 0.800', middle = seen.map((row) => Number(row.split(' ')[2]));
    if (seen[0] === sharp && seen[1] === sharp && middle[2] > 0.35 && middle[3] > 0.35) process.exit(0);
    console.log('the behaviour has changed');
    process.exit(1);
};
EOF
code=0
node bilateral.js 2>node.log || code=$?
[ $code -le 1 ] || { echo "cannot be tried here: node failed"; exit 2; }
exit $code
