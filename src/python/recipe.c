/* pixmill.Recipe: a parsed recipe, its canonical text, and its second pictures. */
#include "python/module.h"

#include <string.h>

struct recipe {
    PyObject_HEAD struct pm_recipe *parsed;
    PyObject *text;     /* str, canonical */
    PyObject *pictures; /* tuple of (name, bytes), sorted by name */
};

const struct pm_recipe *recipe_of(PyObject *recipe)
{
    return ((struct recipe *)recipe)->parsed;
}

/* A sorted tuple of (str, bytes) from a mapping of names to files, or from None. */
static PyObject *sorted_pictures(PyObject *mapping)
{
    if (mapping == Py_None)
        return PyTuple_New(0);
    PyObject *items = PyMapping_Items(mapping), *all = NULL;
    if (items == NULL || PyList_Sort(items) != 0)
        goto end;
    all = PyTuple_New(PyList_Size(items));
    for (Py_ssize_t i = 0; all != NULL && i < PyList_Size(items); i++) {
        PyObject *item = PyList_GetItem(items, i); /* borrowed from a list that no one else has */
        PyObject *name = PyTuple_GetItem(item, 0);
        PyObject *file = name != NULL ? PyBytes_FromObject(PyTuple_GetItem(item, 1)) : NULL;
        PyObject *pair = file != NULL ? PyTuple_Pack(2, name, file) : NULL;
        Py_XDECREF(file);
        if (pair == NULL || PyTuple_SetItem(all, i, pair) != 0)
            Py_CLEAR(all);
    }
end:
    Py_XDECREF(items);
    return all;
}

static int give_pictures(const struct module_state *state, struct recipe *self)
{
    for (Py_ssize_t i = 0; i < PyTuple_Size(self->pictures); i++) {
        PyObject *pair = PyTuple_GetItem(self->pictures, i), *file = PyTuple_GetItem(pair, 1);
        const char *name = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(pair, 0), NULL);
        struct pm_error error = {0};
        if (name == NULL)
            return -1;
        if (pm_recipe_set_picture(self->parsed, name, (const uint8_t *)PyBytes_AsString(file),
                                  (size_t)PyBytes_Size(file), &error) != 0) {
            errors_raise_at(state, &error, NULL);
            return -1;
        }
    }
    return 0;
}

static int parse(const struct module_state *state, struct recipe *self, const char *text, Py_ssize_t length)
{
    enum { TEXT_MAX = 4096 };
    char canonical[TEXT_MAX];
    struct pm_error error = {0};
    if (memchr(text, '\0', (size_t)length) != NULL) {
        PyErr_SetString(PyExc_ValueError, "a recipe has no NUL character");
        return -1;
    }
    self->parsed = pm_recipe_parse(text, &error);
    if (self->parsed == NULL) {
        errors_raise_at(state, &error, NULL);
        return -1;
    }
    const int size = pm_recipe_text(self->parsed, canonical, sizeof canonical);
    self->text = PyUnicode_DecodeUTF8(canonical, size, NULL);
    return self->text != NULL ? give_pictures(state, self) : -1;
}

