#!/usr/bin/env bash
# fuzz.sh SECONDS TARGET...: runs each fuzz target with seeds that $PIXMILL makes from the samples. Findings are kept next to the
# target as crash-*, oom-* or timeout-*, and so is its corpus, with which the next run continues.
set -euo pipefail
pixmill=$(realpath "${PIXMILL:?names the command}")
seconds=$1
shift
cd "$(dirname "$0")/.."
seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT

mkdir "$seeds/pixels" "$seeds"/fuzz_{tiff,heic,bmp,gif,jpeg,jpeg_fast,png,webp,avif,jxl,transcode,transform,filter,recipe,request,values,text,seal,archive,journal,metadata,protocol,connection,profile}
printf '\7%.0s' {1..32} >"$seeds/key"
chmod 600 "$seeds/key"
small=(run samples -q --resize=24x24)
"$pixmill" "${small[@]}" -o "$seeds/small"
"$pixmill" "${small[@]}" -o "$seeds/png" --format=png --keep=all
"$pixmill" "${small[@]}" -o "$seeds/jpeg" --format=jpeg --keep=all --quality=95
"$pixmill" "${small[@]}" -o "$seeds/webp" --format=webp --keep=all
"$pixmill" "${small[@]}" -o "$seeds/lossless" --format=webp --keep=all --lossless
"$pixmill" "${small[@]}" -o "$seeds/avif" --format=avif --keep=all --effort=0
"$pixmill" "${small[@]}" -o "$seeds/deep" --format=avif --keep=all --effort=0 --bitdepth=12 --no-autorotate
"$pixmill" "${small[@]}" -o "$seeds/jxl" --format=jxl --keep=all --effort=0
"$pixmill" "${small[@]}" -o "$seeds/exact" --format=jxl --keep=all --effort=2 --lossless --no-autorotate
"$pixmill" run samples/*.jpg -q -o "$seeds/jpegs" --format=jpeg --resize=24x24 --keep=all
"$pixmill" run "$seeds/jpegs" -q -o "$seeds/wrapped" --format=jxl --lossless --keep=all # each holds its JPEG
"$pixmill" "${small[@]}" -o "$seeds/sealed" --encrypt --keep=all --key-file="$seeds/key"
cp samples/{nebula-progressive.jpg,tarn-exif6-icc.jpg,moon-1bit.png,julia-palette.png} "$seeds/small"
[ -z "${PIXMILL_CONFORMANCE:-}" ] || find "$PIXMILL_CONFORMANCE" \( -name '*.png' -o -name '*.jpg' \) -size -20k -exec cp {} "$seeds/small" \;

# byte NUMBER: that byte.
byte() { printf "\\x$(printf %02x "$1")"; }

# An animation of two frames: its header, then a file's bitstream as each frame, of 24 x 24 pixels.
size_of() { byte $(($1 & 255)) && byte $(($1 >> 8 & 255)) && byte $(($1 >> 16)) && byte 0; }
frame() {
    printf ANMF && size_of $(($(stat -c %s "$1") + 4))
    printf '\0\0\0\0\0\0\x17\0\0\x17\0\0\x28\0\0' && byte "$2" && tail -c +13 "$1"
}
"$pixmill" run samples -q --resize='24x24!' -o "$seeds/square" --format=webp --lossless
for file in "$seeds"/square/{lake,wheel-alpha}.webp; do
    {
        printf 'RIFF\xff\xff\0\0WEBPVP8X\x0a\0\0\0\x12\0\0\0\x17\0\0\x17\0\0ANIM\6\0\0\0\0\0\0\0\3\0'
        frame "$file" 0 && frame "$seeds/square/spheres-444.webp" 3
    } >"$seeds/webp/animated-${file##*/}"
done

