#include <criterion/criterion.h>

#include "batch/budget.h"

Test(budget, fills_to_its_total_and_no_further)
{
    struct budget budget;
    budget_init(&budget, 100);
    cr_assert(budget_charge(&budget, 60));
    cr_assert_not(budget_charge(&budget, 41));
    cr_assert(budget_charge(&budget, 40));
    cr_assert_not(budget_charge(&budget, 1));
    budget_release(&budget, 60);
    cr_assert(budget_charge(&budget, 1));
    budget_release(&budget, 40);
    budget_release(&budget, 1);
    budget_free(&budget);
}

Test(budget, a_job_larger_than_all_of_it_runs_alone)
{
    struct budget budget;
    budget_init(&budget, 100);
    cr_assert(budget_charge(&budget, 1));
    cr_assert_not(budget_charge(&budget, UINT64_MAX));
    budget_release(&budget, 1);
    cr_assert(budget_charge(&budget, UINT64_MAX));
    cr_assert_not(budget_charge(&budget, 0), "nothing runs beside it");
    budget_release(&budget, UINT64_MAX);
    budget_free(&budget);
}

Test(budget, of_nothing_runs_one_job_at_a_time)
{
    struct budget budget;
    budget_init(&budget, 0);
    cr_assert(budget_charge(&budget, 10));
    cr_assert_not(budget_charge(&budget, 10));
    budget_release(&budget, 10);
    cr_assert(budget_charge(&budget, 10));
    budget_release(&budget, 10);
    budget_free(&budget);
}

Test(budget, a_charge_that_becomes_less_makes_room)
{
    struct budget budget;
    budget_init(&budget, 100);
    cr_assert(budget_charge(&budget, 100));
    cr_assert_not(budget_charge(&budget, 40));
    budget_change(&budget, 100, 60);
    cr_assert(budget_charge(&budget, 40));
    budget_release(&budget, 40);
    budget_change(&budget, 60, 500); /* it is alone */
    cr_assert_not(budget_charge(&budget, 0));
    budget_release(&budget, 500);
    budget_free(&budget);
}
