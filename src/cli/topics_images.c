/* Topics about operations on one image. */
#include <string.h>

#include "cli/help.h"
#include "cli/run_options.h"
#include "cli/topics.h"
#include "transform/recipe.h"

/* Every filter, or the one named `name`. */
static void write_filters_called(struct page *page, const char *name)
{
    struct option option;
    for (size_t i = 0; option_at(&run_option_set, i, &option); i++) {
        if (option.kind != OPTION_FILTER || (name != NULL && strcmp(option.name, name) != 0))
            continue;
        char title[160], text[512];
        option_title(&option, title, sizeof title);
        if (option.example != NULL)
            snprintf(text, sizeof text, "%s: --%s=%s", option.help, option.name, option.example);
        else
            snprintf(text, sizeof text, "%s", option.help);
        page_item(page, title, text);
    }
}

void help_write_filter(struct page *page, const char *name)
{
    write_filters_called(page, name);
    page_paragraph(page,
                   "A filter is an option of run and bench, and a step of a recipe; filters are applied in "
                   "the order written. 'pixmill help filters' lists all.");
}

void topic_filters(struct page *page)
{
    page_paragraph(page, "Filters are applied in the order written; each may be given more than once.");
    write_filters_called(page, NULL);
    page_paragraph(
        page,
        "After trim, sizes depend on the pixels: memory is reserved for the largest possible sizes and, if "
        "resize has only one side, for results of at most 4 to 1; a picture whose result would need more "
        "memory fails. All frames of an animation are cut alike: trim and normalize look at all of them before, which "
        "takes a second decoding, gravity=smart looks at the first.");
    page_paragraph(
        page,
        "A watermark's file is read once, before any work, and its memory is part of --memory. Its colours are "
        "converted to sRGB, by its own ICC profile or cICP, and are laid on after a conversion of the image's colours "
        "(--profile), in the colours that the image then has: its own space, or PQ and HLG with white at 203 cd/m2. So are "
        "colours of borders, --background and --tint. A result never replaces it.");
}

void topic_recipe(struct page *page)
{
    page_paragraph(
        page,
        "A recipe describes as text what is done to one image: steps joined by '/'. It is used in reports, "
        "in the URLs of 'pixmill serve' and by the library. Filters are its steps, in order; the words below "
        "are its settings. Each is also an option of run.");
    page_example(page, "resize=800x600/blur=2/format=jpeg/quality=75\n");
    page_paragraph(
        page,
        "--recipe=FILE reads options of run from a file, one a line as NAME=VALUE or NAME, in place of the "
        "option that names it; lines that begin with # are comments. Options after it override its settings. "
        "--preset=NAME does so with a file that comes with pixmill (share/pixmill/recipes, samples/recipes): "
        "web for several widths and formats in sRGB, thumbnail for squares of 300 pixels, archive for "
        "lossless copies with metadata and dates.");
    struct recipe_setting setting;
    for (size_t i = 0; recipe_setting_at(i, &setting); i++) {
        char title[160], text[OPTION_HELP_MAX];
        if (setting.step)
            continue;
        const char *before = setting.omitted != NULL ? "[=" : setting.argument != NULL ? "=" : "";
        snprintf(title, sizeof title, "%s%s%s%s", setting.name, before,
                 setting.argument != NULL ? setting.argument : "", setting.omitted != NULL ? "]" : "");
        page_item(page, title, recipe_setting_help(&setting, text, sizeof text));
    }
    page_paragraph(
        page, "In URLs of 'pixmill serve' format=auto leaves the choice to the client; see 'pixmill help "
              "serving'.");
}

