/*
 * The intake's queue (src/io/intake.c) as a model for spin; `make check-models` checks it. Names are those of the
 * code, and each proctype is one kind of thread that calls it:
 *
 *     io_thread    intake_next(INTAKE_WRITES | INTAKE_READS, INTAKE_WAIT) until INTAKE_ENDED: io_threads.c
 *     worker       intake_take, then intake_give, until there is no job
 *     closing      intake_close, when the workers have ended, or at any moment before: a run that is stopped
 *
 * An atomic block is what happens while the intake's lock is held. A condition variable is a set of sleepers, of
 * which a signal wakes one that is chosen at random; a signal that nobody waits for is lost, as it is in pthreads,
 * which is what the model is for. A wake-up without a signal, which POSIX allows, is left out: it would hide a
 * signal that is missing.
 *
 * Each job is a file or a URL. A URL may be put off TRIES times, when it is opened or when it is read, until a time
 * that is chosen at random (TIMES), and the clock goes on whenever it likes. One thread of those that have nothing to
 * do watches it (remote_wait), the others sleep on the condition variable.
 *
 * Left out, too: jobs that are called back, and that the line of URLs is in the order in which they were examined; what
 * a thread does without the lock takes any time, for other threads run between its blocks.
 *
 * Searched with: -DURLS=1 -DWORKERS=1
 * Searched with: -DURLS=1 -DWORKERS=2 -DIO=1
 * Searched with: -DURLS=0 -DWORKERS=2
 *
 * Holds: no assertion fails and no process waits for ever (spin's invalid end states); so each job that was named
 * is finished once, the budget is never exceeded by two jobs and is all given back, and the run ends. A URL is tried
 * again when its time has come, not before; nobody who watches the clock sleeps beyond it, and while there is a time to
 * wait for, no thread sleeps unless one watches.
 */
#ifndef JOBS
#define JOBS 2 /* inputs; each is as large as COST says */
#endif
#ifndef IO
#define IO 2 /* io threads */
#endif
#ifndef WORKERS
#define WORKERS 1
#endif
#ifndef URLS
#define URLS 1 /* 0: all jobs are files, and the clock stands */
#endif
#define SLOTS IO
#ifndef TRIES
#define TRIES 1 /* how often a URL may be put off */
#endif
#ifndef TIMES
#define TIMES 2 /* the clock's end */
#endif
#define DEPTH 2  /* config.depth: jobs admitted and not yet taken */
#define BUDGET 2 /* config.settings.memory */
/* The first job is larger than the whole budget, and so is admitted alone. */
#define COST(job) ((job) == 0 -> 3 : 1)
#define NONE 255

mtype = {PENDING, OPENING, EXAMINED, LATER, READING, READY, TAKEN, RESULT, WRITING, CLOSING, FINISHED};
mtype state[JOBS] = PENDING;
byte finished[JOBS];
bool was_charged[JOBS]; /* job->admitted */
bool is_url[JOBS];
byte tries[JOBS], again_at[JOBS];
byte now; /* the clock */

byte slots_used, opening, later, reading, ready_count, results_count, jobs;
byte named;             /* how many next() has named: jobs are numbered in that order */
byte charged, admitted; /* the budget, and how many jobs have a charge */
bool refused, exhausted, closing;
bool watched, bell, stop; /* a thread watches the clock; what ends its sleep beside it */
byte until;               /* of who watches: the time that it waits for; 0: it does not any more */
byte workers_left = WORKERS;
byte steps; /* that were given out and not yet reported */

/* Scratch of the blocks below, which keep none of it from one to the next: no part of a state. */
hidden byte line, shut, other, next;
hidden byte held_up;

/* Condition variables: who sleeps on them, and signals under way. */
byte useful_sleepers, useful_signals, fed_sleepers, fed_signals;

inline signal_useful() { if :: useful_sleepers > useful_signals -> useful_signals++ :: else fi }
inline signal_fed() { if :: fed_sleepers > fed_signals -> fed_signals++ :: else fi }
inline wake_all() { useful_signals = useful_sleepers; fed_signals = fed_sleepers }

/* The oldest job of the line: files join it when they are named, URLs when they are EXAMINED. */
#define in_line(job) (state[job] == EXAMINED || (state[job] == OPENING && !is_url[job]))
inline find_line() {
    line = 0;
    do
    :: line < named && !in_line(line) -> line++
    :: else -> break
    od;
    if :: line == named -> line = NONE :: else fi
}

#define readable (line != NONE && state[line] == EXAMINED && !refused && results_count == 0 && reading + ready_count < DEPTH)
#define may_open (slots_used < SLOTS && !exhausted && !closing)
#define closable (closing && line != NONE && state[line] == EXAMINED)
#define source_ended ((exhausted || closing) && line == NONE && opening == 0 && reading == 0 && later == 0 && ready_count == 0)
#define all_ended (closing && jobs == 0)

