/* The bytes of an argument: a bytes object's own, or a copy if anything may change them. */
#include "python/module.h"

#include <stdlib.h>
#include <string.h>

/* Returns a new reference to what a memoryview, or a memoryview of one, is a view of; else to the object. */
static PyObject *exporter_of(PyObject *object)
{
    Py_INCREF(object);
    while (Py_IS_TYPE(object, &PyMemoryView_Type)) {
        PyObject *viewed = PyObject_GetAttrString(object, "obj");
        Py_DECREF(object);
        if (viewed == NULL || viewed == Py_None)
            return viewed;
        object = viewed;
    }
    return object;
}

/* May the memory of this view be written to, through it or its exporter? A read-only memoryview of a
 * bytearray is writable memory. 1, 0, or -1 with an exception set. */
static int is_writable(PyObject *object, const Py_buffer *view)
{
    if (!view->readonly)
        return 1;
    PyObject *exporter = exporter_of(object);
    Py_buffer other;
    if (exporter == NULL)
        return -1;
    int writable = 0;
    if (!PyBytes_Check(exporter) && PyObject_CheckBuffer(exporter)) {
        writable = PyObject_GetBuffer(exporter, &other, PyBUF_WRITABLE) == 0;
        if (writable)
            PyBuffer_Release(&other);
        else
            PyErr_Clear(); /* read-only, which is what was asked */
    }
    Py_DECREF(exporter);
    return writable;
}

int input_get(PyObject *object, struct input *input)
{
    *input = (struct input){0};
    if (PyObject_GetBuffer(object, &input->view, PyBUF_SIMPLE) != 0)
        return -1;
    input->data = input->view.buf;
    input->size = (size_t)input->view.len;
    const int writable = is_writable(object, &input->view);
    if (writable > 0 && input->size > 0) {
        input->copy = malloc(input->size);
        if (input->copy != NULL)
            input->data = memcpy(input->copy, input->view.buf, input->size);
        else
            PyErr_NoMemory();
    }
    if (writable < 0 || (writable > 0 && input->size > 0 && input->copy == NULL)) {
        PyBuffer_Release(&input->view);
        return -1;
    }
    return 0;
}

void input_release(struct input *input)
{
    free(input->copy);
    PyBuffer_Release(&input->view);
}
