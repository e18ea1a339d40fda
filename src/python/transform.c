/* transform(): checks its arguments, runs the library without the GIL, makes bytes of the result. */
#include "python/module.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

const char transform_doc[] =
    "transform($module, data, recipe, *, secret=None, name='', max_pixels=268402689,\n"
    "          timeout=None, stop=None)\n--\n\n"
    "Make one image file of another: returns the result's bytes.\n\n"
    "data: the file's bytes; any object with a buffer. Bytes are not copied. A buffer that can be\n"
    "    written to is copied first, so another thread may change it meanwhile. Other read-only\n"
    "    buffers (a read-only mmap or array) are not copied: they must not change during the call.\n"
    "recipe: a Recipe, or its text, which is then parsed in every call.\n"
    "secret: the master key of 32 bytes, for recipes that encrypt or decrypt.\n"
    "name: with secret, the image's name in its collection (a path with '/'). An encrypted image is\n"
    "    bound to it; decrypting under another name raises ChangedError. '': none.\n"
    "max_pixels: width times height of any picture, intermediate ones included; None: no limit.\n"
    "timeout: seconds from the beginning of the work; None: no limit.\n"
    "stop: a Stop, with which other threads can end the work.\n\n"
    "The GIL is released, so threads run in parallel; each thread's memory is reused by later calls.\n"
    "Limits and stop are checked every few milliseconds, but an AVIF or JPEG XL that is being encoded is\n"
    "encoded to its end before, which may take seconds. Ctrl-C is seen when the call has ended.\n"
    "What the result lacks of its input is reported by warnings of class ImageWarning.\n\n"
    "Raises the subclass of Error for its kind: UsageError, UnsupportedError, CorruptError,\n"
    "TruncatedError, LimitError, TimedOutError, CancelledError, WrongKeyError, ChangedError,\n"
    "OutOfMemoryError, InternalError; TypeError and ValueError for wrong arguments.";

/* One call, from arguments to result. */
struct work {
    const struct module_state *state;
    struct input input;
    PyObject *recipe; /* owned */
    struct pm_call call;
    struct pm_secrets secrets;
    struct pm_error error;
    bool keep_lock;      /* keep the GIL during the library's work */
    PyObject *notes;     /* a list that gets the warnings; NULL: they are issued */
    char warnings[2048]; /* "\n", then lines, each once */
};

/* Runs without the GIL. A warning that does not fit is replaced by a remark. */
static void keep_warning(void *user, const char *message)
{
    static const char more[] = "\nthere are more warnings than fit here\n";
    struct work *work = user;
    char line[512];
    const int length = snprintf(line, sizeof line, "\n%s\n", message);
    if (strstr(work->warnings, line) != NULL || strstr(work->warnings, more) != NULL)
        return;
    /* Each line ends where the next begins. */
    char *end = work->warnings + strlen(work->warnings) - 1;
    const size_t room = sizeof work->warnings - (size_t)(end - work->warnings);
    const bool fits = length < (int)sizeof line && (size_t)length + sizeof more <= room;
    strcpy(end, fits ? line : more);
}

static int note(PyObject *notes, const char *line)
{
    PyObject *text = PyUnicode_DecodeUTF8(line, (Py_ssize_t)strlen(line), "replace");
    const int status = text != NULL ? PyList_Append(notes, text) : -1;
    Py_XDECREF(text);
    return status;
}

/* Issues or notes them; 0, or -1 with an exception set (a filter may make errors of them). */
static int tell_warnings(struct work *work)
{
    char *rest = work->warnings + 1, *end;
    for (; (end = strchr(rest, '\n')) != NULL; rest = end + 1) {
        *end = '\0';
        if ((work->notes != NULL ? note(work->notes, rest) : PyErr_WarnEx(work->state->warning, rest, 1)) != 0)
            return -1;
    }
    return 0;
}

