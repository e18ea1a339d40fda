#include "codec/gif/encode.h"

#include <gif_lib.h>
#include <string.h>

enum { CHECKPOINT_ROWS = 256, SUB_BLOCK = 255, SHOWN_MAX = 65536 };

static int write_bytes(GifFileType *gif, const GifByteType *bytes, int size)
{
    struct gif_output *output = gif->UserData;
    return buffer_append(output->out, bytes, (size_t)size) == 0 ? size : 0;
}

static int refuse(const struct gif_output *output, struct context *context)
{
    const int code = output->gif != NULL ? output->gif->Error : 0;
    if (code == E_GIF_ERR_NOT_ENOUGH_MEM || code == E_GIF_ERR_WRITE_FAILED || code == 0)
        return error_memory(context->error, 0); /* writing fails only where `out` can't grow */
    const char *why = GifErrorString(code);
    return error_set(context->error, PM_ERROR_INTERNAL, "giflib can't write it: %.80s (please report this)",
                     why != NULL ? why : "unknown error");
}

/* giflib's own copy; the number of colours is a power of two, at least 2. */
static ColorMapObject *make_map(const struct palette *palette)
{
    int size = 2;
    while (size < (int)palette->count)
        size *= 2;
    ColorMapObject *map = GifMakeMapObject(size, NULL);
    for (unsigned i = 0; map != NULL && i < palette->count; i++)
        map->Colors[i] = (GifColorType){palette->rgba[i][0], palette->rgba[i][1], palette->rgba[i][2]};
    return map;
}

/* --- metadata --------------------------------------------------------------------------------------- */

static bool put_blocks(GifFileType *gif, int label, const char *name, const uint8_t *data, size_t size)
{
    bool good = EGifPutExtensionLeader(gif, label) == GIF_OK &&
                (name == NULL || EGifPutExtensionBlock(gif, GIF_APPLICATION, name) == GIF_OK);
    for (size_t at = 0; good && at < size; at += SUB_BLOCK) {
        const size_t bytes = size - at < SUB_BLOCK ? size - at : SUB_BLOCK;
        good = EGifPutExtensionBlock(gif, (int)bytes, data + at) == GIF_OK;
    }
    return good && EGifPutExtensionTrailer(gif) == GIF_OK;
}

/* The packet is stored as it is; the bytes after it lead readers of sub-blocks to the end (XMP specification,
 * part 3, 1.1.2). */
static bool put_xmp(struct gif_output *output, struct pm_blob xmp)
{
    enum { MAGIC = 258 };
    uint8_t magic[MAGIC] = {1};
    for (unsigned i = 0; i < 256; i++)
        magic[1 + i] = (uint8_t)(255 - i);
    return EGifPutExtensionLeader(output->gif, APPLICATION_EXT_FUNC_CODE) == GIF_OK &&
           EGifPutExtensionBlock(output->gif, GIF_APPLICATION, "XMP DataXMP") == GIF_OK &&
           buffer_append(output->out, xmp.data, xmp.size) == 0 &&
           buffer_append(output->out, magic, sizeof magic) == 0;
}

static bool put_loops(GifFileType *gif, long loops)
{
    if (loops == 1 || loops < 0)
        return true; /* the meaning of a file without that extension */
    const long again = loops == 0 ? 0 : loops - 1;
    const uint8_t data[] = {1, (uint8_t)again, (uint8_t)(again >> 8)};
    return put_blocks(gif, APPLICATION_EXT_FUNC_CODE, "NETSCAPE2.0", data, sizeof data);
}

static bool put_metadata(struct gif_output *output, const struct pm_metadata *meta, struct context *context)
{
    enum { DPI_72 = 2835 };
    bool good = meta->icc.size == 0 || put_blocks(output->gif, APPLICATION_EXT_FUNC_CODE, "ICCRGBG1012",
                                                  meta->icc.data, meta->icc.size);
    /* Readers end an XMP packet at a zero byte. */
    if (meta->xmp.size > 0 && memchr(meta->xmp.data, 0, meta->xmp.size) != NULL)
        context_warn(context, "XMP is left out: GIF can't store it");
    else if (meta->xmp.size > 0)
        good = good && put_xmp(output, meta->xmp);
    size_t named = 0;
    for (size_t i = 0; good && i < meta->ntexts; i++) {
        const char *text = meta->texts[i].text;
        named += strcmp(meta->texts[i].keyword, "Comment") != 0;
        if (strcmp(meta->texts[i].keyword, "Comment") == 0)
            good = put_blocks(output->gif, COMMENT_EXT_FUNC_CODE, NULL, (const uint8_t *)text, strlen(text));
    }
    if (named > 0)
        context_warn(context, "text with keywords is left out: GIF stores only comments");
    if (meta->exif.size > 0 || meta->iptc.size > 0)
        context_warn(context, "EXIF and IPTC are left out: GIF can't store them");
    if (meta->has_density &&
        (meta->density_x != meta->density_y || (meta->density_unit == 1 && meta->density_x != DPI_72)))
        context_warn(context, "the density is left out: GIF can't store it");
    return good;
}

