/*
 * The rooms of the JPEG codec (ITU-T T.81; JFIF 1.02; Adobe Technical Note 5116). pixmill walks the markers
 * itself, for the header, metadata and the choice of scans, and decodes sound Huffman-coded files to planes
 * (jpeg/fast.h); libjpeg-turbo does everything else.
 *
 *     jpeg/jpeg.c         the codec's row: what it holds, how much memory and how many bytes it takes at most
 *     jpeg/walk.c    the walk from segment to segment (jpeg/segments.h)
 *     jpeg/probe.c   the header
 *     jpeg/contents.c, jpeg/besides.c, jpeg/trailer.c
 *                    what a file holds beside its picture (jpeg/besides.h)
 *     jpeg/meta.c, jpeg/meta_write.c, jpeg/xmp.c, jpeg/density.c
 *                    metadata: segments to image->meta and back
 *     jpeg/input.c   the bytes that libjpeg is given: all, or those scans that matter at 1/8
 *     jpeg/trap.c    libjpeg's errors, warnings and progress
 *     jpeg/scale.c   the sizes at which planes come out, and the memory for it
 *     jpeg/memory.c  the whole-image coefficient arrays, in an arena
 *     jpeg/huffman.c the encoder's tables, fitted to the picture or a sample of it
 *     jpeg/decode.c, jpeg/encode.c
 *     jpeg/rows.c    a picture's planes, row by row
 *     jpeg/fast.h    pixmill's own decoder, which has files of its own
 *     jpeg/encode_fast.h
 *                    pixmill's own encoder of planes, so too
 *     jpeg/private.c what libjpeg's documentation does not promise, tried out; jpeg/trial.c: by two known
 * files
 */
#ifndef CODEC_JPEG_H
#define CODEC_JPEG_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h> /* jpeglib.h needs it and does not say so */

#include <jpeglib.h>

#include "base/md5.h"
#include "codec/codec.h"
#include "codec/jpeg/besides.h"
#include "codec/jpeg/options.h"
#include "codec/jpeg/segments.h"
#include "codec/reader.h"
#include "image/row_source.h"

enum { JPEG_SIDE_MAX = 65500 };

/* What the segments before the first scan say. */
struct jpeg_header {
    uint32_t width, height;
    unsigned components, in_first_scan;
    uint8_t id[MAX_COMPS_IN_SCAN], h[MAX_COMPS_IN_SCAN], v[MAX_COMPS_IN_SCAN];
    unsigned frames; /* SOF markers */
    bool progressive, jfif, adobe, exif;
    uint8_t adobe_transform;
    unsigned orientation;
    struct jpeg_besides besides;
};

/* Reads the header of the main picture, up to its first scan, by a walk that was started at
 * JPEG_FIRST_SEGMENT; the walk goes on in that scan. */
int jpeg_read_header_of(struct jpeg_walk *walk, struct jpeg_header *header, struct pm_error *error);

void jpeg_header_tell(const struct jpeg_header *header, struct pm_info *info);

int jpeg_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error);
int jpeg_inspect(struct byte_source *source, struct pm_info *info, struct pm_error *error);

/* --- metadata -------------------------------------------------------------------------------------- */

/* Fills the blobs and texts of *meta from the segments before the first scan of data[size], a file that
 * jpeg_probe has passed; memory from the context's job_arena. What is broken is left out with a warning. */
int jpeg_read_metadata(const uint8_t *data, size_t size, const struct jpeg_besides *besides, unsigned keep,
                       struct pm_metadata *meta, struct context *context);

/* Joins *xmp and its extension, which the header of data[size] holds (jpeg/xmp.c); when that can't be done
 * the packet stays as it is, with a warning. Memory from the job_arena. */
int jpeg_join_xmp(const uint8_t *data, size_t size, struct pm_blob *xmp, struct context *context);

/* Parts a packet of more than `room` bytes in two: *standard of at most so many, and *extension, which is
 * named `guid` (no data when the packet fits without its padding). Returns 1, 0 when it can't be parted
 * (nothing is set), or -1 with `error` filled. */
int jpeg_part_xmp(struct pm_blob xmp, size_t room, struct pm_blob *standard, struct pm_blob *extension,
                  char guid[MD5_HEX + 1], struct context *context);

/* JFIF's density (unit 1: inch, 2: centimetre, 0: an aspect ratio) to and from pHYs'. */
void jpeg_read_density(const struct jpeg_decompress_struct *cinfo, struct pm_metadata *meta);
void jpeg_write_density(struct jpeg_compress_struct *cinfo, const struct pm_metadata *meta);

/* Writes image->meta; to be called between jpeg_start_compress and the first row. What no JPEG can hold is
 * left out with a warning. */
void jpeg_write_metadata(struct jpeg_compress_struct *cinfo, const struct pm_image *image,
                         struct context *context);

/* --- libjpeg's ways out ---------------------------------------------------------------------------- */

enum { JPEG_MESSAGES_MAX = 256 };

