/* An item's properties (ISO/IEC 23008-12, 6.5): its size, colours, coding, rotation, mirroring and
 * cropping. */
#include <string.h>

#include "base/bytes.h"
#include "codec/heif/heif.h"

unsigned heif_orientation_of(struct heif_turn turn)
{
    static const uint8_t orientations[2][4] = {{1, 8, 3, 6}, {2, 5, 4, 7}};
    return orientations[turn.mirrored][turn.quarters & 3];
}

/* axis 0 exchanges top and bottom, 1 left and right. Mirroring left to right after a rotation equals
 * mirroring before the opposite rotation; mirroring top to bottom adds half a turn. */
static void mirror(struct heif_turn *turn, unsigned axis)
{
    turn->quarters = ((axis == 0 ? 2 : 0) + 4 - turn->quarters) & 3;
    turn->mirrored = !turn->mirrored;
}

bool heif_read_turn(struct bmff_box *box, struct heif_turn *turn)
{
    const bool rotates = box->type == BMFF_TYPE('i', 'r', 'o', 't'),
               mirrors = box->type == BMFF_TYPE('i', 'm', 'i', 'r');
    if (rotates)
        turn->quarters = (turn->quarters + (bmff_get(&box->body, 1) & 3)) & 3;
    else if (mirrors)
        mirror(turn, bmff_get(&box->body, 1) & 1);
    return rotates || mirrors;
}

struct heif_turn_boxes heif_turn_boxes_of(unsigned orientation)
{
    static const struct heif_turn_boxes boxes[9] = {{0, -1}, {0, -1}, {0, 1}, {2, -1}, {0, 0},
                                                    {1, 0},  {3, -1}, {3, 0}, {1, -1}};
    return boxes[orientation];
}

static int outside(struct pm_error *error)
{
    return error_set(error, PM_ERROR_CORRUPT, "is cropped to pixels that it does not have (clap)");
}

/* clap (ISO/IEC 14496-12, 12.1.4): width, height and the centre's distance from that of the picture, each as
 * a fraction. MIAF requires whole pixels; of fractions in older files the part behind the point is dropped,
 * as libheif does: a start of -0.5 is 0. */
static int read_clap(struct bmff_cursor *body, const struct heif_properties *properties,
                     struct heif_rectangle *crop, struct pm_error *error)
{
    uint32_t value[8];
    for (int i = 0; i < 8; i++)
        value[i] = bmff_get32(body);
    int64_t start[2];
    const int64_t sides[2] = {properties->width, properties->height};
    int64_t size[2];
    for (int i = 0; i < 2 && !body->cut; i++) {
        const int64_t n = value[2 * i], d = value[2 * i + 1];
        const int64_t offset_n = (int32_t)value[4 + 2 * i], offset_d = value[5 + 2 * i];
        if (d == 0 || offset_d == 0 || offset_d > INT32_MAX)
            return error_set(error, PM_ERROR_CORRUPT, "its box clap is damaged");
        size[i] = n / d;
        if (size[i] <= 0 || size[i] > sides[i])
            return outside(error);
        /* the centre is offset + (side - 1) / 2: start = offset + (side - size) / 2; less than 2^63 */
        start[i] = (2 * offset_n + (sides[i] - size[i]) * offset_d) / (2 * offset_d);
        if (start[i] < 0 || start[i] + size[i] > sides[i])
            return outside(error);
    }
    if (body->cut)
        return error_set(error, PM_ERROR_CORRUPT, "its box clap is damaged");
    *crop =
        (struct heif_rectangle){(uint32_t)start[0], (uint32_t)start[1], (uint32_t)size[0], (uint32_t)size[1]};
    return 0;
}

void heif_read_colr(struct bmff_cursor *body, struct heif_properties *properties)
{
    const uint32_t type = bmff_get32(body);
    if (type == BMFF_TYPE('n', 'c', 'l', 'x') && !properties->has_nclx) {
        properties->nclx.primaries = (unsigned)bmff_get(body, 2);
        properties->nclx.transfer = (unsigned)bmff_get(body, 2);
        properties->nclx.matrix = (unsigned)bmff_get(body, 2);
        properties->nclx.full_range = bmff_get(body, 1) >> 7 != 0;
        properties->has_nclx = !body->cut;
    } else if ((type == BMFF_TYPE('p', 'r', 'o', 'f') || type == BMFF_TYPE('r', 'I', 'C', 'C')) &&
               properties->icc.size == 0 && !body->cut) {
        properties->icc = (struct pm_blob){body->data + body->at, body->size - body->at};
    }
}

/* mdcv (ISO/IEC 14496-12, 12.1.7) has the values of PNG's mDCV, but its primaries are in the order green,
 * blue, red (as in ITU-T H.265, D.3.28). */
static void read_mastering(const struct bmff_cursor *body, struct heif_properties *properties)
{
    enum { PRIMARY = 4 };
    if (properties->has_mastering || body->size - body->at < sizeof properties->mastering)
        return;
    const uint8_t *from = body->data + body->at;
    memcpy(properties->mastering, from + 2 * PRIMARY, PRIMARY);
    memcpy(properties->mastering + PRIMARY, from, 2 * PRIMARY);
    memcpy(properties->mastering + 3 * PRIMARY, from + 3 * PRIMARY,
           sizeof properties->mastering - 3 * PRIMARY);
    properties->has_mastering = true;
}

