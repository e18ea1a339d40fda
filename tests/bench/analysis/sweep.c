#include "bench/analysis/sweep.h"

#include <string.h>

#include "bench/analysis/analysis.h"
#include "bench/analysis/ranking.h"
#include "bench/analysis/scaling.h"
#include "bench/analysis/verdict.h"
#include "bench/fixture.h"

struct results sweep_results;

bool sweep_has_note(const char *part)
{
    for (size_t i = 0; i < sweep_results.nnotes; i++) {
        if (strstr(sweep_results.notes[i].text, part) != NULL)
            return true;
    }
    return false;
}
