/*
 * Edits an EXIF block for a changed image. Nothing of the old image may remain in it, not even in bytes that
 * no tag refers to, and all tags must be true of the new image.
 *
 * So the result starts zeroed, and only known data that tags refer to is copied: IFD0 and the Exif, GPS and
 * interoperability IFDs, entry by entry, each value to its old offset. Values keep their offsets because
 * offsets inside a MakerNote (a proprietary format) are often relative to the start of the whole structure;
 * only IFD0 may move. Not copied:
 *
 * - IFD1 with the thumbnail, SubIFDs, strips, tiles: pictures;
 * - tags that say how the old file stored its samples (BitsPerSample, CompressedBitsPerPixel, ...);
 * - a value that contains the start of a JPEG: MakerNotes hold previews, in all known formats as JPEGs,
 *   except one encrypted MakerNote, which is not copied either. Other MakerNotes are kept: lens and
 *   serial number are often only there;
 * - a long non-text value of an unknown tag: it may be an image of any kind.
 *
 * IFDs are located first, so that no value that overlaps one is copied.
 */
#include "image/exif.h"

#include "image/tiff.h"

enum ifd_kind { IFD_0, IFD_EXIF, IFD_GPS, IFD_INTEROP, IFDS };

enum action {
    KEEP_SMALL, /* any other tag: kept unless it is long and not text */
    KEEP_LONG,  /* kept however long */
    DROP,       /* an image, a part of one, or how its samples were stored; no warning */
    LEAVE_OUT,  /* no longer true, or a block of another format that would become outdated; with a warning */
    POSITION,   /* pixel positions: left out if pixels moved */
    POINTER,    /* to an IFD that is edited too */
    WIDTH,
    HEIGHT,
    ORIENTATION,
    CHROMA_CENTERED, /* YCbCrPositioning: set to 1 (centered), as pixmill's JPEGs are */
    DENSITY_X,       /* swapped with DENSITY_Y if the image was transposed */
    DENSITY_Y,
    COLOR_SPACE,
    COLOR_INDEX, /* InteroperabilityIndex, by which cameras name the colour space */
    COLORS,      /* left out if the colours were converted; no warning */
};

struct rule {
    uint16_t first, last; /* tags */
    uint8_t action;       /* enum action */
};

enum {
    TAG_ORIENTATION = 0x0112,
    TAG_EXIF_IFD = 0x8769,
    TAG_GPS_IFD = 0x8825,
    TAG_INTEROP_IFD = 0xA005,
    SMALL_BYTES = 64,    /* an image needs more bytes */
    WARNED_TAGS_MAX = 8, /* struct exif_left_out */
    LOOKS_MAX = 2,       /* max reads of each byte, on average: values may overlap */
    NEXT_IFD_BYTES = 4,
    EXIF_CENTERED = 1,
};