"$pixmill" "${small[@]}" -o "$seeds/gif" --format=gif --keep=all
"$pixmill" run "$seeds"/webp/animated-* -q -o "$seeds/gif" --format=gif --allow-truncated 2>"$seeds/warnings"
"$pixmill" run "$seeds"/webp/animated-* -q -o "$seeds/png" --format=png --allow-truncated 2>"$seeds/warnings"
"$pixmill" "${small[@]}" -o "$seeds/tiff" --format=tiff --keep=all
"$pixmill" "${small[@]}" -o "$seeds/lzw" --format=tiff --keep=all --compression=lzw
# The same as YCbCr and CIELAB, by the tag that says so.
for photometric in 6 8 9; do
    for file in "$seeds"/lzw/*; do
        LC_ALL=C sed "s/\x06\x01\x03\x00\x01\x00\x00\x00\x02/\x06\x01\x03\x00\x01\x00\x00\x00\x0$photometric/" "$file" >"$seeds/tiff/$photometric-${file##*/}"
    done
done
# BMPs: of 24 and 32 bits, of masks, and of run lengths.
mkdir "$seeds/bmp"
bmp() { # PIXELS BITS CODING AFTER-THE-HEADER
    printf 'BM\0\0\0\0\0\0\0\0' && byte "$1" && printf '\0\0\0\x28\0\0\0\4\0\0\0\4\0\0\0\1\0' && byte "$2" && printf '\0' && byte "$3"
    printf '\0\0\0\0\0\0\0\x13\x0b\0\0\x13\x0b\0\0\2\0\0\0\0\0\0\0' && printf %b "$4"
}
bmp 54 24 0 "$(printf '\\x%02x' {1..48})" >"$seeds/bmp/24.bmp"
bmp 54 32 0 "$(printf '\\x%02x' {1..64})" >"$seeds/bmp/32.bmp"
bmp 66 16 3 "\\0\\xf8\\0\\0\\xe0\\7\\0\\0\\x1f\\0\\0\\0$(printf '\\x%02x' {1..32})" >"$seeds/bmp/masks.bmp"
bmp 62 8 1 '\1\2\3\0\4\5\6\0\4\1\0\0\0\3\1\0\1\0\1\1\0\0\0\2\1\1\2\1\0\1' >"$seeds/bmp/run-lengths.bmp"
# HEICs: those that the codec warms up with, which are bytes in its source.
mkdir "$seeds/heic"
awk -v folder="$seeds/heic" '/^static const uint8_t/ { file = folder "/" ++count ".heic" } /^ +[0-9]/ { gsub(/[^0-9]+/, " "); print >file }' \
    src/codec/heic/samples.c
for file in "$seeds"/heic/*; do
    read -rd '' -a numbers <"$file" || true
    printf "$(printf '\\x%02x' "${numbers[@]}")" >"$file"
done
# HEIC sequences: videos whose brand and handler are renamed. In fuzz_heic's seeds an odd number in front of the last asks for frames.
encoders=$(ffmpeg -v error -encoders 2>"$seeds/warnings") || true
metadata='\x00\x00\x00\xaemeta\x00\x00\x00\x00\x00\x00\x00Liinf\x00\x00\x00\x00\x00\x02\x00\x00\x00\x15infe\x02\x00\x00'
metadata+='\x00\x00\x01\x00\x00Exif\x00\x00\x00\x00)infe\x02\x00\x00\x00\x00\x02\x00\x00mime\x00application/rdf+xml\x00'
metadata+='\x00\x00\x008iloc\x01\x00\x00\x00D\x00\x00\x02\x00\x01\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x12'
metadata+='\x00\x02\x00\x01\x00\x00\x00\x02\x00\x00\x00\x12\x00\x00\x00\x02\x00\x00\x00\x14\x00\x00\x00\x02\x00\x00\x00'
metadata+='\x1eidat\x00\x00\x00\x00II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00<x/>'
if [[ $encoders == *libx265* ]]; then
    for pixels in yuv420p yuv444p10 gray; do
        ffmpeg -v error -f lavfi -i testsrc2=size=32x24 -frames:v 5 -pix_fmt $pixels -c:v libx265 -preset ultrafast -tag:v hvc1 \
            -movflags +faststart -x265-params log-level=none:bframes=0:ref=3:keyint=4 "$seeds/$pixels.mp4"
        { head -c 8 "$seeds/$pixels.mp4" && printf hevc && tail -c +13 "$seeds/$pixels.mp4"; } |
            LC_ALL=C sed '0,/vide/s/vide/pict/' >"$seeds/heic/animated-$pixels.heic"
        for how in 0 4 12 241; do # the last with EXIF and XMP of the whole file, which has no picture that they are of
            { cat "$seeds/heic/animated-$pixels.heic" && { [ $how != 241 ] || printf "$metadata"; } && byte 255 && byte $how; } \
                >"$seeds/fuzz_heic/sequence-$pixels-$how"
        done
    done
else
    echo "no seeds of HEIC sequences: ffmpeg with x265 is not installed (Debian: ffmpeg)" >&2
fi

# Animations as each of the formats that hold them.
"$pixmill" run "$seeds"/gif/animated-* -q -o "$seeds/avif" --format=avif --effort=0 --lossless
for file in "$seeds"/avif/animated-*; do # the same without a still picture
    LC_ALL=C sed '0,/meta/s/meta/free/' "$file" >"$seeds/avif/no-still-${file##*/}"
