/* The header of a JPEG file: the segments before the first scan. */
#ifndef CODEC_JPEG_PROBE_H
#define CODEC_JPEG_PROBE_H

#include "codec/jpeg/besides.h"
#include "codec/jpeg/jpeg.h"

struct jpeg_header {
    uint32_t width, height;
    unsigned components, in_first_scan;
    uint8_t id[MAX_COMPS_IN_SCAN], h[MAX_COMPS_IN_SCAN], v[MAX_COMPS_IN_SCAN];
    unsigned frames; /* SOF markers */
    bool progressive, jfif, adobe, exif;
    uint8_t adobe_transform;
    unsigned orientation;
    enum pm_exif_color exif_color;
    struct jpeg_besides besides;
};

/* Reads the main image's header. `walk` starts at JPEG_FIRST_SEGMENT and ends in the first scan. Returns 0,
 * or -1 with `error` filled. */
int jpeg_read_header_of(struct jpeg_walk *walk, struct jpeg_header *header, struct pm_error *error);

/* Sets the fields of *info that the header gives. */
void jpeg_header_tell(const struct jpeg_header *header, struct pm_info *info);

int jpeg_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error);
int jpeg_inspect(struct byte_source *source, struct pm_info *info, struct pm_error *error);

#endif
