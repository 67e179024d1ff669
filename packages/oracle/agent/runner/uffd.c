// SPDX-License-Identifier: MIT
/* userfaultfds: what would wait for a handler ends in SIGBUS, which is seen. */
#include "shared.h"
#include "uffd.h"
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { EVENT_TRIES = 200 };

int openUffd(enum heirs heirs)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_SIGBUS | UFFD_FEATURE_PAGEFAULT_FLAG_WP };
	if (heirs == FORKS)
		api.features |= UFFD_FEATURE_EVENT_FORK;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) == 0)
		return fd;
	int err = errno;
	close(fd);
	errno = err;
	return -1;
}

static long copyPage(int fd, uint64_t to, int value)
{
	static char page[PAGE] __attribute__((aligned(PAGE)));
	memset(page, value, sizeof page);
	struct uffdio_copy copy = { .dst = to, .src = (uintptr_t)page, .len = PAGE };
	return ioctl(fd, UFFDIO_COPY, &copy);
}

long uffdStep(const struct step *step, int fd)
{
	struct uffdio_range range = { address(step->r, step->page), (uint64_t)step->nr * PAGE };
	struct uffdio_register all = { .range = range, .mode = 0 };
	struct uffdio_writeprotect protect = { .range = range, .mode = 0 };
	if (fd < 0) {
		errno = ENXIO;
		return -1;
	}
	switch (step->op) {
	case OP_UFFD:
		all.mode = (step->arg == STORES ? 0 : UFFDIO_REGISTER_MODE_MISSING) | (step->arg == MISSING ? 0 : UFFDIO_REGISTER_MODE_WP);
		return ioctl(fd, UFFDIO_REGISTER, &all);
	case OP_UFFDPROTECT:
		protect.mode = UFFDIO_WRITEPROTECT_MODE_WP;
		return ioctl(fd, UFFDIO_WRITEPROTECT, &protect);
	case OP_UFFDUNPROTECT: return ioctl(fd, UFFDIO_WRITEPROTECT, &protect);
	case OP_UFFDCOPY: return copyPage(fd, address(step->r, step->page), step->value);
	default: return ioctl(fd, UFFDIO_UNREGISTER, &range);
	}
}

/* It shares the table of files, so that the child's userfaultfd becomes everybody's. */
int beginFork(int fd)
{
	shared->childUffd = -1;
	long pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid != 0)
		return (int)pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct uffd_msg event;
	if (read(fd, &event, sizeof event) == sizeof event && event.event == UFFD_EVENT_FORK)
		shared->childUffd = (int)event.arg.fork.ufd;
	_exit(0);
}

/* Without a mapping that is watched there is no event. */
int endFork(int reader)
{
	for (int tries = 0; tries < EVENT_TRIES; tries++) {
		if (waitpid(reader, NULL, WNOHANG) != 0)
			return shared->childUffd;
		usleep(1000);
	}
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	return shared->childUffd;
}
