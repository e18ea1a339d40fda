/* probe(data): what a file's header says, as a named tuple. */
#include "python/module.h"

const char probe_doc[] =
    "probe($module, data, /)\n--\n\n"
    "Read the header of an image file, without decoding it; returns an Info.\n\n"
    "data: the file's bytes, or at least its beginning; any object with a buffer.\n\n"
    "Raises UnsupportedError, CorruptError, TruncatedError (empty, or it ends within its header) or\n"
    "LimitError (too many segments before the picture).";

static PyStructSequence_Field fields[] = {
    {"format", "'jpeg', 'png', ...: the word of format= in recipes"},
    {"width", "stored width in pixels, before orientation is applied"},
    {"height", "stored height in pixels"},
    {"orientation", "EXIF orientation, 1 to 8; 1 if there is none"},
    {"color", "'gray', 'rgb', 'ycc' or 'cmyk': of the decoded picture"},
    {"alpha", "True if the picture has an alpha channel"},
    {"depth", "bits per sample as stored: 1 to 16, 32 or 64"},
    {"palette", "True if pixels are indices of a palette"},
    {"interlaced", "True if stored in several passes, as a progressive JPEG"},
    {"encrypted", "True if pixmill has encrypted it"},
    {"frames", "pictures of an animation; else 1"},
    {"loops", "how often an animation is shown; 0: endlessly, or unknown"},
    {"extra_pictures", "pictures besides the main one, gain maps included; not thumbnails"},
    {"gain_map", "True if one of the extra pictures is a gain map"},
    {"icc_size", "bytes of its ICC profile as stored; 0: none"},
    {"exif_size", "bytes of its EXIF; 0: none"},
    {"xmp_size", "bytes of its XMP; 0: none"},
    {"iptc_size", "bytes of its IPTC; 0: none"},
    {"pages", "pages of a TIFF; else 1"},
    {"cicp", "the colour's numbers of H.273: (primaries, transfer, matrix, full range); None: not stated"},
    {"holds_jpeg", "True if the JPEG that a JPEG XL was made of can be restored, byte by byte"},
    {NULL, NULL},
};

static PyStructSequence_Desc description = {
    .name = "pixmill.Info",
    .doc = "What the header of an image file says.",
    .fields = fields,
    .n_in_sequence = (int)(sizeof fields / sizeof *fields) - 1,
};

int info_add(PyObject *module, struct module_state *state)
{
    state->info_type = PyStructSequence_NewType(&description);
    return PyModule_AddObjectRef(module, "Info", (PyObject *)state->info_type);
}

static PyObject *cicp_of(const struct pm_info *info)
{
    if (!info->has_cicp)
        return Py_NewRef(Py_None);
    const uint8_t *cicp = info->cicp;
    return Py_BuildValue("(iiiO)", cicp[0], cicp[1], cicp[2], cicp[3] ? Py_True : Py_False);
}

static PyObject *info_of(PyTypeObject *type, const struct pm_info *info)
{
    static const char *const colors[] = {
        [PM_COLOR_GRAY] = "gray", [PM_COLOR_RGB] = "rgb", [PM_COLOR_YCC] = "ycc", [PM_COLOR_CMYK] = "cmyk"};
    const enum pm_alpha alpha = info->pixels.alpha;
    const bool has_alpha = alpha == PM_ALPHA_STRAIGHT || alpha == PM_ALPHA_PREMULTIPLIED;
    PyObject *values[] = {
        PyUnicode_FromString(info->format),
        PyLong_FromUnsignedLong(info->width),
        PyLong_FromUnsignedLong(info->height),
        PyLong_FromUnsignedLong(info->orientation),
        PyUnicode_FromString(colors[info->pixels.color]),
        PyBool_FromLong(has_alpha),
        PyLong_FromUnsignedLong(info->depth),
        PyBool_FromLong(info->palette),
        PyBool_FromLong(info->interlaced),
        PyBool_FromLong(info->encrypted),
        PyLong_FromUnsignedLong(info->frames),
        PyLong_FromUnsignedLong(info->loops),
        PyLong_FromUnsignedLong(info->extra_pictures),
        PyBool_FromLong(info->gain_map),
        PyLong_FromSize_t(info->icc_size),
        PyLong_FromSize_t(info->exif_size),
        PyLong_FromSize_t(info->xmp_size),
        PyLong_FromSize_t(info->iptc_size),
        PyLong_FromUnsignedLong(info->pages),
        cicp_of(info),
        PyBool_FromLong(info->holds_jpeg),
    };
    _Static_assert(sizeof values / sizeof *values + 1 == sizeof fields / sizeof *fields, "a value per field");
    PyObject *made = PyStructSequence_New(type);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (values[i] == NULL || made == NULL) {
            Py_XDECREF(values[i]);
            Py_CLEAR(made);
        } else {
            PyStructSequence_SetItem(made, (Py_ssize_t)i, values[i]); /* takes the reference */
        }
    }
    return made;
}

PyObject *module_probe(PyObject *module, PyObject *data)
{
    const struct module_state *state = PyModule_GetState(module);
    struct input input;
    struct pm_info info;
    struct pm_error error = {0};
    if (input_get(data, &input) != 0)
        return NULL;
    const int status = pm_probe(input.data, input.size, &info, &error);
    input_release(&input);
    return status == 0 ? info_of(state->info_type, &info) : errors_raise(state, &error);
}
