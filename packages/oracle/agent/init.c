// SPDX-License-Identifier: MIT
/*
 * The first process of a guest. Gives the agent what a booted machine would have, feeds it the programs that lie in the
 * initramfs, or those that come by the second serial port, lets its answers out at the second serial port, and ends the guest when it is done. Complaints, the agent's
 * too, go to the first serial port, which is the console.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { DISK_TRIES = 3000 };

static void end(const char *what)
{
	if (what)
		fprintf(stderr, "init: %s: %s\n", what, strerror(errno));
	tcdrain(STDOUT_FILENO);
	tcdrain(STDERR_FILENO);
	/* qemu is told to end where a machine would start anew. */
	reboot(RB_AUTOBOOT);
	_exit(1);
}

static void mountAt(const char *type, const char *where)
{
	mkdir(where, 0755);
	/* The kernel may have mounted devtmpfs by itself. */
	if (mount(type, where, type, 0, NULL) < 0 && errno != EBUSY)
		end(where);
}

static void openAs(int fd, const char *path, int flags)
{
	int opened = open(path, flags | O_NOCTTY);
	if (opened < 0 || dup2(opened, fd) < 0)
		end(path);
	if (opened != fd)
		close(opened);
}

/* What is set on the kernel's command line and means nothing to it is in the environment. A disk is found while this runs. */
static void swapOn(void)
{
	const char *disk = getenv("swap");
	struct timespec moment = { .tv_nsec = 20000000 };
	if (!disk)
		return;
	for (int tries = 0; swapon(disk, 0) < 0; tries++) {
		if (errno != ENOENT || tries == DISK_TRIES)
			end(disk);
		nanosleep(&moment, NULL);
	}
}

int main(void)
{
	struct termios port;
	int how;
	mountAt("devtmpfs", "/dev");
	mountAt("proc", "/proc");
	mountAt("sysfs", "/sys");
	openAs(STDERR_FILENO, "/dev/ttyS0", O_WRONLY);
	swapOn();
	openAs(STDOUT_FILENO, "/dev/ttyS1", O_WRONLY);
	/* Without a file of programs they are told while it runs. */
	openAs(STDIN_FILENO, access("/programs", F_OK) == 0 ? "/programs" : "/dev/ttyS1", O_RDONLY);
	if (tcgetattr(STDOUT_FILENO, &port) < 0)
		end("/dev/ttyS1");
	cfmakeraw(&port);
	port.c_cflag |= CLOCAL;
	cfsetspeed(&port, B115200);
	if (tcsetattr(STDOUT_FILENO, TCSANOW, &port) < 0)
		end("/dev/ttyS1");
	pid_t agent = fork();
	if (agent < 0)
		end("fork");
	if (agent == 0) {
		/* An emulated guest on a busy machine is slow. */
		execl("/agent", "agent", "--seconds", "30", (char *)NULL);
		fprintf(stderr, "init: /agent: %s\n", strerror(errno));
		_exit(1);
	}
	/* Whatever loses its parent in here comes to us. */
	while (wait(&how) != agent)
		;
	end(NULL);
}
