#include "batch/budget.h"

#include <assert.h>

void budget_init(struct budget *budget, uint64_t total)
{
    *budget = (struct budget){.total = total};
    pthread_mutex_init(&budget->lock, NULL);
}

void budget_free(struct budget *budget)
{
    assert(budget->jobs == 0 && budget->used == 0);
    pthread_mutex_destroy(&budget->lock);
}

bool budget_charge(struct budget *budget, uint64_t bytes)
{
    pthread_mutex_lock(&budget->lock);
    bool fits = budget->used <= budget->total && bytes <= budget->total - budget->used;
    bool charged = fits || budget->jobs == 0;
    if (charged) {
        budget->used += bytes;
        budget->jobs++;
    }
    pthread_mutex_unlock(&budget->lock);
    return charged;
}

void budget_release(struct budget *budget, uint64_t bytes)
{
    pthread_mutex_lock(&budget->lock);
    assert(budget->jobs > 0 && budget->used >= bytes);
    budget->used -= bytes;
    budget->jobs--;
    pthread_mutex_unlock(&budget->lock);
}

void budget_change(struct budget *budget, uint64_t from, uint64_t to)
{
    pthread_mutex_lock(&budget->lock);
    assert(budget->jobs > 0 && budget->used >= from && (to <= from || budget->jobs == 1));
    budget->used += to - from;
    pthread_mutex_unlock(&budget->lock);
}
