// SPDX-License-Identifier: MIT
/* The settings that recordings presuppose. Who may not change one goes on without, and says so. */
#include "layout.h"
#include "machine-settings.h"
#include "swap-area.h"
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
	/* One pass at a time, over all memory, with no limit to how often a page is shared. */
	[SET_KSM_PASS] = { KSM_DIR "pages_to_scan", "1000000000", "", 0, 0 },
	[SET_KSM_SLEEP] = { KSM_DIR "sleep_millisecs", "1000000", "", 0, 0 },
	[SET_KSM_SKIPS] = { KSM_DIR "smart_scan", "0", "", 0, 0 },
	[SET_KSM_ZERO] = { KSM_DIR "use_zero_pages", "0", "", 0, 0 },
	[SET_KSM_SHARING] = { KSM_DIR "max_page_sharing", "1000000", "", 0, 0 },
	[SET_KSM] = { KSM_DIR "run", "0", "", 0, 0 },
	[SET_SWAP] = { NULL, NULL, "", 0, 0 },
};
const char *const settingNames[NR_SETTINGS] = {
	[SET_THP] = "thp", [SET_KHUGEPAGED] = "khugepaged", [SET_POOL] = "pool", [SET_SWAP] = "swap",
	[SET_FOLIOS] = "mthp16", "mthp32", "mthp64", "mthp128", "mthp256", "mthp512", "mthp1024", "mthp2048",
	[SET_KSM_PASS] = "ksm-pages", [SET_KSM_SLEEP] = "ksm-sleep", [SET_KSM_SKIPS] = "ksm-skips", [SET_KSM_ZERO] = "ksm-zero",
	[SET_KSM_SHARING] = "ksm-sharing", [SET_KSM] = "ksm",
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

/* A machine that merges pages goes on doing that, and programs that would need ksmd are not run. */
static int ksmIsIdle(void)
{
	char run[32], nrShared[32];
	return setting(KSM_DIR "run", run, sizeof run) == 0 && setting(KSM_DIR "pages_shared", nrShared, sizeof nrShared) == 0 &&
		!strcmp(run, "0") && !strcmp(nrShared, "0");
}

static int putBack(int which, const char *before)
{
	/* Nothing may be shared when it is told how often that may be. */
	if (which == SET_KSM)
		setTo(settings[which].path, "2");
	return which == SET_SWAP ? endSwapping(before) : setTo(settings[which].path, before);
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
			putBack(i, before[i]);
	forgetUndo();
	return UNDO_NONE;
}

void changeSettings(int wantsSwap)
{
	char now[32];
	const char *before[NR_SETTINGS] = { NULL };
	int any = 0;
	/* Settings of a run that goes on, in another namespace, are not touched. */
	if (undoLeftOver() == UNDO_OWNED)
		return;
	int ksmIsOurs = ksmIsIdle();
	for (int i = 0; i < SET_SWAP; i++)
		if ((i < SET_KSM_PASS || ksmIsOurs) && setting(settings[i].path, settings[i].before, sizeof settings[i].before) == 0 && access(settings[i].path, W_OK) == 0)
			any = 1, before[i] = settings[i].before;
	int area = wantsSwap ? makeSwapArea(settings[SET_SWAP].before, sizeof settings[SET_SWAP].before) : -1;
	if (area >= 0)
		any = 1, before[SET_SWAP] = settings[SET_SWAP].before;
	if (any && recordUndo(before) < 0) {
		fprintf(stderr, "agent: what the settings were cannot be recorded: %s\n", strerror(errno));
		if (area >= 0)
			close(area);
		return;
	}
	if (area >= 0) {
		settings[SET_SWAP].changed = settings[SET_SWAP].taken = startSwapping(settings[SET_SWAP].before) == 0;
		close(area);
	}
	for (int i = 0; i < SET_SWAP; i++) {
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
		if (settings[i].changed && putBack(i, settings[i].before) < 0) {
			fprintf(stderr, "agent: %s was %s and cannot be set back: %s\n", i == SET_SWAP ? "swap" : settings[i].path, settings[i].before, strerror(errno));
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
