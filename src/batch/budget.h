/*
 * --memory: how many bytes may be in flight. A job is charged before it is read and gives its charge back
 * when its result is written. A job larger than the whole budget runs alone. Who asks in which order is the
 * engine's affair: it asks for the oldest job only, so that a large one is not passed for ever by small ones.
 */
#ifndef BATCH_BUDGET_H
#define BATCH_BUDGET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct budget {
    pthread_mutex_t lock;
    uint64_t total, used;
    uint64_t jobs; /* that hold a charge */
};

void budget_init(struct budget *budget, uint64_t total);
void budget_free(struct budget *budget);

/* Charges without waiting: false, and nothing is charged, when there is no room now. */
bool budget_charge(struct budget *budget, uint64_t bytes);
void budget_release(struct budget *budget, uint64_t bytes);

/* A job that holds a charge of `from` bytes turns out to need `to`. More is for one that is alone. */
void budget_change(struct budget *budget, uint64_t from, uint64_t to);

#endif
