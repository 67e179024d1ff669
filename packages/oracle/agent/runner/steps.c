// SPDX-License-Identifier: MIT
/* One step of a program: by the target it names, or by the controller itself where it is a device's or another process's. */
#include "shared.h"
#include "can.h"
#include "device.h"
#include "ksm.h"
#include "steps.h"
#include "target.h"
#include "uffd.h"
#include "writeback.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { MEMFD_PAGES = 16, MEMFD_BASE = 0x80 };

struct task tasks[NR_TASKS];
const char *failure;
static long regionNr[NR_REGIONS]; /* pages, as last mapped by anyone */
static int memfds[NR_REGIONS];    /* -1: not made yet */
/* Of each process the userfaultfd, -1: none; and whether fork() waits until somebody takes its event. */
static struct { int fd, forks; } uffds[NR_TASKS];
static const struct outcome DONE = { 0, 0 };

static struct outcome failed(int err)
{
	return (struct outcome){ -1, err };
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

int ask(int p)
{
	struct mailbox *box = &shared->box[p];
	uint32_t before = atomic_load(&box->answered);
	atomic_store(&box->asked, before + 1);
	futexWake(&box->asked);
	for (int tries = 0; atomic_load(&box->answered) == before; tries++) {
		if (tries == stepSeconds || (tries > 0 && waitpid(tasks[p].pid, NULL, WNOHANG) != 0)) {
			failure = tries == stepSeconds ? "a process does not answer" : "a process has died";
			return -1;
		}
		futexWait(&box->answered, before, 1);
	}
	return 0;
}

static void openPagemap(int p)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/pagemap", tasks[p].pid);
	tasks[p].pagemap = open(path, O_RDONLY | O_CLOEXEC);
	if (tasks[p].pagemap < 0 && can.presence)
		die(path);
}

static void started(int p, int pid)
{
	tasks[p].pid = pid;
	openPagemap(p);
}

/* Its mm is gone when wait() returns: exit_mm() comes before exit_notify(). */
static void ended(int p)
{
	if (waitpid(tasks[p].pid, NULL, __WALL) < 0)
		failure = "a process cannot be waited for";
	if (tasks[p].pagemap >= 0)
		close(tasks[p].pagemap);
	tasks[p].pid = 0;
}

/* What only it needs is in place before the target is asked. */
static int equip(const struct step *step, struct mailbox *box, int ends[2])
{
	switch (step->op) {
	case OP_MMAP:
		if (onMemfd(step))
			box->fd = memfdOf(step->r);
		return 0;
	case OP_MREMAP:
		box->oldLength = regionNr[step->r] * PAGE;
		return 0;
	case OP_SWAPOUT:
		noteFrames(step);
		return 0;
	case OP_PIN:
		return box->fd = ringOf(step->slot);
	case OP_UFFDOPEN:
	case OP_UFFD:
	case OP_UFFDPROTECT:
	case OP_UFFDUNPROTECT:
	case OP_UFFDCOPY:
	case OP_UFFDEND:
		box->fd = uffds[step->p].fd;
		return 0;
	case OP_FORK:
	case OP_THREAD:
		atomic_store(&shared->box[step->child].asked, atomic_load(&shared->box[step->child].answered));
		return 0;
	case OP_VMSPLICE:
		if (pipe2(ends, O_CLOEXEC) < 0)
			return -1;
		box->fd = ends[1];
		return 0;
	default:
		return 0;
	}
}

