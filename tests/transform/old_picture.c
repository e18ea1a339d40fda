#include "transform/old_picture.h"

#include <stdio.h>

#include "codec/codec.h"
#include "image/tiff_maker.h"
#include "pictures.h"

static const char old_picture[] = "\xff\xd8\xff\xdb THE OLD PICTURE \xff\xd9";

void old_exif(struct tiff_maker *maker, unsigned orientation)
{
    tiff_maker_begin(maker, true);
    size_t exif = tiff_maker_ifd(maker,
                                 (struct made_entry[]){
                                     {0x927C, TIFF_UNDEFINED, sizeof old_picture, old_picture, {0}},
                                     {0xA002, TIFF_SHORT, 1, NULL, {WIDTH}},
                                     {0xA003, TIFF_SHORT, 1, NULL, {HEIGHT}},
                                 },
                                 3, 0);
    size_t picture = tiff_maker_bytes(maker, old_picture, sizeof old_picture);
    size_t ifd1 = tiff_maker_ifd(maker,
                                 (struct made_entry[]){
                                     {0x0201, TIFF_LONG, 1, NULL, {(uint32_t)picture}},
                                     {0x0202, TIFF_LONG, 1, NULL, {sizeof old_picture}},
                                 },
                                 2, 0);
    tiff_maker_end(maker, tiff_maker_ifd(maker,
                                         (struct made_entry[]){
                                             {0x010F, TIFF_ASCII, 10, "A  Camera", {0}},
                                             {0x0112, TIFF_SHORT, 1, NULL, {orientation}},
                                             {0x011A, TIFF_RATIONAL, 1, NULL, {200, 1}},
                                             {0x011B, TIFF_RATIONAL, 1, NULL, {100, 1}},
                                             {0x8769, TIFF_LONG, 1, NULL, {(uint32_t)exif}},
                                         },
                                         5, ifd1));
}

int old_xmp(char *xmp, size_t size, unsigned orientation)
{
    return snprintf(
        xmp, size,
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
        "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" "
        "xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" xmlns:exif=\"http://ns.adobe.com/exif/1.0/\" "
        "xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" tiff:Orientation=\"%u\" exif:PixelXDimension=\"%d\" exif:PixelYDimension=\"%d\" "
        "tiff:XResolution=\"200/1\" tiff:YResolution=\"100/1\">"
        "<xmp:Thumbnails>THE OLD PICTURE</xmp:Thumbnails><xmp:Rating>5</xmp:Rating>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>",
        orientation, WIDTH, HEIGHT);
}
