/* SPDX-License-Identifier: MIT */
/*
 * Runs programs of fork, COW and pin steps on the kernel it is started on, and says what can be seen from outside after
 * every step. Programs come on stdin in the recordings' language, a line a program goes to stdout. Page frames are told by
 * their numbers; who reads this turns them into classes.
 *
 * Three kinds of processes. The supervisor (main.c) changes the settings that the recordings presuppose, watches over
 * the controller and puts everything back, whatever became of it. The controller (controller.c) reads programs, holds
 * pins and pipes, and observes. The targets (target.c) are the processes of a program; all are children of the controller
 * and do in their own mm what it tells them through shared memory. They share its file table, so a ring or a pipe is the
 * same number everywhere and outlives the process whose pages it holds.
 *
 * What only root may do or see is done and seen if it can be; the first line says what could not.
 */
#ifndef AGENT_H
#define AGENT_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	NR_TASKS = 64,
	NR_REGIONS = 8,
	NR_SLOTS = 1024,
	NR_WATCHED = 8, /* of a region; more are not observed */
	NR_STEPS = 4096,
	POOL = 64, /* huge pages, unless a program says otherwise */
};
#define HUGE (2ul << 20)
#define REGIONS 0x100000000000ul /* where region 0 lies, in every process */
#define REGION_SPAN (1ul << 30)

static inline uint64_t address(int r, long page)
{
	return REGIONS + (uint64_t)r * REGION_SPAN + (uint64_t)page * PAGE;
}

/* ---- programs, program.c ---- */

enum op {
	OP_NONE, OP_MMAP, OP_MREMAP, OP_MUNMAP, OP_MADVISE, OP_MPROTECT, OP_MLOCK, OP_MUNLOCK, OP_SWAPOUT, OP_WRITE, OP_READ, OP_FORK,
	OP_THREAD, OP_EXIT, OP_EXEC, OP_PIN, OP_UNPIN, OP_DEVWRITE, OP_DEVREAD, OP_VMSPLICE, OP_VDROP, OP_PVREAD, OP_PVWRITE, OP_LOADS,
};
enum kind { ANON, SHANON, FILE_PRIVATE, HUGETLB, THP, FILE_SHARED, FILE_READONLY };

struct step {
	enum op op;
	int p, slot, r, child, value;
	long page, nr;
	int arg; /* kind, advice or protection */
};

struct program {
	char id[64];
	int pool; /* size of the hugetlb pool, in huge pages */
	struct { int nr; long page[NR_WATCHED]; } watch[NR_REGIONS];
	int nrSteps;
	struct step steps[NR_STEPS];
};
extern struct program program;

/* False at the end of the input. */
int readProgram(FILE *in);
const char *opName(enum op op);

static inline int onMemfd(const struct step *mmap)
{
	return mmap->arg == FILE_PRIVATE || mmap->arg == FILE_SHARED || mmap->arg == FILE_READONLY;
}

/* ---- what supervisor, controller and targets share ---- */

struct mailbox {
	_Atomic uint32_t asked, answered;
	struct step step;
	int fd;         /* the memfd, ring or pipe that the step needs */
	long oldLength; /* of the region, for mremap */
	long ret;
	int err;        /* errno; -SIGSEGV or -SIGBUS */
	int nrLoads;
	uint64_t addr[NR_REGIONS * NR_WATCHED];
	int loaded[NR_REGIONS * NR_WATCHED]; /* -signal */
};

struct shared {
	pid_t supervisor, controller;
	/* What is going on, for whoever must say where it got stuck. step: -1 before the first, nrSteps at the last look. */
	char program[64];
	int step, idle;
	enum op op;
	struct mailbox box[NR_TASKS];
};
extern struct shared *shared;
/* The memory's file: a target that called execve() maps it again. */
extern int sharedFd;

void futexWait(_Atomic uint32_t *word, uint32_t seen, int seconds);
void futexWake(_Atomic uint32_t *word);
__attribute__((noreturn)) void die(const char *what);

extern int stepSeconds; /* a step that takes longer is a failure */

/* ---- targets, target.c ---- */

/* A child of the controller, whoever asks for it: it is the one that waits. */
long forkTarget(int child, unsigned long flags);
/* What a target is after execve(). */
int execedTarget(int fd, int p);

/* ---- settings of the machine, settings.c ---- */

enum setting { SET_THP, SET_KHUGEPAGED, SET_POOL, NR_SETTINGS };
#define NR_HUGEPAGES "/proc/sys/vm/nr_hugepages"

int setTo(const char *path, const char *value);
/* Of alternatives the chosen one. */
int setting(const char *path, char *value, size_t room);
void changeSettings(void);
void restoreSettings(void);
/* Whether it is as the recordings presuppose. */
int isSet(enum setting which);

/* ---- what this kernel lets us do, can.c ---- */

struct can {
	int frames;      /* numbers, mapcounts and flags of page frames */
	int presence;    /* which pages are present */
	int zeroPage, hugeZeroPage; /* loads map them; unseen, that is taken for granted, and without frames they are one */
	int splitZeroPage; /* the split of a THP maps the zero page */
	int collapse;    /* batches are drained on all CPUs */
	int uring, remote; /* 0, or the errno that it brings */
	int swap;
	long hugePages;  /* free ones */
	long memlock;    /* bytes, -1: no limit */
	char thp[16];
};
extern struct can can;
void probe(void);
void sayCan(FILE *out);
/* References that per-CPU batches hold on pages would decide between reuse and copy. */
void drainBatches(void);
const char *errName(int err);

/* ---- devices and pipes, device.c ---- */

extern struct pin { int held, r; long start, nr; } pins[NR_SLOTS];
extern struct pipe { int held, in, out; long nr; } pipes[NR_SLOTS];

void makeScratch(void);
void emptyScratch(void);
/* -1: there is none, errno says why. */
int ringOf(int slot);
int pinHolds(int slot, long page);
int deviceLoads(int slot, const long *pages, int nr, unsigned char *bytes);
int deviceStore(int slot, long page, int value);
void unpin(int slot);
/* Byte 0 of every page it holds; -1 when it cannot be looked at. */
int pipeLooks(int slot, unsigned char *bytes);
void dropPipe(int slot);

/* ---- steps, steps.c ---- */

extern struct task { int pid, pagemap; } tasks[NR_TASKS]; /* pid 0: does not run; pagemap -1: cannot be read */
extern const char *failure; /* why the program cannot go on */

struct outcome { long ret; int err; };

void prepareTasks(void);
void endTasks(void);
/* 0, or -1 when the target does not answer. */
int ask(int p);
struct outcome takeStep(const struct step *step);

/* ---- observations, observe.c ---- */

void openFrames(void);
void clearLine(void);
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
void sayState(void);
void sayFinalLoads(void);
void tellLine(void);

/* ---- controller.c ---- */

__attribute__((noreturn)) void controller(void);

#endif
