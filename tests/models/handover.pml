/*
 * How `procs` hands jobs over (src/backend: handler.c, forkserver.c, forker.c, procs.c), for spin: no job is lost, none
 * is given back twice, there is no deadlock, the run always ends, and no process outlives it. `make check-models` checks
 * it.
 *
 * What the kernel holds of a worker's socket is what both sides see of each other: a request that was not received
 * yet, a reply that was not, and whether the worker is alive. Worker processes, the fork server and its reserve may
 * be killed at any moment, as often as the constants below say.
 */
#define HANDLERS 2
#define JOBS 2
#define WORKER_DEATHS 1
#define SERVER_LOSSES 1
#define RESERVE_LOSSES 1
#define ATTEMPTS_MOST 3 /* handler.c */

/* One worker process a handler, and its socket. */
bool alive[HANDLERS];
bool unread[HANDLERS];  /* a request waits to be received */
bool reset[HANDLERS];   /* it died before it received one: ECONNRESET */
bool working[HANDLERS]; /* it received one, and has not replied */
bool replied[HANDLERS]; /* its reply waits to be received */
byte origin[HANDLERS];  /* the generation of the server that made it */

bool server = true, reserve = true;
byte generation;
bool lock; /* struct forkserver's */

byte next_job;         /* the source: job_source.take */
byte given[JOBS];      /* the sink: how often each was given back */
byte received[JOBS];   /* by a worker: how often */
bool taken[JOBS];
byte in_hand[HANDLERS];
byte ended;            /* handlers */
bool closing;          /* the parent has closed its sockets: it has no more requests, for workers or the server */
bool closed;           /* procs_close has returned */
byte worker_deaths, server_losses, reserve_losses;

/* The end of a worker process: what it had not received is gone, and the parent's socket says so. */
inline kernel_ends(h)
{
    alive[h] = false;
    working[h] = false;
    reset[h] = unread[h];
    unread[h] = false;
}

/* child.c: receives a request, works, replies. */
proctype Worker(byte h)
{
end:
    do
    :: atomic { alive[h] && unread[h] && !working[h] ->
           unread[h] = false; working[h] = true; received[in_hand[h]]++ }
    :: atomic { alive[h] && working[h] -> working[h] = false; replied[h] = true }
    :: atomic { alive[h] && closing && !unread[h] && !working[h] -> kernel_ends(h) } /* receive_job: no more */
    od
}

/* forker.c: serve, at its end; what it is asked before, it answers at once (answer_request). */
proctype Server()
{
    byte h;
end:
    do
    :: atomic { server && closing ->
           h = 0;
           do
           :: h < HANDLERS ->
               if
               :: alive[h] && origin[h] == generation -> kernel_ends(h) /* bury */
               :: else
               fi;
               h++
           :: else -> break
           od;
           server = false }
    od
}

/* procs.c: procs_close, once all handlers have ended; forkserver.c: forkserver_stop. */
proctype Closer()
{
    byte h = 0;
    ended == HANDLERS;
    closing = true; /* handler_let_go, shutdown */
    !server;        /* wait_for */
    reserve = false;
    do
    :: h < HANDLERS -> assert(!alive[h]); h++ /* the server has waited for them, or died with them */
    :: else -> break
    od;
    closed = true
}

/* What may go wrong. */
proctype Losses()
{
    byte i;
    do
    :: atomic { worker_deaths < WORKER_DEATHS ->
           worker_deaths++;
           if
           :: alive[0] -> kernel_ends(0)
           :: alive[1] -> kernel_ends(1)
           :: else
           fi }
    :: atomic { server_losses < SERVER_LOSSES && server ->
           server_losses++;
           server = false;
           i = 0; /* PR_SET_PDEATHSIG */
           do
           :: i < HANDLERS ->
               if
               :: alive[i] && origin[i] == generation -> kernel_ends(i)
               :: else
               fi;
               i++
           :: else -> break
           od;
           i = 0 }
    :: atomic { reserve_losses < RESERVE_LOSSES && reserve -> reserve_losses++; reserve = false }
    :: break
    od
}

/* forkserver.c: ask, replace_server, renew_reserve; `lost` says that the worker that was there ended with its
 * server. */
inline handler_replace(h)
{
    atomic { !lock -> lock = true };
    do
    :: atomic { server ->
           reserve = true; /* renew_reserve */
           lost = had_worker && origin[h] != generation;
           kernel_ends(h);
           reset[h] = false;
           replied[h] = false;
           alive[h] = true; /* answer_request */
           origin[h] = generation;
           had_worker = true };
       break
    :: atomic { !server && reserve -> server = true; generation++ } /* replace_server; serve: make_reserve */
    :: atomic { !server && !reserve -> lost = true; had_worker = false; kernel_ends(h) };
       break
    od;
    lock = false
}

inline give(job)
{
    atomic { given[job]++; assert(given[job] == 1) }
}

/* handler.c: do_job, within procs.c's work_until_end. */
proctype Handler(byte h)
{
    byte job, attempts;
    bool had_worker = false, lost = false, blameless = false, died = false;
    do
    :: !had_worker ->
        handler_replace(h);
        if
        :: !had_worker -> break /* a handler without a worker takes no job */
        :: else
        fi
    :: had_worker ->
        atomic {
            if
            :: !lock && server -> reserve = true /* forkserver_tend; the reserve is made before anything else is asked */
            :: else
            fi;
            if
            :: next_job < JOBS -> job = next_job; next_job++; taken[job] = true; attempts = 0
            :: else -> break
            fi
        };
hand_over:
        attempts++;
        atomic { alive[h] -> unread[h] = true; in_hand[h] = job; goto await }
        unless { !alive[h] };
        handler_replace(h);
        if
        :: !had_worker -> give(job); goto next /* with an error: no worker is left */
        :: else
        fi;
        atomic {
            if
            :: alive[h] -> unread[h] = true; in_hand[h] = job
            :: else -> give(job); goto next /* the second one that died before it was asked */
            fi
        };
await:
        atomic {
            if
            :: replied[h] && !unread[h] -> replied[h] = false; died = false
            :: !alive[h] && !replied[h] -> died = true; blameless = reset[h]; reset[h] = false
            fi
        };
        if
        :: died ->
            handler_replace(h); /* end_worker */
            blameless = blameless || lost; /* is_blameless */
            if
            :: blameless && had_worker && attempts < ATTEMPTS_MOST -> goto hand_over
            :: else -> give(job) /* as failed */
            fi
        :: !died ->
            give(job);
            if /* has_done_enough: handler_let_go */
            :: atomic { kernel_ends(h); had_worker = false; reset[h] = false }
            :: skip
            fi
        fi;
next:
        atomic { lost = false; blameless = false; died = false; attempts = 0 } /* fewer states to look at */
    od;
    atomic {
        ended++;
        if
        :: ended == HANDLERS ->
            job = 0;
            do
            :: job < JOBS ->
                assert(!taken[job] || given[job] == 1);
                assert(taken[job] || (!server && !reserve));
                assert(received[job] <= 1 + generation); /* twice only for a server that was lost */
                job++
            :: else -> break
            od
        :: else
        fi
    }
}

init
{
    atomic {
        byte h = 0;
        do
        :: h < HANDLERS -> run Worker(h); run Handler(h); h++
        :: else -> break
        od;
        run Server();
        run Closer();
        run Losses()
    }
}

ltl ends { <> closed }