done
"$pixmill" run "$seeds"/gif/animated-* -q -o "$seeds/jxl" --format=jxl --effort=0
for file in "$seeds"/{webp,gif,png,avif,jxl,heic}/animated-*; do
    [ -e "$file" ] || continue # of HEIC
    for recipe in {19..25}; do
        { cat "$file" && byte "$recipe"; } >"$seeds/fuzz_transform/written-$recipe-$(basename "$(dirname "$file")")-${file##*/}"
    done
done

for file in "$seeds"/{small,png,jpeg,webp,lossless,avif,deep,jxl,exact,wrapped,sealed,bmp,gif,tiff,lzw,heic}/*; do
    name=$(basename "$(dirname "$file")")-${file##*/}
    recipe=$((RANDOM % 32)) # the target's last byte chooses it
    case $file in */sealed/*) recipe=15 ;; esac
    { cat "$file" && byte "$recipe"; } >"$seeds/fuzz_transform/$name"
    case $file in *.jpg | *.jxl) { cat "$file" && byte $((RANDOM % 4)); } >"$seeds/fuzz_transcode/$name" ;; esac
    case $file in *.png) codec=png ;; *.webp) codec=webp ;; *.bmp) codec=bmp ;; *.gif) codec=gif ;; *.avif) codec=avif ;; *.jxl) codec=jxl ;; *.tif) codec=tiff ;; *.heic) codec=heic ;; *) codec=jpeg ;; esac
    { cat "$file" && byte $((RANDOM % 256)) && byte $((RANDOM % 256)); } >"$seeds/fuzz_$codec/$name"
done
# The profiles that pixmill writes, cut out of JPEGs.
for name in lake moon-grey; do
    "$pixmill" run "samples/$name.jpg" -q --resize=24x24 --profile=p3 -o "$seeds/profiles"
    file=$seeds/profiles/$name.jpg
    offset=$(grep -abo ICC_PROFILE "$file" | head -n 1 | cut -d: -f1)
    size=$((0x$(tail -c +$((offset + 15)) "$file" | head -c 4 | od -An -tx1 | tr -d ' ')))
    tail -c +$((offset + 15)) "$file" | head -c "$size" >"$seeds/fuzz_profile/$name"
done
# JPEGs of what the samples have none of: arithmetic coding; further pictures, metadata in several segments, trailers.
base64 -d >"$seeds/arithmetic" <<'END'
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9V
XVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/ygALCAAIAAgBAREA/8wABAAQ/9oACAEB
AAAAAf2A/8wABBAF/9oACAEBAAEFAhfw/8wABBAF/9oACAEBAAY/AsD/zAAEEAX/2gAIAQEAAT8h
/9oACAEBAAAAEMD/zAAEEAX/2gAIAQEAAT8QqBT/2Q==
END
# segment MARKER TEXT: that segment, escapes in the text read.
segment() {
    printf %b "$2" >"$seeds/payload"
    local size=$(($(stat -c %s "$seeds/payload") + 2))
    byte 255 && byte "$1" && byte $((size / 256)) && byte $((size % 256)) && cat "$seeds/payload"
}
rdf="<x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description "
end="</r:RDF></x:xmpmeta>"
extension="${rdf}xmlns:a='urn:a'><a:b>c</a:b></r:Description>$end"
guid=$(printf %s "$extension" | md5sum | cut -c 1-32 | tr a-f A-F)
besides() {
    byte 255 && byte 216
    segment 225 "http://ns.adobe.com/xap/1.0/\\0${rdf}xmlns:n='http://ns.adobe.com/xmp/note/' n:HasExtendedXMP='$guid' \
xmlns:I='http://ns.google.com/photos/1.0/container/item/' I:Semantic='GainMap'/>$end"
    segment 225 "http://ns.adobe.com/xmp/extension/\\x00$guid\\0\\0\\0\\x$(printf %x ${#extension})\\0\\0\\0\\0$extension"
    segment 226 'MPF\0MM\0*\0\0\0\x8\0\1\xb0\2\0\7\0\0\0\x20\0\0\0\x1a\x20\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
    segment 226 'ICC_PROFILE\0\1\1'
    segment 235 'JP\0\1\0\0\0\1\0\0\0\x20jumb\0\0\0\x18jumdc2pa'
    segment 237 'Photoshop 3.0\08BIM\4\4\0\0\0\0\0\5\x1c\2' && segment 237 'Photoshop 3.0\0\x50\0\0\0'
    tail -c +3 "$1"
    cat "$seeds/arithmetic"
    printf '12345SEFH\x65\0\0\0\1\0\0\0\0\0\x30\x0a\5\0\0\0\5\0\0\0\x18\0\0\0SEFT'
}
# chunk TYPE DATA: that chunk of a PNG, escapes in the data read.
chunk() {
    printf %b "$2" >"$seeds/data"
    { printf %s "$1" && cat "$seeds/data"; } >"$seeds/chunk"
    local size crc
    size=$(stat -c %s "$seeds/data")
    byte $((size >> 24)) && byte $((size >> 16 & 255)) && byte $((size >> 8 & 255)) && byte $((size & 255))
    cat "$seeds/chunk"
    crc=$(gzip -c <"$seeds/chunk" | tail -c 8 | od -An -tx4 -N4 --endian=little)
    printf %b "$(sed -E 's/ *(..)(..)(..)(..)/\\x\1\\x\2\\x\3\\x\4/' <<<"$crc")"
}
# PNGs of what the samples have none of: colour, texts, animation, things behind the pixels, and no end.
number=0
for file in "$seeds"/png/{lake,heights-16bit,wheel-alpha}.png "$seeds"/small/{moon-1bit,julia-palette}.png; do
    {
        head -c 33 "$file"
        chunk cICP '\x0c\x0d\0\1' && chunk mDCV 012345678901234567890123 && chunk cLLI 01234567 && chunk sRGB '\0'
        chunk gAMA '\0\1\x86\xa0' && chunk acTL '\0\0\0\2\0\0\0\0' && chunk fcTL 01234567890123456789012345
        chunk eXIf 'Exif\0\0II*\0\x8\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0'
        chunk tEXt 'Raw profile type iptc\0\niptc\n 10\n1c02500005416263\n6465\n' && chunk abCd x
        chunk iTXt 'XML:com.adobe.xmp\0\0\0en\0\0<x/>' && chunk zTXt 'Story\0\0\x78\x9c\x4b\x04\0\0\x62\0\x62'
        tail -c +34 "$file" | head -c -12
        chunk fcTL 01234567890123456789012345 && chunk fdAT '\0\0\0\1xyz' && chunk tEXt 'Title\0late'
        byte 0 && byte $((number++ * 37 % 256))
    } >"$seeds/fuzz_png/parts-$number"
done
number=0
for file in "$seeds/arithmetic" "$seeds"/jpeg/{lake,nebula-progressive}.jpg; do
    for how in 0 241; do
        { besides "$file" && byte 128 && byte "$how"; } >"$seeds/fuzz_jpeg/besides-$((++number))"
        { besides "$file" && byte "$number"; } >"$seeds/fuzz_transform/besides-$number"
        { cat "$file" && byte 64 && byte "$how"; } >"$seeds/fuzz_jpeg/plain-$number"
    done
    { head -c -2 "$file" && byte 64 && byte 240; } >"$seeds/fuzz_jpeg/cut-$number"
done
{ printf %s "$extension" && byte 0 && byte 3; } >"$seeds/fuzz_jpeg/packet-1"
{ printf %s "${extension%"$end"}<r:Description>d</r:Description><r:Description/>$end    " && byte 0 && byte 18; } >"$seeds/fuzz_jpeg/packet-2"

# Filters: which one by its place in the table, colours, width, height, sampling, the argument's length, it, samples.
mapfile -t filters < <("$pixmill" help filters | sed -nE 's/^  --([a-z]+).*/\1/p')
number=0
for step in resize=30x20! resize='50%,kernel=mitchell' resize=64x^,kernel=box resize='200%,kernel=catmullrom' 'resize=7x9<,kernel=nearest' \
    blur=2.5 blur=30 sharpen=1.5,amount=2 crop=5x5+1+1 crop=9x9,gravity=north rotate=90 rotate=180 flip= flop= gray= pad=30x20 trim=40 watermark=a,tile,margin=2 watermark=a,scale=40,opacity=0.5 "pad=40x9>,gravity=east,color=#ff880080" \
    brightness=1.2 contrast=2 saturation=1.5 hue=-90 gamma=1.4 normalize=5,high=90 negate= tint=teal threshold=90 \
    pixelate=7 pixelate=4,region=9x9+3+2 blur=3,region=9x9+3+2 blur=2,linear,region=9x9+3+2 crop=9x9,gravity=smart crop=9x9,focus=30,80 \
    rotate=0 rotate=33 rotate=-100.5,color=teal rotate=1,color=#ff000080 median=3 median=5 median=9; do
    filter=0
    until [ "${filters[filter]?no filter is called ${step%%=*}}" = "${step%%=*}" ]; do ((++filter)); done
    argument=${step#*=}
    for colors in {0..9}; do
        {
            byte "$filter" && byte "$colors" && byte $((RANDOM % 96)) && byte $((RANDOM % 96)) && byte $((RANDOM % 4)) &&
                byte "${#argument}" && printf %s "$argument" && head -c 100 "$seeds/small/lake.jpg"
        } >"$seeds/fuzz_filter/$((++number))"
    done
done
# Pictures to encrypt: the target's third kind, which samples, width, height, samples. And headers, of the first kind.
for colors in {0..7}; do
    { byte 2 && byte "$colors" && byte $((RANDOM % 256)) && byte $((RANDOM % 256)) && head -c 100 "$seeds/small/lake.jpg"; } \
        >"$seeds/fuzz_seal/picture-$colors"
done
for file in "$seeds"/sealed/*; do # signature, IHDR, and the length and type of pmEN stand before the header
    { byte 0 && tail -c +42 "$file" | head -c $((0x$(od -An -tx4 -j33 -N4 --endian=big "$file" | tr -d ' '))); } \
        >"$seeds/fuzz_seal/header-${file##*/}"
