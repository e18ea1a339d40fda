/* IPTC-IIM (by-line, caption, copyright notice), plain or in Photoshop image resources. */
#ifndef IMAGE_IPTC_H
#define IMAGE_IPTC_H

#include "image/image.h"

/* Finds the IIM data sets in `bytes`: all of it if it begins with one, or those of the first Photoshop image
 * resource that has some (Adobe Photoshop File Formats: "8BIM" blocks, resource 0x0404; after "Photoshop 3.0"
 * in a JPEG's APP13). No data if there are none. Points into `bytes`. */
struct pm_blob iptc_find(struct pm_blob bytes);

/* The same for resources split into arbitrary pieces; initialise with zeros. */
struct iptc_search {
    bool found, ended; /* either: further pieces are ignored */
    size_t offset;     /* bytes searched; if found, the offset of the data sets */
    size_t size;       /* if found, bytes of the data sets */
    size_t skip;       /* bytes until the next resource's head */
    size_t have;       /* bytes of that head */
    uint8_t head[4 + 2 + 256 + 4 + 1];
};

/* Searches the next piece. */
void iptc_search(struct iptc_search *search, const uint8_t *bytes, size_t size);

/* Copies iptc[size] to out[size] without previews of the old image, and with an existing orientation updated
 * to `facts`. Returns the size; 0 if nothing remains or the data sets can't be parsed (marker, record,
 * number, length and value; IPTC-IIM 4.2, 1.5). */
size_t iptc_restate(const uint8_t *iptc, size_t size, const struct picture_facts *facts, uint8_t *out);

#endif
