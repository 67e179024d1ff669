// SPDX-License-Identifier: MIT
/*
 * Runs programs of fork, COW and pin steps on the kernel it is started on, and says what can be seen from outside after
 * every step. Programs come on stdin in the recordings' language, a line a program goes to stdout. Page frames are told by
 * their numbers; who reads this turns them into classes.
 *
 * Three kinds of processes. The supervisor changes the settings that the recordings presuppose, watches over the
 * controller and puts everything back, whatever became of it. The controller reads programs, holds pins and pipes, and
 * observes. The targets are the processes of a program; all are children of the controller and do in their own mm what
 * it tells them through shared memory. They share its file table, so a ring or a pipe is the same number everywhere
 * and outlives the process whose pages it holds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

enum {
	PAGE = 4096,
	NR_TASKS = 16,
	NR_REGIONS = 8,
	NR_SLOTS = 64,
	NR_WATCHED = 8, /* of a region; more are not observed */
	NR_STEPS = 512,
	MEMFD_PAGES = 16,
	MEMFD_BASE = 0x80,
	RING_ENTRIES = 8,
	STEP_SECONDS = 5,
	POOL = 64, /* huge pages, unless a program says otherwise */
};
static const uint64_t HUGE = 2 << 20;
static const uint64_t REGIONS = 0x100000000000; /* where region 0 lies, in every process */
static const uint64_t REGION_SPAN = 1 << 30;

/* ---- what is shared between controller and targets ---- */

enum op {
	OP_NONE, OP_MMAP, OP_MREMAP, OP_MUNMAP, OP_MADVISE, OP_MPROTECT, OP_MLOCK, OP_MUNLOCK, OP_WRITE, OP_READ, OP_FORK, OP_EXIT,
	OP_PIN, OP_UNPIN, OP_DEVWRITE, OP_DEVREAD, OP_VMSPLICE, OP_VDROP, OP_PVREAD, OP_PVWRITE, OP_LOADS,
};
enum kind { ANON, SHANON, FILE_PRIVATE, HUGETLB, THP, FILE_SHARED, FILE_READONLY };

struct step {
	enum op op;
	int p, slot, r, child, value;
	long page, nr;
	int arg; /* kind, advice or protection */
};

struct mailbox {
	_Atomic uint32_t asked, answered;
	struct step step;
	int fd;         /* the memfd, ring or pipe that the step needs */
	long oldLength; /* of the region, for mremap */
	long ret;
	int err;        /* errno; -SIGSEGV or -SIGBUS */
	int nrLoads;
	uint64_t addr[NR_REGIONS * NR_WATCHED];
	int loaded[NR_REGIONS * NR_WATCHED]; /* -1: a signal */
};

static struct shared {
	pid_t controller;
	struct mailbox box[NR_TASKS];
} *shared;

static void futexWait(_Atomic uint32_t *word, uint32_t seen, int seconds)
{
	struct timespec limit = { .tv_sec = seconds };
	syscall(SYS_futex, word, FUTEX_WAIT, seen, seconds ? &limit : NULL, NULL, 0);
}