/* IFD0 and the Exif IFD; writers put some tags in the wrong one of the two. */
static const struct rule picture_rules[] = {
    {0x00FE, 0x00FF, DROP}, /* NewSubfileType, SubfileType */
    {0x0100, 0x0100, WIDTH},
    {0x0101, 0x0101, HEIGHT},
    {0x0102, 0x0103, DROP}, /* BitsPerSample, Compression */
    {0x0106, 0x0106, DROP}, /* PhotometricInterpretation */
    {0x010A, 0x010A, DROP}, /* FillOrder */
    {0x0111, 0x0111, DROP}, /* StripOffsets */
    {0x0112, 0x0112, ORIENTATION},
    {0x0115, 0x0117, DROP}, /* SamplesPerPixel, RowsPerStrip, StripByteCounts */
    {0x011A, 0x011A, DENSITY_X},
    {0x011B, 0x011B, DENSITY_Y},
    {0x011C, 0x011C, DROP},   /* PlanarConfiguration */
    {0x0120, 0x0123, DROP},   /* FreeOffsets to GrayResponseCurve */
    {0x012D, 0x012D, COLORS}, /* TransferFunction */
    {0x013D, 0x013D, DROP},   /* Predictor */
    {0x013E, 0x013F, COLORS}, /* WhitePoint, PrimaryChromaticities */
    {0x0140, 0x0145, DROP},   /* ColorMap, HalftoneHints, TileWidth to TileByteCounts */
    {0x014A, 0x014A, DROP},   /* SubIFDs */
    {0x0152, 0x0153, DROP},   /* ExtraSamples, SampleFormat */
    {0x015B, 0x015B, DROP},   /* JPEGTables */
    {0x0200, 0x0209, DROP},   /* JPEGInterchangeFormat, its length and tables */
    {0x0212, 0x0212, DROP},   /* YCbCrSubSampling */
    {0x0213, 0x0213, CHROMA_CENTERED},
    {0x02BC, 0x02BC, LEAVE_OUT}, /* XMP in TIFF */
    {0x828E, 0x828E, KEEP_LONG}, /* CFAPattern of TIFF/EP */
    {0x83BB, 0x83BB, LEAVE_OUT}, /* IPTC in TIFF */
    {0x8649, 0x8649, LEAVE_OUT}, /* Photoshop's resources, among them a thumbnail */
    {0x8769, 0x8769, POINTER},
    {0x8773, 0x8773, LEAVE_OUT}, /* an ICC profile */
    {0x8825, 0x8825, POINTER},
    {0x8828, 0x8828, KEEP_LONG}, /* OECF */
    {0x9102, 0x9102, DROP},      /* CompressedBitsPerPixel */
    {0x920C, 0x920C, KEEP_LONG}, /* SpatialFrequencyResponse of TIFF/EP */
    {0x9214, 0x9214, POSITION},  /* SubjectArea */
    {0x927C, 0x927C, KEEP_LONG}, /* MakerNote */
    {0x9286, 0x9286, KEEP_LONG}, /* UserComment */
    {0x935C, 0x935C, LEAVE_OUT}, /* Photoshop's layers */
    {0x9C9B, 0x9C9F, KEEP_LONG}, /* Windows' title, comment, author, keywords and subject */
    {0xA001, 0xA001, COLOR_SPACE},
    {0xA002, 0xA002, WIDTH},
    {0xA003, 0xA003, HEIGHT},
    {0xA005, 0xA005, POINTER},
    {0xA20C, 0xA20C, KEEP_LONG}, /* SpatialFrequencyResponse */
    {0xA20E, 0xA20E, DENSITY_X}, /* FocalPlaneXResolution */
    {0xA20F, 0xA20F, DENSITY_Y},
    {0xA214, 0xA214, POSITION},  /* SubjectLocation */
    {0xA302, 0xA302, KEEP_LONG}, /* CFAPattern */
    {0xA40B, 0xA40B, KEEP_LONG}, /* DeviceSettingDescription */
    {0xA462, 0xA462, KEEP_LONG}, /* SourceExposureTimesOfCompositeImage */
    {0xA500, 0xA500, COLORS},    /* Gamma */
    {0xC4A5, 0xC4A5, KEEP_LONG}, /* PrintIM */
    {0xEA1C, 0xEA1C, DROP},      /* Windows' padding */
    {0},
};

static const struct rule gps_rules[] = {
    {0x001B, 0x001C, KEEP_LONG}, /* GPSProcessingMethod, GPSAreaInformation */
    {0},
};

static const struct rule interop_rules[] = {
    {0x0001, 0x0001, COLOR_INDEX},
    {0x1001, 0x1001, WIDTH}, /* RelatedImageWidth */
    {0x1002, 0x1002, HEIGHT},
    {0},
};

static const struct rule *const rules[IFDS] = {
    [IFD_0] = picture_rules,
    [IFD_EXIF] = picture_rules,
    [IFD_GPS] = gps_rules,
    [IFD_INTEROP] = interop_rules,
};

struct ifd {
    size_t at, entries; /* at 0: no such IFD */
    size_t kept;        /* entries in the result, set when written */
};

struct editor {
    struct tiff tiff;
    const struct picture_facts *facts;
    struct exif_left_out *left_out;
    struct ifd ifds[IFDS];
    uint8_t *out;
    size_t end;    /* bytes of `out` in use */
    size_t budget; /* bytes of values that may still be searched */
    bool oriented;
};

static void put_16(const struct editor *editor, size_t at, unsigned value)
{
    editor->out[at + !editor->tiff.big] = (uint8_t)(value >> 8);
    editor->out[at + editor->tiff.big] = (uint8_t)value;
}

static void put_32(const struct editor *editor, size_t at, uint32_t value)
{
    put_16(editor, at + (editor->tiff.big ? 0 : 2), value >> 16);
    put_16(editor, at + (editor->tiff.big ? 2 : 0), value & 0xffff);
}

/* Size of an IFD with the offset of the next one. Readers use only IFD0's offset; writers omit the others. */
static size_t ifd_bytes(enum ifd_kind kind, size_t entries)
{
    return 2 + entries * TIFF_ENTRY_BYTES + (kind == IFD_0 ? NEXT_IFD_BYTES : 0);
}

