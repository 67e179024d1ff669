// SPDX-License-Identifier: MIT
/* What this kernel lets this user do: tried out once, before the first program, rather than concluded from ids. */
#include "shared.h"
#include "can.h"
#include "device.h"
#include "ksm.h"
#include "machine-settings.h"
#include "uffd.h"
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>

enum { CAP_IPC_LOCK = 14 };

struct can can;
static char *drainArea;

/* A line of a file of /proc that begins so; what follows, or NULL. */
static char *lineOf(const char *path, const char *start)
{
	static char line[256];
	FILE *file = fopen(path, "re");
	char *found = NULL;
	while (file && !found && fgets(line, sizeof line, file))
		if (!strncmp(line, start, strlen(start)))
			found = line + strlen(start);
	if (file)
		fclose(file);
	return found;
}

static uint64_t pagemapOf(const void *addr)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, &entry, sizeof entry, (off_t)((uintptr_t)addr / PAGE * sizeof entry)) != sizeof entry)
		entry = 0;
	if (fd >= 0)
		close(fd);
	return entry;
}

/* Against a limit on locked memory count mlock() and the pages that a device pins, unless one is above that. */
static long memlockLimit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_MEMLOCK, &limit);
	}
	const char *capabilities = lineOf("/proc/self/status", "CapEff:");
	int above = capabilities && strtoull(capabilities, NULL, 16) >> CAP_IPC_LOCK & 1;
	/* A capability of another user namespace than the first does not count. */
	long inside, outside, nr;
	const char *ids = lineOf("/proc/self/uid_map", "");
	if (!ids || sscanf(ids, "%ld %ld %ld", &inside, &outside, &nr) != 3 || inside != outside || nr < 4294967295)
		above = 0;
	return above || limit.rlim_max == RLIM_INFINITY ? -1 : (long)limit.rlim_max;
}

static int remoteErr(void)
{
	static char byte = 1;
	struct iovec here = { &byte, 1 }, there = { &byte, 1 };
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == shared->controller)
			pause();
		_exit(0);
	}
	if (child < 0)
		return errno;
	int err = syscall(SYS_process_vm_readv, child, &here, 1, &there, 1, 0) == 1 ? 0 : errno;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return err;
}

/* Some configurations let only a debugger do that, or nobody. */
static int canForce(void)
{
	char byte = 1, *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	int can = fd >= 0 && page != MAP_FAILED && pwrite(fd, &byte, 1, (off_t)(uintptr_t)page) == 1;
	if (fd >= 0)
		close(fd);
	if (page != MAP_FAILED)
		munmap(page, PAGE);
	return can;
}

static long freeHugePages(void)
{
	char free[32], reserved[32];
	if (setting("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", free, sizeof free) < 0 ||
	    setting("/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", reserved, sizeof reserved) < 0)
		return 0;
	return atol(free) - atol(reserved);
}

static int hasSwap(void)
{
	FILE *file = fopen("/proc/swaps", "re");
	char line[256];
	int nr = 0;
	while (file && fgets(line, sizeof line, file))
		nr++;
	if (file)
		fclose(file);
	return nr > 1;
}

/* Room for one huge page, aligned and with nothing mapped beside it. */
static char *hugeArea(void)
{
	char *room = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		die("mmap");
	size_t before = (HUGE - (uintptr_t)room % HUGE) % HUGE;
	if (before)
		munmap(room, before);
	munmap(room + before + HUGE, HUGE - before);
	madvise(room + before, HUGE, MADV_HUGEPAGE);
	return room + before;
}

enum seen { NOT_PRESENT, NOBODYS, OURS };

/*
 * The zero pages are nobody's. Who sees frames is told so. To every user the pagemap says that this mm alone maps a page,
 * which the zero page is not; of the huge one kernels that count no mappings of pages (CONFIG_NO_PAGE_MAPCOUNT) say it.
 */
static enum seen seenAt(const char *addr)
{
	uint64_t entry = pagemapOf(addr), flags = 0;
	if (!(entry >> 63 & 1))
		return NOT_PRESENT;
	if (!can.frames)
		return entry >> 56 & 1 ? OURS : NOBODYS;
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, &flags, sizeof flags, (off_t)((entry & ((1ull << 55) - 1)) * sizeof flags)) != sizeof flags)
		die("/proc/kpageflags");
	close(fd);
	return flags >> KPF_ZERO_PAGE & 1 ? NOBODYS : OURS;
}

/* Some machines forbid the zero page, to faults or altogether. */
static void tryZeroPage(void)
{
	char *small = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (small == MAP_FAILED)
		die("mmap");
	/* Where it merges with what lies beside it, a THP might be had. */
	madvise(small, PAGE, MADV_NOHUGEPAGE);
	(void)*(volatile char *)small;
	can.zeroPage = seenAt(small) != OURS;
	munmap(small, PAGE);

	can.hugeZeroPage = can.zeroPage;
	char *huge = hugeArea();
	(void)*(volatile char *)huge;
	/* Not mapped to its end: there is no THP to be had. */
	enum seen last = seenAt(huge + HUGE - PAGE);
	if (can.frames && last != NOT_PRESENT)
		can.hugeZeroPage = last == NOBODYS;
	munmap(huge, HUGE);

	char *split = hugeArea();
	split[PAGE] = 1;
	madvise(split, PAGE, MADV_FREE);
	can.splitZeroPage = seenAt(split + HUGE - PAGE) == NOBODYS;
	munmap(split, HUGE);
}

