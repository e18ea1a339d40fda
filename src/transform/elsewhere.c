#include "transform/elsewhere.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Said: steps, or a sentence. What is in braces is replaced by the first argument, and {600} by the second,
 * if there is one. The names are imgproxy's (docs.imgproxy.net, "Processing an image"), unless noted. */
static const struct {
    const char *name, *said;
} rows[] = {
    {"rs:fit", "resize={800}x{600},shrink"},
    {"rs:fill", "resize={800}x{600}^/crop={800}x{600},gravity=center"},
    {"rs:fill-down", "resize={800}x{600}^,shrink/crop={800}x{600},gravity=center"},
    {"rs:force", "resize={800}x{600}!"},
    {"rs:auto", "resize={800}x{600}^/crop={800}x{600},gravity=center"},
    {"rs", "resize={800}x{600},shrink"},
    {"resize:fit", "resize={800}x{600},shrink"},
    {"resize:fill", "resize={800}x{600}^/crop={800}x{600},gravity=center"},
    {"resize:fill-down", "resize={800}x{600}^,shrink/crop={800}x{600},gravity=center"},
    {"resize:force", "resize={800}x{600}!"},
    {"resize", "resize={800}x{600},shrink"},
    {"s", "resize={800}x{600},shrink"},
    {"size", "resize={800}x{600},shrink"},
    {"w", "resize={800}x"},
    {"width", "resize={800}x"},
    {"h", "resize=x{400}"},
    {"height", "resize=x{400}"},
    {"fit", "resize, crop and pad: cover is resize=800x600^/crop=800x600,gravity=center, contain is "
            "pad=800x600"},
    {"c", "crop={800}x{600},gravity=center"},
    {"crop", "crop={800}x{600},gravity=center"},
    {"g", "the gravity of a crop: crop=800x600,gravity=north, or smart"},
    {"gravity", "the gravity of a crop: crop=800x600,gravity=north, or smart"},
    {"q", "quality={75}"},
    {"quality", "quality={75}"},
    {"mb", "target-size={200K}"},
    {"max_bytes", "target-size={200K}"},
    {"f", "format={webp}"},
    {"ext", "format={webp}"},
    {"format", "format={webp}"},
    {"bl", "blur={2}"},
    {"blur", "blur={2}"},
    {"sh", "sharpen={1.5}"},
    {"sharpen", "sharpen={1.5}"},
    {"pix", "pixelate={8}"},
    {"pixelate", "pixelate={8}"},
    {"rot", "rotate={90}"},
    {"rotate", "rotate={90}"},
    {"t", "trim={10}"},
    {"trim", "trim={10}"},
    {"bg", "background={ffffff}"},
    {"background", "background={ffffff}"},
    {"ex", "pad: pad=800x600,color=white"},
    {"extend", "pad: pad=800x600,color=white"},
    {"wm", "watermark: watermark=logo.png,opacity=0.5"},
    {"el", "without ,shrink: resize=800x600 enlarges, too"},
    {"enlarge", "without ,shrink: resize=800x600 enlarges, too"},
    {"sm", "the default: metadata is left out unless keep=exif,xmp,iptc,text asks for it"},
    {"strip_metadata", "the default: metadata is left out unless keep=exif,xmp,iptc,text asks for it"},
    {"ar", "the default: orientations are applied unless no-autorotate is given"},
    {"auto_rotate", "the default: orientations are applied unless no-autorotate is given"},
    {"scp", "profile=srgb"},
    {"dpr", "not supported: write the size in pixels, resize=1600x"},
};

/* Does `word` begin with the name, followed by its arguments? */
static bool begins(const char *word, const char *name)
{
    const size_t length = strlen(name);
    return strncmp(word, name, length) == 0 && (word[length] == '\0' || word[length] == ':');
}

/* The argument at `index` of those separated by colons; false if it is missing or can't be repeated in a
 * message. */
static bool argument_at(const char *arguments, size_t index, char text[16])
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.";
    for (; index > 0 && *arguments != '\0'; index--) {
        arguments += strcspn(arguments, ":");
        arguments += *arguments != '\0';
    }
    const size_t length = strspn(arguments, allowed);
    if (length == 0 || length >= 16 || (arguments[length] != '\0' && arguments[length] != ':'))
        return false;
    snprintf(text, 16, "%.*s", (int)length, arguments);
    return true;
}

/* Replaces what is in braces; 0 stands for a side that follows from the other. */
static void fill_in(const char *said, const char *arguments, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    while (*said != '\0' && used + 1 < size) {
        char argument[16];
        const size_t plain = strcspn(said, "{");
        used += (size_t)snprintf(text + used, size - used, "%.*s", (int)plain, said);
        said += plain;
        if (*said == '\0' || used + 1 >= size)
            return;
        const size_t length = strcspn(said, "}");
        if (!argument_at(arguments, strncmp(said, "{600}", 5) == 0, argument))
            snprintf(argument, sizeof argument, "%.*s", (int)length - 1, said + 1);
        used += (size_t)snprintf(text + used, size - used, "%s", strcmp(argument, "0") == 0 ? "" : argument);
        said += length + 1;
    }
}

const char *elsewhere_step(const char *word, const char *argument, char *text, size_t size)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char steps[128];
        if (!begins(word, rows[i].name))
            continue;
        const char *arguments = word + strlen(rows[i].name);
        arguments += *arguments != '\0';
        fill_in(rows[i].said, argument != NULL ? argument : arguments, steps, sizeof steps);
        const bool supported = strncmp(steps, "not supported", 13) != 0;
        snprintf(text, size, supported ? "here it is %s" : "%s", steps);
        return text;
    }
    return NULL;
}

const char *elsewhere_row(size_t index, const char **said)
{
    if (index >= sizeof rows / sizeof *rows)
        return NULL;
    *said = rows[index].said;
    return rows[index].name;
}