/* Does [at, at + size) reach into the header or an IFD? */
static bool is_taken(const struct editor *editor, size_t at, size_t size)
{
    if (at < TIFF_HEADER_BYTES)
        return true;
    for (enum ifd_kind kind = IFD_0; kind < IFDS; kind++) {
        const struct ifd *ifd = &editor->ifds[kind];
        if (ifd->at != 0 && at < ifd->at + ifd_bytes(kind, ifd->entries) && ifd->at < at + size)
            return true;
    }
    return false;
}

/* Sets editor->ifds[kind] to the IFD at `at`, unless it overlaps another. */
static void find_ifd(struct editor *editor, enum ifd_kind kind, size_t at)
{
    size_t entries = tiff_entries(&editor->tiff, at);
    if (entries > 0 && !is_taken(editor, at, ifd_bytes(kind, entries)))
        editor->ifds[kind] = (struct ifd){.at = at, .entries = entries};
}

static enum ifd_kind pointed_at(unsigned tag)
{
    return tag == TAG_EXIF_IFD ? IFD_EXIF : tag == TAG_GPS_IFD ? IFD_GPS : IFD_INTEROP;
}

static void find_ifds(struct editor *editor)
{
    const struct tiff *tiff = &editor->tiff;
    find_ifd(editor, IFD_0, tiff_get_32(tiff, 4));
    for (enum ifd_kind parent = IFD_0; parent <= IFD_EXIF; parent++) {
        const struct ifd ifd = editor->ifds[parent];
        for (size_t i = 0; i < ifd.entries; i++) {
            struct tiff_entry entry = tiff_entry(tiff, ifd.at, i);
            bool pointer =
                entry.tag == TAG_EXIF_IFD || entry.tag == TAG_GPS_IFD || entry.tag == TAG_INTEROP_IFD;
            if (pointer && editor->ifds[pointed_at(entry.tag)].at == 0)
                find_ifd(editor, pointed_at(entry.tag), tiff_number(tiff, &entry));
        }
    }
}

static enum action action_for(enum ifd_kind kind, unsigned tag)
{
    for (const struct rule *rule = rules[kind]; rule->last != 0; rule++) {
        if (tag >= rule->first && tag <= rule->last)
            return rule->action;
    }
    return KEEP_SMALL;
}

/* Do bytes[size] contain the start of a JPEG (SOI and a marker; Minolta's previews have another first byte)
 * or Google's encrypted HDR+ note, which may hold images? */
static bool holds_picture(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = bytes + size;
    if (size >= 4 && memcmp(bytes, "HDRP", 4) == 0)
        return true;
    for (const uint8_t *p = bytes; (p = memchr(p, 0xD8, (size_t)(end - p))) != NULL; p++) {
        if (end - p < 3 || p[1] != 0xFF)
            continue;
        if (p[2] == 0xDB || (p > bytes && p[-1] == 0xFF && p[2] >= 0xC0 && p[2] != 0xFF))
            return true;
    }
    return false;
}

/* May the value be copied? */
static bool is_kept(struct editor *editor, const struct tiff_entry *entry, enum action action)
{
    const size_t size = entry->value_size;
    const bool text = entry->type == TIFF_ASCII || entry->type == TIFF_UTF8;
    if (size <= 4)
        return size > 0;
    if ((size > SMALL_BYTES && !text && action != KEEP_LONG) || size > editor->budget ||
        is_taken(editor, entry->value_at, size))
        return false;
    editor->budget -= size;
    return !holds_picture(editor->tiff.bytes + entry->value_at, size);
}

static void tell_left_out(struct exif_left_out *left_out, uint16_t tag)
{
    for (unsigned i = 0; i < left_out->count && i < WARNED_TAGS_MAX; i++) {
        if (left_out->tags[i] == tag)
            return;
    }
    if (left_out->count < WARNED_TAGS_MAX)
        left_out->tags[left_out->count] = tag;
    left_out->count++;
}

/* Writes an entry with one SHORT or LONG value at `at` of the result. */
static void put_number(const struct editor *editor, const struct tiff_entry *entry, size_t at,
                       uint32_t number)
{
    bool is_short = entry->type != TIFF_LONG && number <= UINT16_MAX;
    put_16(editor, at, entry->tag);
    put_16(editor, at + 2, is_short ? TIFF_SHORT : TIFF_LONG);
    put_32(editor, at + 4, 1);
    if (is_short)
        put_16(editor, at + 8, number);
    else
        put_32(editor, at + 8, number);
}

