/*
 * What fork() and what follows it cost on this machine. `costs KIND PAGES REPEATS` prints the nanoseconds of each repeat
 * on a line of its own, or one line that begins with "missing: ". Each repeat maps its memory anew; children only wait
 * or leave.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define HUGE (2UL << 20)

extern char **environ;

static void missing(const char *what)
{
	printf("missing: %s: %s\n", what, strerror(errno));
	exit(0);
}

static long long now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static void touch(volatile char *memory, size_t nr, char value)
{
	for (size_t page = 0; page < nr; page++)
		memory[page * PAGE] = value;
}

/* Aligned for huge pages; with `huge` they are asked for, else forbidden, so that all entries are of 4 KiB. */
static char *mapped(size_t nr, int huge, char **whole, size_t *length)
{
	*length = nr * PAGE + HUGE;
	*whole = mmap(NULL, *length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (*whole == MAP_FAILED)
		missing("memory");
	char *memory = (char *)(((unsigned long)*whole + HUGE - 1) & ~(HUGE - 1));

	if (madvise(memory, nr * PAGE, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) && huge)
		missing("transparent huge pages");
	return memory;
}

/* Held as a driver would hold it: registered with an io_uring, 1 GiB a buffer at most. */
static int pinned(char *memory, size_t bytes)
{
	struct io_uring_params params = { 0 };
	struct iovec parts[64];
	unsigned nr = 0;
	int ring = syscall(SYS_io_uring_setup, 4, &params);

	if (ring < 0)
		missing("io_uring");
	for (size_t at = 0; at < bytes && nr < 64; at += 1UL << 30, nr++) {
		parts[nr].iov_base = memory + at;
		parts[nr].iov_len = bytes - at < 1UL << 30 ? bytes - at : 1UL << 30;
	}
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, parts, nr) < 0)
		missing("memory to register (ulimit -l)");
	return ring;
}

/* The child lives until it is killed: the pages stay shared. */
static pid_t waiting_child(void)
{
	pid_t child = fork();

	if (child < 0)
		missing("fork()");
	if (child == 0)
		for (;;)
			pause();
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static long long forked(void)
{
	long long before = now();
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	long long after = now();

	if (child < 0)
		missing("fork()");
	waitpid(child, NULL, 0);
	return after - before;
}

static long long spawned(void)
{
	char *argv[] = { "/proc/self/exe", "nothing", NULL };
	pid_t child;
	long long before = now();
	int error = posix_spawn(&child, argv[0], NULL, NULL, argv, environ);
	long long after = now();

	if (error != 0) {
		errno = error;
		missing("posix_spawn()");
	}
	waitpid(child, NULL, 0);
	return after - before;
}

static long long stored(char *memory, size_t nr)
{
	long long before = now();

	touch(memory, nr, 2);
	return now() - before;
}

static long long once(const char *kind, size_t nr)
{
	int huge = strcmp(kind, "thp") == 0, ring = -1;
	char *whole;
	size_t length;
	char *memory = mapped(nr, huge, &whole, &length);
	long long took;

	if (strcmp(kind, "touch") == 0) {
		took = stored(memory, nr);
		munmap(whole, length);
		return took;
	}
	touch(memory, nr, 1);
	if (strcmp(kind, "pinned") == 0)
		ring = pinned(memory, nr * PAGE);
	if (strcmp(kind, "dontfork") == 0 && madvise(memory, nr * PAGE, MADV_DONTFORK))
		missing("MADV_DONTFORK");
	if (strcmp(kind, "copy") == 0) {
		pid_t child = waiting_child();

		took = stored(memory, nr);
		end(child);
	} else if (strcmp(kind, "reuse") == 0) {
		end(waiting_child());
		took = stored(memory, nr);
	} else {
		took = strcmp(kind, "spawn") == 0 ? spawned() : forked();
	}
	if (ring >= 0)
		close(ring);
	munmap(whole, length);
	return took;
}

/* Random stores for a while after fork(): how long fork() took, and how many pages they copied. */
static void snapshot(size_t nr, double rate, double seconds, unsigned long long seed)
{
	char *whole;
	size_t length;
	char *memory = mapped(nr, 0, &whole, &length);
	struct rusage before, after;
	long long took, began, done = 0;
	pid_t child;

	touch(memory, nr, 1);
	began = now();
	child = waiting_child();
	took = now() - began;
	getrusage(RUSAGE_SELF, &before);
	began = now();
	for (;;) {
		double gone = (now() - began) / 1e9;

		if (gone >= seconds)
			break;
		for (; done < rate * gone; done++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			((volatile char *)memory)[(seed >> 33) % nr * PAGE]++;
		}
		usleep(200);
	}
	getrusage(RUSAGE_SELF, &after);
	printf("%lld %ld %lld\n", took, after.ru_minflt - before.ru_minflt, done);
	end(child);
	munmap(whole, length);
}

int main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "snapshot") == 0) {
		snapshot(strtoul(argv[2], NULL, 10), strtod(argv[3], NULL), strtod(argv[4], NULL), strtoull(argv[5], NULL, 10));
		return 0;
	}
	if (argc != 4)
		return argc == 1 ? 0 : 2;
	for (long repeat = strtol(argv[3], NULL, 10); repeat > 0; repeat--) {
		printf("%lld\n", once(argv[1], strtoul(argv[2], NULL, 10)));
		fflush(stdout);
	}
	return 0;
}
