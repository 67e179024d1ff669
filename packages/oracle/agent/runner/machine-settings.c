// SPDX-License-Identifier: MIT
/* The settings that recordings presuppose. Who may not change one goes on without, and says so. */
#include "layout.h"
#include "machine-settings.h"
#include "undo-record.h"
#include <fcntl.h>
#include <time.h>

#define THP_DIR "/sys/kernel/mm/transparent_hugepage/"
static struct { const char *path, *value; char before[32]; int changed, taken; } settings[NR_SETTINGS] = {
	[SET_THP] = { THP_DIR "enabled", "madvise", "", 0, 0 },
	[SET_KHUGEPAGED] = { THP_DIR "khugepaged/scan_sleep_millisecs", "4294967295", "", 0, 0 },
#define FOLIOS(at, kb, value) [SET_FOLIOS + at] = { THP_DIR "hugepages-" kb "kB/enabled", value, "", 0, 0 }
	FOLIOS(0, "16", "never"), FOLIOS(1, "32", "never"), FOLIOS(2, "64", "never"), FOLIOS(3, "128", "never"), FOLIOS(4, "256", "never"),
	FOLIOS(5, "512", "never"), FOLIOS(6, "1024", "never"), FOLIOS(NR_FOLIO_SIZES, "2048", "inherit"),
	[SET_POOL] = { NR_HUGEPAGES, "64", "", 0, 0 },
};
const char *const settingNames[NR_SETTINGS] = {
	[SET_THP] = "thp", [SET_KHUGEPAGED] = "khugepaged", [SET_POOL] = "pool", [SET_FOLIOS] = "mthp16", "mthp32", "mthp64", "mthp128",
	"mthp256", "mthp512", "mthp1024", "mthp2048",
};

int setTo(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written = fd < 0 ? -1 : write(fd, value, strlen(value));
	if (fd >= 0)
		close(fd);
	return written < 0 ? -1 : 0;
}

int setting(const char *path, char *value, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return -1;
	text[length] = 0;
	/* Of alternatives the one in brackets is set. */
	char *chosen = strchr(text, '[');
	chosen = chosen ? chosen + 1 : text;
	snprintf(value, room, "%.*s", (int)strcspn(chosen, "]\n"), chosen);
	return 0;
}

/* Whoever ended a run so that nothing of it was left has not put them back. */
static enum undo undoLeftOver(void)
{
	char before[NR_SETTINGS][SETTING_ROOM];
	enum undo found = readUndo(before);
	if (found != UNDO_ORPHANED)
		return found;
	for (int i = NR_SETTINGS - 1; i >= 0; i--)
		if (before[i][0])
			setTo(settings[i].path, before[i]);
	forgetUndo();
	return UNDO_NONE;
}

void changeSettings(void)
{
	char now[32];
	const char *before[NR_SETTINGS] = { NULL };
	int any = 0;
	/* Settings of a run that goes on, in another namespace, are not touched. */
	if (undoLeftOver() == UNDO_OWNED)
		return;
	for (int i = 0; i < NR_SETTINGS; i++)
		if (setting(settings[i].path, settings[i].before, sizeof settings[i].before) == 0 && access(settings[i].path, W_OK) == 0)
			any = 1, before[i] = settings[i].before;
	if (any && recordUndo(before) < 0) {
		fprintf(stderr, "agent: what the settings were cannot be recorded: %s\n", strerror(errno));
		return;
	}
	for (int i = 0; i < NR_SETTINGS; i++) {
		settings[i].changed = before[i] && setTo(settings[i].path, settings[i].value) == 0;
		/* Of a pool less may be given than was asked for. */
		settings[i].taken = settings[i].changed && setting(settings[i].path, now, sizeof now) == 0 && !strcmp(now, settings[i].value);
	}
}

void restoreSettings(void)
{
	int changed = 0, failed = 0;
	for (int i = NR_SETTINGS - 1; i >= 0; i--) {
		changed |= settings[i].changed;
		if (settings[i].changed && setTo(settings[i].path, settings[i].before) < 0) {
			fprintf(stderr, "agent: %s was %s and cannot be set back: %s\n", settings[i].path, settings[i].before, strerror(errno));
			failed = 1;
		}
		settings[i].changed = 0;
	}
	if (changed && !failed)
		forgetUndo();
}

/* At the start: a program may have another pool meanwhile. */
int isSet(enum setting which)
{
	return settings[which].taken;
}

static int use(enum setting which, const char *value)
{
	char now[32];
	if (!*value)
		value = settings[which].value;
	/* What is not there need not be set to what it is anyway. */
	if (!settings[which].taken)
		return strcmp(value, settings[which].value) ? -1 : 0;
	if (setting(settings[which].path, now, sizeof now) == 0 && !strcmp(now, value))
		return 0;
	return setTo(settings[which].path, value);
}

const char *useFolios(const char *thp, const char (*sizes)[16])
{
	struct timespec moment = { .tv_nsec = 50000000 };
	char before[32] = "";
	setting(settings[SET_THP].path, before, sizeof before);
	if (use(SET_THP, thp) < 0)
		return "THP cannot be set";
	for (int i = 0; i < NR_FOLIO_SIZES; i++)
		if (use(SET_FOLIOS + i, sizes[i]) < 0)
			return "the sizes of folios cannot be set";
	/* khugepaged ends where nobody wants it; one that begins looks around once before it goes to sleep. */
	if (!strcmp(before, "never") && strcmp(thp, "never"))
		nanosleep(&moment, NULL);
	return NULL;
}