/* clli (ISO/IEC 14496-12, 12.1.6) is in cd/m2, cLLI in 0.0001 cd/m2. */
static void read_light(struct bmff_cursor *body, struct heif_properties *properties)
{
    enum { UNITS = 10000 };
    const uint32_t content = (uint32_t)bmff_get(body, 2), average = (uint32_t)bmff_get(body, 2);
    if (properties->has_light || body->cut)
        return;
    put_be32(properties->light, UNITS * content);
    put_be32(properties->light + 4, UNITS * average);
    properties->has_light = true;
}

/* auxC: a type of no more than TYPE_MAX letters. Every reference to the picture has it searched. */
static void read_auxiliary(struct bmff_cursor body, struct heif_properties *properties)
{
    enum { TYPE_MAX = 255 };
    const size_t left = body.size - body.at;
    body.size = body.at + (left <= TYPE_MAX ? left : TYPE_MAX + 1);
    properties->auxiliary = bmff_get_string(&body);
}

static int refuse_essential(uint32_t type, struct pm_error *error)
{
    return error_set(error, PM_ERROR_UNSUPPORTED, "needs the property '%s', which pixmill does not read",
                     bmff_name_of(type).text);
}

/* Reads one property. `essential`: a reader must support it. */
static int read_property(struct bmff_box *box, bool essential, struct heif_properties *properties,
                         struct heif_turn *turn, struct bmff_cursor *clap, struct pm_error *error)
{
    struct bmff_cursor *body = &box->body;
    enum { ALL_LAYERS = 0xFFFF };
    switch (box->type) {
    case BMFF_TYPE('i', 's', 'p', 'e'):
        bmff_get_version(body, NULL);
        properties->width = bmff_get32(body);
        properties->height = bmff_get32(body);
        properties->crop = (struct heif_rectangle){0, 0, properties->width, properties->height};
        return 0;
    case BMFF_TYPE('c', 'o', 'l', 'r'):
        heif_read_colr(body, properties);
        return 0;
    case BMFF_TYPE('m', 'd', 'c', 'v'):
        read_mastering(body, properties);
        return 0;
    case BMFF_TYPE('c', 'l', 'l', 'i'):
        read_light(body, properties);
        return 0;
    case BMFF_TYPE('a', 'v', '1', 'C'):
    case BMFF_TYPE('h', 'v', 'c', 'C'):
        properties->config = *body;
        properties->config_type = box->type;
        return 0;
    case BMFF_TYPE('a', 'u', 'x', 'C'):
        bmff_get_version(body, NULL);
        read_auxiliary(*body, properties);
        return 0;
    case BMFF_TYPE('c', 'l', 'a', 'p'):
        if (turn->quarters != 0 || turn->mirrored) /* MIAF (ISO/IEC 23000-22, 7.3.6.7) requires clap first */
            return error_set(error, PM_ERROR_UNSUPPORTED, "is cropped (clap) after it is rotated");
        *clap = *body; /* which may precede the size */
        return 0;
    case BMFF_TYPE('l', 's', 'e', 'l'):
        properties->layer = (unsigned)bmff_get(body, 2);
        properties->selects_layer = properties->layer != ALL_LAYERS;
        return 0;
    case BMFF_TYPE('a', '1', 'o', 'p'):
        properties->operating_point = (unsigned)bmff_get(body, 1);
        return 0;
    case BMFF_TYPE('p', 'i', 'x', 'i'):
    case BMFF_TYPE('p', 'a', 's', 'p'):
        return 0;
    default:
        return heif_read_turn(box, turn) || !essential ? 0 : refuse_essential(box->type, error);
    }
}

int heif_read_properties(const struct heif *heif, const struct heif_item *item,
                         struct heif_properties *properties, struct pm_error *error)
{
    enum { NARROW_ESSENTIAL = 0x80, WIDE_ESSENTIAL = 0x8000 };
    struct heif_turn turn = {0};
    struct bmff_cursor clap = {0};
    *properties = (struct heif_properties){.orientation = 1};
    if (item->properties == 0)
        return 0;
    const size_t end = heif->iprp.at + heif->iprp.size;
    struct bmff_cursor list = bmff_cursor_of(heif->tables.data + item->properties, end - item->properties);
    const unsigned mark = item->wide_properties ? WIDE_ESSENTIAL : NARROW_ESSENTIAL;
    for (uint64_t count = bmff_get(&list, 1); count > 0; count--) {
        const unsigned value = (unsigned)bmff_get(&list, item->wide_properties ? 2 : 1),
                       index = value & (mark - 1);
        struct bmff_box box;
        if (index == 0)
            continue;
        if (index > heif->nproperties)
            return error_set(error, PM_ERROR_CORRUPT, "refers to a property that it does not have");
        const size_t at = heif->properties[index - 1], after = heif->ipco.at + heif->ipco.size;
        struct bmff_cursor cursor = bmff_cursor_of(heif->tables.data + at, after - at);
        if (!bmff_next(&cursor, &box))
            return error_set(error, PM_ERROR_CORRUPT, "its box ipco is damaged");
        if (read_property(&box, (value & mark) != 0, properties, &turn, &clap, error) != 0)
            return -1;
        if (box.body.cut)
            return error_set(error, PM_ERROR_CORRUPT, "has a damaged property");
    }
    properties->orientation = heif_orientation_of(turn);
    return clap.data == NULL ? 0 : read_clap(&clap, properties, &properties->crop, error);
}