/* A step that the process takes itself. */
static struct outcome inTarget(const struct step *step)
{
	struct mailbox *box = &shared->box[step->p];
	box->step = *step;
	box->fd = -1;
	int ends[2];
	if (equip(step, box, ends) < 0) {
		failure = step->op == OP_PIN ? "there is no ring to be had" : "there is no pipe to be had";
		return failed(errno);
	}
	int reader = step->op == OP_FORK && uffds[step->p].fd >= 0 && uffds[step->p].forks ? beginFork(uffds[step->p].fd) : 0;
	int asked = ask(step->p);
	int childUffd = reader > 0 ? endFork(reader) : -1;
	if (asked < 0)
		return failed(EIO);
	struct outcome outcome = { box->ret, box->err };
	switch (step->op) {
	case OP_SWAPOUT:
		awaitWriteback();
		break;
	case OP_MMAP:
	case OP_MREMAP:
		if (outcome.ret == 0)
			regionNr[step->r] = step->nr;
		break;
	case OP_MOVE:
		if (outcome.ret == 0 && regionNr[step->to] < step->toPage + step->nr)
			regionNr[step->to] = step->toPage + step->nr;
		break;
	case OP_FORK:
	case OP_THREAD:
		if (outcome.ret > 0) {
			started(step->child, (int)outcome.ret);
			uffds[step->child].fd = step->op == OP_THREAD ? uffds[step->p].fd : childUffd;
			uffds[step->child].forks = uffds[step->p].forks;
			outcome.ret = step->child;
		}
		break;
	case OP_UFFDOPEN:
		if (outcome.ret >= 0)
			uffds[step->p].fd = box->newFd, uffds[step->p].forks = step->arg == FORKS;
		outcome.ret = 0;
		break;
	case OP_EXEC:
		uffds[step->p].fd = -1;
		/* The old one is of the mm that was left. */
		if (tasks[step->p].pagemap >= 0)
			close(tasks[step->p].pagemap);
		openPagemap(step->p);
		break;
	case OP_PIN:
		if (outcome.ret == 0)
			pins[step->slot] = (struct pin){ 1, step->r, step->page, step->nr };
		break;
	case OP_VMSPLICE:
		pipes[step->slot] = (struct pipe){ outcome.ret > 0, ends[1], ends[0], outcome.ret / PAGE };
		if (outcome.ret <= 0)
			dropPipe(step->slot);
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

/* By the controller, which may: the target is its child. */
static struct outcome forced(const struct step *step)
{
	char path[64];
	unsigned char byte = (unsigned char)step->value;
	off_t at = (off_t)address(step->r, step->page);
	snprintf(path, sizeof path, "/proc/%d/mem", tasks[step->p].pid);
	int reads = step->op == OP_MEMREAD, fd = open(path, (reads ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (fd < 0)
		return failed(errno);
	long moved = reads ? pread(fd, &byte, 1, at) : pwrite(fd, &byte, 1, at);
	int err = errno;
	close(fd);
	return moved < 0 ? failed(err) : (struct outcome){ reads ? byte : 0, 0 };
}

/* Of a target, as any observer would. */
static struct outcome clearRefs(int p)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/clear_refs", tasks[p].pid);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	struct outcome outcome = fd >= 0 && write(fd, "4", 1) == 1 ? DONE : failed(errno);
	if (fd >= 0)
		close(fd);
	return outcome;
}

struct outcome takeStep(const struct step *step)
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
	case OP_KSMD:
		ksmPasses();
		return DONE;
	default: break;
	}
	if (!tasks[step->p].pid || ((step->op == OP_FORK || step->op == OP_THREAD) && tasks[step->child].pid))
		return failed(ESRCH);
	/* One holder a slot: the program says nothing about the one before. */
	if ((step->op == OP_PIN && pins[step->slot].held) || (step->op == OP_VMSPLICE && pipes[step->slot].held))
		return failed(EBUSY);
	switch (step->op) {
	case OP_EXIT: return exitTarget(step->p);
	case OP_CLEARREFS: return clearRefs(step->p);
	case OP_PVREAD:
	case OP_PVWRITE: return remote(step);
	case OP_MEMREAD:
	case OP_MEMWRITE: return forced(step);
	default: return inTarget(step);
	}
}

void prepareTasks(void)
{
	for (int r = 0; r < NR_REGIONS; r++) {
		memfds[r] = -1;
		regionNr[r] = 0;
	}
	/* Made before the first step, so that their pages are in no batch any more. */
	for (int i = 0; i < program.nrSteps; i++) {
		const struct step *step = &program.steps[i];
		if (step->op == OP_MMAP && onMemfd(step))
			memfdOf(step->r);
		if (step->op == OP_PIN && ringOf(step->slot) < 0)
			failure = "there is no ring to be had";
	}
	for (int p = 0; p < NR_TASKS; p++) {
		uffds[p].fd = -1;
		atomic_store(&shared->box[p].asked, 0);
		atomic_store(&shared->box[p].answered, 0);
	}
	long pid = forkTarget(0, 0);
	if (pid < 0)
		die("fork");
	started(0, (int)pid);
}

void endTasks(void)
{
	for (int p = 0; p < NR_TASKS; p++)
		if (tasks[p].pid)
			kill(tasks[p].pid, SIGKILL);
	for (int p = 0; p < NR_TASKS; p++)
		if (tasks[p].pid)
			ended(p);
	for (int p = 0; p < NR_TASKS; p++)
		if (uffds[p].fd >= 0)
			close(uffds[p].fd);
	for (int slot = 0; slot < NR_SLOTS; slot++) {
		if (pins[slot].held)
			unpin(slot);
		if (pipes[slot].held)
			dropPipe(slot);
	}
	for (int r = 0; r < NR_REGIONS; r++)
		if (memfds[r] >= 0)
			close(memfds[r]);
	emptyScratch();
	ksmForget();
}
