// SPDX-License-Identifier: MIT
/* The processes of a program: each does in its own mm what the controller asks it, and nothing else. */
#include "shared.h"
#include "target.h"
#include "uffd.h"
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* One target acts at a time, so those that share an mm may share this. */
static sigjmp_buf fault;
/* A stack of its own for every thread; not shared memory, since a child of a thread must get a copy. */
static char stacks[NR_TASKS][16 * PAGE] __attribute__((aligned(64)));
/* After execve() the file table is no longer the controller's. */
static int ownFiles;

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

__attribute__((noreturn)) static void target(int p);

static int threadTarget(void *p)
{
	target((int)(intptr_t)p);
}

long forkTarget(int child, unsigned long flags)
{
	/* A thread of a process: the same mm, everything else of its own. */
	if (flags & CLONE_VM)
		return clone(threadTarget, stacks[child] + sizeof stacks[child], (int)flags | CLONE_FILES | SIGCHLD, (void *)(intptr_t)child);
	long pid = syscall(SYS_clone, flags | CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		target(child);
	return pid;
}

/* Returns only when it fails; the new image answers for it. */
static long execSelf(int p)
{
	char fd[16], number[16];
	snprintf(fd, sizeof fd, "%d", sharedFd);
	snprintf(number, sizeof number, "%d", p);
	char *words[] = { "agent", "--target", fd, number, NULL };
	/* The table becomes this process's own in execve(), so this does not reach the others' for long. */
	fcntl(sharedFd, F_SETFD, 0);
	execve("/proc/self/exe", words, (char *[]){ NULL });
	return -1;
}

static int fileOf(const struct mailbox *box)
{
	if (!ownFiles || box->fd < 0)
		return box->fd;
	int controller = (int)syscall(SYS_pidfd_open, shared->controller, 0);
	int fd = (int)syscall(SYS_pidfd_getfd, controller, box->fd, 0);
	close(controller);
	return fd;
}

static long act(struct mailbox *box, int fd)
{
	const struct step *step = &box->step;
	char *addr = (char *)address(step->r, step->page);
	size_t length = (size_t)step->nr * PAGE;
	struct iovec range = { addr, length };
	switch (step->op) {
	case OP_MMAP: return mapRegion(step, fd);
	case OP_MREMAP: return mremap((void *)address(step->r, 0), box->oldLength, length, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0;
	case OP_MOVE: return mremap(addr, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, address(step->to, step->toPage)) == MAP_FAILED ? -1 : 0;
	case OP_MUNMAP: return munmap(addr, length);
	case OP_MADVISE: return madvise(addr, length, step->arg);
	case OP_MPROTECT: return mprotect(addr, length, step->arg);
	case OP_MLOCK: return mlock(addr, length);
	case OP_MUNLOCK: return munlock(addr, length);
	case OP_SWAPOUT: return madvise(addr, length, MADV_PAGEOUT);
	case OP_FORK: return forkTarget(step->child, CLONE_PARENT);
	case OP_THREAD: return forkTarget(step->child, CLONE_PARENT | CLONE_VM);
	case OP_EXEC: return execSelf(step->p);
	case OP_PIN: return syscall(SYS_io_uring_register, fd, IORING_REGISTER_BUFFERS, &range, 1);
	case OP_VMSPLICE: return vmsplice(fd, &range, 1, SPLICE_F_NONBLOCK);
	case OP_UFFDOPEN:
		if (fd < 0)
			return box->newFd = openUffd((enum heirs)step->arg);
		errno = EEXIST;
		return -1;
	case OP_UFFD:
	case OP_UFFDPROTECT:
	case OP_UFFDUNPROTECT:
	case OP_UFFDCOPY:
	case OP_UFFDEND: return uffdStep(step, fd);
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
	default: {
		int fd = fileOf(box);
		box->ret = act(box, fd);
		if (box->ret < 0)
			box->err = errno;
		if (ownFiles && fd >= 0)
			close(fd);
	}
	}
}

static void answered(struct mailbox *box)
{
	atomic_store(&box->answered, atomic_load(&box->answered) + 1);
	futexWake(&box->answered);
}

static void target(int p)
{
	struct mailbox *box = &shared->box[p];
	struct sigaction caught = { .sa_handler = onFault, .sa_flags = SA_NODEFER };
	signal(SIGTERM, SIG_DFL);
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
		answered(box);
	}
}

int execedTarget(int fd, int p)
{
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p < 0 || p >= NR_TASKS || shared == MAP_FAILED)
		return 1;
	sharedFd = fd;
	ownFiles = 1;
	shared->box[p].ret = 0;
	shared->box[p].err = 0;
	answered(&shared->box[p]);
	target(p);
}
