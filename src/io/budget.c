#include "io/budget.h"

#include <assert.h>

bool budget_charge(struct budget *budget, struct job *job)
{
    bool fits = budget->used <= budget->total && job->charge <= budget->total - budget->used;
    if (!fits && budget->jobs > 0)
        return false;
    budget->used += job->charge;
    budget->jobs++;
    job->charged = job->charge;
    job->admitted = true;
    return true;
}

bool budget_settle(struct budget *budget, struct job *job)
{
    bool less = job->charge < job->charged;
    assert(job->admitted && (job->charge <= job->charged || budget->jobs == 1));
    budget->used += job->charge - job->charged;
    job->charged = job->charge;
    return less;
}

void budget_release(struct budget *budget, uint64_t charged)
{
    assert(budget->jobs > 0 && budget->used >= charged);
    budget->used -= charged;
    budget->jobs--;
}