void topic_formats(struct page *page)
{
    page_paragraph(
        page,
        "A file's format is determined by its content, never by its name. A result has its input's format "
        "(--format=same) or the format given with --format; that of a BMP, which is only read, is a PNG:");
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++)
        page_item(page, (*codec)->name, (*codec)->help);
    page_paragraph(
        page,
        "Colours keep their meaning: an ICC profile is kept; PNG's cICP, mDCV, cLLI, sRGB, gAMA and cHRM are "
        "kept in a PNG, and replaced by an equivalent ICC profile in a JPEG if there is one. Anything else "
        "that a result can't contain (frames of an animation, the high dynamic range of PQ and HLG, a PNG chunk that is not "
        "known to be harmless) causes a warning.");
    page_paragraph(
        page,
        "The recipe is applied to every frame of an animated WebP, GIF, PNG (APNG), AVIF, HEIC or JPEG XL, and a result in one of these formats, which HEIC is not, is animated "
        "too; any other result has the first frame, or the still picture that a PNG may have beside its animation. A GIF has at most 256 colours per frame: the frame's own if "
        "they are not more, else colours chosen for it, with dithering (--dither); so has a PNG with --palette. --frames chooses one frame. The options of the encoders (quality, "
        "lossless, ...) and their formats are listed in 'pixmill run --help'; an option that no result's "
        "format has causes a warning. A lossy WebP with alpha is written with --effort=7 at most: 8 and 9 "
        "take hundreds of times as long for noisy alpha.");
    page_paragraph(
        page,
        "A JPEG is written without loss, from its coefficients as jpegtran does, if the recipe only rotates by "
        "multiples of 90 degrees, mirrors or changes metadata, and names no format, quality or subsampling: its "
        "orientation is applied, its metadata selected, and its Huffman tables are fitted. With "
        "--quality or --format=jpeg it is decoded and encoded again. A mirrored side must consist of whole "
        "blocks, of 8 or 16 pixels: if it does not, the image is decoded and encoded. The notes of --log, and "
        "-v, say what was done.");
    page_paragraph(
        page,
        "A PNG that is written as a PNG without another change is never larger than its input: if the encoded "
        "one is, the input's compressed pixels are kept, with the selected metadata. --keep-smaller does the "
        "same for every JPEG, PNG and WebP of which only the encoding would change, such as with "
        "--quality=90 alone. Images that are turned or cropped, animations, and files with errors are encoded. "
        "A PNG with at most 256 colours, or of few grey levels, is written with a palette or in 1, 2 or 4 bits "
        "where that is smaller.");
    page_paragraph(
        page,
        "A file counts as truncated only if pixels are missing. Errors after the last pixel are warnings. "
        "IPTC in a PNG is a text chunk that ImageMagick and exiftool read.");
}

void topic_color(struct page *page)
{
    page_paragraph(
        page,
        "With --profile=keep, the default, samples are not converted and the file's description of its colours is kept. "
        "--profile=srgb and --profile=p3 convert every image to sRGB or Display P3, where it has the fewest pixels: after a "
        "shrinking resize. Results then carry a profile of about 450 bytes, or where the format has them the "
        "numbers that say the same (PNG: sRGB or cICP, AVIF: nclx). --profile=none leaves out all that describes colours, and "
        "after srgb or p3 (--profile=srgb,none) the profile only.");
    page_paragraph(
        page,
        "The colours of a file are taken from the first of these that it has: cICP, an ICC profile, sRGB, gAMA and cHRM, "
        "EXIF (sRGB, or Adobe RGB by ColorSpace or the interoperability index R03). Without them RGB is taken as sRGB, "
        "and grey has sRGB's curve. 'pixmill info' shows which it is. Profiles of version 2 and 4 for RGB and "
        "grey made of curves and a matrix are converted, with the result of lcms2 to less than a level. A broken profile, "
        "or one for other channels, is ignored with a warning.");
    page_paragraph(
        page,
        "HDR pictures (PQ and HLG) stay as they are in a PNG and an AVIF, with all their bits, their mastering display and light "
        "level: an AVIF of such a picture has 10 bits, or 12 if the file has more than 10. In other formats, and with --profile, they are tone-mapped, with a "
        "warning, by the EETF of ITU-R BT.2390: up to the picture's peak (its light level, else its mastering display's, "
        "else 1000 cd/m2) becomes white, which otherwise is 203 cd/m2; hues are kept.");
    page_paragraph(
        page,
        "Profiles of tables, for RGB, grey or CMYK, are converted too, within a level of lcms2: --intent=perceptual (the "
        "default), relative, saturation or absolute chooses the table, and --bpc adds black point compensation (to sRGB and "
        "Display P3 the perceptual and the saturation intent always have it). A profile that is broken or has more than "
        "524288 points in a table is not used, with a warning. CMYK with a profile becomes sRGB by "
        "that profile if the result can't be CMYK or a filter works on RGB alone, also with --profile=keep and before a "
        "conversion to the profile of a file; CMYK without one becomes RGB as printed on coated paper (SWOP). Before --gray and "
        "--threshold colours of an ICC profile become sRGB too, as it has no meaning for greys.");
    page_paragraph(
        page,
        "--profile=print.icc converts to the profile of a file, for grey, RGB or CMYK, after the last step, and writes it "
        "into the results; CMYK needs --format=jpeg or tiff. The file is read once, before any work; a name without a dot "
        "or a slash is written ./print. A server takes the profiles in its folder of --watermarks.");
    page_paragraph(
        page,
        "--resize=800x800,linear and --blur=2,linear sum in linear light, by the image's own transfer curve (sRGB's, "
        "with a warning, if that is unknown, as of tables): a fine pattern of black and white becomes the "
        "grey of its light, 188 of 255, not 128. A JPEG is decoded at full size for it, which takes longer. Amounts of "
        "ink (CMYK) are summed as they are: they are nearly linear in light.");
    page_paragraph(
        page,
        "A gain map (Ultra HDR) in a JPEG is left out, with a warning. --gainmap=drop leaves it out without one; "
        "--gainmap=keep writes it into a JPEG result, resized, cropped and rotated as the image, with its parameters as XMP "
        "and ISO 21496-1 (not with pad, trim and watermark: then there is a warning); --gainmap=apply makes the HDR picture that "
        "image and map mean on a display of the map's full headroom, for PNG (PQ, 16 bits) and AVIF. The gain maps of "
        "HEIC, AVIF and Apple's JPEGs are always left out. An image with a gain map is encrypted only with drop or apply.");
    page_example(page, "pixmill run photos -o web --resize=800x800 --profile=srgb\n");
}