static void futexWake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void die(const char *what)
{
	fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static uint64_t address(int r, long page)
{
	return REGIONS + (uint64_t)r * REGION_SPAN + (uint64_t)page * PAGE;
}

/* ---- settings of the machine ---- */

#define NR_HUGEPAGES "/proc/sys/vm/nr_hugepages"

static int setTo(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written = fd < 0 ? -1 : write(fd, value, strlen(value));
	if (fd >= 0)
		close(fd);
	return written < 0 ? -1 : 0;
}

static int setting(const char *path, char *value, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return -1;
	text[length] = 0;
	/* Of alternatives the one in brackets is set. */
	char *chosen = strchr(text, '[');
	chosen = chosen ? chosen + 1 : text;
	snprintf(value, room, "%.*s", (int)strcspn(chosen, "]\n"), chosen);
	return 0;
}

/* ---- targets ---- */

static sigjmp_buf fault;

static void onFault(int signal)
{
	siglongjmp(fault, signal);
}

/* The byte, or minus the signal. */
static int load(uint64_t addr)
{
	int signal = sigsetjmp(fault, 0);
	return signal ? -signal : *(volatile unsigned char *)addr;
}

static int store(uint64_t addr, int value)
{
	int signal = sigsetjmp(fault, 0);
	if (signal)
		return -signal;
	*(volatile unsigned char *)addr = (unsigned char)value;
	return 0;
}

static long mapRegion(const struct step *step, int fd)
{
	static const struct { int flags, prot; } how[] = {
		[ANON] = { MAP_PRIVATE | MAP_ANONYMOUS, PROT_READ | PROT_WRITE },
		[SHANON] = { MAP_SHARED | MAP_ANONYMOUS, PROT_READ | PROT_WRITE },
		[FILE_PRIVATE] = { MAP_PRIVATE, PROT_READ | PROT_WRITE },
		[HUGETLB] = { MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, PROT_READ | PROT_WRITE },
		[THP] = { MAP_PRIVATE | MAP_ANONYMOUS, PROT_READ | PROT_WRITE },
		[FILE_SHARED] = { MAP_SHARED, PROT_READ | PROT_WRITE },
		[FILE_READONLY] = { MAP_PRIVATE, PROT_READ },
	};
	char *start = (char *)address(step->r, 0);
	/* The whole place, since what was there may have been longer. */
	if (munmap(start, REGION_SPAN) < 0)
		return -1;
	if (mmap(start, step->nr * PAGE, how[step->arg].prot, how[step->arg].flags | MAP_FIXED, fd, 0) == MAP_FAILED)
		return -1;
	return step->arg == THP ? madvise(start, step->nr * PAGE, MADV_HUGEPAGE) : 0;
}

static void target(int p);

/* A child of the controller, whoever asks for it: it is the one that waits. */
static long forkTarget(int child, unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		target(child);
	return pid;
}

static long act(struct mailbox *box)
{
	const struct step *step = &box->step;
	char *addr = (char *)address(step->r, step->page);
	size_t length = (size_t)step->nr * PAGE;
	struct iovec range = { addr, length };
	switch (step->op) {
	case OP_MMAP: return mapRegion(step, box->fd);
	case OP_MREMAP: return mremap((void *)address(step->r, 0), box->oldLength, length, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0;
	case OP_MUNMAP: return munmap(addr, length);
	case OP_MADVISE: return madvise(addr, length, step->arg);
	case OP_MPROTECT: return mprotect(addr, length, step->arg);
	case OP_MLOCK: return mlock(addr, length);
	case OP_MUNLOCK: return munlock(addr, length);
	case OP_FORK: return forkTarget(step->child, CLONE_PARENT);
	case OP_PIN: return syscall(SYS_io_uring_register, box->fd, IORING_REGISTER_BUFFERS, &range, 1);
	case OP_VMSPLICE: return vmsplice(box->fd, &range, 1, SPLICE_F_NONBLOCK);
	default: errno = ENOSYS; return -1;
	}
}

static void answer(struct mailbox *box)
{
	const struct step *step = &box->step;
	box->err = 0;
	switch (step->op) {
	case OP_EXIT:
		_exit(0);
	case OP_LOADS:
		for (int i = 0; i < box->nrLoads; i++)
			box->loaded[i] = load(box->addr[i]);
		return;
	case OP_READ:
	case OP_WRITE: {
		uint64_t addr = address(step->r, step->page);
		int got = step->op == OP_READ ? load(addr) : store(addr, step->value);
		box->ret = got < 0 ? -1 : got;
		box->err = got < 0 ? got : 0;
		return;
	}
	default:
		box->ret = act(box);
		if (box->ret < 0)
			box->err = errno;
	}
}

static void target(int p)
{
	struct mailbox *box = &shared->box[p];
	struct sigaction caught = { .sa_handler = onFault, .sa_flags = SA_NODEFER };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != shared->controller)
		_exit(0); /* died before it could be asked to take us along */
	sigaction(SIGSEGV, &caught, NULL);
	sigaction(SIGBUS, &caught, NULL);
	for (;;) {
		uint32_t done = atomic_load(&box->answered);
		while (atomic_load(&box->asked) == done)
			futexWait(&box->asked, done, 0);
		answer(box);
		atomic_store(&box->answered, done + 1);
		futexWake(&box->answered);
	}
}

/* ---- the controller: programs ---- */

static struct program {
	char id[64];
	int pool; /* size of the hugetlb pool, in huge pages */
	struct { int nr; long page[NR_WATCHED]; } watch[NR_REGIONS];
	int nrSteps;
	struct step steps[NR_STEPS];
} program;

struct name { const char *name; int value; };
static const struct name KINDS[] = {
	{ "anon", ANON }, { "shanon", SHANON }, { "file", FILE_PRIVATE }, { "huge", HUGETLB }, { "thp", THP }, { "sharedfile", FILE_SHARED },
	{ "rofile", FILE_READONLY }, { 0 },
};
static const struct name ADVICES[] = {
	{ "dontfork", MADV_DONTFORK }, { "dofork", MADV_DOFORK }, { "wipeonfork", MADV_WIPEONFORK }, { "keeponfork", MADV_KEEPONFORK },
	{ "dontneed", MADV_DONTNEED }, { "hugepage", MADV_HUGEPAGE }, { "nohugepage", MADV_NOHUGEPAGE }, { "free", MADV_FREE }, { 0 },
};
static const struct name PROTS[] = { { "none", PROT_NONE }, { "r", PROT_READ }, { "rw", PROT_READ | PROT_WRITE }, { 0 } };

/* Operands in their order: p process, c child, s slot, r region, a page, n number of pages, v value, K kind, A advice, P protection. */
static const struct { const char *name; enum op op; const char *operands; } OPS[] = {
	{ "mmap", OP_MMAP, "prKn" }, { "mremap", OP_MREMAP, "prn" }, { "munmap", OP_MUNMAP, "pran" }, { "madvise", OP_MADVISE, "pranA" },
	{ "mprotect", OP_MPROTECT, "pranP" }, { "mlock", OP_MLOCK, "pran" }, { "munlock", OP_MUNLOCK, "pran" }, { "write", OP_WRITE, "prav" },
	{ "read", OP_READ, "pra" }, { "fork", OP_FORK, "pc" }, { "exit", OP_EXIT, "p" }, { "pin", OP_PIN, "psran" }, { "unpin", OP_UNPIN, "s" },
	{ "devwrite", OP_DEVWRITE, "sav" }, { "devread", OP_DEVREAD, "sa" }, { "vmsplice", OP_VMSPLICE, "psran" }, { "vdrop", OP_VDROP, "s" },
	{ "pvread", OP_PVREAD, "pra" }, { "pvwrite", OP_PVWRITE, "prav" },
};

static int named(const struct name *names, const char *word)
{
	for (; names->name; names++)
		if (!strcmp(names->name, word))
			return names->value;
	return -1;
}

static long number(const char *word, long below)
{
	char *end;
	long value = strtol(word, &end, 10);
	return *end || end == word || value < 0 || value >= below ? -1 : value;
}

static int operand(char what, const char *word, struct step *step)
{
	switch (what) {
	case 'p': return step->p = (int)number(word, NR_TASKS);
	case 'c': return step->child = (int)number(word, NR_TASKS);
	case 's': return step->slot = (int)number(word, NR_SLOTS);
	case 'r': return step->r = (int)number(word, NR_REGIONS);
	case 'a': return step->page = number(word, REGION_SPAN / PAGE), step->page < 0 ? -1 : 0;
	case 'n': return step->nr = number(word, REGION_SPAN / PAGE), step->nr < 0 ? -1 : 0;
	case 'v': return step->value = (int)number(word, 256);
	case 'K': return step->arg = named(KINDS, word);
	case 'A': return step->arg = named(ADVICES, word);
	default: return step->arg = named(PROTS, word);
	}
}

static int parseStep(char *line, struct step *step)
{
	char *rest, *word = strtok_r(line, " \t\r\n", &rest);
	*step = (struct step){ 0 };
	for (size_t i = 0; i < sizeof OPS / sizeof *OPS; i++) {
		if (strcmp(OPS[i].name, word))
			continue;
		step->op = OPS[i].op;
		for (const char *what = OPS[i].operands; *what; what++) {
			word = strtok_r(NULL, " \t\r\n", &rest);
			if (!word || operand(*what, word, step) < 0)
				return -1;
		}
		return strtok_r(NULL, " \t\r\n", &rest) ? -1 : 0;
	}
	return -1;
}

static int parseWatch(const char *line)
{
	int r, used;
	if (sscanf(line, "watch %d%n", &r, &used) < 1 || r < 0 || r >= NR_REGIONS)
		return -1;
	long page;
	for (line += used; sscanf(line, "%ld%n", &page, &used) == 1; line += used)
		if (program.watch[r].nr < NR_WATCHED)
			program.watch[r].page[program.watch[r].nr++] = page;
	return 0;
}

/* False at the end of the input. A line that is none of the language ends everything: nothing after it can be trusted. */
static int readProgram(FILE *in)
{
	static char line[4096];
	int nr = 0;
	memset(&program, 0, offsetof(struct program, steps));
	while (fgets(line, sizeof line, in)) {
		char first[16] = "";
		char whole[80];
		snprintf(whole, sizeof whole, "%.*s", (int)strcspn(line, "\n"), line);
		if (sscanf(line, "%15s", first) < 1 || first[0] == '#')
			continue;
		if (!strcmp(first, "prog")) {
			nr = sscanf(line, "prog %63s", program.id);
			program.pool = POOL;
		} else if (!strcmp(first, "pool") && sscanf(line, "pool %d", &program.pool) == 1) {
			continue;
		} else if (!strcmp(first, "end")) {
			return 1;
		} else if (nr < 1 || program.nrSteps == NR_STEPS || (strcmp(first, "watch") ? parseStep(line, &program.steps[program.nrSteps++]) : parseWatch(line)) < 0) {
			fprintf(stderr, "agent: program %s: no such step: %s\n", program.id, whole);
			_exit(2);
		}
	}
	return 0;
}

/* ---- the controller: state of a program ---- */

static struct { int pid, pagemap; } tasks[NR_TASKS]; /* pid 0: does not run */
static long regionNr[NR_REGIONS];                     /* pages, as last mapped by anyone */
static int memfds[NR_REGIONS];                        /* -1: not made yet */
static struct { int held, r; long start, nr; } pins[NR_SLOTS];
static struct { int held, in, out; long nr; } pipes[NR_SLOTS];
static int kpagecount, kpageflags;
static int scratch[2]; /* the other end of every device, and where pipes are looked at */

/* A ring a slot, kept for good. What is registered with it belongs to the mm that called, not to the ring's maker. */
static struct ring {
	int fd;
	_Atomic uint32_t *sqTail, *cqHead, *cqTail;
	uint32_t sqMask, cqMask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
} rings[NR_SLOTS];

static struct ring *ringOf(int slot)
{
	struct ring *ring = &rings[slot];
	if (ring->fd > 0)
		return ring;
	struct io_uring_params made = { 0 };
	int fd = (int)syscall(SYS_io_uring_setup, RING_ENTRIES, &made);
	if (fd < 0)
		die("io_uring_setup");
	if (!(made.features & IORING_FEAT_SINGLE_MMAP)) {
		errno = ENOSYS;
		die("io_uring without IORING_FEAT_SINGLE_MMAP");
	}
	size_t sq = made.sq_off.array + made.sq_entries * sizeof(uint32_t);
	size_t cq = made.cq_off.cqes + made.cq_entries * sizeof(struct io_uring_cqe);
	char *queues = mmap(NULL, sq > cq ? sq : cq, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQ_RING);
	ring->sqes = mmap(NULL, made.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES);
	if (queues == MAP_FAILED || ring->sqes == MAP_FAILED)
		die("mmap of a ring");
	/* No target needs them, and forking is what is measured here. */
	madvise(queues, sq > cq ? sq : cq, MADV_DONTFORK);
	madvise(ring->sqes, made.sq_entries * sizeof(struct io_uring_sqe), MADV_DONTFORK);
	ring->sqTail = (void *)(queues + made.sq_off.tail);
	ring->cqHead = (void *)(queues + made.cq_off.head);
	ring->cqTail = (void *)(queues + made.cq_off.tail);
	ring->sqMask = *(uint32_t *)(queues + made.sq_off.ring_mask);
	ring->cqMask = *(uint32_t *)(queues + made.cq_off.ring_mask);
	ring->cqes = (void *)(queues + made.cq_off.cqes);
	uint32_t *order = (void *)(queues + made.sq_off.array);
	for (uint32_t i = 0; i < made.sq_entries; i++)
		order[i] = i;
	ring->fd = fd;
	return ring;
}

/* Byte 0 of pinned pages through the device, from or to the scratch pipe, one after the other. */
static int transfer(int slot, int opcode, const long *pages, int nr)
{
	struct ring *ring = ringOf(slot);
	uint32_t tail = atomic_load(ring->sqTail);
	for (int i = 0; i < nr; i++) {
		struct io_uring_sqe *sqe = &ring->sqes[(tail + (uint32_t)i) & ring->sqMask];
		memset(sqe, 0, sizeof *sqe);
		sqe->opcode = (uint8_t)opcode;
		sqe->fd = opcode == IORING_OP_READ_FIXED ? scratch[0] : scratch[1];
		sqe->addr = address(pins[slot].r, pages[i]);
		sqe->len = 1;
		sqe->off = (uint64_t)-1;
	}
	atomic_store(ring->sqTail, tail + (uint32_t)nr);
	if (syscall(SYS_io_uring_enter, ring->fd, nr, nr, IORING_ENTER_GETEVENTS, NULL, 0) != nr)
		die("io_uring_enter");
	for (int i = 0; i < nr; i++) {
		uint32_t head = atomic_load(ring->cqHead);
		int res = ring->cqes[head & ring->cqMask].res;
		atomic_store(ring->cqHead, head + 1);
		if (res != 1) {
			errno = res < 0 ? -res : EIO;
			return -1;
		}
	}
	return 0;
}

static int deviceLoads(int slot, const long *pages, int nr, unsigned char *bytes)
{
	if (transfer(slot, IORING_OP_WRITE_FIXED, pages, nr) < 0)
		return -1;
	return read(scratch[0], bytes, (size_t)nr) == nr ? 0 : -1;
}

static int deviceStore(int slot, long page, int value)
{
	unsigned char byte = (unsigned char)value;
	return write(scratch[1], &byte, 1) == 1 ? transfer(slot, IORING_OP_READ_FIXED, &page, 1) : -1;
}

static int pinHolds(int slot, long page)
{
	return pins[slot].held && page >= pins[slot].start && page < pins[slot].start + pins[slot].nr;
}

static void unpin(int slot)
{
	pins[slot].held = 0;
	/* Closing the ring would unpin some time later. */
	if (syscall(SYS_io_uring_register, rings[slot].fd, IORING_UNREGISTER_BUFFERS, NULL, 0) < 0)
		die("IORING_UNREGISTER_BUFFERS");
}

static void dropPipe(int slot)
{
	pipes[slot].held = 0;
	close(pipes[slot].in);
	close(pipes[slot].out);
}

static int memfdOf(int r)
{
	if (memfds[r] >= 0)
		return memfds[r];
	int fd = memfd_create("region", MFD_CLOEXEC);
	if (fd < 0)
		die("memfd_create");
	for (int page = 0; page < MEMFD_PAGES; page++) {
		unsigned char byte = (unsigned char)(MEMFD_BASE + page);
		if (pwrite(fd, &byte, 1, (off_t)page * PAGE) != 1)
			die("pwrite to a memfd");
	}
	if (ftruncate(fd, MEMFD_PAGES * PAGE) < 0)
		die("ftruncate of a memfd");
	return memfds[r] = fd;
}

/* ---- the controller: steps ---- */

static const char *failure; /* why the program cannot go on */

/* 0, or -1 when the target does not answer. */
static int ask(int p)
{
	struct mailbox *box = &shared->box[p];
	uint32_t before = atomic_load(&box->answered);
	atomic_store(&box->asked, before + 1);
	futexWake(&box->asked);
	for (int tries = 0; atomic_load(&box->answered) == before; tries++) {
		if (tries == STEP_SECONDS || (tries > 0 && waitpid(tasks[p].pid, NULL, WNOHANG) != 0)) {
			failure = tries == STEP_SECONDS ? "a process does not answer" : "a process has died";
			return -1;
		}
		futexWait(&box->answered, before, 1);
	}
	return 0;
}

static void started(int p, int pid)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/pagemap", pid);
	tasks[p].pid = pid;
	tasks[p].pagemap = open(path, O_RDONLY | O_CLOEXEC);
	if (tasks[p].pagemap < 0)
		die(path);
}

