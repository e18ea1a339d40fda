/* pixmill.Error and its subclasses, one a kind. */
#include "python/module.h"

#include <stdio.h>
#include <string.h>

static const char error_doc[] =
    "An image or recipe that pixmill can't do. Its text says what is wrong and what to do.\n\n"
    "kind: the kind's stable name: 'usage', 'unsupported', 'corrupt', 'truncated', 'limit',\n"
    "    'memory', 'io', 'key', 'changed', 'timeout', 'cancelled', 'worker' or 'internal'.\n"
    "stage: where it happened: 'read', 'wait', 'decode', 'filter', 'encode' or 'write'; None for a\n"
    "    recipe that can't be parsed.\n"
    "limit, value: with kind 'limit', the limit and the value that exceeds it (pixels, bytes or\n"
    "    a count, as the text says); else None.\n\n"
    "Each kind has a subclass.";

/* `builtin` is a second base, so that code that knows nothing of pixmill can catch it; NULL: none. */
static const struct {
    const char *name, *doc;
    PyObject **builtin;
} classes[ERROR_KINDS] = {
    [PM_ERROR_USAGE] = {"UsageError", "An invalid recipe, or one that does not fit the image.",
                        &PyExc_ValueError},
    [PM_ERROR_UNSUPPORTED] = {"UnsupportedError", "A well-formed file of a kind that pixmill does not read.",
                              NULL},
    [PM_ERROR_CORRUPT] = {"CorruptError", "A file that breaks its format's rules.", NULL},
    [PM_ERROR_TRUNCATED] = {"TruncatedError", "A file that ends too early.", NULL},
    [PM_ERROR_LIMIT] = {"LimitError", "A limit is exceeded: see its limit and value.", NULL},
    [PM_ERROR_MEMORY] = {"OutOfMemoryError", "Out of memory.", &PyExc_MemoryError},
    [PM_ERROR_IO] = {"SystemIOError", "The operating system refused something.", &PyExc_OSError},
    [PM_ERROR_KEY] = {"WrongKeyError", "The wrong secret for an encrypted image, or none given.", NULL},
    [PM_ERROR_CHANGED] = {"ChangedError", "An encrypted image that was changed, or has another name.", NULL},
    [PM_ERROR_TIMEOUT] = {"TimedOutError", "The image took longer than its timeout.", &PyExc_TimeoutError},
    [PM_ERROR_CANCELLED] = {"CancelledError", "The work was stopped by its Stop.", NULL},
    [PM_ERROR_WORKER] = {"WorkerError", "A worker process ended while it had the image.", NULL},
    [PM_ERROR_INTERNAL] = {"InternalError", "A fault of pixmill itself.", NULL},
};

static PyObject *new_class(const char *name, const char *doc, PyObject *bases, const char *kind)
{
    char full[64];
    snprintf(full, sizeof full, "pixmill.%s", name);
    PyObject *members = Py_BuildValue("{s:z,s:O,s:O,s:O}", "kind", kind, "stage", Py_None, "limit", Py_None,
                                      "value", Py_None);
    PyObject *made = members != NULL ? PyErr_NewExceptionWithDoc(full, doc, bases, members) : NULL;
    Py_XDECREF(members);
    return made;
}

static PyObject *new_kind(const struct module_state *state, enum pm_error_kind kind)
{
    PyObject *bases = classes[kind].builtin != NULL ? PyTuple_Pack(2, state->error, *classes[kind].builtin)
                                                    : PyTuple_Pack(1, state->error);
    PyObject *made = bases != NULL
                         ? new_class(classes[kind].name, classes[kind].doc, bases, pm_error_kind_name(kind))
                         : NULL;
    Py_XDECREF(bases);
    return made;
}

int errors_add(PyObject *module, struct module_state *state)
{
    state->error = new_class("Error", error_doc, NULL, NULL);
    state->warning = PyErr_NewExceptionWithDoc(
        "pixmill.ImageWarning", "What a result lacks of its input, or is otherwise worth knowing.",
        PyExc_UserWarning, NULL);
    if (PyModule_AddObjectRef(module, "Error", state->error) != 0 ||
        PyModule_AddObjectRef(module, "ImageWarning", state->warning) != 0)
        return -1;
    for (int kind = PM_ERROR_USAGE; kind < ERROR_KINDS; kind++) {
        state->errors[kind] = new_kind(state, kind);
        if (PyModule_AddObjectRef(module, classes[kind].name, state->errors[kind]) != 0)
            return -1;
    }
    return 0;
}

static int set_attribute(PyObject *object, const char *name, PyObject *value)
{
    const int status = value != NULL ? PyObject_SetAttrString(object, name, value) : -1;
    Py_XDECREF(value);
    return status;
}

PyObject *errors_raise_at(const struct module_state *state, const struct pm_error *error, const char *stage)
{
    PyObject *type = state->errors[error->kind];
    PyObject *text = PyUnicode_DecodeUTF8(error->message, (Py_ssize_t)strlen(error->message), "replace");
    PyObject *raised = text != NULL ? PyObject_CallFunctionObjArgs(type, text, NULL) : NULL;
    Py_XDECREF(text);
    if (raised == NULL)
        return NULL;
    const bool limited = error->kind == PM_ERROR_LIMIT;
    if ((stage == NULL || set_attribute(raised, "stage", PyUnicode_FromString(stage)) == 0) &&
        (!limited || (set_attribute(raised, "limit", PyLong_FromUnsignedLongLong(error->limit)) == 0 &&
                      set_attribute(raised, "value", PyLong_FromUnsignedLongLong(error->value)) == 0)))
        PyErr_SetObject(type, raised);
    Py_DECREF(raised);
    return NULL;
}

PyObject *errors_raise(const struct module_state *state, const struct pm_error *error)
{
    return errors_raise_at(state, error, pm_stage_name(error->stage));
}