/* --- the file --------------------------------------------------------------------------------------- */

int gif_output_begin(struct gif_output *output, struct buffer *out, const struct pm_image *image,
                     const struct palette *palette, long loops, struct context *context)
{
    enum { COLOR_BITS = 8 };
    int code = 0;
    *output =
        (struct gif_output){.out = out, .width = image->width, .height = image->height, .first = *palette};
    if (loops > SHOWN_MAX) {
        context_warn(context, "GIF can repeat an animation at most 65535 times");
        loops = SHOWN_MAX;
    }
    output->gif = EGifOpen(output, write_bytes, &code);
    ColorMapObject *map = make_map(palette);
    bool good = output->gif != NULL && map != NULL;
    if (good)
        EGifSetGifVersion(output->gif, true);
    good = good && EGifPutScreenDesc(output->gif, (int)image->width, (int)image->height, COLOR_BITS, 0,
                                     map) == GIF_OK;
    GifFreeMapObject(map);
    if (good && put_loops(output->gif, loops) && put_metadata(output, &image->meta, context))
        return 0;
    return refuse(output, context);
}

static bool same_palette(const struct palette *a, const struct palette *b)
{
    return a->count == b->count && memcmp(a->rgba, b->rgba, a->count * sizeof *a->rgba) == 0;
}

/* The transparent colour is set per frame, so a frame without it can use the file's palette, too. */
static bool put_head(struct gif_output *output, const struct gif_indexed *frame)
{
    const GraphicsControlBlock control = {.DisposalMode = (int)frame->disposal,
                                          .UserInputFlag = false,
                                          .DelayTime = (int)frame->delay,
                                          .TransparentColor = frame->transparent};
    GifByteType bytes[4];
    const bool plain = frame->disposal == GIF_KEEP && frame->delay == 0 && frame->transparent == GIF_OPAQUE;
    if (!plain && EGifPutExtension(output->gif, GRAPHICS_EXT_FUNC_CODE,
                                   (int)EGifGCBToExtension(&control, bytes), bytes) != GIF_OK)
        return false;
    ColorMapObject *map = NULL;
    if (!same_palette(&frame->palette, &output->first)) {
        map = make_map(&frame->palette);
        if (map == NULL)
            return false;
    }
    const bool good = EGifPutImageDesc(output->gif, (int)frame->x, (int)frame->y, (int)frame->width,
                                       (int)frame->height, false, map) == GIF_OK;
    GifFreeMapObject(map);
    return good;
}

int gif_output_frame(struct gif_output *output, const struct gif_indexed *frame, struct context *context)
{
    if (!put_head(output, frame))
        return refuse(output, context);
    for (uint32_t y = 0; y < frame->height; y++) {
        uint8_t *row = frame->indices + (size_t)(frame->y + y) * output->width + frame->x;
        if (y % CHECKPOINT_ROWS == 0 && context_checkpoint(context) != 0)
            return -1;
        if (EGifPutLine(output->gif, row, (int)frame->width) != GIF_OK)
            return refuse(output, context);
    }
    return 0;
}

int gif_output_end(struct gif_output *output, struct context *context)
{
    int code = 0;
    GifFileType *gif = output->gif;
    output->gif = NULL; /* it is freed in any case */
    return EGifCloseFile(gif, &code) == GIF_OK ? 0 : error_memory(context->error, 0);
}

void gif_output_close(struct gif_output *output)
{
    struct buffer nowhere = {0};
    int code;
    if (output->gif == NULL)
        return;
    output->out = &nowhere; /* giflib would write a trailer */
    EGifCloseFile(output->gif, &code);
    output->gif = NULL;
    output->out = NULL;
    buffer_free(&nowhere);
}
