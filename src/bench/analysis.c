#include "bench/analysis.h"

int analyse(struct results *results, struct pm_error *error)
{
    if (summarise(results, error) != 0 || scale(results, error) != 0 || judge(results, error) != 0)
        return -1;
    return note_noise(results, error);
}
