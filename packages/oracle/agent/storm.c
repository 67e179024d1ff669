// SPDX-License-Identifier: MIT
/*
 * How many children of a threaded fork() get a torn snapshot. One thread stores a rising counter to the first word of
 * every page of a range, in order, round after round; the main thread forks, and every child looks at what it got.
 *
 * At every moment of the parent's life the counters read n n n ... n-1 n-1: never rising, and never more than one
 * apart. A child that sees anything else has a state of memory that its parent never had.
 *
 *   storm KIND NR START COUNT CHILDREN SECONDS [PINSTART PINCOUNT]...
 *
 * maps NR pages of KIND (anon, thp, huge), pins the given ranges through io_uring, and writes pages START to
 * START+COUNT-1. One line of JSON goes to stdout: the counts, and the first torn child's counters; or what is missing.
 * Needs no root. Changes no setting.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	HUGE = 2 << 20,
	NR_PINS = 16,
	ROUNDS_BETWEEN = 2, /* of the writer, from one fork to the next: its TLB holds the whole range again */
	TORN = 1,           /* exit codes of a child */
};

static char *memory;
static long start, count;
/* Shared with the children; the storm's own pages are private. */
static struct shared {
	_Atomic uint64_t rounds; /* of the writer */
	_Atomic int stop;
	uint64_t seen[];         /* by the first torn child */
} *shared;

static volatile uint64_t *word(long page)
{
	return (volatile uint64_t *)(memory + (start + page) * PAGE);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Something that the machine lacks: an answer, not a failure. */
static void missing(const char *what, const char *why)
{
	printf("{\"missing\":\"%s: %s\"}\n", what, why);
	fflush(stdout);
	_exit(0);
}

static void bind(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof set, &set);
}

/* Two CPUs of those that this process may use. */
static void twoCpus(int cpu[2])
{
	cpu_set_t set;
	int found = 0;
	if (sched_getaffinity(0, sizeof set, &set) == 0)
		for (int at = 0; at < CPU_SETSIZE && found < 2; at++)
			if (CPU_ISSET(at, &set))
				cpu[found++] = at;
	if (found < 2)
		missing("a second CPU", "the writer must run while fork() does");
}

/* No atomics, no fences: plain stores become visible in program order on x86. */
static void *writer(void *cpu)
{
	bind(*(int *)cpu);
	for (uint64_t n = 1; !atomic_load_explicit(&shared->stop, memory_order_relaxed); n++) {
		for (long page = 0; page < count; page++)
			*word(page) = n;
		atomic_store_explicit(&shared->rounds, n, memory_order_relaxed);
	}
	return NULL;
}

/* In the child. What it reads does not change any more: the copies and the frozen frames are its own. */
static int look(uint64_t *seen)
{
	int torn = 0;
	for (long page = 0; page < count; page++) {
		seen[page] = *word(page);
		torn |= page > 0 && seen[page] > seen[page - 1];
	}
	return torn || seen[0] - seen[count - 1] > 1;
}

/* Of the mapping at `memory`, in KiB; -1 where the kernel does not say. */
static long anonHugeKiB(void)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	char line[512], begins[32];
	long found = -1;
	int ours = 0;
	snprintf(begins, sizeof begins, "%lx-", (unsigned long)memory);
	while (smaps && found < 0 && fgets(line, sizeof line, smaps)) {
		ours |= strncmp(line, begins, strlen(begins)) == 0;
		if (ours)
			sscanf(line, "AnonHugePages: %ld kB", &found);
	}
	if (smaps)
		fclose(smaps);
	return found;
}

