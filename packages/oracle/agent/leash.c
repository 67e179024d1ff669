// SPDX-License-Identifier: MIT
/*
 * leash PARENT COMMAND...: runs a command that is killed when the process that started it dies, whatever it dies of.
 * The number of that process is told, since it may be gone before the kernel could be asked.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 3 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return 2;
	if (getppid() != atoi(argv[1]))
		return 1;
	execvp(argv[2], argv + 2);
	fprintf(stderr, "leash: %s: %s\n", argv[2], strerror(errno));
	return 127;
}
