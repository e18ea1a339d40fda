#include "codec/codec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "codec/kinds.h"
#include "color/profile_name.h"

extern const struct codec codec_avif, codec_bmp, codec_gif, codec_heic, codec_jpeg, codec_jxl, codec_png,
    codec_tiff, codec_webp;

/* clang-format off */
const struct codec *const codecs[] = {
    &codec_avif,
    &codec_bmp,
    &codec_gif,
    &codec_heic,
    &codec_jpeg,
    &codec_jxl,
    &codec_png,
    &codec_tiff,
    &codec_webp,
    NULL,
};
/* clang-format on */

_Static_assert(sizeof codecs / sizeof *codecs <= CODECS_MAX + 1, "CODECS_MAX is too small");

bool codec_has_rows(const struct codec *codec, const struct pm_info *info,
                    const struct decode_request *request)
{
    if (codec->has_rows != NULL)
        return codec->has_rows(info, request);
    return codec->rows != NULL && !info->interlaced;
}

int codec_index(const struct codec *codec)
{
    for (int i = 0; codecs[i] != NULL; i++) {
        if (codecs[i] == codec)
            return i;
    }
    return -1;
}

const struct codec *codec_at(unsigned index)
{
    unsigned i = 0;
    while (i < index && codecs[i] != NULL)
        i++;
    return codecs[i];
}

const struct codec *codec_of_suffix(const char *suffix)
{
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        for (const char *const *known = (*codec)->suffixes; *known != NULL; known++) {
            if ((*known)[0] == (suffix[0] | ' ') && strcasecmp(*known, suffix) == 0)
                return *codec;
        }
    }
    return NULL;
}

const struct codec *codec_sniff(const uint8_t *head, size_t size)
{
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        if ((*codec)->sniff(head, size))
            return *codec;
    }
    return NULL;
}

const struct codec *codec_written(const struct codec *input)
{
    return codec_writes(input) ? input : input->written_as;
}

static const char *list_names(bool written, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; codecs[i] != NULL && used < size; i++) {
        if (!written || codec_writes(codecs[i]))
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", codecs[i]->name);
    }
    return text;
}

const char *codec_names(char *text, size_t size)
{
    return list_names(false, text, size);
}

const char *codec_written_names(char *text, size_t size)
{
    return list_names(true, text, size);
}

int codec_not_supported(const uint8_t *head, size_t size, struct pm_error *error)
{
    char names[64];
    const char *kind = image_kind_name(image_kind_find(head, size));
    kind = kind != NULL ? kind : image_kind_other(head, size);
    return error_set(error, PM_ERROR_UNSUPPORTED, "not a supported image (%s%s%spixmill reads %s)",
                     kind != NULL ? "this is " : "", kind != NULL ? kind : "", kind != NULL ? "; " : "",
                     codec_names(names, sizeof names));
}

/* Identifies the codec by the file's first bytes; NULL with `error` filled. */
static const struct codec *sniff_source(struct byte_source *source, struct pm_error *error)
{
    uint8_t head[IMAGE_KIND_HEAD];
    long size = source->read_at(source, 0, head, sizeof head);
    if (size < 0) {
        error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
        return NULL;
    }
    if (size == 0) {
        error_set(error, PM_ERROR_TRUNCATED, "is empty (0 bytes)");
        return NULL;
    }
    const struct codec *codec = codec_sniff(head, (size_t)size);
    if (codec == NULL)
        codec_not_supported(head, (size_t)size, error);
    return codec;
}

const struct codec *codec_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    const struct codec *codec = sniff_source(source, error);
    if (codec == NULL)
        return NULL;
    *info = codec_blank_info(codec->name);
    return codec->probe(source, info, error) == 0 ? codec : NULL;
}

static int probe_other_page(const struct codec *codec, struct byte_source *source, unsigned page,
                            struct pm_info *info, struct pm_error *error)
{
    if (codec->probe_page != NULL)
        return codec->probe_page(source, page, info, error);
    return error_set(error, PM_ERROR_UNSUPPORTED, "has no page %u (pixmill reads one of %s)", page,
                     codec->name);
}

const struct codec *codec_probe_other_page(struct byte_source *source, unsigned page, struct pm_info *info,
                                           struct pm_error *error)
{
    const struct codec *codec = sniff_source(source, error);
    if (codec == NULL)
        return NULL;
    *info = codec_blank_info(codec->name);
    return probe_other_page(codec, source, page, info, error) == 0 ? codec : NULL;
}

/* A name that can't be read is missing, which is no error. */
static void name_profile(struct byte_source *source, struct pm_info *info)
{
    uint8_t bytes[PROFILE_BEGINNING];
    const size_t size = info->icc_size < sizeof bytes ? info->icc_size : sizeof bytes;
    const long got = info->icc_at > 0 ? source->read_at(source, info->icc_at, bytes, size) : 0;
    if (got > 0)
        profile_name(bytes, (size_t)got, info->icc_name, sizeof info->icc_name);
}

const struct codec *codec_inspect(struct byte_source *source, unsigned page, struct pm_info *info,
                                  struct pm_error *error)
{
    const struct codec *codec = sniff_source(source, error);
    if (codec == NULL)
        return NULL;
    *info = codec_blank_info(codec->name);
    const int status = page > 1                 ? probe_other_page(codec, source, page, info, error)
                       : codec->inspect != NULL ? codec->inspect(source, info, error)
                                                : codec->probe(source, info, error);
    if (status != 0)
        return NULL;
    name_profile(source, info);
    return codec;
}
