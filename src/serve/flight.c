#include "serve/flight.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/visit.h"

/* A response that depends on Accept has `Vary`; one to a request that names the same format has not. */
struct flight *flights_find(const struct flights *flights, const struct picture *picture)
{
    struct flight *flight = flights->first;
    while (flight != NULL && (memcmp(flight->key, picture->key, PICTURE_KEY_BYTES) != 0 ||
                              flight->form.varies != picture->form.varies))
        flight = flight->next;
    return flight;
}

struct flight *flight_new(const struct picture *picture, struct pm_error *error)
{
    struct flight *flight = calloc(1, sizeof *flight);
    if (flight == NULL) {
        error_memory(error, sizeof *flight);
    } else if (pool_job_init(&flight->work, &picture->recipe, error) != 0) {
        free(flight);
        flight = NULL;
    }
    if (flight == NULL)
        return NULL;
    flight->work.job.fd = picture->fd;
    flight->slow_close = picture->slow_close;
    flight->work.job.size = (uint64_t)picture->status.st_size;
    flight->work.changed = picture->status.st_ctim;
    flight->kept.fd = -1;
    memcpy(flight->key, picture->key, PICTURE_KEY_BYTES);
    flight->form = picture->form;
    return flight;
}

void flight_free(struct flight *flight)
{
    if (flight->kept.fd >= 0)
        close(flight->kept.fd);
    pool_job_free(&flight->work);
    free(flight);
}

void flights_add(struct flights *flights, struct flight *flight)
{
    flight->next = flights->first;
    flights->first = flight;
    flights->count++;
}

static void unlink_flight(struct flights *flights, struct flight *flight)
{
    struct flight **link = &flights->first;
    while (*link != flight)
        link = &(*link)->next;
    *link = flight->next;
}

void flights_end(struct flights *flights, struct flight *flight)
{
    if (!flight->given_up)
        unlink_flight(flights, flight);
    flights->count--;
}

void flight_join(struct flight *flight, struct http_exchange *exchange)
{
    struct visit *visit = visit_of(exchange);
    visit->flight = flight;
    visit->before = NULL;
    visit->after = flight->waiters;
    if (flight->waiters != NULL)
        visit_of(flight->waiters)->before = exchange;
    flight->waiters = exchange;
}

static void take_from(struct flight *flight, struct http_exchange *exchange)
{
    struct visit *visit = visit_of(exchange);
    if (visit->before != NULL)
        visit_of(visit->before)->after = visit->after;
    else
        flight->waiters = visit->after;
    if (visit->after != NULL)
        visit_of(visit->after)->before = visit->before;
    visit->flight = NULL;
}

bool flight_leave(struct flights *flights, struct http_exchange *exchange)
{
    struct flight *flight = visit_of(exchange)->flight;
    take_from(flight, exchange);
    if (flight->waiters != NULL)
        return false;
    unlink_flight(flights, flight);
    flight->given_up = true;
    return true;
}

struct http_exchange *flight_next_waiter(struct flight *flight)
{
    struct http_exchange *waiter = flight->waiters;
    if (waiter != NULL)
        take_from(flight, waiter);
    return waiter;
}
