/*
 * Codecs: the bytes of a file to an image and back. One file a format, ending in one `const struct codec`
 * that codec.c's table lists. A format is recognised by its content, never by a file's name.
 *
 * Three depths of looking at a file:
 *
 * - sniff: the first bytes: is it this format at all?
 * - probe: the header, read by pixmill's own few lines and no library, so that it may be done in the main
 *   process and on untrusted bytes: sizes, for the memory budget and `info`;
 * - read: everything, by the format's library, where the work is: reader.h opens a file and takes pictures
 *   from it.
 *
 * Writing is codec_encode's for a still picture, writer.h's for an animation.
 */
#ifndef CODEC_CODEC_H
#define CODEC_CODEC_H

#include "base/buffer.h"
#include "base/context.h"
#include "base/param.h"
#include "image/image.h"
#include "pixmill/transform.h"

/* reader.h, image/row_source.h and writer.h */
struct reader;
struct frame;
struct row_source;
struct codec_writer;

/* Which metadata a decoder brings along; profile and colour chunks always come. */
enum metadata_keep { KEEP_EXIF = 1, KEEP_XMP = 2, KEEP_TEXT = 4, KEEP_IPTC = 8, KEEP_ALL = 15 };

/* Texts of one picture at most, read or written. */
enum { TEXTS_MAX = 1000 };

/* Random access to a file's bytes, so that a probe of a large file reads little of it. */
struct byte_source {
    /* Reads up to `size` bytes at `offset`; returns how many, fewer only at the end of the file, or -1 on an
     * I/O error. */
    long (*read_at)(struct byte_source *source, uint64_t offset, void *bytes, size_t size);
    void *lender;
};

/* A byte source on data[size], which must outlive it. */
struct memory_source {
    struct byte_source source;
    const uint8_t *data;
    size_t size;
};
void memory_source_init(struct memory_source *memory, const uint8_t *data, size_t size);

struct decode_request {
    /* Min width and height of the picture, in pixels before orientation: the decoder may deliver any size
     * from that up to the full one. 0: full size only. */
    uint32_t least_width, least_height;
    /* Of planes: chroma need only be least_width / sampling_x wide and least_height / sampling_y high, which
     * is the sampling of what will be made of it and not the file's; 0 means 1. */
    unsigned sampling_x, sampling_y;
    bool planes;          /* YCC planes are accepted, in the file's sampling; else RGB, except for files whose
                           * sampling only our own resize can undo (3:2 and the like) */
    uint32_t window;      /* max rows the caller needs at once (reader_rows); 0: the whole picture */
    bool allow_truncated; /* a file that ends early gives what there is; the rest is grey */
    bool libjpeg;         /* a JPEG is decoded by libjpeg, not by pixmill's own decoder */
    unsigned keep;        /* enum metadata_keep, or-ed */
};

enum { CODECS_MAX = 16, CODEC_OPTIONS_BYTES = 32 };

struct codec {
    const char *name;   /* "jpeg": the word of --format */
    const char *mime;   /* its media type: "image/jpeg" */
    const char *suffix; /* of results whose format changed: "jpg" */
    /* Those that already say this format, without the dot, lower case, ending in NULL. */
    const char *const *suffixes;
    const char *help; /* one line */
    /* Small files of kinds that `encode` does not write, ending in an empty one: the decoder is exercised
     * with them before a sandbox closes. NULL: none. */
    const struct pm_blob *samples;