/* madvise_collapse() begins with lru_add_drain_all(), and where a huge page is mapped already it then finds nothing to do. */
static void makeDrain(void)
{
	drainArea = hugeArea();
	*drainArea = 1;
	madvise(drainArea, HUGE, MADV_DONTFORK);
	can.collapse = madvise(drainArea, HUGE, MADV_COLLAPSE) == 0;
}

/* Without MADV_COLLAPSE a page is freed, for which this CPU's batches are drained; everything here runs on one CPU. */
void drainBatches(void)
{
	if (can.collapse) {
		if (madvise(drainArea, HUGE, MADV_COLLAPSE) < 0)
			die("MADV_COLLAPSE, by which per-CPU batches are drained");
	} else {
		*drainArea = 1;
		madvise(drainArea, PAGE, MADV_DONTNEED);
	}
}

void probe(void)
{
	static char page[PAGE];
	page[0] = 1;
	uint64_t entry = pagemapOf(page);
	can.presence = entry >> 63 & 1;
	/* A mapping that nobody looked at yet is soft-dirty as a whole. */
	can.softDirty = entry >> 55 & 1;
	can.frames = can.presence && entry << 9 && access("/proc/kpagecount", R_OK) == 0 && access("/proc/kpageflags", R_OK) == 0;
	tryZeroPage();
	makeDrain();
	can.uring = ringOf(0) < 0 ? errno : 0;
	can.remote = remoteErr();
	can.force = canForce();
	int uffd = openUffd(ALONE);
	can.uffd = uffd < 0 ? errno : 0;
	if (uffd >= 0)
		close(uffd);
	can.swap = hasSwap();
	can.hugePages = freeHugePages();
	can.memlock = memlockLimit();
	if (setting("/sys/kernel/mm/transparent_hugepage/enabled", can.thp, sizeof can.thp) < 0)
		strcpy(can.thp, "absent");
}

void sayCan(FILE *out)
{
	struct utsname uts;
	uname(&uts);
	fprintf(out, "{\"kernel\":\"%s\",\"machine\":\"%s\",\"can\":{\"frames\":%s,\"presence\":%s,\"zeroPage\":%s,\"hugeZeroPage\":%s,\"splitZeroPage\":%s,\"drain\":\"%s\",\"uring\":\"%s\",\"remote\":\"%s\",",
		uts.release, uts.machine, can.frames ? "true" : "false", can.presence ? "true" : "false",
		can.zeroPage ? "true" : "false", can.hugeZeroPage ? "true" : "false", can.splitZeroPage ? "true" : "false", can.collapse ? "all" : "one",
		errName(can.uring), errName(can.remote));
	fprintf(out, "\"folios\":[");
	for (int i = 0, nr = 0; i < NR_FOLIO_SIZES; i++)
		if (isSet(SET_FOLIOS + i))
			fprintf(out, "%s\"%dk\"", nr++ ? "," : "", 16 << i);
	fprintf(out, "],\"thpIsSet\":%s,", isSet(SET_THP) ? "true" : "false");
	fprintf(out, "\"thp\":\"%s\",\"khugepagedSleeps\":%s,\"pool\":%s,\"hugePages\":%ld,\"swap\":%s,\"softDirty\":%s,\"uffd\":\"%s\",\"force\":%s,\"ksm\":%s,\"memlock\":%ld}}\n", can.thp,
		isSet(SET_KHUGEPAGED) ? "true" : "false", isSet(SET_POOL) ? "true" : "false", can.hugePages, can.swap ? "true" : "false", can.softDirty ? "true" : "false", errName(can.uffd),
		can.force ? "true" : "false", ksmIsOurs() ? "true" : "false", can.memlock);
	fflush(out);
}

/* C libraries differ in whether they have such a table. */
const char *errName(int err)
{
	static const struct { int err; const char *name; } NAMES[] = {
		{ 0, "ok" }, { -SIGSEGV, "SIGSEGV" }, { -SIGBUS, "SIGBUS" }, { EPERM, "EPERM" }, { ENOENT, "ENOENT" }, { ESRCH, "ESRCH" },
		{ EINTR, "EINTR" }, { EIO, "EIO" }, { ENXIO, "ENXIO" }, { E2BIG, "E2BIG" }, { EBADF, "EBADF" }, { EAGAIN, "EAGAIN" },
		{ ENOMEM, "ENOMEM" }, { EACCES, "EACCES" }, { EFAULT, "EFAULT" }, { EBUSY, "EBUSY" }, { EEXIST, "EEXIST" }, { ENODEV, "ENODEV" },
		{ EINVAL, "EINVAL" }, { ENFILE, "ENFILE" }, { EMFILE, "EMFILE" }, { ENOSPC, "ENOSPC" }, { ERANGE, "ERANGE" }, { ENOSYS, "ENOSYS" },
		{ EOVERFLOW, "EOVERFLOW" }, { EOPNOTSUPP, "EOPNOTSUPP" }, { EHWPOISON, "EHWPOISON" },
	};
	static char number[16];
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		if (NAMES[i].err == err)
			return NAMES[i].name;
	snprintf(number, sizeof number, "E%d", err);
	return number;
}