/* Its mm is gone when wait() returns: exit_mm() comes before exit_notify(). */
static void ended(int p)
{
	if (waitpid(tasks[p].pid, NULL, __WALL) < 0)
		failure = "a process cannot be waited for";
	close(tasks[p].pagemap);
	tasks[p].pid = 0;
}

struct outcome { long ret; int err; };
static const struct outcome DONE = { 0, 0 };

static struct outcome failed(int err)
{
	return (struct outcome){ -1, err };
}

/* A step that the process takes itself. */
static struct outcome inTarget(const struct step *step)
{
	struct mailbox *box = &shared->box[step->p];
	box->step = *step;
	box->fd = -1;
	int ends[2];
	switch (step->op) {
	case OP_MMAP:
		if (step->arg == FILE_PRIVATE || step->arg == FILE_SHARED || step->arg == FILE_READONLY)
			box->fd = memfdOf(step->r);
		break;
	case OP_MREMAP: box->oldLength = regionNr[step->r] * PAGE; break;
	case OP_PIN: box->fd = ringOf(step->slot)->fd; break;
	case OP_FORK: atomic_store(&shared->box[step->child].asked, atomic_load(&shared->box[step->child].answered)); break;
	case OP_VMSPLICE:
		if (pipe2(ends, O_CLOEXEC) < 0)
			die("pipe2");
		box->fd = ends[1];
		break;
	default: break;
	}
	if (ask(step->p) < 0)
		return failed(EIO);
	struct outcome outcome = { box->ret, box->err };
	switch (step->op) {
	case OP_MMAP:
	case OP_MREMAP:
		if (outcome.ret == 0)
			regionNr[step->r] = step->nr;
		break;
	case OP_FORK:
		if (outcome.ret > 0) {
			started(step->child, (int)outcome.ret);
			outcome.ret = step->child;
		}
		break;
	case OP_PIN:
		if (outcome.ret == 0) {
			pins[step->slot].held = 1;
			pins[step->slot].r = step->r;
			pins[step->slot].start = step->page;
			pins[step->slot].nr = step->nr;
		}
		break;
	case OP_VMSPLICE:
		pipes[step->slot].out = ends[0];
		pipes[step->slot].in = ends[1];
		pipes[step->slot].nr = outcome.ret / PAGE;
		if (outcome.ret > 0) {
			pipes[step->slot].held = 1;
		} else {
			dropPipe(step->slot);
		}
		break;
	default: break;
	}
	return outcome;
}

