// SPDX-License-Identifier: MIT
/*
 * A device, not a file: onto a file kernels swap no THP as a whole. The device clears itself when its last user is gone, and the
 * file, which has no name, goes with it; so swapoff() is all that there is to undo.
 */
#include "layout.h"
#include "swap-area.h"
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/swap.h>

enum { TRIES = 8 };
/* Programs never come to the half of it, from which on kernels free what they need not keep. */
#define AREA (1l << 30)
/* Before any other that the machine may have. */
#define PRIORITY 32767

/* As mkswap makes it: version 1, the number of the last page, and at the end of the first page the name of the format. */
static int writeHeader(int fd)
{
	static char page[PAGE];
	uint32_t words[] = { 1, AREA / PAGE - 1 };
	memcpy(page + 1024, words, sizeof words);
	memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
	return ftruncate(fd, AREA) < 0 || pwrite(fd, page, PAGE, 0) != PAGE ? -1 : 0;
}

static int areaFile(void)
{
	static const char *const folders[] = { "/var/tmp", "/tmp" };
	int fd = -1;
	for (int i = 0; fd < 0 && i < 2; i++)
		fd = open(folders[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 && writeHeader(fd) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int makeSwapArea(char *device, size_t room)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), file = control < 0 ? -1 : areaFile(), found = -1;
	/* Others may take the device that was free a moment ago. */
	for (int tries = 0; file >= 0 && found < 0 && tries < TRIES; tries++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE);
		struct loop_config config = { .fd = (uint32_t)file, .info = { .lo_flags = LO_FLAGS_AUTOCLEAR } };
		snprintf(device, room, "/dev/loop%d", number);
		found = number < 0 ? -1 : open(device, O_RDWR | O_CLOEXEC);
		if (found >= 0 && ioctl(found, LOOP_CONFIGURE, &config) < 0) {
			close(found);
			found = -1;
		}
	}
	if (file >= 0)
		close(file);
	if (control >= 0)
		close(control);
	return found;
}

int startSwapping(const char *device)
{
	return swapon(device, SWAP_FLAG_PREFER | PRIORITY);
}

int endSwapping(const char *device)
{
	return swapoff(device) < 0 && errno != EINVAL ? -1 : 0;
}
