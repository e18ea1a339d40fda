/*
 * Codecs: file bytes to an image and back. Each format is one file that ends in one `const struct codec`,
 * listed in codec.c's table. A format is recognised by its content, never by a file's name.
 *
 * A file is read at three levels:
 *
 * - sniff: the first bytes: is it this format at all?
 * - probe: the header, parsed by pixmill's own code without a library, so that it is safe on untrusted bytes
 *   in the main process: sizes, for the memory budget and `info`;
 * - read: everything, by the format's library, in the worker: reader.h opens a file and decodes its images.
 *
 * To write a still image, use codec_encode; an animation, writer.h.
 */
#ifndef CODEC_CODEC_H
#define CODEC_CODEC_H

#include "base/buffer.h"
#include "base/context.h"
#include "base/param.h"
#include "image/image.h"
#include "pixmill/transform.h"

/* reader.h, image/row_source.h, writer.h, part.h and transcode.h */
struct reader;
struct frame;
struct row_source;
struct codec_writer;
struct codec_part;
struct transcoder;

/* Which metadata a decoder returns; profile and colour chunks are always returned. */
enum metadata_keep { KEEP_EXIF = 1, KEEP_XMP = 2, KEEP_TEXT = 4, KEEP_IPTC = 8, KEEP_ALL = 15 };

/* Max texts of one image, read or written. */
enum { TEXTS_MAX = 1000 };

/* Random access to a file's bytes, so that a probe reads only a little of a large file. */
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
    /* Min width and height of the image, in pixels before orientation: the decoder may return any size from
     * that up to full size. 0: full size only. */
    uint32_t min_width, min_height;
    /* For planes: chroma needs to be only min_width / sampling_x by min_height / sampling_y; this is the
     * sampling of the result, not of the file. 0 means 1. */
    unsigned sampling_x, sampling_y;
    bool planes;          /* YCC planes are accepted, in the file's sampling; else RGB, except for files
                           * whose sampling only pixmill's resize supports (3:2 and the like) */
    uint32_t window;      /* max rows the caller needs at once (reader_rows); 0: the whole picture */
    bool allow_truncated; /* decode a truncated file; the missing part is grey */
    bool animation; /* the frames of an animation, not a still picture that a file may have beside them */
    unsigned page;  /* number of the page, from 1; 0: the first */
    bool libjpeg;   /* decode JPEG with libjpeg instead of pixmill's decoder */
    unsigned keep;  /* enum metadata_keep, or-ed */
    bool quiet_gain_map; /* the caller handles a gain map, or the user gave it up: no warning that it is left
                            out */
};

enum { CODECS_MAX = 16, CODEC_OPTIONS_BYTES = 32 };

struct codec {
    const char *name;   /* "jpeg": the word of --format */
    const char *mime;   /* its media type: "image/jpeg" */
    const char *suffix; /* for results whose format changed: "jpg" */
    /* All suffixes of this format, without the dot, lower case, ending in NULL. */
    const char *const *suffixes;
    const char *help; /* one line */
    /* The part with the functions that need the format's library (part.h); then reader_size, open, frame,
     * rows, close and encode are not set here. NULL: they are in this program. */
    const struct codec_part *part;
    /* Its library has had many security bugs, or may end the process: `serve` decodes such files only in
     * worker processes, and a run without them gives a warning. */
    bool isolated;
    /* Small files of kinds that `encode` does not write, ending with an empty one: they are decoded once
     * before the sandbox is entered, to load and initialise everything. NULL: none. */
    const struct pm_blob *samples;