done
# Archives, with a key file and under a passphrase: two honest files, of which the second is bound to a name; both opened; one
# forged in each way; a flood of salts; an encrypted file; and the first honest one again.
for how in 0 1 7 15; do
    for change in 128 129 130 131 132 0; do
        {
            byte "$how" && printf '\0\1\x15\0' && printf '\0\2\x2a\2' && printf '\7\0\7\1'
            printf '\2\0' && byte "$change" && printf '\1\0\x40\7\1\2' && printf '\5\x20' && printf '\7\0'
            printf '\6\4\0' && head -c 1024 "$seeds/sealed/lake.png" && printf '\7\1'
        } >"$seeds/fuzz_archive/$how-$change"
    done
done
number=0
for path in /resize=20x30%21/photos/a.jpg /blur=2/format=auto/../a.png '/gray/b%20c.jpg?x=1'; do
    for field in 'Range: bytes=0-99' 'Range: bytes=-5' 'If-None-Match: W/"abc", "d"' \
        'If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT' 'Accept: image/png;q=0.5, image/*, */*;q=0.1'; do
        printf 'GET %s HTTP/1.1\r\nHost: a\r\n%s\r\nConnection: close\r\n\r\n' "$path" "$field" >"$seeds/fuzz_request/$((++number))"
    done
