/*
 * What a JPEG file holds in addition to the samples of its main image: the kind of each segment (contents.c),
 * the header's segments (besides.c), the data after the image (trailer.c).
 *
 * What the result has of it:
 *
 * - profile, density, colour marker: always kept;
 * - EXIF, XMP, IPTC, comments: kept if --keep names them, otherwise left out without a warning;
 * - thumbnails and previews, copies of the image: left out without a warning;
 * - notes of cameras and programs in segments of their own: left out, with a warning only under --keep=all;
 * - other images, gain maps (unless the caller handles them: gain_map.h), videos, sound, measurements,
 * content credentials: left out with a warning, because no option keeps them and the result has less
 * information without them;
 * - unknown segments and bytes: left out with a warning.
 */
#ifndef CODEC_JPEG_BESIDES_H
#define CODEC_JPEG_BESIDES_H

#include "codec/jpeg/segments.h"
#include "image/iptc.h"

/* Identifiers at the start of payloads, each with its terminating NUL. */
#define JPEG_EXIF_ID "Exif\0"
#define JPEG_XMP_ID "http://ns.adobe.com/xap/1.0/"
#define JPEG_XMP_EXTENSION_ID "http://ns.adobe.com/xmp/extension/"
#define JPEG_ICC_ID "ICC_PROFILE"
#define JPEG_PHOTOSHOP_ID "Photoshop 3.0"

enum {
    JPEG_EXIF_HEAD = sizeof JPEG_EXIF_ID,
    JPEG_XMP_HEAD = sizeof JPEG_XMP_ID,
    JPEG_ICC_HEAD = sizeof JPEG_ICC_ID + 2, /* this segment's number, and their count */
    JPEG_PHOTOSHOP_HEAD = sizeof JPEG_PHOTOSHOP_ID,
    /* The GUID, the whole extension's size, this segment's offset in it. */
    JPEG_XMP_EXTENSION_HEAD = sizeof JPEG_XMP_EXTENSION_ID + 32 + 4 + 4,
};

enum jpeg_content {
    CONTENT_CODING, /* part of the image itself: neither APPn nor COM */
    CONTENT_JFIF,
    CONTENT_ADOBE,
    CONTENT_EXIF,
    CONTENT_XMP,
    CONTENT_XMP_EXTENSION,
    CONTENT_ICC,
    CONTENT_PHOTOSHOP, /* image resources, IPTC among them */
    CONTENT_COMMENT,
    CONTENT_INDEX,    /* of several images (CIPA DC-007, Multi-Picture Format) */
    CONTENT_GAIN_MAP, /* announces one (ISO 21496-1) */
    CONTENT_BOXES,    /* JUMBF (ISO 19566-5), JPEG XT (ISO 18477) */
    CONTENT_COPY,     /* a small copy of the image */
    CONTENT_NOTES,
    CONTENT_RATIO_IMAGE, /* a gain map in segments (JPEG-HDR) */
    CONTENT_OTHER,       /* leaving it out loses information */
    CONTENT_UNKNOWN,     /* unknown */
};

struct jpeg_contents {
    enum jpeg_content content;
    const char *loss; /* for CONTENT_RATIO_IMAGE and CONTENT_OTHER: the warning */
    unsigned marker;
    unsigned char size; /* of the identifier at the start of the payload */
    const char *id;
};

/* The warning for a thermal camera's measurements, of which only one or two segments have an identifier. */
extern const char jpeg_thermal[];

enum { JPEG_ID_MAX = 64 }; /* bytes of a payload needed to identify it */

/* The kind of a segment, from the first `size` bytes of its payload (all, or JPEG_ID_MAX). */
const struct jpeg_contents *jpeg_contents_of(unsigned marker, const uint8_t *payload, size_t size);

/* The same for the segment that `walk` has just returned; NULL with `error` filled if the file ends in it. */
const struct jpeg_contents *jpeg_walk_contents(struct jpeg_walk *walk, const struct jpeg_segment *segment,
                                               struct pm_error *error);

/* The TIFF structure in an EXIF segment's payload. Some programs write the identifier twice. */
struct pm_blob jpeg_exif_of(const uint8_t *payload, size_t size);

/* --- the header's segments ------------------------------------------------------------------------- */

enum { JPEG_LOSSES_MAX = 12, JPEG_SEEN_MAX = 4, JPEG_INDEX_MAX = 16 };

struct jpeg_seen {
    unsigned marker;
    char id[20]; /* the identifier's printable characters */
};

struct jpeg_besides {
    size_t exif_size, xmp_size, icc_size;
    uint64_t icc_at; /* of the profile's first part */
    size_t iptc_size; /* 0 if its stated size exceeds the file */
    bool xmp;         /* has the standard packet */
    struct iptc_search resources;
    size_t photoshop_size;          /* all image resources */
    bool icc_seen[256];             /* parts of the profile, by number */
    unsigned indexed;               /* images in the index, without the main one */
    unsigned copies;                /* large thumbnails among them */
    unsigned nindex;                /* entries of `index` */
    uint64_t index[JPEG_INDEX_MAX]; /* offsets of images in the file */
    unsigned announced;             /* images that XMP lists (Google's container), without the main one */
    bool gain_map;                  /* announced or found */
    bool ratio_image;               /* JPEG-HDR's gain map, in segments */
    const char *losses[JPEG_LOSSES_MAX]; /* warnings for CONTENT_OTHER, each once */
    unsigned nlosses;
    struct jpeg_seen unknown[JPEG_SEEN_MAX]; /* the first kinds */
    unsigned nunknown;                       /* kinds, JPEG_SEEN_MAX + 1 for more than fit */
    struct jpeg_seen notes;                  /* the first; marker 0: none */
};

/* Adds `segment`, which `walk` has just returned and whose kind is `contents`. `buffer` is used for payloads
 * of a file that is not in memory. Returns 0, or -1 with `error` filled. */
int jpeg_besides_add(struct jpeg_besides *besides, struct jpeg_walk *walk, const struct jpeg_segment *segment,
                     const struct jpeg_contents *contents, uint8_t buffer[JPEG_PAYLOAD_MAX],
                     struct pm_error *error);

/* Checks whether images in the index, which may be anywhere in the file, are gain maps. */
void jpeg_besides_look(struct jpeg_besides *besides, struct byte_source *source,
                       uint8_t buffer[JPEG_PAYLOAD_MAX]);

/* Sets the metadata sizes and the number of images in *info. */
void jpeg_besides_tell(const struct jpeg_besides *besides, struct pm_info *info);

/* Is the image whose first segment is next in `walk` a gain map? */
bool jpeg_is_gain_map(struct jpeg_walk *walk, uint8_t buffer[JPEG_PAYLOAD_MAX]);

/* --- data after the image -------------------------------------------------------------------------- */

struct jpeg_trailer {
    unsigned pictures;
    bool gain_map;          /* one of them is a gain map */
    size_t map_at, map_end; /* the first gain map; map_end 0: none */
    bool video, sound;
    const char *notes; /* a program's or camera maker's name; NULL: none */
    size_t unknown;    /* unknown bytes */
};

/* Reads data[begin] to data[size], after the end of the image. */
void jpeg_read_trailer(const uint8_t *data, size_t size, size_t begin, struct jpeg_trailer *trailer);

/* Warns of everything that is left out by this request. */
void jpeg_warn_of_losses(const struct jpeg_besides *besides, const struct jpeg_trailer *trailer,
                         const struct decode_request *request, struct context *context);

#endif
