/* fork() of NR touched anonymous pages on the kernel under us: nanoseconds per page, minimum and median of RUNS. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	size_t nr = argc > 1 ? strtoul(argv[1], NULL, 0) : 1 << 20;
	int runs = argc > 2 ? atoi(argv[2]) : 5;
	double *ns = calloc(runs, sizeof(*ns));
	char *memory = mmap(NULL, nr * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!ns || memory == MAP_FAILED)
		return 2;
	/* Small pages: what is compared is the work per PTE. */
	madvise(memory, nr * 4096, MADV_NOHUGEPAGE);
	for (int run = 0; run < runs; run++) {
		struct timespec from, to;
		pid_t child;

		/* Touched before each run, so that each fork() finds writable entries. */
		for (size_t i = 0; i < nr; i++)
			memory[i * 4096] = run + 1;
		clock_gettime(CLOCK_MONOTONIC, &from);
		child = fork();
		if (child == 0)
			_exit(0);
		clock_gettime(CLOCK_MONOTONIC, &to);
		if (child < 0)
			return 2;
		waitpid(child, NULL, 0);
		ns[run] = ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / nr;
	}
	qsort(ns, runs, sizeof(*ns), by_value);
	printf("%.2f %.2f\n", ns[0], ns[runs / 2]);
	return 0;
}