struct jpeg_memory;

/* libjpeg reports an error by a function that must not return. The trap leaves it by longjmp, to the one
 * setjmp in jpeg_try. Set cinfo.err = &trap.manager before, cinfo.progress = &trap.progress after creation.
 */
struct jpeg_trap {
    struct jpeg_error_mgr manager; /* first: libjpeg hands back a pointer to it */
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    struct context *context;
    struct pm_error *error;
    struct jpeg_memory *memory; /* of jpeg_memory_lend */
    bool allow_truncated;
    bool end_made_up;               /* the file had no more bytes, and libjpeg was given an EOI */
    bool cut_short;                 /* jpeg_trap_cut_short was called, and that is allowed */
    bool warned[JPEG_MESSAGES_MAX]; /* kinds of warnings that were passed on */
};

void jpeg_trap_init(struct jpeg_trap *trap, struct context *context);

/* Calls body(argument), in which libjpeg may be used. Returns what it returns, or -1 with trap->error filled
 * when libjpeg gave up or a checkpoint said stop. */
int jpeg_try(struct jpeg_trap *trap, int (*body)(void *), void *argument);

/* Fills the error (printf) and leaves. */
__attribute__((noreturn, format(printf, 4, 5))) void
jpeg_trap_leave(struct jpeg_trap *trap, enum pm_error_kind kind, enum pm_hint hint, const char *format, ...);

/* The file ended before all of its pixels: leaves, or warns when that is allowed of what became of the rest
 * ("the missing part is grey"). */
void jpeg_trap_cut_short(struct jpeg_trap *trap, const char *rest);

/* The trap of a compressor or decompressor. */
struct jpeg_trap *jpeg_trap_of(j_common_ptr cinfo);

/* --- memory ---------------------------------------------------------------------------------------- */

/* Where a progressive decoder and an optimising encoder keep a picture's coefficients: 128 bytes a block.
 * libjpeg would take them fresh from malloc for every picture and give them back; here they lie in an arena.
 */
struct jpeg_memory {
    struct arena *arena;
    unsigned requested;           /* arrays so far: one a component, in their order */
    bool dc_only[MAX_COMPONENTS]; /* of this component nothing but DC coefficients is written and read */
    struct jvirt_barray_control *arrays;
    void (*realize)(j_common_ptr cinfo); /* libjpeg's own, for its other arrays */
};

/* Makes cinfo, just created, keep its coefficients in memory->arena. The trap is cinfo's. */
void jpeg_memory_lend(j_common_ptr cinfo, struct jpeg_memory *memory);

/* --- what libjpeg is given to read ----------------------------------------------------------------- */

struct jpeg_range {
    const uint8_t *data;
    size_t size;
};

/* A source for libjpeg that reads ranges of a file, one after the other; at their end it makes up an EOI and
 * sets the trap's end_made_up. */
struct jpeg_input {
    struct jpeg_source_mgr manager; /* first: libjpeg hands back a pointer to it */
    const uint8_t *data, *end;      /* the file */
    size_t next, count;             /* the range to read next, and how many there are */
    struct jpeg_range range[JPEG_MAX_SCANS + 1];
    struct jpeg_scans scans; /* of a file of several; else count is 0 */
};

/* Reads all of data[size], which must outlive it. */
void jpeg_input_init(struct jpeg_input *input, const uint8_t *data, size_t size);

/* Finds the scans of a file that has several and where its picture ends, which is as far as libjpeg shall
 * read: before an array of coefficients is taken for it. `walk`, of the file in memory, has read the header
 * and is in the first scan. Returns 0, or -1 with `error` filled (PM_ERROR_LIMIT: too many, or too much in
 * them). */
int jpeg_input_find_scans(struct jpeg_input *input, struct jpeg_walk *walk, const struct jpeg_header *header,
                          struct pm_error *error);

/* To be called after jpeg_read_header on a progressive file whose scans were found and that ends with an EOI:
 * leaves out the scans that change no DC coefficient of a component; flat[id] says whether that component
 * comes out as its DC coefficients alone. */
void jpeg_input_leave_out(struct jpeg_input *input, const bool flat[256]);

/* Where libjpeg stands in the file. */
size_t jpeg_input_offset(const struct jpeg_input *input, const struct jpeg_trap *trap);

/* --- Huffman tables -------------------------------------------------------------------------------- */

enum { JPEG_TABLES = 2 }; /* of DC and of AC each: luma's and chroma's */

enum { JPEG_FOUR = 4 }; /* coefficients that are looked at together */

/* How often symbols came. */
struct jpeg_counts {
    uint32_t dc[JPEG_TABLES][256], ac[JPEG_TABLES][256];
    int last_dc[MAX_COMPS_IN_SCAN];
    uint64_t places[DCTSIZE2 / JPEG_FOUR][1 << JPEG_FOUR]; /* see jpeg/huffman.c */
};

/* To count all of a picture. */
void jpeg_counts_init(struct jpeg_counts *counts);