/* Copies the entry with its value, as tag `tag`. False if it is left out. */
static bool put_entry(struct editor *editor, const struct tiff_entry *entry, size_t at, unsigned tag,
                      enum action action)
{
    const uint8_t *bytes = editor->tiff.bytes;
    if (!is_kept(editor, entry, action)) {
        if (entry->count > 0)
            tell_left_out(editor->left_out, entry->tag);
        return false;
    }
    if (entry->value_size > 4) {
        const size_t end = entry->value_at + entry->value_size;
        memcpy(editor->out + entry->value_at, bytes + entry->value_at, entry->value_size);
        editor->end = end > editor->end ? end : editor->end;
    }
    memcpy(editor->out + at, bytes + entry->at, TIFF_ENTRY_BYTES);
    put_16(editor, at, tag);
    return true;
}

/* Swaps the resolutions of the two axes by swapping their tags, which are consecutive numbers. */
static bool put_density(struct editor *editor, const struct tiff_entry *entry, size_t at, enum action action)
{
    int other = !editor->facts->transposed ? 0 : action == DENSITY_X ? 1 : -1;
    return put_entry(editor, entry, at, (unsigned)(entry->tag + other), action);
}

static bool put_pointer(const struct editor *editor, const struct tiff_entry *entry, size_t at)
{
    const struct ifd *ifd = &editor->ifds[pointed_at(entry->tag)];
    if (ifd->kept == 0 || ifd->at != tiff_number(&editor->tiff, entry))
        return false;
    put_16(editor, at, entry->tag);
    put_16(editor, at + 2, TIFF_LONG);
    put_32(editor, at + 4, 1);
    put_32(editor, at + 8, (uint32_t)ifd->at);
    return true;
}

/* Names the colour space; EXIF has no name for others than sRGB and Adobe RGB. */
static bool put_colors(struct editor *editor, const struct tiff_entry *entry, size_t at, enum action action)
{
    enum { SRGB = 1, UNCALIBRATED = 0xFFFF };
    static const char srgb[4] = "R98";
    const enum facts_colors colors = editor->facts->colors;
    if (colors == FACTS_COLORS_KEPT)
        return put_entry(editor, entry, at, entry->tag, action == COLORS ? KEEP_LONG : action);
    if (action == COLORS || (action == COLOR_INDEX && colors != FACTS_COLORS_SRGB))
        return false;
    put_number(editor, &(struct tiff_entry){.tag = entry->tag, .type = TIFF_SHORT}, at,
               colors == FACTS_COLORS_SRGB ? SRGB : UNCALIBRATED);
    if (action == COLOR_INDEX) {
        put_16(editor, at + 2, TIFF_ASCII);
        put_32(editor, at + 4, sizeof srgb);
        memcpy(editor->out + at + 8, srgb, sizeof srgb);
    }
    return true;
}

/* Writes the edited entry at `at` of the result. False if it is left out. */
static bool edit_entry(struct editor *editor, enum ifd_kind kind, const struct tiff_entry *entry, size_t at)
{
    const struct picture_facts *facts = editor->facts;
    enum action action = action_for(kind, entry->tag);
    switch (action) {
    case DROP:
        return false;
    case LEAVE_OUT:
        tell_left_out(editor->left_out, entry->tag);
        return false;
    case POSITION:
        if (!facts->moved)
            return put_entry(editor, entry, at, entry->tag, action);
        tell_left_out(editor->left_out, entry->tag);
        return false;
    case POINTER:
        return put_pointer(editor, entry, at);
    case WIDTH:
        put_number(editor, entry, at, facts->width);
        return true;
    case HEIGHT:
        put_number(editor, entry, at, facts->height);
        return true;
    case ORIENTATION:
        editor->oriented = true;
        put_number(editor, &(struct tiff_entry){.tag = entry->tag, .type = TIFF_SHORT}, at,
                   facts->orientation);
        return true;
    case CHROMA_CENTERED:
        put_number(editor, &(struct tiff_entry){.tag = entry->tag, .type = TIFF_SHORT}, at, EXIF_CENTERED);
        return true;
    case DENSITY_X:
    case DENSITY_Y:
        return put_density(editor, entry, at, action);
    case COLOR_SPACE:
    case COLOR_INDEX:
    case COLORS:
        return put_colors(editor, entry, at, action);
    default:
        return put_entry(editor, entry, at, entry->tag, action);
    }
}