    bool (*sniff)(const uint8_t *head, size_t size); /* head: the file's first bytes, up to 64 */
    int (*probe)(struct byte_source *source, struct pm_info *info, struct pm_error *error);
    /* Like probe, of page `page` from 1. NULL: its files have one page. */
    int (*probe_page)(struct byte_source *source, unsigned page, struct pm_info *info,
                      struct pm_error *error);
    /* Like probe, but also reads data far from the header or compressed: a profile's inflated size, whether a
     * further image is a gain map. NULL: probe reports everything. */
    int (*inspect)(struct byte_source *source, struct pm_info *info, struct pm_error *error);
    /* Max bytes of memory for decoding such a file, including the image; from the header alone. */
    uint64_t (*decode_bytes)(const struct pm_info *info, const struct decode_request *request);
    /* The reader's functions and size, as reader.h describes them. */
    size_t reader_size;
    int (*open)(struct reader *reader, struct context *context);
    int (*frame)(struct reader *reader, struct frame *frame, struct context *context);
    int (*rows)(struct reader *reader, struct pm_image *image, struct row_source **rows,
                struct context *context);
    /* Can a file with this header be decoded row by row? NULL: where it is not interlaced; with a part:
     * never. */
    bool (*has_rows)(const struct pm_info *info, const struct decode_request *request);
    void (*close)(struct reader *reader); /* NULL: nothing to free */
    bool animated; /* its reader returns all frames of an animation, not only the first or the still image */
    bool few_colors; /* at most 256 colours: format=auto never chooses it for another format's file */
    /* The formats that encode accepts with these options, ending with depth 0; transform converts others
     * (image/convert.h). */
    const struct pm_pixel_format *(*accepts)(const void *options);
    uint32_t side_max; /* max pixels on a side */
    bool
        slow; /* takes much longer to write than others: a server writes it only for clients that prefer it */
    bool color_chunks; /* stores all colour metadata of struct pm_metadata, not only ICC profiles */
    bool gain_maps;    /* a gain map may follow the image (codec/jpeg/gain_map.h) */
    bool cicp;         /* stores cICP's primaries and transfer function */
    bool light_levels; /* stores the mastering display and the content light level */
    /* Max bytes of the file that encode makes of an image of this shape, without metadata. `options`: as for
     * encode, below. */
    uint64_t (*encode_bound)(const struct shape *shape, const void *options);
    /* Max bytes of memory for encode in addition to the image and the file; NULL: at most the image's
     * size. */
    uint64_t (*encode_bytes)(const struct shape *shape, const void *options);
    /* Encoder options: rows for its own struct of at most CODEC_OPTIONS_BYTES bytes. NULL: none. An option
     * that several codecs have (quality) has the same kind and range in each; defaults may differ. */
    const struct param *options;
    /* Max error of a sample after encoding at quality 95, in 8-bit levels. */
    unsigned tolerance;
    /* For a format that is only read: the codec of its results with --format=same. It has none of accepts,
     * encode_bound, encode_bytes, options, encode and writer. */
    const struct codec *written_as;
    /* Appends the file to `out`. `options` is the struct that the rows describe. Called by codec_encode. */
    int (*encode)(const struct pm_image *image, const void *options, struct buffer *out,
                  struct context *context);
    /* Writer for several frames (writer.h); NULL: not supported. */
    const struct codec_writer *writer;
    /* Results without decoding (transcode.h), ending with an empty row. NULL: none. */
    const struct transcoder *transcoders;
};

/* Can it write? */
static inline bool codec_writes(const struct codec *codec)
{
    return codec->accepts != NULL;
}

/* Can the codec decode such a file row by row? */
bool codec_has_rows(const struct codec *codec, const struct pm_info *info,
                    const struct decode_request *request);

/* The codecs, ending in NULL. */
extern const struct codec *const codecs[];

/* The codec's index in the table; -1: not in it (a test's codec). */
int codec_index(const struct codec *codec);
const struct codec *codec_at(unsigned index); /* NULL past the end of the table */

const struct codec *codec_of_suffix(const char *suffix);           /* "JPG", without the dot, or NULL */
const struct codec *codec_sniff(const uint8_t *head, size_t size); /* by content, or NULL */

/* The codec for --format=same: the input's, or written_as if it is only read. */
const struct codec *codec_written(const struct codec *input);

/* Calls codec->encode, after a self-test: before a process's first file of a format, test images are encoded
 * and decoded (about 0.1 ms). If they come out wrong, nothing is written (PM_ERROR_INTERNAL). See
 * self_test.c; thread-safe. */
int codec_encode(const struct codec *codec, const struct pm_image *image, const void *options,
                 struct buffer *out, struct context *context);

/* Runs only that self-test, for code that writes without codec_encode. Returns 0, or -1 with `error`
 * filled. */
int codec_check(const struct codec *codec, struct context *context);

/* Writes the names of all codecs, or of those that write, "jpeg, png", to text[size], for messages. Return
 * text. */
const char *codec_names(char *text, size_t size);
const char *codec_written_names(char *text, size_t size);

/* Fills `error` for an unsupported file that begins with head[size]; returns -1. */
int codec_not_supported(const uint8_t *head, size_t size, struct pm_error *error);

/* Default info for codec->probe or codec->open to fill: a still image without special properties. */
struct pm_info codec_blank_info(const char *format);

/* Sniffs and probes. Returns the codec with *info filled, or NULL with `error` filled: empty, not an image,
 * truncated. */
const struct codec *codec_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error);

/* The same of a page from 2 on. */
const struct codec *codec_probe_other_page(struct byte_source *source, unsigned page, struct pm_info *info,
                                           struct pm_error *error);

/* The same of page `page`, from 1; 0 is the first. */
static inline const struct codec *codec_probe_page(struct byte_source *source, unsigned page,
                                                   struct pm_info *info, struct pm_error *error)
{
    return page <= 1 ? codec_probe(source, info, error) : codec_probe_other_page(source, page, info, error);
}

/* The same with all information, which takes longer. */
const struct codec *codec_inspect(struct byte_source *source, unsigned page, struct pm_info *info,
                                  struct pm_error *error);

#endif
