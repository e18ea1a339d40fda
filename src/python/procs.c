/* _serve_procs(): what the helper process of map(backend='procs') does. It has one thread, so that pm_map may
 * fork; images come through one pipe and results leave through another (_procs.py has the other ends). */
#include "python/module.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Before each image. Both processes are of one machine. */
struct request {
    uint64_t size, index; /* size END: no more images */
    uint64_t secrets;     /* bytes of its struct pm_secrets, which follows; 0: none */
};
#define END UINT64_MAX

/* Before each result, or its error's message. */
struct answer {
    uint64_t size, index, limit, value;
    uint32_t kind, stage, warnings; /* bytes of warnings, which follow */
    uint32_t unused;
};

struct service {
    int in, out;
    struct pm_secrets secrets; /* of the last image taken */
    _Atomic bool broken;       /* the other process has ended */
};

/* 0, or -1 at the end of the pipe or on failure. */
static int read_all(int fd, void *data, size_t size)
{
    for (uint8_t *at = data; size > 0;) {
        const ssize_t got = read(fd, at, size);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            return -1;
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
    return 0;
}

static int write_all(int fd, const void *data, size_t size)
{
    for (const uint8_t *at = data; size > 0;) {
        const ssize_t put = write(fd, at, size);
        if (put < 0 && errno != EINTR)
            return -1;
        if (put > 0) {
            at += put;
            size -= (size_t)put;
        }
    }
    return 0;
}

static int next_image(void *user, struct pm_map_item *item)
{
    struct service *service = user;
    struct request request;
    if (service->broken || read_all(service->in, &request, sizeof request) != 0 || request.size == END)
        return 0;
    if (request.secrets > 0) {
        if (request.secrets != sizeof service->secrets ||
            read_all(service->in, &service->secrets, sizeof service->secrets) != 0) {
            service->broken = true;
            return 0;
        }
        item->secrets = &service->secrets;
    }
    uint8_t *data = malloc(request.size > 0 ? request.size : 1);
    if (data == NULL || read_all(service->in, data, request.size) != 0) {
        free(data);
        service->broken = true;
        return 0;
    }
    item->data = data;
    item->size = request.size;
    item->tag = (void *)(uintptr_t)request.index;
    return 1;
}

static void image_done(void *user, struct pm_map_item *item)
{
    struct service *service = user;
    const bool failed = item->error.kind != PM_OK;
    const struct answer answer = {
        .size = failed ? strlen(item->error.message) : item->result_size,
        .index = (uintptr_t)item->tag,
        .limit = item->error.limit,
        .value = item->error.value,
        .kind = item->error.kind,
        .stage = item->error.stage,
        .warnings = (uint32_t)strlen(item->warnings),
    };
    const void *body = failed ? (const void *)item->error.message : item->result;
    service->broken = service->broken || write_all(service->out, &answer, sizeof answer) != 0 ||
                      write_all(service->out, item->warnings, answer.warnings) != 0 ||
                      write_all(service->out, body, answer.size) != 0;
    free(item->result);
    free((void *)(uintptr_t)item->data);
}

PyObject *module_serve_procs(PyObject *module, PyObject *arguments)
{
    const struct module_state *state = PyModule_GetState(module);
    struct service service = {0};
    struct pm_map_options options = {.backend = "procs", .separate = true};
    unsigned long long max_pixels;
    PyObject *recipe;
    if (!PyArg_ParseTuple(arguments, "O!iiIKd:_serve_procs", state->recipe_type, &recipe, &service.in,
                          &service.out, &options.workers, &max_pixels, &options.timeout))
        return NULL;
    options.limits.max_pixels = max_pixels;
    struct pm_error error = {0};
    PyThreadState *thread = PyEval_SaveThread();
    const int status = pm_map(recipe_of(recipe), &options, next_image, image_done, &service, &error);
    PyEval_RestoreThread(thread);
    explicit_bzero(&service.secrets, sizeof service.secrets);
    return status == 0 ? Py_NewRef(Py_None) : errors_raise_at(state, &error, NULL);
}

PyObject *module_raise(PyObject *module, PyObject *arguments)
{
    struct pm_error error = {0};
    unsigned kind, stage;
    unsigned long long limit, value;
    const char *message;
    if (!PyArg_ParseTuple(arguments, "IIKKs:_raise", &kind, &stage, &limit, &value, &message))
        return NULL;
    if (kind == PM_OK || kind >= ERROR_KINDS || stage >= PM_STAGES) {
        PyErr_SetString(PyExc_ValueError, "no such kind or stage");
        return NULL;
    }
    error = (struct pm_error){.kind = kind, .stage = stage, .limit = limit, .value = value};
    strncpy(error.message, message, sizeof error.message - 1);
    return errors_raise(PyModule_GetState(module), &error);
}

PyObject *module_end_with_parent(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    Py_RETURN_NONE;
}