void topic_metadata(struct page *page)
{
    page_paragraph(
        page,
        "Always kept: the colour description (ICC profile, PNG's colour chunks), if the result's format "
        "supports it, and the density (in a WebP as EXIF), rotated with the image. Everything else is kept "
        "only with --keep, a list of");
    page_item(page, "exif", "exposure, camera, position, ...");
    page_item(page, "xmp", "titles, ratings, edits, ... as XML");
    page_item(page, "iptc", "caption, by-line, copyright notice");
    page_item(page, "text", "PNG's texts, JPEG's comments");
    page_item(page, "all", "all of these");
    page_paragraph(
        page,
        "Kept metadata describes the result: orientation, width and height are updated. Metadata that shows "
        "the original image is removed: thumbnails, MakerNotes with a preview, depth maps, positions of "
        "faces if the image was cropped or rotated, and long values of unknown EXIF tags. Malformed EXIF or "
        "XMP is removed, because it can't be updated. Warnings say what was removed.");
    page_paragraph(
        page,
        "No option keeps a JPEG's additional images (gain maps: see 'pixmill help color'), the video and sound of "
        "motion photos, content credentials, or unknown segments: a warning says that they are removed. Proprietary data of "
        "cameras and programs outside the standard metadata is always removed; only --keep=all warns about "
        "it.");
    page_paragraph(page, "'pixmill info' shows which of them a file has, and its additional images.");
}

void topic_encryption(struct page *page)
{
    page_paragraph(
        page,
        "--encrypt, the last step, turns the pixels into noise, stored as a valid PNG of the same size. "
        "--decrypt, the first step, restores the exact pixels, or fails if any bit was changed or the key is "
        "wrong.");
    page_paragraph(
        page,
        "The key is read from a file, never from the command line: --key-file contains 32 raw bytes or 64 "
        "hexadecimal digits; --passphrase-file contains a passphrase, from which scrypt derives the key.");
    page_example(page, "[ -e key ] || (umask 077 && head -c 32 /dev/urandom > key)\n"
                       "pixmill run photos/ -o safe/ --encrypt --key-file=key\n"
                       "pixmill run safe/ -o back/ --decrypt --key-file=key\n");
    page_paragraph(
        page,
        "Each file is protected on its own: it is not detected when whole files are exchanged, renamed, "
        "removed or replaced by older versions. With --encrypt --bind-names each is bound to its "
        "path below DIR, and --decrypt refuses one that is under another path below its folder, or "
        "below --base. Missing files and older versions of a file are still not detected.");
    page_paragraph(
        page,
        "Files that others add to an archive do not prevent the rest from being decrypted. With a "
        "passphrase, each may cost one key derivation: about 0.5 s of one processor and 128 MiB. --max-wrong-salts=N "
        "limits the number of derivations that match no file; after that only files "
        "whose keys are already known are decrypted.");
}