static int set_limits(struct work *work, PyObject *max_pixels, PyObject *timeout, PyObject *stop)
{
    work->call.limits.max_pixels = DEFAULT_MAX_PIXELS;
    if (max_pixels == Py_None) {
        work->call.limits.max_pixels = 0;
    } else if (max_pixels != NULL) {
        work->call.limits.max_pixels = PyLong_AsUnsignedLongLong(max_pixels);
        if (PyErr_Occurred())
            return -1;
        if (work->call.limits.max_pixels == 0) {
            PyErr_SetString(PyExc_ValueError, "max_pixels must be at least 1, or None for no limit");
            return -1;
        }
    }
    if (timeout != Py_None) {
        work->call.timeout = PyFloat_AsDouble(timeout);
        if (PyErr_Occurred())
            return -1;
        if (!isfinite(work->call.timeout) || work->call.timeout <= 0) {
            PyErr_SetString(PyExc_ValueError, "timeout must be more than 0 seconds, or None for no limit");
            return -1;
        }
    }
    if (stop != Py_None) {
        if (!Py_IS_TYPE(stop, work->state->stop_type)) {
            PyErr_SetString(PyExc_TypeError, "stop must be a pixmill.Stop or None");
            return -1;
        }
        work->call.stop = stop_flag(stop);
    }
    return 0;
}

/* Both keys of this image under the master key: the file's own, and a new one. */
static int derive(struct work *work, const uint8_t *master)
{
    struct pm_error not_encrypted = {0};
    uint8_t id[PM_ID_BYTES] = {0}, salt[PM_SALT_BYTES] = {0}, new_id[PM_ID_BYTES];
    if (getrandom(new_id, sizeof new_id, 0) != sizeof new_id) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    /* Of a file that is not encrypted the keys are never used: decrypt refuses it. */
    pm_secret_ids(work->input.data, work->input.size, id, salt, &not_encrypted);
    if (pm_secret_derive(master, id, salt, &work->secrets.decrypt, &work->error) != 0 ||
        pm_secret_derive(master, new_id, NULL, &work->secrets.encrypt, &work->error) != 0) {
        errors_raise(work->state, &work->error);
        return -1;
    }
    work->secrets.has_decrypt = work->secrets.has_encrypt = true;
    work->call.secrets = &work->secrets;
    return 0;
}

static int set_secret(struct work *work, PyObject *secret, PyObject *name)
{
    if (secret == Py_None)
        return 0;
    struct input key;
    if (input_get(secret, &key) != 0)
        return -1;
    int status = -1;
    if (key.size == PM_KEY_BYTES)
        status = derive(work, key.data);
    else
        PyErr_Format(PyExc_ValueError, "secret must have %d bytes", PM_KEY_BYTES);
    if (key.copy != NULL)
        explicit_bzero(key.copy, key.size);
    input_release(&key);
    PyObject *path = NULL;
    if (status != 0 || !PyUnicode_FSConverter(name, &path))
        return -1;
    if (PyBytes_Size(path) < PM_NAME_BYTES) {
        strcpy(work->secrets.decrypt.name, PyBytes_AsString(path));
        strcpy(work->secrets.encrypt.name, PyBytes_AsString(path));
    } else {
        PyErr_Format(PyExc_ValueError, "name must have at most %d bytes", PM_NAME_BYTES - 1);
        status = -1;
    }
    Py_DECREF(path);
    return status;
}

/* _secrets(data, secret): the bytes of a struct pm_secrets for map(backend='procs'), whose helper gets the
 * images' own keys, not the master key. */
PyObject *module_secrets(PyObject *module, PyObject *arguments)
{
    struct work work = {.state = PyModule_GetState(module)};
    PyObject *data, *secret, *result = NULL, *name = PyUnicode_FromString("");
    if (name != NULL && PyArg_ParseTuple(arguments, "OO:_secrets", &data, &secret) &&
        input_get(data, &work.input) == 0) {
        if (set_secret(&work, secret, name) == 0)
            result = PyBytes_FromStringAndSize((const char *)&work.secrets, sizeof work.secrets);
        input_release(&work.input);
        explicit_bzero(&work.secrets, sizeof work.secrets);
    }
    Py_XDECREF(name);
    return result;
}

