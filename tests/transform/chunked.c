#include "transform/chunked.h"

#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "codec/reader.h"
#include "transform/transform.h"

void put_through(struct outcome *outcome, const struct added *added, const char *text)
{
    static const struct png_header header = {.width = 2, .height = 1, .depth = 8, .color_type = PNG_RGB};
    const struct decode_request request = {0};
    struct transform_result ignored;
    struct memory_source memory;
    struct pm_info info;
    *outcome = (struct outcome){0};
    lent_init(&outcome->lent);
    collect_warnings(&outcome->lent, &outcome->warnings);
    made_begin(&outcome->file, &header);
    for (size_t i = 0; i < ADDED_MAX && added[i].type != NULL; i++)
        made_chunk(&outcome->file, added[i].type, added[i].data, added[i].size);
    made_pixels(&outcome->file, (const uint8_t[]){0, 220, 30, 30, 30, 220, 30}, 7, 100);
    made_chunk(&outcome->file, "IEND", "", 0);
    struct pm_error *error = &outcome->lent.error;
    struct pm_recipe *recipe = pm_recipe_parse(text, error);
    cr_assert_eq(transform(recipe, NULL, outcome->file.data, outcome->file.size, NULL, &outcome->lent.context,
                           &outcome->result, &ignored),
                 0, "%s", error->message);
    pm_recipe_free(recipe);
    memory_source_init(&memory, outcome->result.data, outcome->result.size);
    const struct codec *codec = codec_probe(&memory.source, &info, error);
    cr_assert_eq(reader_decode(codec, outcome->result.data, outcome->result.size, &request, &outcome->image,
                               &outcome->lent.context),
                 0);
}

void outcome_free(struct outcome *outcome)
{
    buffer_free(&outcome->file);
    buffer_free(&outcome->result);
    lent_free(&outcome->lent);
}

char *profile_chunk(const void *profile, size_t size, size_t *chunk_size)
{
    static const char head[6] = "name"; /* its name, and how it is compressed */
    struct libdeflate_compressor *deflater = libdeflate_alloc_compressor(1);
    const size_t most = sizeof head + libdeflate_zlib_compress_bound(deflater, size);
    char *chunk = malloc(most);
    cr_assert_not_null(chunk);
    memcpy(chunk, head, sizeof head);
    *chunk_size = sizeof head +
                  libdeflate_zlib_compress(deflater, profile, size, chunk + sizeof head, most - sizeof head);
    libdeflate_free_compressor(deflater);
    return chunk;
}