static PyObject *recipe_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"text", "pictures", NULL};
    PyObject *text = NULL, *pictures = Py_None;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "U|O:Recipe", names, &text, &pictures))
        return NULL;
    Py_ssize_t length;
    const char *bytes = PyUnicode_AsUTF8AndSize(text, &length);
    struct recipe *self = bytes != NULL ? (struct recipe *)PyType_GenericAlloc(type, 0) : NULL;
    if (self == NULL)
        return NULL;
    self->pictures = sorted_pictures(pictures);
    if (self->pictures == NULL || parse(PyType_GetModuleState(type), self, bytes, length) != 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void recipe_dealloc(PyObject *object)
{
    struct recipe *self = (struct recipe *)object;
    PyTypeObject *type = Py_TYPE(object);
    pm_recipe_free(self->parsed);
    Py_XDECREF(self->text);
    Py_XDECREF(self->pictures);
    PyObject_Free(object);
    Py_DECREF(type);
}

static PyObject *recipe_str(PyObject *self)
{
    return Py_NewRef(((struct recipe *)self)->text);
}

static PyObject *pictures_dict(PyObject *self, void *unused)
{
    (void)unused;
    PyObject *pictures = PyDict_New();
    if (pictures != NULL && PyDict_MergeFromSeq2(pictures, ((struct recipe *)self)->pictures, 1) != 0)
        Py_CLEAR(pictures);
    return pictures;
}

static PyObject *recipe_repr(PyObject *self)
{
    const struct recipe *recipe = (struct recipe *)self;
    return PyTuple_Size(recipe->pictures) == 0
               ? PyUnicode_FromFormat("pixmill.Recipe(%R)", recipe->text)
               : PyUnicode_FromFormat("<pixmill.Recipe %R with %zd pictures>", recipe->text,
                                      PyTuple_Size(recipe->pictures));
}

static PyObject *value_of(PyObject *self)
{
    return PyTuple_Pack(2, ((struct recipe *)self)->text, ((struct recipe *)self)->pictures);
}

static Py_hash_t recipe_hash(PyObject *self)
{
    PyObject *value = value_of(self);
    const Py_hash_t hash = value != NULL ? PyObject_Hash(value) : -1;
    Py_XDECREF(value);
    return hash;
}

static PyObject *recipe_compare(PyObject *self, PyObject *other, int operation)
{
    if (!Py_IS_TYPE(other, Py_TYPE(self)) || (operation != Py_EQ && operation != Py_NE))
        Py_RETURN_NOTIMPLEMENTED;
    PyObject *a = value_of(self), *b = value_of(other);
    PyObject *result = a != NULL && b != NULL ? PyObject_RichCompare(a, b, operation) : NULL;
    Py_XDECREF(a);
    Py_XDECREF(b);
    return result;
}

static PyObject *recipe_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    const struct recipe *recipe = (struct recipe *)self;
    if (PyTuple_Size(recipe->pictures) == 0)
        return Py_BuildValue("O(O)", (PyObject *)Py_TYPE(self), recipe->text);
    return Py_BuildValue("O(ON)", (PyObject *)Py_TYPE(self), recipe->text, pictures_dict(self, NULL));
}

static PyMethodDef recipe_methods[] = {
    {"__reduce__", recipe_reduce, METH_NOARGS, "For pickle and copy: the class and its arguments."},
    {NULL, NULL, 0, NULL},
};

static PyObject *get_text(PyObject *self, void *unused)
{
    (void)unused;
    return recipe_str(self);
}

static PyGetSetDef recipe_attributes[] = {
    {"text", get_text, NULL, "The canonical text; equal recipes have equal texts.", NULL},
    {"pictures", pictures_dict, NULL, "A new dict of the second pictures' files (bytes), by name.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot recipe_slots[] = {
    {Py_tp_doc,
     "Recipe(text, pictures=None)\n--\n\n"
     "What to do to an image: steps and settings joined by '/', in their order.\n\n"
     "    Recipe('resize=800x600/blur=2/format=jpeg/quality=75')\n\n"
     "'pixmill help recipe' lists them. pictures has the files (bytes) of second pictures by the name that\n"
     "the text gives them: Recipe('watermark=logo.png', {'logo.png': data}).\n\n"
     "Immutable and hashable: any number of threads may use one. Pickled by its text. Raises UsageError."},
    {Py_tp_new, (void *)recipe_new},
    {Py_tp_dealloc, (void *)recipe_dealloc},
    {Py_tp_str, (void *)recipe_str},
    {Py_tp_repr, (void *)recipe_repr},
    {Py_tp_hash, (void *)recipe_hash},
    {Py_tp_richcompare, (void *)recipe_compare},
    {Py_tp_methods, recipe_methods},
    {Py_tp_getset, recipe_attributes},
    {0, NULL},
};

PyType_Spec recipe_spec = {
    .name = "pixmill.Recipe",
    .basicsize = sizeof(struct recipe),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = recipe_slots,
};