/* A new reference to the Recipe. */
static PyObject *as_recipe(const struct module_state *state, PyObject *recipe)
{
    if (Py_IS_TYPE(recipe, state->recipe_type))
        return Py_NewRef(recipe);
    if (PyUnicode_Check(recipe))
        return PyObject_CallFunctionObjArgs((PyObject *)state->recipe_type, recipe, NULL);
    PyErr_SetString(PyExc_TypeError, "recipe must be a pixmill.Recipe or a str");
    return NULL;
}

static PyObject *run(struct work *work, struct pool *pool)
{
    const struct pm_listener listener = {.warning = keep_warning, .user = work};
    work->call.listener = &listener;
    struct pm_context *context = pool_take(pool, &work->error);
    if (context == NULL)
        return errors_raise(work->state, &work->error);
    const struct pm_recipe *recipe = recipe_of(work->recipe);
    const uint8_t *made;
    size_t size;
    PyThreadState *thread = work->keep_lock ? NULL : PyEval_SaveThread();
    const int status = pm_context_transform(context, recipe, work->input.data, work->input.size, &work->call,
                                            &made, &size, &work->error);
    if (thread != NULL)
        PyEval_RestoreThread(thread);
    PyObject *result = NULL;
    if ((status == 0 || work->notes != NULL) && tell_warnings(work) != 0)
        result = NULL;
    else if (status != 0)
        errors_raise(work->state, &work->error);
    else
        result = PyBytes_FromStringAndSize((const char *)made, (Py_ssize_t)size);
    pool_give(pool, context);
    return result;
}

static PyObject *transform(PyObject *module, PyObject *arguments, PyObject *keywords, bool keep_lock,
                           PyObject *notes)
{
    static char *names[] = {"data", "recipe", "secret", "name", "max_pixels", "timeout", "stop", NULL};
    struct module_state *state = PyModule_GetState(module);
    PyObject *data, *recipe, *secret = Py_None, *name = NULL, *max_pixels = NULL, *timeout = Py_None,
                             *stop = Py_None;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO|$OUOOO:transform", names, &data, &recipe,
                                     &secret, &name, &max_pixels, &timeout, &stop))
        return NULL;
    struct work work = {.state = state, .keep_lock = keep_lock, .notes = notes, .warnings = "\n"};
    PyObject *empty = PyUnicode_FromString(""), *result = NULL;
    work.recipe = empty != NULL ? as_recipe(state, recipe) : NULL;
    if (work.recipe != NULL && set_limits(&work, max_pixels, timeout, stop) == 0 &&
        input_get(data, &work.input) == 0) {
        if (set_secret(&work, secret, name != NULL ? name : empty) == 0)
            result = run(&work, &state->pool);
        input_release(&work.input);
        explicit_bzero(&work.secrets, sizeof work.secrets);
    }
    Py_XDECREF(work.recipe);
    Py_XDECREF(empty);
    return result;
}

PyObject *module_transform(PyObject *module, PyObject *arguments, PyObject *keywords)
{
    return transform(module, arguments, keywords, false, NULL);
}

PyObject *module_transform_locked(PyObject *module, PyObject *arguments, PyObject *keywords)
{
    return transform(module, arguments, keywords, true, NULL);
}

PyObject *module_transform_noting(PyObject *module, PyObject *arguments, PyObject *keywords)
{
    PyObject *notes = PyTuple_GetItem(arguments, 0);
    PyObject *rest = notes != NULL ? PyTuple_GetSlice(arguments, 1, PyTuple_Size(arguments)) : NULL;
    PyObject *result = rest != NULL ? transform(module, rest, keywords, false, notes) : NULL;
    Py_XDECREF(rest);
    return result;
}