static struct outcome exitTarget(int p)
{
	struct mailbox *box = &shared->box[p];
	box->step.op = OP_EXIT;
	atomic_store(&box->asked, atomic_load(&box->answered) + 1);
	futexWake(&box->asked);
	ended(p);
	return DONE;
}

static struct outcome remote(const struct step *step)
{
	unsigned char byte = (unsigned char)step->value;
	struct iovec here = { &byte, 1 }, there = { (void *)address(step->r, step->page), 1 };
	int reads = step->op == OP_PVREAD;
	long moved = syscall(reads ? SYS_process_vm_readv : SYS_process_vm_writev, tasks[step->p].pid, &here, 1, &there, 1, 0);
	if (moved < 0)
		return failed(errno);
	return (struct outcome){ reads ? byte : 0, 0 };
}

static struct outcome takeStep(const struct step *step)
{
	unsigned char byte;
	switch (step->op) {
	case OP_UNPIN:
		if (!pins[step->slot].held)
			return failed(ENXIO);
		unpin(step->slot);
		return DONE;
	case OP_VDROP:
		if (pipes[step->slot].held)
			dropPipe(step->slot);
		return DONE;
	case OP_DEVWRITE:
		if (!pinHolds(step->slot, step->page))
			return failed(ENXIO);
		return deviceStore(step->slot, step->page, step->value) < 0 ? failed(errno) : DONE;
	case OP_DEVREAD:
		if (!pinHolds(step->slot, step->page))
			return failed(ENXIO);
		return deviceLoads(step->slot, &step->page, 1, &byte) < 0 ? failed(errno) : (struct outcome){ byte, 0 };
	default: break;
	}
	if (!tasks[step->p].pid || (step->op == OP_FORK && tasks[step->child].pid))
		return failed(ESRCH);
	/* One holder a slot: the program says nothing about the one before. */
	if ((step->op == OP_PIN && pins[step->slot].held) || (step->op == OP_VMSPLICE && pipes[step->slot].held))
		return failed(EBUSY);
	switch (step->op) {
	case OP_EXIT: return exitTarget(step->p);
	case OP_PVREAD:
	case OP_PVWRITE: return remote(step);
	default: return inTarget(step);
	}
}

