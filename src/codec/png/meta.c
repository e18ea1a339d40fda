#include "codec/png/meta.h"

#include <string.h>

void png_meta_init(struct png_meta *meta, struct pm_metadata *metadata, unsigned keep,
                   struct context *context)
{
    *meta = (struct png_meta){
        .metadata = metadata,
        .context = context,
        .error = context->error,
        .keep = keep,
        .budget = PNG_METADATA_MAX,
    };
}

int png_meta_leave_out(struct png_meta *meta, const char *what)
{
    for (unsigned i = 0; i < meta->nsaid; i++) {
        if (strcmp(meta->said[i], what) == 0)
            return 0;
    }
    if (meta->nsaid < PNG_FAULTS_MAX)
        meta->said[meta->nsaid++] = what;
    context_warn(meta->context, "PNG: %s is left out", what);
    return 0;
}

uint8_t *png_meta_alloc(struct png_meta *meta, size_t size)
{
    if (size > meta->budget)
        return NULL;
    uint8_t *bytes = arena_alloc(meta->context->job_arena, size);
    if (bytes != NULL)
        meta->budget -= size;
    return bytes;
}

size_t png_keyword_length(const uint8_t *data, size_t size)
{
    enum { KEYWORD_MAX = 79 };
    const uint8_t *end = memchr(data, 0, size < KEYWORD_MAX + 1 ? size : KEYWORD_MAX + 1);
    return end != NULL ? (size_t)(end - data) : 0;
}

struct pm_blob png_exif_tiff(const uint8_t *data, size_t size)
{
    static const uint8_t prefix[6] = "Exif\0";
    bool has = size >= sizeof prefix && memcmp(data, prefix, sizeof prefix) == 0;
    return has ? (struct pm_blob){data + sizeof prefix, size - sizeof prefix} : (struct pm_blob){data, size};
}