done
number=0
for text in $'\1''800x600>' $'\1''50%x30.5%' $'\1''x600^' $'\2''0.0001' $'\2''123456.789' $'\3''256M' $'\3''1.5'; do
    printf %s "$text" >"$seeds/fuzz_values/$((++number))"
done
for text in 'a b.jpg' '\x41\\' 'äö€😀' $'\xff\xfe\xc2\x85' $'\e[31m"q"\n'; do
    printf %s "$text" >"$seeds/fuzz_text/$((++number))"
done
number=0
for text in 'resize=20x30!' 'resize=50%^,kernel=mitchell/blur=2.5' 'crop=5x5+1+1/sharpen=1.5,amount=2/rotate=90/flip/flop/gray' 'pad=90x80,color=teal' 'negate/gamma=2/hue=-30/tint=808000/normalize=2,high=90' 'trim/resize=30x' 'watermark=a%2Fb%2Cc.png,scale=10/flip' \
    'decrypt/crop=9x9,gravity=north/format=jpeg/quality=75/subsampling=422/background=204080' \
    'resize=800x>/keep=exif,xmp/no-autorotate/allow-truncated/encrypt'; do
    printf %s "$text" >"$seeds/fuzz_recipe/$((++number))"
done

number=0
description='<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description xmlns:t="http://ns.adobe.com/tiff/1.0/" t:Orientation="6"'
for text in '\2'"$description"'><t:XResolution>1</t:XResolution></r:Description></r:RDF>' \
    '\x72'"$description"' xmlns:g="http://ns.adobe.com/hdr-gain-map/1.0/" g:a="1"><!--/9j/--><a><![CDATA[b]]></a></r:Description></r:RDF>' \
    '\x71II*\0\x8\0\0\0\2\0\x12\1\3\0\1\0\0\0\6\0\0\0i\x87\4\0\1\0\0\0\x26\0\0\0\0\0\0\0\1\0\x86\x92\7\0\5\0\0\0\x38\0\0\0\0\0\0\0\xff\xd8\xff\xdb' \
    '\x31MM\0*\0\0\0\x8\0\2\1\x1a\0\5\0\0\0\1\0\0\0\x26\1\x1b\0\5\0\0\0\1\0\0\0\x26\0\0\0\0\0\0\0\1\0\0\0\1' \
    '\4\x1c\2\x83\0\1L\x1c\2\xca\x80\2\0\1x'; do
    printf %b "$text" >"$seeds/fuzz_metadata/$((++number))"