/* References that per-CPU batches hold on pages would decide between reuse and copy. madvise_collapse() begins with
 * lru_add_drain_all(), and where a huge page is mapped already it then finds nothing to do. */
static char *drainArea;

static void drainBatches(void)
{
	if (madvise(drainArea, HUGE, MADV_COLLAPSE) < 0)
		die("MADV_COLLAPSE, by which per-CPU batches are drained");
}

/* ---- the controller: observations ---- */

static char *line;
static size_t lineLength, lineRoom;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	if (lineRoom - lineLength < 4096 && !(line = realloc(line, lineRoom += 1 << 20)))
		die("realloc");
	va_list list;
	va_start(list, format);
	lineLength += (size_t)vsnprintf(line + lineLength, 4096, format, list);
	va_end(list);
}

static uint64_t wordAt(int fd, uint64_t index, const char *what)
{
	uint64_t word = 0;
	ssize_t length = pread(fd, &word, sizeof word, (off_t)(index * sizeof word));
	if (length != sizeof word) {
		/* Of a pagemap: its process has no mm any more. */
		errno = length < 0 ? errno : ESRCH;
		die(what);
	}
	return word;
}

/* @kernel include/uapi/linux/kernel-page-flags.h, Documentation/admin-guide/mm/pagemap.rst */
enum { PM_SOFT_DIRTY = 55, PM_EXCLUSIVE = 56, PM_FILE = 61, PM_PRESENT = 63 };
static const uint64_t PM_PFN = (1ull << 55) - 1;
/* E: PG_anon_exclusive is PG_mappedtodisk, later PG_owner_2, of an anonymous page, and has no bit of its own here. */
static const struct { int bit; char letter; } LETTERS[] = { { 12, 'A' }, { 34, 'E' }, { 22, 'T' }, { 17, 'H' }, { 15, 'h' }, { 16, 't' }, { 24, 'Z' }, { 21, 'K' } };

