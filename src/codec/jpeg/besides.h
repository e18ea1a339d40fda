/*
 * What a JPEG file holds beside the samples of its main picture: which segment is what (jpeg/contents.c),
 * what the header's segments say (jpeg/besides.c), what follows the picture (jpeg/trailer.c).
 *
 * What becomes of it:
 *
 * - profile, density, colour marker: always in the result;
 * - EXIF, XMP, IPTC, comments: in the result when --keep names them, else left out without a word, as its
 *   user has it;
 * - thumbnails and previews, which show the picture once more: left out without a word;
 * - notes of cameras and programs in segments of their own: left out; with --keep=all, which asks for them, a
 *   warning;
 * - other pictures, gain maps, videos, sound, measurements, content credentials: left out with a warning, for
 *   no option keeps them, and without them the result says less than the file, or something else;
 * - segments and bytes that are not known: left out with a warning, for nobody can say what they mean.
 */
#ifndef CODEC_JPEG_BESIDES_H
#define CODEC_JPEG_BESIDES_H

#include "codec/jpeg/segments.h"
#include "image/iptc.h"

/* Identifiers that payloads begin with, each with its terminating NUL. */
#define JPEG_EXIF_ID "Exif\0"
#define JPEG_XMP_ID "http://ns.adobe.com/xap/1.0/"
#define JPEG_XMP_EXTENSION_ID "http://ns.adobe.com/xmp/extension/"
#define JPEG_ICC_ID "ICC_PROFILE"
#define JPEG_PHOTOSHOP_ID "Photoshop 3.0"

enum {
    JPEG_EXIF_HEAD = sizeof JPEG_EXIF_ID,
    JPEG_XMP_HEAD = sizeof JPEG_XMP_ID,
    JPEG_ICC_HEAD = sizeof JPEG_ICC_ID + 2, /* this segment's number, their count */
    JPEG_PHOTOSHOP_HEAD = sizeof JPEG_PHOTOSHOP_ID,
    /* The GUID, the whole extension's size, this segment's offset in it. */
    JPEG_XMP_EXTENSION_HEAD = sizeof JPEG_XMP_EXTENSION_ID + 32 + 4 + 4,
};

enum jpeg_content {
    CONTENT_CODING, /* the picture itself: neither APPn nor COM */
    CONTENT_JFIF,
    CONTENT_ADOBE,
    CONTENT_EXIF,
    CONTENT_XMP,
    CONTENT_XMP_EXTENSION,
    CONTENT_ICC,
    CONTENT_PHOTOSHOP, /* image resources, IPTC among them */
    CONTENT_COMMENT,
    CONTENT_INDEX,    /* of several pictures (CIPA DC-007, Multi-Picture Format) */
    CONTENT_GAIN_MAP, /* that there is one (ISO 21496-1) */
    CONTENT_BOXES,    /* JUMBF (ISO 19566-5), JPEG XT (ISO 18477) */
    CONTENT_COPY,     /* the picture once more, small */
    CONTENT_NOTES,
    CONTENT_RATIO_IMAGE, /* a gain map that segments hold (JPEG-HDR) */
    CONTENT_OTHER,       /* something that is missed when it is left out */
    CONTENT_UNKNOWN,     /* nobody knows whether it is missed */
};

struct jpeg_contents {
    enum jpeg_content content;
    const char *loss; /* CONTENT_RATIO_IMAGE and CONTENT_OTHER: what is said of leaving it out */
    unsigned marker;
    unsigned char size; /* of the identifier that the payload begins with */
    const char *id;
};

/* The loss of a thermal camera's measurements: its segments are known by one or two of them alone. */
extern const char jpeg_thermal[];

enum { JPEG_ID_MAX = 64 }; /* bytes of a payload by which it is known */

/* What a segment is, by the first bytes of its payload: `size` of them, as many as there are up to
 * JPEG_ID_MAX. */