done

# A worker's scripts (tests/fuzz/taken_over.c): it reads the request, writes a result and a head, and replies as it should; or
# otherwise. Before them: sandbox, jobs that are called back, whether it renews itself, how the worker before it ended.
begin='\0\x7\0\x6\4\0\0\0\0\0\0\0\0'
number=0
for script in "$begin\x81\0$begin\x81\0" "$begin\x81\x20\1\0" "$begin\x81\2" "$begin\x81\x8\1" "$begin\x81\x10\5" \
    '\0\x6\3\3\1\2\5\5\x7\0\0\x81\3' '\0\x6\4\0\0\0\0\x80\0\0\0\x81\0' '\0\x83' "\x1$begin\x81\0" "$begin\x1\0\x81\0" \
    '\0\x82\5hello' "$begin\x84\x28$(printf 'x%.0s' {1..40})" '\0\x5\4\0\x8\xff\xff\xff\xff\xff\xff\xff\xff\x81\0' '\x8' '\0\x8' \
    '\0\x7\x6<html>\0\x6\4\0\0\0\0\0\0\0\0\x81\0'; do
    for mode in 0 1 2; do
        { byte "$mode" && byte $((RANDOM % 4)) && printf %b "\\1\\1$script"; } >"$seeds/fuzz_protocol/$((++number))"
    done