/* Entries must be sorted by tag; only swapped densities, which are adjacent, can be out of order. */
static void order_densities(const struct editor *editor, size_t at)
{
    const struct tiff out = {.bytes = editor->out, .size = editor->tiff.size, .big = editor->tiff.big};
    uint8_t entry[TIFF_ENTRY_BYTES], *before = editor->out + at - TIFF_ENTRY_BYTES;
    if (tiff_get_16(&out, at - TIFF_ENTRY_BYTES) != tiff_get_16(&out, at) + 1)
        return;
    memcpy(entry, before, sizeof entry);
    memcpy(before, editor->out + at, sizeof entry);
    memcpy(editor->out + at, entry, sizeof entry);
}

static void edit_ifd(struct editor *editor, enum ifd_kind kind)
{
    const struct ifd ifd = editor->ifds[kind];
    size_t kept = 0;
    for (size_t i = 0; i < ifd.entries; i++) {
        const struct tiff_entry entry = tiff_entry(&editor->tiff, ifd.at, i);
        const size_t at = ifd.at + 2 + kept * TIFF_ENTRY_BYTES;
        if (!edit_entry(editor, kind, &entry, at))
            continue;
        if (kept > 0 && action_for(kind, entry.tag) == DENSITY_Y)
            order_densities(editor, at);
        kept++;
    }
    put_16(editor, ifd.at, (unsigned)kept);
    memset(editor->out + ifd.at + 2 + kept * TIFF_ENTRY_BYTES, 0, (ifd.entries - kept) * TIFF_ENTRY_BYTES);
    size_t end = kept > 0 ? ifd.at + ifd_bytes(kind, kept) : 0;
    editor->end = end > editor->end ? end : editor->end;
    editor->ifds[kind].kept = kept;
}

/* Adds the orientation to IFD0, sorted by tag. If no entry was left out, there is no room, and IFD0 moves to
 * the end; only the header refers to it. False if the result would be too long. */
static bool add_orientation(struct editor *editor)
{
    struct ifd *ifd = &editor->ifds[IFD_0];
    const size_t bytes = ifd->kept * TIFF_ENTRY_BYTES, begin = ifd->at;
    if (ifd->kept == ifd->entries) {
        const size_t end = editor->end > TIFF_HEADER_BYTES ? editor->end : TIFF_HEADER_BYTES;
        ifd->at = end + (end & 1);
    }
    const size_t end = ifd->at + ifd_bytes(IFD_0, ifd->kept + 1);
    if (end > EXIF_ADDED_MAX)
        return false;
    if (ifd->at != begin) {
        memcpy(editor->out + ifd->at + 2, editor->out + begin + 2, bytes);
        memset(editor->out + begin, 0, 2 + bytes);
        put_32(editor, 4, (uint32_t)ifd->at);
    }
    const struct tiff out = {.bytes = editor->out, .size = end, .big = editor->tiff.big};
    size_t place = 0;
    while (place < ifd->kept && tiff_get_16(&out, ifd->at + 2 + place * TIFF_ENTRY_BYTES) < TAG_ORIENTATION)
        place++;
    uint8_t *entry = editor->out + ifd->at + 2 + place * TIFF_ENTRY_BYTES;
    memmove(entry + TIFF_ENTRY_BYTES, entry, bytes - place * TIFF_ENTRY_BYTES);
    memset(entry, 0, TIFF_ENTRY_BYTES);
    put_number(editor, &(struct tiff_entry){.tag = TAG_ORIENTATION, .type = TIFF_SHORT},
               (size_t)(entry - editor->out), editor->facts->orientation);
    ifd->kept++;
    put_16(editor, ifd->at, (unsigned)ifd->kept);
    editor->end = end > editor->end ? end : editor->end;
    return true;
}

size_t exif_restate(const uint8_t *exif, size_t size, const struct picture_facts *facts, uint8_t *out,
                    struct exif_left_out *left_out)
{
    struct editor editor = {.facts = facts, .left_out = left_out, .out = out, .budget = LOOKS_MAX * size};
    *left_out = (struct exif_left_out){0};
    if (tiff_open(&editor.tiff, exif, size))
        find_ifds(&editor);
    left_out->broken = editor.ifds[IFD_0].at == 0;
    if (left_out->broken)
        return 0;
    memset(out, 0, exif_room(size));
    memcpy(out, exif, 4);
    put_32(&editor, 4, (uint32_t)editor.ifds[IFD_0].at);
    /* Children before parents: a parent drops its pointer to an empty child. */
    for (int kind = IFDS - 1; kind >= IFD_0; kind--) {
        if (editor.ifds[kind].at != 0)
            edit_ifd(&editor, (enum ifd_kind)kind);
    }
    left_out->full = !editor.oriented && facts->orientation > 1 && !add_orientation(&editor);
    return editor.ifds[IFD_0].kept > 0 && !left_out->full ? editor.end : 0;
}