#define useful (results_count > 0 || readable || may_open || shut != NONE || closing)
#define needs_watch (later > 0 && !watched)
#define is_left_to_others (steps > 0 && ready_count >= WORKERS && !closing)

/* What it sets is done by intake_unlock(), without the lock: in a block of its own. */
inline intake_wake() {
    find_line();
    find_closable();
    if
    :: useful && !is_left_to_others || needs_watch ->
        wakes = true;
        rings = watched
    :: else
    fi
}

inline intake_unlock() {
    if
    :: wakes -> atomic { signal_useful(); bell = bell || rings; wakes = false; rings = false }
    :: else
    fi
}

inline wake_at_end() {
    find_line();
    if :: source_ended -> wake_all() :: else fi
}

/* closable(): a slot that is EXAMINED or LATER. */
inline find_closable() {
    shut = NONE;
    if
    :: closing ->
        shut = 0;
        do
        :: shut < named && state[shut] != EXAMINED && state[shut] != LATER -> shut++
        :: else -> break
        od;
        if :: shut == named -> shut = NONE :: else fi
    :: else
    fi
}

/* The job whose time comes next, or NONE. */
inline next_later() {
    next = NONE;
    other = 0;
    do
    :: other < named && state[other] == LATER && (next == NONE || again_at[other] < again_at[next]) -> next = other
    :: other < named && !(state[other] == LATER && (next == NONE || again_at[other] < again_at[next])) -> other++
    :: other == named -> break
    od
}

/* The time is the server's wish. */
inline put_off() {
    tries[job]++;
    state[job] = LATER;
    later++;
    if
    :: again_at[job] = 1
    :: again_at[job] = TIMES
    fi;
    if :: watched -> bell = true :: else fi
}

/* A job that is in `from`; there is one. */
inline first(job, from) {
    job = 0;
    do
    :: state[job] != from -> job++
    :: else -> break
    od
}

/* finish(): client.finish runs without the lock, so that this is the block behind it. */
inline finish(job, was_admitted) {
    atomic {
        finished[job]++;
        assert(finished[job] == 1);
        held_up = refused;
        state[job] = FINISHED;
        tries[job] = 0;
        jobs--;
        if
        :: was_admitted -> charged = charged - COST(job); admitted--; refused = false
        :: else
        fi;
        if :: held_up -> intake_wake() :: else fi;
        wake_at_end()
    };
    intake_unlock()
}

inline cancel_ready() {
    if
    :: ready_count > 0 ->
        do
        :: ready_count > 0 -> first(other, READY); state[other] = RESULT; ready_count--; results_count++
        :: else -> break
        od;
        intake_wake()
    :: else
    fi
}

mtype = {WRITE, TAKE, CLOSE, READ, OPEN, NOTHING, ENDED};

inline begin_close() {
    job = shut;
    if
    :: state[job] == LATER -> later--; again_at[job] = 0; reading = reading - was_charged[job]
    :: else
    fi;
    state[job] = CLOSING;
    step = CLOSE
}

inline begin_again() {
    next_later();
    if
    :: next != NONE && again_at[next] <= now ->
        job = next;
        again_at[job] = 0;
        later--;
        if
        :: was_charged[job] -> state[job] = READING; step = READ
        :: else -> opening++; state[job] = OPENING; step = OPEN
        fi
    :: else
    fi
}

/* choose() for a thread that does I/O: the step, and its job. */
inline choose_io() {
    step = NOTHING;
    if :: closing -> cancel_ready() :: else fi;
    find_line();
    find_closable();
    if
    :: results_count > 0 -> first(job, RESULT); state[job] = WRITING; results_count--; step = WRITE
    :: else ->
        if
        :: shut != NONE -> begin_close()
        :: else ->
            if
            :: readable ->
                if
                :: admitted == 0 || charged + COST(line) <= BUDGET ->
                    job = line;
                    charged = charged + COST(job);
                    admitted++;
                    was_charged[job] = true;
                    assert(charged <= BUDGET || admitted == 1);
                    state[job] = READING;
                    reading++;
                    step = READ
                :: else -> refused = true
                fi
            :: else
            fi;
            if :: step == NOTHING -> begin_again() :: else fi;
            if
            :: step == NOTHING && may_open ->
                if
                :: named < JOBS ->
                    job = named;
                    named++;
                    state[job] = OPENING;
                    slots_used++;
                    opening++;
                    jobs++;
                    step = OPEN
                :: else -> exhausted = true; wake_at_end()
                fi
            :: else
            fi
        fi
    fi;
    if :: step == NOTHING && all_ended -> step = ENDED :: else fi
}