done

# A client's scripts (tests/fuzz/fuzz_connection.c): \0NM composes request N, M + 1 times, \1N sends N bytes and \2N 256 times as
# many, \3NN reads, \4 has the handler answer, \5 and \6\0 end one side or both, \x7 lets a deadline pass, \x8 drains; behind
# each, \1 lets the loop turn. Where a request arrives, the next bytes tell when the handler answers, and then what.
number=0
for script in '\0\0\0\0\2\1\1\1\2\3\xff\xff\1' '\0\0\0\0\1\xa\1\1\x20\1\1\4\4\xff\xf\1\3\xff\xff\1' '\0\0\7\0\2\2\1\1\3\xff\xff\1\2\1\4\xff\xff' \
    '\0\0\2\0\2\1\1\0\5\1\4\5\xff\xff\1\3\xff\xff\1' '\0\1\0\0\2\1\1\1\x2\1' '\0\6\0\0\2\1\1\3\xff\xff\1' '\0\x8\0\0\2\1\1\x7\1' \
    '\0\0\0\0\2\1\1\0\6\0\1' '\0\0\0\0\2\1\1\2\x7\1\x24\xff\xff\1\2\1' '\0\0\1\0\2\1\1\0\x8\1\4\3\xff\xff\1' '\0\xa\0\0\2\1\1' \
    '\0\3\0\0\2\1\1\1\2\xff\xff\1\3\xff\xff\1' '\0\5\3\0\2\1\1' '\0\0\0\0\2\1\1\1\5\xff\xff\1\7\1\3\xff\xff\1'; do
    for room in 0 255; do
        { byte "$room" && printf %b "$script"; } >"$seeds/fuzz_connection/$((++number))"
    done
done

cp "$seeds"/fuzz_jpeg/* "$seeds/fuzz_jpeg_fast"
# Pixels instead of planes, at every scale: YCbCr, RGB, YCCK, and CMYK with and without its marker.
cp "$seeds"/jpeg/{lake,marble-cmyk}.jpg "$seeds/small/nebula-progressive.jpg" "$seeds/pixels"
{ head -c 2 "$seeds/pixels/lake.jpg" && segment 238 'Adobe\0\x64\0\0\0\0\0' && tail -c +3 "$seeds/pixels/lake.jpg" | LC_ALL=C sed s/JFIF/JFXX/; } >"$seeds/pixels/rgb.jpg"
LC_ALL=C sed 's/\(Adobe......\)\x02/\1\x00/' "$seeds/pixels/marble-cmyk.jpg" >"$seeds/pixels/cmyk.jpg"
LC_ALL=C sed s/Adobe/Other/ "$seeds/pixels/cmyk.jpg" >"$seeds/pixels/unmarked.jpg"
for file in "$seeds"/pixels/*; do
    for share in 16 48 96 192; do
        { cat "$file" && byte $share && byte 9; } >"$seeds/fuzz_jpeg_fast/${file##*/}-$share"
        { cat "$file" && byte $share && byte 73; } >"$seeds/fuzz_jpeg_fast/${file##*/}-$share-threads"
    done
done

for target in "$@"; do
    corpus=$target.corpus
    mkdir -p "$corpus" "$seeds/${target##*/}"
    "$target" -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$(dirname "$target")/" "$corpus" "$seeds/${target##*/}" 2>"$seeds/log" ||
        { cat "$seeds/log" >&2 && exit 1; }
    printf '%s: %s executions, nothing found\n' "${target##*/}" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$seeds/log")"
done