/* To count some of it: each symbol starts at 1, so that any of them can be written. */
void jpeg_counts_init_sample(struct jpeg_counts *counts);

/* Counts the blocks of one MCU, as libjpeg hands them to its entropy coder. */
void jpeg_counts_add(struct jpeg_counts *counts, const struct jpeg_compress_struct *cinfo, JBLOCKROW *blocks);

/* Bit k says that coefficient k in the file's order is not zero. */
uint64_t jpeg_nonzero_mask(const JCOEF *block, const struct jpeg_counts *counts);

/* Figure A.6: where the coefficients in the order of the file are in a block. */
extern const uint8_t jpeg_zigzag[DCTSIZE2];

/* Sets the compressor's tables to the best for these counts (T.81, annex K.2). */
void jpeg_counts_to_tables(const struct jpeg_counts *counts, struct jpeg_compress_struct *cinfo);

/* --- decode and encode ----------------------------------------------------------------------------- */

struct fast_picture;

enum { JPEG_PLANES = 3 };

struct jpeg_decoder {
    struct reader reader;
    struct jpeg_decompress_struct cinfo;
    struct jpeg_trap trap;
    struct jpeg_input input;
    struct jpeg_memory memory;
    struct jpeg_header header;
    unsigned uses;      /* enum jpeg_use */
    unsigned scale;     /* the picture comes out at scale/8 */
    bool several_scans; /* their coefficients are collected first; input.scans is filled */
    size_t picture_end; /* offset in the file of what follows the picture */
    bool raw;           /* to planes, as it is in the file, without upsampling or conversion of colours */
    bool leaves_out;    /* of flat components, AC scans (jpeg_input_leave_out) */
    bool fast;          /* all was decoded without libjpeg (jpeg/fast.h) */
    struct pm_image image;
    uint32_t window[JPEG_PLANES]; /* rows of the image's planes that are in memory: row y is at y % window */
    struct fast_picture *picture; /* while it is decoded without libjpeg */
    struct row_source rows[JPEG_PLANES];
};

/* Sets up decoder->trap. */
void jpeg_set_trap(struct jpeg_decoder *decoder, struct context *context);

/* For jpeg_try: reads the header and decides what is decoded how; the trap is set up. */
int jpeg_start(void *decoder);

/* For jpeg_try, after jpeg_start: decodes all by libjpeg, into the planes of decoder->image when it is raw,
 * else into a picture that is allocated. */
int jpeg_decode_by_libjpeg(void *decoder);

/* Samples on a side of plane i's blocks. */
unsigned jpeg_plane_scale(const struct jpeg_decoder *decoder, int i);

/* Gives plane i of decoder->image memory for `window` rows, or for all (0), from the context's arena. */
int jpeg_allot_plane(struct jpeg_decoder *decoder, int i, uint32_t window);

/* Decodes a raw picture (jpeg/rows.c). */
int jpeg_decode_planes(struct jpeg_decoder *decoder);

/* When all is decoded: says what the result will lack, and reads metadata into *meta. */
int jpeg_finish(struct jpeg_decoder *decoder, struct pm_metadata *meta, struct context *context);

/* How large a plane is beside the picture: h / h_max of its width, v / v_max of its height. */
struct jpeg_share {
    unsigned h, h_max, v, v_max;
};
extern const struct jpeg_share jpeg_share_whole;

/* A chroma plane of those sampling factors (T.81, A.1.1), beside what the request wants chroma to be. */
struct jpeg_share jpeg_chroma_share(struct jpeg_share factors, const struct decode_request *request);

/* The least n of 1, 2, 4, 8 for which a plane of the picture is still large enough at n/8. */
unsigned jpeg_choose_scale(uint32_t width, uint32_t height, struct jpeg_share share,
                           const struct decode_request *request);

/* The scale at which every plane of a YCbCr picture may come out where it is libjpeg that chooses. */
unsigned jpeg_common_scale(const struct pm_info *info, const struct decode_request *request);

/* A plane of a picture with this header, padded to whole blocks and with rows aligned as plane_alloc does.
 * `uses`: enum jpeg_use. */
uint64_t jpeg_plane_bytes(unsigned uses, const struct pm_info *info, const struct decode_request *request,
                          bool chroma);

/* All memory that decoding takes, with these uses and with those that work. */
uint64_t jpeg_decode_bytes_with(unsigned uses, const struct pm_info *info,
                                const struct decode_request *request);
uint64_t jpeg_decode_bytes(const struct pm_info *info, const struct decode_request *request);
int jpeg_open(struct reader *reader, struct context *context);
int jpeg_frame(struct reader *reader, struct frame *frame, struct context *context);
bool jpeg_has_rows(const struct pm_info *info, const struct decode_request *request);
int jpeg_rows(struct reader *reader, struct pm_image *image, struct row_source **rows,
              struct context *context);
void jpeg_close(struct reader *reader);

int jpeg_encode(const struct pm_image *image, const void *options, struct buffer *out,
                struct context *context);

#endif
