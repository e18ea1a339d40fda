/* IPTC-IIM (by-line, caption, copyright notice), whatever it is packed in. */
#ifndef IMAGE_IPTC_H
#define IMAGE_IPTC_H

#include "image/image.h"

/* The IIM data sets within `bytes`: all of it when it begins with one, or those of the first Photoshop image
 * resource that holds some (Adobe Photoshop File Formats: "8BIM" blocks, resource 0x0404), as they follow
 * "Photoshop 3.0" in a JPEG's APP13. No data when there are none. Points into `bytes`. */
struct pm_blob iptc_find(struct pm_blob bytes);

/* The same for resources that come in pieces, wherever they are cut: starts zeroed. */
struct iptc_search {
    bool found, ended; /* nothing more is looked at */
    size_t offset;     /* bytes looked at; when found, those before the data sets */
    size_t size;       /* when found, of the data sets */
    size_t skip;       /* bytes until the next resource's head */
    size_t have;       /* bytes of that head */
    uint8_t head[4 + 2 + 256 + 4 + 1];
};

/* Looks at the next piece. */
void iptc_search(struct iptc_search *search, const uint8_t *bytes, size_t size);

/* Copies iptc[size] to out[size] without previews of the old picture, and with the orientation that `facts`
 * make of a stated one. Returns the size; 0 when nothing remains, or the data sets (a marker, record, number,
 * length and value each; IPTC-IIM 4.2, 1.5) can't be told apart. */
size_t iptc_restate(const uint8_t *iptc, size_t size, const struct picture_facts *facts, uint8_t *out);

#endif
