#include "cli/elsewhere.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* A row with a value comes before the one without. */
static const struct elsewhere known[] = {
    /* Sizes. */
    {"width", "resize", "it is --resize=WIDTHx here"},
    {"height", "resize", "it is --resize=xHEIGHT here"},
    {"w", "resize", "it is --resize=WIDTHx here"},
    {"scale", "resize", "it is --resize=WIDTHxHEIGHT or --resize=50% here"},
    {"thumbnail", "resize", "it is --resize=WIDTHxHEIGHT here; metadata is left out anyway"},
    {"sample", "resize", "it is --resize=WIDTHxHEIGHT,kernel=nearest here"},
    {"size", "resize", "it is --resize=WIDTHxHEIGHT here"},
    {"s", "resize", "it is --resize=WIDTHxHEIGHT here"},
    {"fit=cover", "resize", "it is --resize=WIDTHxHEIGHT^ --crop=WIDTHxHEIGHT,gravity=center here"},
    {"fit=contain", "pad", "it is --pad=WIDTHxHEIGHT here, without borders --resize=WIDTHxHEIGHT"},
    {"fit=fill", "resize", "it is --resize=WIDTHxHEIGHT! here"},
    {"fit=inside", "resize", "it is --resize=WIDTHxHEIGHT here"},
    {"fit=outside", "resize", "it is --resize=WIDTHxHEIGHT^ here"},
    {"fit", "resize",
     "fit=cover is --resize=WIDTHxHEIGHT^ --crop=WIDTHxHEIGHT,gravity=center here, fit=contain "
     "--pad=WIDTHxHEIGHT, fit=fill --resize=WIDTHxHEIGHT!"},
    {"cover", "resize", "it is --resize=WIDTHxHEIGHT^ --crop=WIDTHxHEIGHT,gravity=center here"},
    {"contain", "pad", "it is --pad=WIDTHxHEIGHT here, without borders --resize=WIDTHxHEIGHT"},
    {"no-enlarge", "resize", "it is --resize=WIDTHxHEIGHT,shrink here"},
    {"without-enlargement", "resize", "it is --resize=WIDTHxHEIGHT,shrink here"},
    {"no-enlargement", "resize", "it is --resize=WIDTHxHEIGHT,shrink here"},
    {"no-upscale", "resize", "it is --resize=WIDTHxHEIGHT,shrink here"},
    {"max-width", "resize", "it is --resize=WIDTHx,shrink here"},
    {"max-height", "resize", "it is --resize=xHEIGHT,shrink here"},
    {"without-reduction", "resize", "it is --resize=WIDTHxHEIGHT,enlarge here"},
    {"dpr", "widths", "it is --widths=320,640 here, a width for each density"},
    {"interpolation", "resize", "it is --resize=WIDTHxHEIGHT,kernel=lanczos3 here"},
    {"resample", "resize", "it is --resize=WIDTHxHEIGHT,kernel=lanczos3 here"},
    {"kernel", "resize", "it is --resize=WIDTHxHEIGHT,kernel=lanczos3 here"},
    {"filter", "resize", "it is --resize=WIDTHxHEIGHT,kernel=lanczos3 here"},
    {"linear", "resize", "it is --resize=WIDTHxHEIGHT,linear here"},
    {"fast-shrink-on-load", "resize", "that is the default here: a decoder shrinks where it loses nothing"},
    {"gravity", "crop", "it is --crop=WIDTHxHEIGHT,gravity=center here"},
    {"attention", "crop", "it is --crop=WIDTHxHEIGHT,gravity=smart here"},
    {"smartcrop", "crop", "it is --crop=WIDTHxHEIGHT,gravity=smart here"},
    {"position", "crop", "it is --crop=WIDTHxHEIGHT,gravity=north or --crop=WIDTHxHEIGHT,focus=30,70 here"},
    {"focus", "crop", "it is --crop=WIDTHxHEIGHT,focus=30,70 here"},
    {"extend", "pad", "it is --pad=WIDTHxHEIGHT here"},
    {"extent", "pad", "it is --pad=WIDTHxHEIGHT here"},
    {"embed", "pad", "it is --pad=WIDTHxHEIGHT here"},
    {"border", "pad", "it is --pad=WIDTHxHEIGHT,color=white here, with the size of the result"},
    {"shave", "crop", "it is --crop=8x6+2+2 here, with the size of the result; edges of one colour: --trim"},
    {"aspect", "crop",
     "not supported: --crop takes a size in pixels, such as --crop=1600x900,gravity=center"},
    {"aspect-ratio", "crop",
     "not supported: --crop takes a size in pixels, such as --crop=1600x900,gravity=center"},
    {"ratio", "crop", "not supported: --crop takes a size in pixels, such as --crop=1600x900,gravity=center"},
    {"dpi", "quality", "not supported: only pixels are resampled; the density is kept"},
    {"density", "quality", "not supported: only pixels are resampled; the density is kept"},
    {"page-size", "quality", "not supported: give sizes in pixels"},
    /* Other edits. */
    {"grayscale", "gray", "it is --gray here"},
    {"greyscale", "gray", "it is --gray here"},
    {"grey", "gray", "it is --gray here"},
    {"colorspace=gray", "gray", "it is --gray here"},
    {"colorspace=srgb", "profile", "it is --profile=srgb here"},
    {"colorspace", "profile", "it is --profile=srgb or --gray here"},
    {"type=grayscale", "gray", "it is --gray here"},
    {"bw", "gray", "it is --gray here; black and white alone: --threshold=128"},
    {"mirror", "flop", "it is --flop here; upside down: --flip"},
    {"unsharp", "sharpen", "it is --sharpen=1.5,amount=0.8 here"},
    {"gaussian-blur", "blur", "it is --blur=1.5 here"},
    {"composite", "watermark", "it is --watermark=FILE here"},
    {"overlay", "watermark", "it is --watermark=FILE here"},
    {"modulate", "saturation", "it is --brightness=1.1, --saturation=1.2 and --hue=10 here"},
    {"lightness", "brightness", "it is --brightness=1.1 here"},
    {"invert", "negate", "it is --negate here"},
    {"hue-rotate", "hue", "it is --hue=120 here"},
    {"saturate", "saturation", "it is --saturation=1.2 here"},
    {"normalise", "normalize", "it is --normalize here"},
    {"auto-level", "normalize", "it is --normalize=0,high=100 here"},
    {"contrast-stretch", "normalize", "it is --normalize=2,high=98 here"},
    {"colorize", "tint", "it is --tint=steelblue here"},
    {"sepia-tone", "tint", "it is --tint=704214 here"},
    {"sepia", "tint", "it is --tint=704214 here"},
    {"monochrome", "threshold", "it is --threshold=128 here"},
    {"mosaic", "pixelate", "it is --pixelate=8 here"},
    {"despeckle", "median", "it is --median=3 here"},
    {"statistic", "median", "it is --median=3 here"},
    {"deskew", "rotate", "it is --rotate=1.5 here, by an angle that you know"},
    {"region", "pixelate", "it is --pixelate=4,region=8x8+0+0 or --blur=2,region=8x8+0+0 here"},
    {"flatten", "background", "it is --background=white here, for results without alpha"},
    {"fuzz", "trim", "it is --trim=10 here, the largest difference of 255"},
    {"clahe", "quality", "not supported: --normalize stretches the tones of the whole picture"},
    {"charcoal", "quality", "not supported"},
    {"emboss", "quality", "not supported"},
    {"text", "watermark", "not supported: --watermark lays a picture, which may show text, over the image"},
    {"annotate", "watermark",
     "not supported: --watermark lays a picture, which may show text, over the image"},
    {"caption", "watermark",
     "not supported: --watermark lays a picture, which may show text, over the image"},
    {"opacity", "watermark", "it is --watermark=FILE,opacity=0.5 here"},
    {"radius", "quality", "not supported: pixmill draws no rounded corners"},
    {"round", "quality", "not supported: pixmill draws no rounded corners"},
    {"posterize", "quality", "not supported: --palette=N limits the colours of a PNG"},
    /* Encoders. */
    {"jpg", "format", "it is --format=jpeg here"},
    {"png", "format", "it is --format=png here"},
    {"webp", "format", "it is --format=webp here"},
    {"avif", "format", "it is --format=avif here"},
    {"to", "format", "it is --format=webp here"},
    {"type", "format", "it is --format=webp here"},
    {"ext", "format", "it is --format=webp here"},
    {"output-format", "format", "it is --format=webp here"},
    {"chroma", "subsampling", "it is --subsampling=444 here"},
    {"interlace", "progressive", "it is --progressive here"},
    {"interlaced", "progressive", "it is --progressive here"},
    {"colors", "palette", "it is --palette=N here"},
    {"colours", "palette", "it is --palette=N here"},
    {"lossy", "quality",
     "it is --quality=75 here; results are lossy where the format is, without --lossless"},
    {"compression-level", "effort", "it is --effort=6 here, from 0 to 9"},
    {"speed", "effort", "it is --effort=4 here, from 0, fastest, to 9"},
    {"mozjpeg", "progressive", "it is --progressive here; MozJPEG itself is not used"},
    {"optimize", "progressive",
     "files are made small anyway: --effort=9 takes more time, --progressive helps JPEGs"},
    {"optimise", "progressive",
     "files are made small anyway: --effort=9 takes more time, --progressive helps JPEGs"},
    {"chroma-subsampling", "subsampling", "it is --subsampling=444 here"},
    {"sampling-factor", "subsampling", "it is --subsampling=444 here"},
    {"max-size", "target-size", "it is --target-size=200K here"},
    {"depth", "bitdepth", "it is --bitdepth=10 here, for AVIF"},
    {"trellis-quantisation", "quality", "not supported: no MozJPEG is used"},
    {"quantisation-table", "quality", "not supported: JPEGs have the standard quantization tables"},
    {"adaptive-filtering", "effort", "it is chosen by --effort=6 here"},
    {"tile", "quality", "not supported: pixmill makes no tiles; --watermark has a tile of its own"},
    {"density-unit", "quality", "not supported: the density is kept"},
    /* Colours and metadata. */
    {"srgb", "profile", "it is --profile=srgb here"},
    {"export-profile", "profile", "it is --profile=srgb or --profile=p3 here"},
    {"eprofile", "profile", "it is --profile=srgb or --profile=p3 here"},
    {"output-profile", "profile", "it is --profile=srgb or --profile=p3 here"},
    {"import-profile", "quality", "not supported: an image without a profile is taken as sRGB"},
    {"icc", "profile", "it is --profile=srgb here (or keep, p3, none, a file)"},
    {"password", "passphrase-file", "secrets are read from files: see 'pixmill help encryption'"},
    {"passphrase", "passphrase-file", "secrets are read from files: see 'pixmill help encryption'"},
    {"strip", "keep", "metadata is left out anyway, unless --keep=exif,xmp asks for it"},
    {"metadata", "keep", "it is --keep=exif,xmp,iptc here"},
    {"with-metadata", "keep", "it is --keep=exif,xmp,iptc here"},
    {"keep-metadata", "keep", "it is --keep=exif,xmp,iptc here"},
    {"copy", "keep", "it is --keep=all here"},
    {"auto-orient", "no-autorotate", "orientations are applied anyway, unless --no-autorotate"},
    {"autorotate", "no-autorotate", "orientations are applied anyway, unless --no-autorotate"},
    {"no-rotate", "no-autorotate", "it is --no-autorotate here"},
    /* Names and runs. */
    {"suffix", "name", "it is --name='{stem}-small.{ext}' here"},
    {"prefix", "name", "it is --name='small-{stem}.{ext}' here"},
    {"srcset", "manifest", "it is --widths=320,640 --manifest=page.json here"},
    {"responsive", "manifest", "it is --widths=320,640 --manifest=page.json here"},
    {"sizes", "widths", "it is --widths=320,640 here"},
    {"dir", "output", "it is --output=DIR here"},
    {"path", "output", "it is --output=DIR here"},
    {"outdir", "output", "it is --output=DIR here"},
    {"out", "output", "it is --output=DIR here"},
    {"output-dir", "output", "it is --output=DIR here"},
    {"input", "output", "inputs are named without an option: pixmill run photos/ --output=DIR"},
    {"i", "output", "inputs are named without an option: pixmill run photos/ --output=DIR"},
    {"concurrency", "jobs", "it is --jobs=N here"},
    {"threads", "jobs", "it is --jobs=N here"},
    {"workers", "jobs", "it is --jobs=N here"},
    {"preserve-time", "keep-dates", "it is --keep-dates here"},
    {"preserve", "keep-dates", "it is --keep-dates here; metadata: --keep=exif,xmp"},
    {"limit-input-pixels", "max-pixels", "it is --max-pixels=100000000 here"},
    {"limit", "memory", "it is --memory=256M here"},
    {"fail-on", "allow-truncated", "damaged images fail anyway; --allow-truncated accepts truncated ones"},
    {"delete", "quality", "not supported: inputs are never removed"},
    {"force", "skip-existing", "results are replaced anyway, unless --skip-existing"},
    {"overwrite", "skip-existing", "results are replaced anyway, unless --skip-existing"},
    {"y", "skip-existing", "results are replaced anyway, unless --skip-existing"},
    {"recursive", "output", "folders are walked to their depths anyway"},
    {"r", "output", "folders are walked to their depths anyway"},
    {"define", "quality", "not supported: encoder options have names here, see 'pixmill run --help'"},
    {"set", "quality", "not supported"},
    {"append", "quality", "not supported: each result is made of one picture"},
    {"animated", "frames", "it is --frames=all here, the default"},
    {"port", "listen", "it is --listen=127.0.0.1:8080 here"},
    {"bind", "listen", "it is --listen=127.0.0.1:8080 here"},
};

/* Compares text[length] with a name in lower case, without regard to case and hyphens. */
static bool is_name(const char *name, const char *text, size_t length)
{
    for (; length > 0; text++, length--) {
        if (*text == '-' || *text == '_')
            continue;
        while (*name == '-')
            name++;
        if (*name++ != tolower((unsigned char)*text))
            return false;
    }
    return *name == '\0';
}

static bool has_option(const struct option_set *set, const char *name)
{
    struct option option;
    for (size_t i = 0; option_at(set, i, &option); i++) {
        if (strcmp(option.name, name) == 0)
            return true;
    }
    return false;
}

const char *elsewhere_option(const struct option_set *set, const char *name, size_t length, const char *value)
{
    char whole[64];
    snprintf(whole, sizeof whole, "%.*s=%s", (int)length, name, value != NULL ? value : "");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if ((is_name(known[i].theirs, whole, strlen(whole)) || is_name(known[i].theirs, name, length)) &&
            has_option(set, known[i].ours))
            return known[i].words;
    }
    return NULL;
}

const struct elsewhere *elsewhere_at(size_t index)
{
    return index < sizeof known / sizeof *known ? &known[index] : NULL;
}
