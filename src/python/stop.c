/* pixmill.Stop: a flag that ends transforms from another thread. */
#include "python/module.h"

struct stop {
    PyObject_HEAD atomic_bool flag;
};

const atomic_bool *stop_flag(PyObject *stop)
{
    return &((struct stop *)stop)->flag;
}

static PyObject *stop_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, ":Stop", names))
        return NULL;
    struct stop *stop = (struct stop *)PyType_GenericAlloc(type, 0);
    if (stop != NULL)
        atomic_init(&stop->flag, false);
    return (PyObject *)stop;
}

static void stop_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *stop_set(PyObject *self, PyObject *unused)
{
    (void)unused;
    atomic_store(&((struct stop *)self)->flag, true);
    Py_RETURN_NONE;
}

static PyObject *stop_is_set(PyObject *self, PyObject *unused)
{
    (void)unused;
    return PyBool_FromLong(atomic_load(&((struct stop *)self)->flag));
}

static PyMethodDef stop_methods[] = {
    {"set", stop_set, METH_NOARGS,
     "set($self, /)\n--\n\nStop all transforms that have this Stop, at their next checkpoint. For ever."},
    {"is_set", stop_is_set, METH_NOARGS, "is_set($self, /)\n--\n\nWas set() called?"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot stop_slots[] = {
    {Py_tp_doc, "Stop()\n--\n\n"
                "A flag to stop transforms from another thread: transform(..., stop=stop), stop.set().\n\n"
                "A stopped transform raises CancelledError within a few milliseconds, or when the AVIF or\n"
                "JPEG XL that it encodes is whole. One Stop may be given to any number of transforms."},
    {Py_tp_new, (void *)stop_new},
    {Py_tp_dealloc, (void *)stop_dealloc},
    {Py_tp_methods, stop_methods},
    {0, NULL},
};

PyType_Spec stop_spec = {
    .name = "pixmill.Stop",
    .basicsize = sizeof(struct stop),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = stop_slots,
};
