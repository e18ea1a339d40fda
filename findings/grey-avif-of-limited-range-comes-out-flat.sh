#!/usr/bin/env bash
# A grey AVIF of limited range comes out flat from avifdec, heif-convert and sharp: black as 16 and white as 235. In colour it is right.
#
# A monochrome AVIF (4:0:0) says like any other in its colour box whether its samples use the full range or the limited one of video, where
# 16 is black and 235 white; old encoders and those that come from video write the latter. All three programs read that flag, and stretch
# the samples of a colour picture (4:2:0) by it. For a grey one they copy the samples as they are, into an RGB or grey picture that
# nothing marks as limited: every viewer shows dark grey for black and light grey for white. heif-convert and sharp share libheif,
# avifdec has conversions of its own (and libyuv), and all make the same mistake, the newest sharp included.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Unpack Debian packages (NAME=VERSION) and everything they depend on below $work/root. Nothing is installed. The C library is the system's own.
unpack() {
    local deb apt=(apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::State::status="$work/status"
        -o Dir::Cache::Archives="$work/debs" --no-install-recommends --download-only install)
    mkdir -p "$work/debs/partial" && : >"$work/status"
    "${apt[@]}" "$@" 2>"$work/apt.log" || {
        echo "note: cannot fetch $*; trying the versions that the archive has now"
        "${apt[@]}" "${@%%=*}" || { echo "cannot be tried here: fetching the packages failed (try apt-get update)"; exit 2; }
    }
    for deb in "$work"/debs/*.deb; do
        case ${deb##*/} in libc6_* | libc-bin_*) ;; *) dpkg-deb -x "$deb" "$work/root" ;; esac
    done
    for deb in "${@%%=*}"; do echo "version:  $(dpkg-deb -W "$work/debs/${deb}_"*.deb | tr '\t' ' ')"; done
}
run() { LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu*) "$work/root/usr/bin/$1" "${@:2}"; }

unpack libavif-bin=0.11.1-1+deb12u1 libheif-examples=1.15.1-1+deb12u1
cd "$work"
command -v npm >/dev/null || { echo "cannot be tried here: npm is missing"; exit 2; }
npm install --silent --no-audit --no-fund --cache "$work/npm" --prefix "$work" sharp@0.35.5 >npm.log 2>&1 ||
    { echo "cannot be tried here: npm failed"; exit 2; }

# A ramp from black (16) to white (235), 220 x 16 pixels, alone and with colour planes that say "no colour" (128).
for format in mono 420jpeg; do
    [[ $format = mono ]] && chroma=0 || chroma=1760
    {
        echo "YUV4MPEG2 W220 H16 F25:1 Ip C$format XCOLORRANGE=LIMITED"
        echo FRAME
        LC_ALL=C awk -v chroma="$chroma" 'BEGIN {
            for (i = 0; i < 220 * 16; i++) printf "%02x\n", 16 + i % 220
            for (i = 0; i < chroma; i++) print 80
        }' | perl -ne 'print pack "H2", $_'
    } >$format.y4m
    run avifenc -s 8 --min 0 --max 0 $format.y4m $format.avif >avifenc.log
    run avifdec --info $format.avif | grep -q 'Range *: Limited' || { echo "cannot be tried here: the file is not of limited range"; exit 2; }
    run avifdec $format.avif $format-avifdec.png >avifdec.log
    run heif-convert $format.avif $format-heif-convert.png >heif.log
done

cat >ends.js <<'EOF'
const sharp = require('sharp');
const ends = async (file) => {
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    return `${data[0]} to ${data[(info.width - 1) * info.channels]}`;
};
(async () => {
    console.log(`version:  sharp ${sharp.versions.sharp} with libheif ${sharp.versions.heif}`);
    console.log('expected: black to white is 0 to 255 from every program, in grey as in colour');
    let same = true;
    for (const [name, suffix] of [['avifdec', '-avifdec.png'], ['heif-convert', '-heif-convert.png'], ['sharp', '.avif']]) {
        const grey = await ends(`mono${suffix}`), colour = await ends(`420jpeg${suffix}`);
        console.log(`seen:     ${name}: grey ${grey}, colour ${colour}`);
        same &&= grey === '16 to 235' && colour === '0 to 255';
    }
    if (!same) console.log('the behaviour has changed');
    process.exitCode = same ? 0 : 1;
})();
EOF
node ends.js