const struct jpeg_contents *jpeg_contents_of(unsigned marker, const uint8_t *payload, size_t size);

/* The same of the segment that `walk` has just delivered; NULL with `error` filled when the file ends in it.
 */
const struct jpeg_contents *jpeg_walk_contents(struct jpeg_walk *walk, const struct jpeg_segment *segment,
                                               struct pm_error *error);

/* The TIFF structure in an EXIF segment's payload; some programs write the identifier twice. */
struct pm_blob jpeg_exif_of(const uint8_t *payload, size_t size);

/* --- the header's segments ------------------------------------------------------------------------- */

enum { JPEG_LOSSES_MAX = 12, JPEG_SEEN_MAX = 4, JPEG_INDEX_MAX = 16 };

struct jpeg_seen {
    unsigned marker;
    char id[20]; /* what can be printed of the identifier */
};

struct jpeg_besides {
    size_t exif_size, xmp_size, icc_size;
    size_t iptc_size; /* 0 for one whose size is more than the file holds */
    bool xmp;         /* the standard packet was there */
    struct iptc_search resources;
    size_t photoshop_size;          /* of all image resources */
    bool icc_seen[256];             /* parts of the profile, by their number */
    unsigned indexed;               /* pictures in the index, the main one not counted */
    unsigned copies;                /* those of them that are large thumbnails */
    unsigned nindex;                /* those of them that `index` has */
    uint64_t index[JPEG_INDEX_MAX]; /* offsets of others in the file */
    unsigned announced; /* pictures that XMP names (Google's container), the main one not counted */
    bool gain_map;      /* is announced, or found */
    bool ratio_image;   /* JPEG-HDR's gain map, within segments */
    const char *losses[JPEG_LOSSES_MAX]; /* texts of CONTENT_OTHER, each once */
    unsigned nlosses;
    struct jpeg_seen unknown[JPEG_SEEN_MAX]; /* the first kinds of them */
    unsigned nunknown;                       /* kinds, JPEG_SEEN_MAX + 1 for more than fit */
    struct jpeg_seen notes;                  /* the first; marker 0: none */
};

/* Adds what `segment`, which `walk` has just delivered, says; `contents` is what it is. `buffer` is for the
 * payloads of a file that is not in memory. Returns 0, or -1 with `error` filled. */
int jpeg_besides_add(struct jpeg_besides *besides, struct jpeg_walk *walk, const struct jpeg_segment *segment,
                     const struct jpeg_contents *contents, uint8_t buffer[JPEG_PAYLOAD_MAX],
                     struct pm_error *error);

/* Looks at the pictures that the index names, for gain maps: they may be anywhere in the file. */
void jpeg_besides_look(struct jpeg_besides *besides, struct byte_source *source,
                       uint8_t buffer[JPEG_PAYLOAD_MAX]);

/* Sizes and pictures of *info. */
void jpeg_besides_tell(const struct jpeg_besides *besides, struct pm_info *info);

/* Is the picture whose first segment is next in `walk` a gain map? */
bool jpeg_is_gain_map(struct jpeg_walk *walk, uint8_t buffer[JPEG_PAYLOAD_MAX]);

/* --- what follows the picture ---------------------------------------------------------------------- */

struct jpeg_trailer {
    unsigned pictures;
    bool gain_map; /* one of them is one */
    bool video, sound;
    const char *notes; /* whose there are: a program's or a camera maker's name; NULL: none */
    size_t unknown;    /* bytes */
};

/* Looks at data[begin] to data[size], behind the end of the picture. */
void jpeg_read_trailer(const uint8_t *data, size_t size, size_t begin, struct jpeg_trailer *trailer);

/* Warns of all that is left out when --keep says `keep`. */
void jpeg_warn_of_losses(const struct jpeg_besides *besides, const struct jpeg_trailer *trailer,
                         unsigned keep, struct context *context);

#endif