    bool (*sniff)(const uint8_t *head, size_t size); /* head: the file's first bytes, up to 16 */
    int (*probe)(struct byte_source *source, struct pm_info *info, struct pm_error *error);
    /* As probe, and with what is far behind the header or is compressed: the size that a profile inflates to,
     * whether a further picture is a gain map. NULL where probe says all. */
    int (*inspect)(struct byte_source *source, struct pm_info *info, struct pm_error *error);
    /* Bytes of memory that decoding such a file takes at most, the picture included; from the header alone.
     */
    uint64_t (*decode_bytes)(const struct pm_info *info, const struct decode_request *request);
    /* The reader's functions and size, as reader.h describes them. */
    size_t reader_size;
    int (*open)(struct reader *reader, struct context *context, struct pm_error *error);
    int (*frame)(struct reader *reader, struct frame *frame, struct context *context, struct pm_error *error);
    int (*rows)(struct reader *reader, struct pm_image *image, struct row_source **rows,
                struct context *context, struct pm_error *error);
    /* Can a file with this header be decoded row by row? NULL: where it is not interlaced. */
    bool (*has_rows)(const struct pm_info *info, const struct decode_request *request);
    void (*close)(struct reader *reader); /* NULL: nothing to free */
    bool animated; /* its reader delivers every frame of an animation, not the first or the still alone */
    /* The samples that encode takes under these options, ending in a depth of 0; transform converts others
     * (image/convert.h). */
    const struct pm_pixel_format *(*accepts)(const void *options);
    uint32_t side_max; /* pixels on a side at most */
    bool color_chunks; /* holds all that struct pm_metadata says of colours, not ICC profiles alone */
    /* The largest file that encode can make of a picture of this shape, metadata apart. `options`: as for
     * encode, below. */
    uint64_t (*encode_bound)(const struct shape *shape, const void *options);
    /* Bytes of memory that encode takes at most beside the image and the file; NULL: no more than the image.
     */
    uint64_t (*encode_bytes)(const struct shape *shape, const void *options);
    /* What its encoder can be asked: rows of its own struct of at most CODEC_OPTIONS_BYTES bytes. NULL:
     * nothing. A word that several codecs have (quality) has the same kind and range in each, and a default
     * of its own. */
    const struct param *options;
    /* How far a sample may be from the original's after an encode at quality 95, in units of 8 bits. */
    unsigned tolerance;
    /* Appends the file to `out`. `options` is the struct that its rows describe. codec_encode calls it. */
    int (*encode)(const struct pm_image *image, const void *options, struct buffer *out,
                  struct context *context, struct pm_error *error);
    /* How several frames are written; NULL: the format, or pixmill's encoder, has one. writer.h */
    const struct codec_writer *writer;
};

/* Can the codec decode such a file row by row? */
bool codec_has_rows(const struct codec *codec, const struct pm_info *info,
                    const struct decode_request *request);

/* The codecs, ending in NULL. */
extern const struct codec *const codecs[];

/* The codec's place in the table, or -1: a test's own. */
int codec_index(const struct codec *codec);

const struct codec *codec_of_suffix(const char *suffix);           /* "JPG", without the dot, or NULL */
const struct codec *codec_sniff(const uint8_t *head, size_t size); /* by content, or NULL */

/* codec->encode behind a self-test: before the first file of a format in a process, about 0.1 ms are spent on
 * encoding and decoding test images. While those come out wrong nothing is written (PM_ERROR_INTERNAL).
 * self_test.c; thread-safe. */
int codec_encode(const struct codec *codec, const struct pm_image *image, const void *options,
                 struct buffer *out, struct context *context, struct pm_error *error);

/* That self-test alone, for who writes by other means than codec_encode. Returns 0, or -1 with `error`
 * filled. */
int codec_check(const struct codec *codec, struct context *context, struct pm_error *error);

/* The names of all, "jpeg, png", into text[size], for messages. Returns text. */
const char *codec_names(char *text, size_t size);

/* Fills `error` for a file that begins with head[size] and that no codec reads; returns -1. */
int codec_not_supported(const uint8_t *head, size_t size, struct pm_error *error);

/* An empty info, for codec->probe or codec->open to fill: of a still picture that says nothing uncommon. */
struct pm_info codec_blank_info(const char *format);

/* Sniffs and probes. Returns the codec with *info filled, or NULL with `error` filled: empty, not an image,
 * not whole. */
const struct codec *codec_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error);

/* The same with all that there is to tell of a file, which takes longer. */
const struct codec *codec_inspect(struct byte_source *source, struct pm_info *info, struct pm_error *error);

#endif