static void sayPage(uint64_t entry, int value)
{
	uint64_t pfn = entry & PM_PFN;
	uint64_t flags = wordAt(kpageflags, pfn, "/proc/kpageflags");
	char letters[16];
	int nr = 0;
	if (entry >> PM_EXCLUSIVE & 1)
		letters[nr++] = 'x';
	if (entry >> PM_FILE & 1)
		letters[nr++] = 'f';
	if (entry >> PM_SOFT_DIRTY & 1)
		letters[nr++] = 's';
	for (size_t i = 0; i < sizeof LETTERS / sizeof *LETTERS; i++)
		if (flags >> LETTERS[i].bit & 1 && (LETTERS[i].letter != 'E' || flags >> 12 & 1))
			letters[nr++] = LETTERS[i].letter;
	say("[%llu,", (unsigned long long)pfn);
	if (value < 0)
		say("null");
	else
		say("%d", value);
	say(",%llu,\"%.*s\"]", (unsigned long long)wordAt(kpagecount, pfn, "/proc/kpagecount"), nr, letters);
}

/* Only pages that are present are loaded, so nothing faults in; a signal says that the mapping cannot be read. */
static void sayTask(int p)
{
	struct mailbox *box = &shared->box[p];
	uint64_t entries[NR_REGIONS][NR_WATCHED];
	box->step.op = OP_LOADS;
	box->nrLoads = 0;
	for (int r = 0; r < NR_REGIONS; r++) {
		for (int i = 0; i < program.watch[r].nr; i++) {
			uint64_t addr = address(r, program.watch[r].page[i]);
			entries[r][i] = wordAt(tasks[p].pagemap, addr / PAGE, "pagemap");
			if (entries[r][i] >> PM_PRESENT & 1)
				box->addr[box->nrLoads++] = addr;
		}
	}
	if (box->nrLoads > 0 && ask(p) < 0)
		return;
	int at = 0, first = 1;
	for (int r = 0; r < NR_REGIONS; r++) {
		if (!program.watch[r].nr)
			continue;
		say("%s\"%d\":[", first ? "" : ",", r);
		first = 0;
		for (int i = 0; i < program.watch[r].nr; i++) {
			if (i)
				say(",");
			if (entries[r][i] >> PM_PRESENT & 1)
				sayPage(entries[r][i], box->loaded[at++]);
			else
				say("0");
		}
		say("]");
	}
}

static void sayDevices(void)
{
	const char *before = ",\"d\":{";
	for (int slot = 0; slot < NR_SLOTS; slot++) {
		if (!pins[slot].held)
			continue;
		long pages[NR_WATCHED];
		unsigned char bytes[NR_WATCHED];
		int nr = 0;
		for (int i = 0; i < program.watch[pins[slot].r].nr; i++)
			if (pinHolds(slot, program.watch[pins[slot].r].page[i]))
				pages[nr++] = program.watch[pins[slot].r].page[i];
		if (nr && deviceLoads(slot, pages, nr, bytes) < 0)
			failure = "a device cannot load";
		say("%s\"%d\":[", before, slot);
		for (int i = 0; i < nr; i++)
			say("%s[%ld,%d]", i ? "," : "", pages[i], bytes[i]);
		say("]");
		before = ",";
	}
	if (before[1])
		return;
	say("}");
}

