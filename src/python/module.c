/* The module: its functions, types and state. */
#include "python/module.h"

static PyMethodDef methods[] = {
    {"transform", (PyCFunction)(void (*)(void))module_transform, METH_VARARGS | METH_KEYWORDS, transform_doc},
    {"probe", module_probe, METH_O, probe_doc},
    {"_serve_procs", module_serve_procs, METH_VARARGS, NULL},
    {"_raise", module_raise, METH_VARARGS, NULL},
    {"_secrets", module_secrets, METH_VARARGS, NULL},
    {"_transform_noting", (PyCFunction)(void (*)(void))module_transform_noting, METH_VARARGS | METH_KEYWORDS,
     NULL},
    {"_transform_locked", (PyCFunction)(void (*)(void))module_transform_locked, METH_VARARGS | METH_KEYWORDS,
     NULL},
    {"_end_with_parent", module_end_with_parent, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type)
{
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *type != NULL ? PyModule_AddType(module, *type) : -1;
}

static int module_exec(PyObject *module)
{
    struct module_state *state = PyModule_GetState(module);
    if (pool_open(&state->pool) != 0 || errors_add(module, state) != 0 || info_add(module, state) != 0 ||
        add_type(module, &recipe_spec, &state->recipe_type) != 0 ||
        add_type(module, &stop_spec, &state->stop_type) != 0)
        return -1;
    PyObject *max_pixels = PyLong_FromUnsignedLongLong(DEFAULT_MAX_PIXELS);
    const int status = PyModule_AddObjectRef(module, "MAX_PIXELS", max_pixels);
    Py_XDECREF(max_pixels);
    return status != 0 ? status : PyModule_AddStringConstant(module, "__version__", PIXMILL_VERSION);
}

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
    struct module_state *state = PyModule_GetState(module);
    Py_VISIT(state->recipe_type);
    Py_VISIT(state->stop_type);
    Py_VISIT(state->info_type);
    Py_VISIT(state->warning);
    Py_VISIT(state->error);
    for (int i = 0; i < ERROR_KINDS; i++)
        Py_VISIT(state->errors[i]);
    return 0;
}

static int module_clear(PyObject *module)
{
    struct module_state *state = PyModule_GetState(module);
    Py_CLEAR(state->recipe_type);
    Py_CLEAR(state->stop_type);
    Py_CLEAR(state->info_type);
    Py_CLEAR(state->warning);
    Py_CLEAR(state->error);
    for (int i = 0; i < ERROR_KINDS; i++)
        Py_CLEAR(state->errors[i]);
    return 0;
}

static void module_free(void *module)
{
    struct module_state *state = PyModule_GetState(module);
    module_clear(module);
    pool_close(&state->pool);
}

/* A module is told what it supports by slots that older versions refuse, so those of the running version are
 * chosen when it is loaded. Their numbers are part of the stable ABI; headers of 3.11 lack them. */
enum { SLOT_MULTIPLE_INTERPRETERS = 3, SLOT_GIL = 4 };
#define PER_INTERPRETER_GIL ((void *)2)
#define GIL_NOT_USED ((void *)1)

static PyModuleDef_Slot slots_3_11[] = {
    {Py_mod_exec, (void *)module_exec},
    {0, NULL},
};
static PyModuleDef_Slot slots_3_12[] = {
    {Py_mod_exec, (void *)module_exec},
    {SLOT_MULTIPLE_INTERPRETERS, PER_INTERPRETER_GIL},
    {0, NULL},
};
static PyModuleDef_Slot slots_3_13[] = {
    {Py_mod_exec, (void *)module_exec},
    {SLOT_MULTIPLE_INTERPRETERS, PER_INTERPRETER_GIL},
    {SLOT_GIL, GIL_NOT_USED},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pixmill._pixmill",
    .m_doc = "The compiled part of the package pixmill.",
    .m_size = sizeof(struct module_state),
    .m_methods = methods,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__pixmill(void)
{
    if (definition.m_slots == NULL) /* the same in every interpreter */
        definition.m_slots = Py_Version >= 0x030d0000   ? slots_3_13
                             : Py_Version >= 0x030c0000 ? slots_3_12
                                                        : slots_3_11;
    return PyModuleDef_Init(&definition);
}
