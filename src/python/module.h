/*
 * The Python module pixmill._pixmill, over include/pixmill/ alone; the package's Python files (pixmill/)
 * make the public names of it. One source for Python 3.11 on, by the limited API, and for free-threaded
 * builds, which have none.
 *
 * - Everything that belongs to an interpreter is in struct module_state: subinterpreters, each with its own
 *   GIL, share nothing but the library.
 * - Without a GIL any function here may run in several threads at once. Objects are immutable once made,
 *   except Stop, whose flag is atomic, and the pool of contexts, which has a lock.
 * - The GIL is released around the library's work, and only there: between release and return nothing of
 *   Python is touched.
 */
#ifndef PYTHON_MODULE_H
#define PYTHON_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>

#include "pixmill/pixmill.h"

enum { ERROR_KINDS = PM_ERROR_INTERNAL + 1, POOL_CONTEXTS = 64 };

/* Idle contexts, the one used last on top. As many exist as there were calls at once. */
struct pool {
    pthread_mutex_t lock;
    bool open;
    unsigned count;
    struct pm_context *idle[POOL_CONTEXTS];
};

struct module_state {
    PyTypeObject *recipe_type, *stop_type, *info_type;
    PyObject *warning;
    PyObject *error;               /* the base class */
    PyObject *errors[ERROR_KINDS]; /* by kind; [PM_OK] is NULL */
    struct pool pool;
};

/* pool.c: a context to use until it is given back. NULL with `error` filled when there is no memory. */
int pool_open(struct pool *pool);
struct pm_context *pool_take(struct pool *pool, struct pm_error *error);
void pool_give(struct pool *pool, struct pm_context *context);
void pool_close(struct pool *pool);

/* errors.c: the classes; 0, or -1 with an exception set. */
int errors_add(PyObject *module, struct module_state *state);
/* Raises `error` as the class of its kind. Returns NULL. */
PyObject *errors_raise(const struct module_state *state, const struct pm_error *error);
/* The same with another stage; NULL: of none. */
PyObject *errors_raise_at(const struct module_state *state, const struct pm_error *error, const char *stage);

/* input.c: bytes of any object with a buffer, which do not change until input_release. */
struct input {
    Py_buffer view;
    const uint8_t *data;
    size_t size;
    void *copy; /* of a buffer that others may write to; else NULL */
};
int input_get(PyObject *object, struct input *input); /* 0, or -1 with an exception set */
void input_release(struct input *input);

/* recipe.c, stop.c: types. */
extern PyType_Spec recipe_spec, stop_spec;
const struct pm_recipe *recipe_of(PyObject *recipe); /* of an instance of the type */
const atomic_bool *stop_flag(PyObject *stop);

/* probe.c, transform.c: functions of the module, and what they need. */
int info_add(PyObject *module, struct module_state *state);
PyObject *module_probe(PyObject *module, PyObject *data);
PyObject *module_transform(PyObject *module, PyObject *arguments, PyObject *keywords);
extern const char probe_doc[], transform_doc[];

/* For the lab (pixmill bench --python): a transform that keeps the GIL, as a C extension that never releases
 * it does; and what makes a process end with its parent. */
PyObject *module_transform_locked(PyObject *module, PyObject *arguments, PyObject *keywords);
PyObject *module_end_with_parent(PyObject *module, PyObject *unused);

/* procs.c, transform.c: for the package alone. _transform_noting(notes, ...) is a transform that appends its
 * warnings to the list `notes`, also when it fails. */
PyObject *module_transform_noting(PyObject *module, PyObject *arguments, PyObject *keywords);
PyObject *module_secrets(PyObject *module, PyObject *arguments);
PyObject *module_serve_procs(PyObject *module, PyObject *arguments);
PyObject *module_raise(PyObject *module, PyObject *arguments);

/* The default of max_pixels, as the command's. */
#define DEFAULT_MAX_PIXELS (16383ULL * 16383)

#endif