/* tee() takes another reference on the pages for as long as this takes, and leaves the pipe as it was. */
static void sayPipes(void)
{
	static unsigned char seen[NR_SLOTS * PAGE];
	const char *before = ",\"v\":{";
	for (int slot = 0; slot < NR_SLOTS; slot++) {
		if (!pipes[slot].held)
			continue;
		long length = pipes[slot].nr * PAGE;
		if (tee(pipes[slot].out, scratch[1], (size_t)length, SPLICE_F_NONBLOCK) != length || read(scratch[0], seen, (size_t)length) != length)
			failure = "a pipe cannot be looked at";
		say("%s\"%d\":[", before, slot);
		for (long i = 0; i < pipes[slot].nr; i++)
			say("%s%d", i ? "," : "", seen[i * PAGE]);
		say("]");
		before = ",";
	}
	if (before[1])
		return;
	say("}");
}

static void sayState(void)
{
	int first = 1;
	say("\"o\":{");
	for (int p = 0; p < NR_TASKS; p++) {
		if (!tasks[p].pid)
			continue;
		say("%s\"%d\":{", first ? "" : ",", p);
		sayTask(p);
		say("}");
		first = 0;
	}
	say("}");
	sayDevices();
	sayPipes();
}

static const char *errName(int err)
{
	return err == -SIGSEGV ? "SIGSEGV" : err == -SIGBUS ? "SIGBUS" : strerrorname_np(err);
}

static void sayFinalLoads(void)
{
	int first = 1;
	say("\"f\":{");
	for (int p = 0; p < NR_TASKS && !failure; p++) {
		if (!tasks[p].pid)
			continue;
		struct mailbox *box = &shared->box[p];
		box->step.op = OP_LOADS;
		box->nrLoads = 0;
		for (int r = 0; r < NR_REGIONS; r++)
			for (int i = 0; i < program.watch[r].nr; i++)
				box->addr[box->nrLoads++] = address(r, program.watch[r].page[i]);
		if (ask(p) < 0)
			return;
		say("%s\"%d\":{", first ? "" : ",", p);
		first = 0;
		int at = 0;
		const char *before = "";
		for (int r = 0; r < NR_REGIONS; r++) {
			if (!program.watch[r].nr)
				continue;
			say("%s\"%d\":[", before, r);
			before = ",";
			for (int i = 0; i < program.watch[r].nr; i++, at++) {
				say("%s", i ? "," : "");
				if (box->loaded[at] < 0)
					say("null");
				else
					say("%d", box->loaded[at]);
			}
			say("]");
		}
		say("}");
	}
	say("},");
}

/* ---- the controller: a program ---- */

static void resizePool(int nr)
{
	static int now = POOL;
	char text[16];
	if (nr == now)
		return;
	snprintf(text, sizeof text, "%d", nr);
	if (setTo(NR_HUGEPAGES, text) < 0 || setting(NR_HUGEPAGES, text, sizeof text) < 0 || atoi(text) != nr)
		failure = "the hugetlb pool cannot be resized";
	now = nr;
}

static void prepare(void)
{
	failure = NULL;
	resizePool(program.pool);
	for (int r = 0; r < NR_REGIONS; r++) {
		memfds[r] = -1;
		regionNr[r] = 0;
	}
	/* Made before the first step, so that their pages are in no batch any more. */
	for (int i = 0; i < program.nrSteps; i++) {
		const struct step *step = &program.steps[i];
		if (step->op == OP_MMAP && (step->arg == FILE_PRIVATE || step->arg == FILE_SHARED || step->arg == FILE_READONLY))
			memfdOf(step->r);
		if (step->op == OP_PIN)
			ringOf(step->slot);
	}
	for (int p = 0; p < NR_TASKS; p++) {
		atomic_store(&shared->box[p].asked, 0);
		atomic_store(&shared->box[p].answered, 0);
	}
	long pid = forkTarget(0, 0);
	if (pid < 0)
		die("fork");
	started(0, (int)pid);
}

static void cleanUp(void)
{
	unsigned char rest[256];
	for (int p = 0; p < NR_TASKS; p++)
		if (tasks[p].pid)
			kill(tasks[p].pid, SIGKILL);
	for (int p = 0; p < NR_TASKS; p++)
		if (tasks[p].pid)
			ended(p);
	for (int slot = 0; slot < NR_SLOTS; slot++) {
		if (pins[slot].held)
			unpin(slot);
		if (pipes[slot].held)
			dropPipe(slot);
	}
	for (int r = 0; r < NR_REGIONS; r++)
		if (memfds[r] >= 0)
			close(memfds[r]);
	while (read(scratch[0], rest, sizeof rest) > 0)
		;
}

