// SPDX-License-Identifier: MIT
/*
 * Devices are io_uring rings with one registered buffer, FOLL_PIN|FOLL_LONGTERM|FOLL_WRITE, that load and store by WRITE_FIXED
 * and READ_FIXED. Pipes hold what vmsplice() took by FOLL_GET.
 */
#include "shared.h"
#include "device.h"
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/syscall.h>

enum { RING_ENTRIES = 8, PIPE_PAGES_MAX = 256 };

struct pin pins[NR_SLOTS];
struct pipe pipes[NR_SLOTS];
static int scratch[2]; /* the other end of every device, and where pipes are looked at */

/* A ring a slot, kept for good. What is registered with it belongs to the mm that called, not to the ring's maker. */
static struct ring {
	int fd;
	_Atomic uint32_t *sqTail, *cqHead, *cqTail;
	uint32_t sqMask, cqMask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
} rings[NR_SLOTS];

void makeScratch(void)
{
	if (pipe2(scratch, O_CLOEXEC | O_NONBLOCK) < 0)
		die("pipe2");
}

void emptyScratch(void)
{
	unsigned char rest[256];
	while (read(scratch[0], rest, sizeof rest) > 0)
		;
}

int ringOf(int slot)
{
	struct ring *ring = &rings[slot];
	if (ring->fd > 0)
		return ring->fd;
	struct io_uring_params made = { 0 };
	int fd = (int)syscall(SYS_io_uring_setup, RING_ENTRIES, &made);
	if (fd < 0)
		return -1;
	if (!(made.features & IORING_FEAT_SINGLE_MMAP)) {
		close(fd);
		errno = ENOSYS;
		return -1;
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
	return ring->fd = fd;
}

/* Byte 0 of pinned pages through the device, from or to the scratch pipe, one after the other. */
static int transfer(int slot, int opcode, const long *pages, int nr)
{
	struct ring *ring = &rings[slot];
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

int pinHolds(int slot, long page)
{
	return pins[slot].held && page >= pins[slot].start && page < pins[slot].start + pins[slot].nr;
}

int deviceLoads(int slot, const long *pages, int nr, unsigned char *bytes)
{
	if (transfer(slot, IORING_OP_WRITE_FIXED, pages, nr) < 0)
		return -1;
	return read(scratch[0], bytes, (size_t)nr) == nr ? 0 : -1;
}

int deviceStore(int slot, long page, int value)
{
	unsigned char byte = (unsigned char)value;
	return write(scratch[1], &byte, 1) == 1 ? transfer(slot, IORING_OP_READ_FIXED, &page, 1) : -1;
}

void unpin(int slot)
{
	pins[slot].held = 0;
	/* Closing the ring would unpin some time later. */
	if (syscall(SYS_io_uring_register, rings[slot].fd, IORING_UNREGISTER_BUFFERS, NULL, 0) < 0)
		die("IORING_UNREGISTER_BUFFERS");
}

/* tee() takes another reference on the pages for as long as this takes, and leaves the pipe as it was. */
int pipeLooks(int slot, unsigned char *bytes)
{
	static unsigned char seen[PIPE_PAGES_MAX * PAGE];
	/* Of a page alone its first byte is all that need be copied. */
	long length = pipes[slot].nr == 1 ? 1 : pipes[slot].nr * PAGE;
	if (length > (long)sizeof seen || tee(pipes[slot].out, scratch[1], (size_t)length, SPLICE_F_NONBLOCK) != length || read(scratch[0], seen, (size_t)length) != length)
		return -1;
	for (long i = 0; i < pipes[slot].nr; i++)
		bytes[i] = seen[i * PAGE];
	return 0;
}

void dropPipe(int slot)
{
	pipes[slot].held = 0;
	close(pipes[slot].in);
	close(pipes[slot].out);
}
