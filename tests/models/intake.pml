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
 * Left out, too: URLs that are to be tried again (SLOT_LATER) and jobs that are called back; what a thread does
 * without the lock takes any time, for other threads run between its blocks.
 *
 * Holds: no assertion fails and no process waits for ever (spin's invalid end states); so each job that was named
 * is finished once, the budget is never exceeded by two jobs and is all given back, and the run ends.
 */
#ifndef JOBS
#define JOBS 2 /* inputs; each is as large as COST says */
#endif
#ifndef IO
#define IO 2 /* io threads */
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#define SLOTS IO
#define DEPTH 2  /* config.depth: jobs admitted and not yet taken */
#define BUDGET 2 /* config.settings.memory */
/* The first job is larger than the whole budget, and so is admitted alone. */
#define COST(job) ((job) == 0 -> 3 : 1)
#define NONE 255

mtype = {PENDING, OPENING, EXAMINED, READING, READY, TAKEN, RESULT, WRITING, CLOSING, FINISHED};
mtype state[JOBS] = PENDING;
byte finished[JOBS];
bool was_charged[JOBS]; /* job->admitted */

byte slots_used, opening, reading, ready_count, results_count, jobs;
byte named;             /* how many next() has named: jobs are numbered in that order */
byte charged, admitted; /* the budget, and how many jobs have a charge */
bool refused, exhausted, closing;
byte workers_left = WORKERS;
byte steps; /* that were given out and not yet reported */

/* Condition variables: who sleeps on them, and signals under way. */
byte useful_sleepers, useful_signals, fed_sleepers, fed_signals;

inline signal_useful() { if :: useful_sleepers > useful_signals -> useful_signals++ :: else fi }
inline signal_fed() { if :: fed_sleepers > fed_signals -> fed_signals++ :: else fi }
inline wake_all() { useful_signals = useful_sleepers; fed_signals = fed_sleepers }

/* The oldest job of the line: OPENING or EXAMINED, for files join it when they are named. */
inline find_line() {
    line = 0;
    do
    :: line < named && state[line] != OPENING && state[line] != EXAMINED -> line++
    :: else -> break
    od;
    if :: line == named -> line = NONE :: else fi
}

#define readable (line != NONE && state[line] == EXAMINED && !refused && results_count == 0 && reading + ready_count < DEPTH)
#define may_open (slots_used < SLOTS && !exhausted && !closing)
#define closable (closing && line != NONE && state[line] == EXAMINED)
#define source_ended ((exhausted || closing) && line == NONE && opening == 0 && reading == 0 && ready_count == 0)
#define all_ended (closing && jobs == 0)

#define is_left_to_others (steps > 0 && ready_count >= WORKERS && !closing)

/* What it sets is done by unlock(), without the lock: in a block of its own. */
inline wake_engine() {
    find_line();
    find_closable();
    if
    :: (results_count > 0 || readable || may_open || shut != NONE || closing) && !is_left_to_others -> wakes = true
    :: else
    fi
}

inline unlock() {
    if
    :: wakes -> atomic { signal_useful(); wakes = false }
    :: else
    fi
}

inline wake_at_end() {
    find_line();
    if :: source_ended -> wake_all() :: else fi
}

/* closable(): an EXAMINED slot of the line, the oldest or not. */
inline find_closable() {
    shut = NONE;
    if
    :: closing ->
        shut = 0;
        do
        :: shut < named && state[shut] != EXAMINED -> shut++
        :: else -> break
        od;
        if :: shut == named -> shut = NONE :: else fi
    :: else
    fi
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
        jobs--;
        if
        :: was_admitted -> charged = charged - COST(job); admitted--; refused = false
        :: else
        fi;
        if :: held_up -> wake_engine() :: else fi;
        wake_at_end()
    };
    unlock()
}

inline cancel_ready() {
    if
    :: ready_count > 0 ->
        do
        :: ready_count > 0 -> first(other, READY); state[other] = RESULT; ready_count--; results_count++
        :: else -> break
        od;
        wake_engine()
    :: else
    fi
}

mtype = {WRITE, TAKE, CLOSE, READ, OPEN, NOTHING, ENDED};

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
        :: shut != NONE -> job = shut; state[job] = CLOSING; step = CLOSE
        :: else ->
            if
            :: readable ->
                if
                :: admitted == 0 || charged + COST(line) <= BUDGET ->
                    job = line;
                    charged = charged + COST(job);
                    admitted++;
                    assert(charged <= BUDGET || admitted == 1);
                    state[job] = READING;
                    reading++;
                    step = READ
                :: else -> refused = true
                fi
            :: else
            fi;
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
    byte job, line, shut, other;
    bool held_up, wakes;
    do
    :: atomic {
           choose_io();
           if
           :: step == NOTHING ->
               useful_sleepers++;
               useful_signals > 0; /* the lock is given away while it sleeps */
               useful_signals--;
               useful_sleepers--
           :: step != NOTHING && step != ENDED -> steps++; wake_engine()
           :: else
           fi
       }
       unlock();
       if
       :: step == ENDED -> break
       :: step == NOTHING
       :: step == WRITE -> atomic { steps-- }; finish(job, was_charged[job])
       :: step == CLOSE -> atomic { steps--; slots_used-- }; finish(job, false)
       :: step == OPEN ->
           if
           :: atomic { steps--; opening--; state[job] = EXAMINED }
           :: atomic { steps--; opening--; state[job] = CLOSING; slots_used-- }; finish(job, false) /* it failed */
           fi
       :: step == READ ->
           was_charged[job] = true;
           if
           :: atomic { steps--; reading--; slots_used--; state[job] = READY; ready_count++; signal_fed() }
           :: atomic { steps--; reading--; slots_used--; state[job] = CLOSING }; finish(job, true) /* it failed */
           fi
       fi
    od
}

proctype worker()
{
    byte job = NONE, line, shut, other;
    bool wakes;
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
               wake_engine()
           :: else ->
               if
               :: source_ended -> break
               :: else ->
                   if
                   :: wakes /* it is done first */
                   :: else -> fed_sleepers++; fed_signals > 0; fed_signals--; fed_sleepers--
                   fi
               fi
           fi
       }
       unlock();
       if
       :: job != NONE -> atomic { /* intake_give */ state[job] = RESULT; results_count++; wake_engine() }; unlock()
       :: else
       fi
    od;
    atomic { workers_left-- }
}

/* The run is closed when its workers have ended, or, if it is stopped, at any time. */
proctype closer()
{
    byte line, shut, other;
    bool wakes, stopped; /* decided first: a stop that may always come would hide that a signal is missing */
    if
    :: stopped = true
    :: stopped = false
    fi;
    stopped || workers_left == 0;
    atomic {
        closing = true;
        cancel_ready();
        wake_engine();
        wake_all()
    };
    unlock()
}

init {
    byte i;
    atomic {
        for (i : 1 .. IO) { run io_thread() }
        for (i : 1 .. WORKERS) { run worker() }
        run closer()
    }
    _nr_pr == 1; /* all have ended */
    assert(jobs == 0 && charged == 0 && admitted == 0 && slots_used == 0 && results_count == 0);
    for (i : 0 .. named - 1) { assert(finished[i] == 1) }
}
