// SPDX-License-Identifier: MIT
/*
 * A file of the machine, not of a user: whoever runs next may be somebody else. It names the boot, for a machine that was
 * started again has its settings anew, and the owner by pid and start time, for pids come again.
 */
#include "undo-record.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first folder that is there. */
static const char *const folders[] = { "/run", "/var/lib" };
#define FILE_NAME "cowlab-settings.undo"
#define NR_FOLDERS (int)(sizeof folders / sizeof *folders)

static int textOf(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, room - 1);
	if (fd >= 0)
		close(fd);
	text[length < 0 ? 0 : length] = 0;
	return length < 0 ? -1 : 0;
}

static void bootId(char id[64])
{
	textOf("/proc/sys/kernel/random/boot_id", id, 64);
	id[strcspn(id, "\n")] = 0;
}

/* Field 22 of stat; the name before it may hold anything, also brackets. 0: there is no such process, or it is dead and only
 * not yet waited for. */
static unsigned long long startOf(int pid)
{
	char path[64], text[1024];
	unsigned long long start = 0;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	if (textOf(path, text, sizeof text) < 0)
		return 0;
	char *field = strrchr(text, ')');
	if (!field || strchr("ZX", field[1] ? field[2] : 'X'))
		return 0;
	for (int i = 2; field && i < 22; i++)
		field = strchr(field + 1, ' ');
	if (field)
		sscanf(field, " %llu", &start);
	return start;
}

static int folder(void)
{
	for (int i = 0; i < NR_FOLDERS; i++) {
		int fd = open(folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	errno = ENOENT;
	return -1;
}

enum undo readUndo(char before[NR_SETTINGS][SETTING_ROOM])
{
	int dir = folder(), fd = dir < 0 ? -1 : openat(dir, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat about;
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	char line[256], boot[64], name[32], value[SETTING_ROOM];
	int pid = 0, isOfThisBoot = 0;
	unsigned long long start = 0;
	if (dir >= 0)
		close(dir);
	if (!in)
		return UNDO_NONE;
	bootId(boot);
	for (int i = 0; i < NR_SETTINGS; i++)
		before[i][0] = 0;
	/* Nobody else could have written it. */
	int isOurs = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == geteuid() && !(about.st_mode & 022);
	while (isOurs && fgets(line, sizeof line, in)) {
		char id[64] = "";
		if (sscanf(line, "boot %63s", id) == 1)
			isOfThisBoot = !strcmp(id, boot);
		else if (sscanf(line, "owner %d %llu", &pid, &start) != 2 && sscanf(line, "%31s %31s", name, value) == 2)
			for (int i = 0; i < NR_SETTINGS; i++)
				if (!strcmp(name, settingNames[i]))
					snprintf(before[i], SETTING_ROOM, "%s", value);
	}
	fclose(in);
	if (!isOurs || !isOfThisBoot)
		return UNDO_NONE;
	return start != 0 && startOf(pid) == start ? UNDO_OWNED : UNDO_ORPHANED;
}

/* Written aside, then put in its place, and on disk before anybody goes on. */
int recordUndo(const char *const before[NR_SETTINGS])
{
	char text[1024], boot[64];
	int dir = folder(), failed = 1;
	if (dir < 0)
		return errno == ENOENT ? 0 : -1;
	bootId(boot);
	int length = snprintf(text, sizeof text, "boot %s\nowner %d %llu\n", boot, getpid(), startOf(getpid()));
	for (int i = 0; i < NR_SETTINGS; i++)
		if (before[i])
			length += snprintf(text + length, sizeof text - length, "%s %s\n", settingNames[i], before[i]);
	unlinkat(dir, FILE_NAME ".part", 0);
	int fd = openat(dir, FILE_NAME ".part", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd >= 0) {
		failed = write(fd, text, length) != length || fsync(fd) < 0;
		close(fd);
	}
	if (!failed)
		failed = renameat(dir, FILE_NAME ".part", dir, FILE_NAME) < 0;
	if (failed)
		unlinkat(dir, FILE_NAME ".part", 0);
	else
		fsync(dir);
	close(dir);
	return failed ? -1 : 0;
}

void forgetUndo(void)
{
	int dir = folder();
	if (dir < 0)
		return;
	unlinkat(dir, FILE_NAME, 0);
	close(dir);
}
