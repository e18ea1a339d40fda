/* Contexts, reused by whichever thread calls next. */
#include "python/module.h"

/* Of each context. A 4:2:0 picture of 40 megapixels, once. */
enum { KEEP_BYTES = 128 << 20 };

int pool_open(struct pool *pool)
{
    if (pthread_mutex_init(&pool->lock, NULL) != 0) {
        PyErr_NoMemory();
        return -1;
    }
    pool->open = true;
    return 0;
}

/* A lock that is busy is not waited for: a new context costs little, and in a child forked while another
 * thread held it, it stays held. */
struct pm_context *pool_take(struct pool *pool, struct pm_error *error)
{
    struct pm_context *context = NULL;
    if (pthread_mutex_trylock(&pool->lock) == 0) {
        if (pool->count > 0)
            context = pool->idle[--pool->count];
        pthread_mutex_unlock(&pool->lock);
    }
    return context != NULL ? context : pm_context_new(KEEP_BYTES, error);
}

void pool_give(struct pool *pool, struct pm_context *context)
{
    if (pthread_mutex_trylock(&pool->lock) == 0) {
        if (pool->count < POOL_CONTEXTS) {
            pool->idle[pool->count++] = context;
            context = NULL;
        }
        pthread_mutex_unlock(&pool->lock);
    }
    pm_context_free(context);
}

void pool_close(struct pool *pool)
{
    if (!pool->open)
        return;
    while (pool->count > 0)
        pm_context_free(pool->idle[--pool->count]);
    pthread_mutex_destroy(&pool->lock);
    pool->open = false;
}
