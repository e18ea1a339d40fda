/* IPTC-IIM (by-line, caption, copyright notice), whatever it is packed in. */
#ifndef IMAGE_IPTC_H
#define IMAGE_IPTC_H

#include "pixmill/image.h"

/* The IIM data sets within `bytes`: all of it when it begins with one, or those of the first Photoshop image
 * resource that holds some (Adobe Photoshop File Formats: "8BIM" blocks, resource 0x0404), as they follow
 * "Photoshop 3.0" in a JPEG's APP13. No data when there are none. Points into `bytes`. */
struct pm_blob iptc_find(struct pm_blob bytes);

#endif