static void map(const char *kind, long nr)
{
	size_t length = (size_t)nr * PAGE;
	int huge = strcmp(kind, "huge") == 0;
	/* Room to align a THP in. */
	char *room = mmap(NULL, length + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		missing("memory", strerror(errno));
	char *aligned = (char *)(((uintptr_t)room + HUGE - 1) & ~(uintptr_t)(HUGE - 1));
	memory = mmap(aligned, length, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | (huge ? MAP_HUGETLB : 0), -1, 0);
	if (memory == MAP_FAILED)
		missing(huge ? "hugetlb pages" : "memory", strerror(errno));
	if (!huge)
		madvise(memory, length, strcmp(kind, "thp") == 0 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	for (long page = 0; page < nr; page++)
		memory[page * PAGE] = 0;
	if (strcmp(kind, "thp") == 0 && anonHugeKiB() != nr * (PAGE / 1024))
		missing("a THP", "the kernel gave small pages (see /sys/kernel/mm/transparent_hugepage/enabled)");
}

static void pin(long from, long nr)
{
	struct io_uring_params made = { 0 };
	int fd = (int)syscall(SYS_io_uring_setup, 1, &made);
	if (fd < 0)
		missing("io_uring", strerror(errno));
	struct iovec range = { memory + from * PAGE, (size_t)nr * PAGE };
	if (syscall(SYS_io_uring_register, fd, IORING_REGISTER_BUFFERS, &range, 1) < 0)
		missing("a registered buffer", strerror(errno));
}

/* The child's answer. */
static int childTorn(uint64_t *seen)
{
	pid_t child = fork();
	if (child < 0)
		missing("fork", strerror(errno));
	if (child == 0)
		_exit(look(seen) ? TORN : 0);
	int status;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			missing("waitpid", strerror(errno));
	if (!WIFEXITED(status))
		missing("a child that ends well", strsignal(WTERMSIG(status)));
	return WEXITSTATUS(status) == TORN;
}

int main(int argc, char **argv)
{
	if (argc < 7 || argc % 2 == 0 || argc > 7 + 2 * NR_PINS) {
		fprintf(stderr, "storm: usage: storm KIND NR START COUNT CHILDREN SECONDS [PINSTART PINCOUNT]...\n");
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	long nr = atol(argv[2]), children = atol(argv[5]);
	double limit = atof(argv[6]);
	start = atol(argv[3]);
	count = atol(argv[4]);
	int cpu[2];
	twoCpus(cpu);
	/* One area to look into while nothing is torn yet, one for the first torn child. */
	size_t area = sizeof *shared + (size_t)count * sizeof(uint64_t);
	shared = mmap(NULL, area, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t *first = calloc((size_t)count, sizeof *first);
	if (shared == MAP_FAILED || first == NULL)
		missing("memory", strerror(errno));
	map(argv[1], nr);
	for (int at = 7; at < argc; at += 2)
		pin(atol(argv[at]), atol(argv[at + 1]));

	bind(cpu[0]);
	pthread_t thread;
	if (pthread_create(&thread, NULL, writer, &cpu[1]) != 0)
		missing("a second thread", strerror(errno));
	/* Whatever the kernel does, this ends. */
	alarm((unsigned)limit + 10);
	long made = 0, torn = 0;
	double begun = seconds();
	for (; made < children && seconds() - begun < limit; made++) {
		uint64_t rounds = atomic_load(&shared->rounds);
		while (atomic_load(&shared->rounds) < rounds + ROUNDS_BETWEEN)
			if (seconds() - begun > limit)
				break;
		if (!childTorn(shared->seen))
			continue;
		if (torn++ == 0)
			memcpy(first, shared->seen, (size_t)count * sizeof *first);
	}
	double took = seconds() - begun;
	atomic_store(&shared->stop, 1);
	pthread_join(thread, NULL);

	struct utsname name;
	uname(&name);
	printf("{\"kernel\":\"%s\",\"children\":%ld,\"torn\":%ld,\"rounds\":%llu,\"seconds\":%.2f,\"first\":[", name.release, made, torn,
	       (unsigned long long)atomic_load(&shared->rounds), took);
	for (long page = 0; torn > 0 && page < count; page++)
		printf("%s%llu", page ? "," : "", (unsigned long long)first[page]);
	printf("]}\n");
	return 0;
}
