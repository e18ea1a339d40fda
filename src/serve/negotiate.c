#include "serve/negotiate.h"

#include <string.h>
#include <strings.h>

#include "codec/part.h"

enum { WEIGHT_MAX = 1000 };

/* Removes and returns the part up to the next `separator`. */
static struct span next_part(struct span *text, char separator)
{
    const char *end = memchr(text->data, separator, text->size);
    struct span part = {text->data, end != NULL ? (size_t)(end - text->data) : text->size};
    size_t used = part.size + (end != NULL);
    text->data += used;
    text->size -= used;
    return span_trim(part);
}

static bool same(struct span text, const char *other)
{
    return text.size == strlen(other) && strncasecmp(text.data, other, text.size) == 0;
}

/* "1", "0.5", "0.123" in thousandths; anything else counts as 0. */
static int parse_weight(struct span text)
{
    if (text.size == 0 || text.size > 5 || (text.data[0] != '0' && text.data[0] != '1') ||
        (text.size > 1 && text.data[1] != '.'))
        return 0;
    int weight = (text.data[0] - '0') * WEIGHT_MAX;
    int place = WEIGHT_MAX / 10;
    for (size_t i = 2; i < text.size; i++, place /= 10) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return 0;
        weight += (text.data[i] - '0') * place;
    }
    return weight <= WEIGHT_MAX ? weight : 0;
}

/* How specifically a media range names the type: 3 by both parts, 2 by the first part, 1 any type; 0: not at
 * all. */
static int closeness(struct span range, const char *mime)
{
    size_t kind = (size_t)(strchr(mime, '/') + 1 - mime);
    if (same(range, mime))
        return 3;
    if (range.size == kind + 1 && strncasecmp(range.data, mime, kind) == 0 && range.data[kind] == '*')
        return 2;
    return same(range, "*/*");
}

enum { ANY_RANGE = 0, NAMED = 2 };

/* The weight of the type for the client, 0 to WEIGHT_MAX: the most specific range decides, of those that are
 * closer than `closest`. */
static int weight_of(struct span accept, const char *mime, int closest)
{
    int weight = 0;
    while (accept.size > 0) {
        struct span item = next_part(&accept, ',');
        int close = closeness(next_part(&item, ';'), mime), own = WEIGHT_MAX;
        while (item.size > 0) {
            struct span parameter = next_part(&item, ';');
            struct span name = next_part(&parameter, '=');
            if (same(name, "q"))
                own = parse_weight(span_trim(parameter));
        }
        if (close > closest) {
            closest = close;
            weight = own;
        }
    }
    return weight;
}

/* May the format be chosen for a client that did not name it? Its library may be missing. */
static bool may_be_chosen(const struct codec *codec)
{
    struct pm_error missing = {0};
    return codec_writes(codec) && !codec->few_colors && !codec->isolated &&
           codec_part_find(codec, &missing) == 0;
}

/* The first of the list among those that weigh most; NULL: none is accepted. A GIF may be an animation, which
 * not all formats hold. */
static const struct codec *best_of(const struct auto_formats *formats, struct span accept, int closest,
                                   const struct codec *own, int *weight)
{
    const struct codec *best = NULL;
    struct pm_error missing = {0};
    *weight = 0;
    for (size_t i = 0; i < formats->count; i++) {
        const struct codec *codec = formats->format[i];
        const int its = weight_of(accept, codec->mime, closest);
        const bool holds = codec == own || own == NULL || !own->few_colors || codec->writer != NULL;
        if (its > *weight && holds && codec_part_find(codec, &missing) == 0) {
            *weight = its;
            best = codec;
        }
    }
    return best;
}

static const struct codec *choose_of(const struct auto_formats *formats, struct span accept,
                                     const struct codec *own)
{
    int weight;
    const int own_weight = own != NULL ? weight_of(accept, own->mime, ANY_RANGE) : 0;
    const struct codec *best = best_of(formats, accept, NAMED, own, &weight);
    if (best != NULL && weight >= own_weight)
        return best;
    if (own_weight > 0)
        return own;
    best = best_of(formats, accept, ANY_RANGE, own, &weight);
    return best != NULL ? best : own;
}

const struct codec *negotiate_format(struct span accept, const struct codec *own,
                                     const struct auto_formats *formats)
{
    own = own != NULL ? codec_written(own) : NULL;
    const struct codec *best = own;
    if (accept.data == NULL)
        return own;
    if (formats->count > 0)
        return choose_of(formats, accept, own);
    int best_weight = own != NULL ? weight_of(accept, own->mime, ANY_RANGE) : 0;
    for (int slow = 0; slow < 2; slow++) { /* of equal formats, those that are slow to encode come last */
        for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
            const int weight = (*codec)->slow == slow ? weight_of(accept, (*codec)->mime, ANY_RANGE) : 0;
            if (weight > best_weight && may_be_chosen(*codec)) {
                best_weight = weight;
                best = *codec;
            }
        }
    }
    return best;
}
