/* System calls that the C library makes, where machines differ. */
#ifndef CALLS_H
#define CALLS_H

#if defined(__i386__) || defined(__s390__)
#define CALL_SOCKET "socketcall"
#else
#define CALL_SOCKET "socket"
#endif

#if defined(__i386__)
#define CALL_MMAP "mmap2"
#else
#define CALL_MMAP "mmap"
#endif

#endif