static void runProgram(void)
{
	lineLength = 0;
	prepare();
	say("{\"prog\":\"%s\",\"obs\":[", program.id);
	for (int i = 0; i < program.nrSteps && !failure; i++) {
		alarm(2 * STEP_SECONDS);
		drainBatches();
		struct outcome outcome = takeStep(&program.steps[i]);
		say("{\"i\":%d,\"ret\":%ld,", i, outcome.err ? -1 : outcome.ret);
		if (outcome.err)
			say("\"err\":\"%s\",", errName(outcome.err));
		sayState();
		say("},");
	}
	drainBatches();
	say("{\"i\":-1,");
	sayFinalLoads();
	sayState();
	say("}]}\n");
	cleanUp();
	if (failure) {
		lineLength = 0;
		say("{\"prog\":\"%s\",\"failure\":\"%s\"}\n", program.id, failure);
	}
	alarm(0);
	for (size_t told = 0; told < lineLength;) {
		ssize_t n = write(STDOUT_FILENO, line + told, lineLength - told);
		if (n < 0)
			_exit(0); /* nobody listens */
		told += (size_t)n;
	}
}

static void controller(void)
{
	struct utsname uts;
	uname(&uts);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	shared->controller = getpid();
	kpagecount = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	kpageflags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (kpagecount < 0 || kpageflags < 0)
		die("/proc/kpagecount and /proc/kpageflags");
	if (pipe2(scratch, O_CLOEXEC | O_NONBLOCK) < 0)
		die("pipe2");
	/* Two huge pages of room hold one that is aligned. */
	drainArea = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (drainArea == MAP_FAILED || madvise(drainArea, 2 * HUGE, MADV_HUGEPAGE) < 0)
		die("a mapping for MADV_COLLAPSE");
	drainArea += (HUGE - (uintptr_t)drainArea % HUGE) % HUGE;
	*drainArea = 1;
	madvise(drainArea, HUGE, MADV_DONTFORK);
	/* One CPU: handing over is cheap and there is one set of batches. */
	cpu_set_t allowed, one;
	CPU_ZERO(&one);
	sched_getaffinity(0, sizeof allowed, &allowed);
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && !CPU_COUNT(&one); cpu--)
		if (CPU_ISSET(cpu, &allowed))
			CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof one, &one);
	printf("{\"kernel\":\"%s\",\"machine\":\"%s\"}\n", uts.release, uts.machine);
	fflush(stdout);
	while (readProgram(stdin))
		runProgram();
	_exit(0);
}

/* ---- the supervisor ---- */

#define THP_DIR "/sys/kernel/mm/transparent_hugepage/"
static struct setting { const char *path, *value; char before[32]; } settings[] = {
	{ THP_DIR "enabled", "madvise", "" },
	{ THP_DIR "khugepaged/scan_sleep_millisecs", "4294967295", "" },
	{ NR_HUGEPAGES, "64", "" },
};
enum { NR_SETTINGS = sizeof settings / sizeof *settings };
static int nrSet;
static volatile sig_atomic_t stopped;

static void restore(void)
{
	while (nrSet > 0) {
		struct setting *one = &settings[--nrSet];
		if (setTo(one->path, one->before) < 0)
			fprintf(stderr, "agent: %s was %s and cannot be set back: %s\n", one->path, one->before, strerror(errno));
	}
}

static void onStop(int signal)
{
	stopped = signal;
}

int main(void)
{
	/* Whoever runs second waits: the settings, the hugetlb pool above all, are the machine's. */
	int lock = open(NR_HUGEPAGES, O_RDONLY | O_CLOEXEC);
	if (geteuid() != 0 || lock < 0 || flock(lock, LOCK_EX) < 0) {
		fprintf(stderr, "agent: page frames are root's to see; run it as root\n");
		return 1;
	}
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	/* Orphaned targets come here, so that none is left when this ends. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	struct sigaction stop = { .sa_handler = onStop };
	int signals[] = { SIGINT, SIGTERM, SIGHUP };
	for (int i = 0; i < 3; i++)
		sigaction(signals[i], &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	int status = 1;
	for (; nrSet < NR_SETTINGS && !stopped; nrSet++) {
		struct setting *one = &settings[nrSet];
		if (setting(one->path, one->before, sizeof one->before) < 0 || setTo(one->path, one->value) < 0) {
			fprintf(stderr, "agent: %s cannot be set to %s: %s\n", one->path, one->value, strerror(errno));
			restore();
			return 1;
		}
	}
	pid_t child = stopped ? -1 : fork();
	if (child == 0) {
		for (int i = 0; i < 3; i++)
			signal(signals[i], SIG_DFL);
		controller();
	}
	while (child > 0) {
		struct timespec moment = { .tv_nsec = 20000000 };
		int how;
		if (stopped)
			kill(child, SIGKILL);
		pid_t gone = waitpid(child, &how, stopped ? 0 : WNOHANG);
		if (gone == child) {
			status = WIFEXITED(how) ? WEXITSTATUS(how) : 1;
			if (WIFSIGNALED(how) && !stopped)
				fprintf(stderr, "agent: the controller was ended by signal %d\n", WTERMSIG(how));
			break;
		}
		nanosleep(&moment, NULL);
	}
	/* The controller's end ends them. */
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
	restore();
	if (stopped) {
		signal(stopped, SIG_DFL);
		raise(stopped);
	}
	return status;
}