proctype io_thread()
{
    mtype step = NOTHING;
    byte job;
    bool watches, wakes, rings;
    do
    :: atomic {
           choose_io();
           if
           :: step == NOTHING -> /* wait_for_use */
               job = 0;
               next_later();
               watches = next != NONE && !watched;
               if
               :: watches -> watched = true; until = again_at[next]
               :: else -> useful_sleepers++
               fi
           :: step != NOTHING && step != ENDED -> steps++; intake_wake()
           :: else
           fi
       }
       intake_unlock();
       /* It may be long before this thread asks again: with a time to wait for, who else has nothing to do watches. */
       atomic { assert(IO != 2 || step == NOTHING || step == ENDED || !needs_watch || useful_sleepers == useful_signals) }
       if
       :: step == ENDED -> break
       :: step == NOTHING && !watches -> atomic { useful_signals > 0; useful_signals--; useful_sleepers-- }
       :: step == NOTHING && watches ->
           if /* remote_wait */
           :: atomic { now >= until -> until = 0 }
           :: atomic { bell -> bell = false; until = 0 }
           :: atomic { stop -> until = 0 }
           fi;
           atomic { watched = false; watches = false }
       :: step == WRITE -> atomic { steps-- }; finish(job, was_charged[job])
       :: step == CLOSE -> atomic { steps--; slots_used-- }; finish(job, was_charged[job])
       :: step == OPEN ->
           if
           :: atomic { steps--; opening--; state[job] = EXAMINED }
           :: is_url[job] && tries[job] < TRIES -> atomic { steps--; opening--; put_off() }
           :: atomic { steps--; opening--; state[job] = CLOSING; slots_used-- }; finish(job, false) /* it failed */
           fi
       :: step == READ ->
           if
           :: atomic { steps--; reading--; slots_used--; state[job] = READY; ready_count++; signal_fed() }
           :: is_url[job] && tries[job] < TRIES -> atomic { steps--; put_off() }
           :: atomic { steps--; reading--; slots_used--; state[job] = CLOSING }; finish(job, true) /* it failed */
           fi
       fi
    od
}

/* Time goes by. Who watches the clock would be told of an earlier time than the one that it waits for, and of what else
 * there is to do. */
proctype clock()
{
    bool slow; /* it goes on only when all others wait: then there is nothing that they could do */
    if
    :: IO == 1 -> slow = true /* with more, one of them sleeps, and is woken instead of who watches */
    :: slow = false
    fi;
    do
    :: atomic {
           slow && now < TIMES && timeout ->
               find_line();
               find_closable();
               assert(!useful || useful_sleepers == 0 && !watched); /* none waits */
               now++
       }
    :: atomic {
           !slow && now < TIMES ->
               next_later();
               assert(!watched || bell || stop || next == NONE || until <= again_at[next]);
               now++
       }
    :: now == TIMES -> break
    od
}

proctype worker()
{
    byte job = NONE;
    bool sleeps, wakes, rings;
    do
    :: atomic { /* intake_take */
           if :: closing -> cancel_ready() :: else fi;
           find_line();
           job = NONE;
           if
           :: ready_count > 0 ->
               first(job, READY);
               state[job] = TAKEN;
               ready_count--;
               wake_at_end();
               intake_wake()
           :: else ->
               if
               :: source_ended -> break
               :: else ->
                   sleeps = !wakes; /* else they are woken first */
                   if :: sleeps -> fed_sleepers++ :: else fi
               fi
           fi
       }
       intake_unlock();
       if
       :: sleeps -> atomic { fed_signals > 0; fed_signals--; fed_sleepers--; sleeps = false }
       :: job != NONE ->
           atomic { /* intake_give */ state[job] = RESULT; results_count++; job = NONE; intake_wake() };
           intake_unlock()
       :: else
       fi
    od;
    intake_unlock();
    atomic { workers_left-- }
}

/* The run is closed when its workers have ended, or, if it is stopped, at any time. */
proctype closer()
{
    bool wakes, rings, stopped; /* decided first: a stop that may always come would hide that a signal is missing */
    if
    :: stopped = true
    :: stopped = false
    fi;
    stopped || workers_left == 0;
    atomic {
        closing = true;
        cancel_ready();
        intake_wake();
        wake_all()
    };
    intake_unlock();
    stop = true /* remote_stop */
}

init {
    byte i;
    atomic {
        for (i : 0 .. JOBS - 1) {
            if
            :: URLS > 0 -> is_url[i] = true
            :: is_url[i] = false
            fi
        }
        if :: URLS > 0 -> run clock() :: else fi;
        for (i : 1 .. IO) { run io_thread() }
        for (i : 1 .. WORKERS) { run worker() }
        run closer()
    }
    _nr_pr == 1; /* all have ended */
    assert(jobs == 0 && charged == 0 && admitted == 0 && slots_used == 0 && later == 0 && results_count == 0);
    for (i : 0 .. named - 1) { assert(finished[i] == 1) }
}
