#include <criterion/criterion.h>

#include "io/budget.h"

static bool charge(struct budget *budget, struct job *job, uint64_t bytes)
{
    *job = (struct job){.charge = bytes};
    return budget_charge(budget, job);
}

Test(budget, fills_to_its_total_and_no_further)
{
    struct budget budget = {.total = 100};
    struct job large, small, none;
    cr_assert(charge(&budget, &large, 60));
    cr_assert_not(charge(&budget, &none, 41));
    cr_assert(charge(&budget, &small, 40));
    cr_assert_not(charge(&budget, &none, 1));
    budget_release(&budget, large.charged);
    cr_assert(charge(&budget, &none, 1));
    budget_release(&budget, small.charged);
    budget_release(&budget, none.charged);
    cr_assert_eq(budget.used, 0);
    cr_assert_eq(budget.jobs, 0);
}

Test(budget, a_job_larger_than_all_of_it_runs_alone)
{
    struct budget budget = {.total = 100};
    struct job small, large, none;
    cr_assert(charge(&budget, &small, 1));
    cr_assert_not(charge(&budget, &large, UINT64_MAX));
    budget_release(&budget, small.charged);
    cr_assert(charge(&budget, &large, UINT64_MAX));
    cr_assert_not(charge(&budget, &none, 0), "nothing runs beside it");
    budget_release(&budget, large.charged);
    cr_assert_eq(budget.used, 0);
}

Test(budget, of_nothing_runs_one_job_at_a_time)
{
    struct budget budget = {.total = 0};
    struct job first, second;
    cr_assert(charge(&budget, &first, 10));
    cr_assert_not(charge(&budget, &second, 10));
    budget_release(&budget, first.charged);
    cr_assert(charge(&budget, &second, 10));
}

Test(budget, a_charge_that_becomes_less_makes_room)
{
    struct budget budget = {.total = 100};
    struct job job, other, none;
    cr_assert(charge(&budget, &job, 100));
    cr_assert_not(charge(&budget, &other, 40));
    job.charge = 60;
    cr_assert(budget_settle(&budget, &job));
    cr_assert(charge(&budget, &other, 40));
    budget_release(&budget, other.charged);
    job.charge = 500; /* it is the only job */
    cr_assert_not(budget_settle(&budget, &job));
    cr_assert_not(charge(&budget, &none, 0));
    budget_release(&budget, job.charged);
    cr_assert_eq(budget.used, 0);
}
