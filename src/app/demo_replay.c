/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logs to the sensor of the one that is hit: lines of text are followed, everything else
 * (packed, Windows event files, other encodings) goes into its drop folder. Copies: the caller's
 * files are only read.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/demo_tale-int.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define PIECE (256u << 10)

struct replay {
	struct yg_demo *demo;
	char *follow[YG_DEMO_FILES]; /* paths; owned */
	unsigned follow_count;
	unsigned drop_count;
	char drop[YG_DEMO_PATH];
	char everyday[YG_DEMO_PATH]; /* what the sensor of one of the others reads */
};

static int say_error(const char *path, int rc)
{
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	return rc;
}

/* Lines of text in UTF-8 or another encoding without NUL, that begin as no archive does. */
static bool is_lines(struct yg_bytes head)
{
	static const struct {
		const char *bytes;
		size_t size;
	} packed[] = {
		{"\x1f\x8b", 2},   {"\x28\xb5\x2f\xfd", 4}, {"\xfd\x37\x7a\x58\x5a", 5},
		{"PK\x03\x04", 4}, {"ElfFile", 7},
	};

	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		if (head.size >= packed[i].size &&
		    memcmp(head.data, packed[i].bytes, packed[i].size) == 0)
			return false;
	return head.size > 0 && yg_bytes_chr(head, 0) == SIZE_MAX;
}

static uint64_t count_lines(struct yg_bytes piece)
{
	uint64_t count = 0;

	for (size_t i = 0; i < piece.size; i++)
		count += piece.data[i] == '\n';
	return count;
}

struct copy {
	int from;
	int to;
	uint64_t lines;
	bool is_open; /* the last line has no end */
};

static int copy_bytes(struct yg_demo *demo, struct copy *copy, uint8_t *piece)
{
	size_t size = 1;
	int rc = YG_OK;

	copy->is_open = false;
	while (rc == YG_OK && size > 0) {
		rc = yg_io_read(copy->from, piece, PIECE, &size);
		if (rc == YG_OK && size > 0) {
			struct yg_bytes bytes = {piece, size};

			copy->lines += count_lines(bytes);
			copy->is_open = piece[size - 1] != '\n';
			rc = yg_io_write(copy->to, bytes);
		}
		if (rc == YG_OK) {
			rc = yg_demo_wait(demo, -1, 0, 0); /* asked to end? */
			rc = rc == YG_EAGAIN ? YG_OK : rc;
		}
	}
	return rc;
}

static int make_folder(const char *path)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST ? YG_OK : yg_err_from_errno(errno);
}

/* A place for the copy of a file of this name, in a folder of its own, so that names are kept. */
static int target_of(struct replay *r, const char *name, bool is_followed, char to[YG_DEMO_PATH])
{
	char folder[YG_DEMO_PATH];
	char sub[64];
	int size;
	int rc = YG_OK;

	if (is_followed) {
		(void)snprintf(sub, sizeof(sub), "logs/%u", r->follow_count); /* fits */
		if (!yg_demo_path(r->demo, sub, folder))
			return YG_ELIMIT;
		rc = make_folder(folder);
		size = snprintf(to, YG_DEMO_PATH, "%s/%s", folder, name);
	} else {
		/* Hidden until it is whole. */
		size = snprintf(to, YG_DEMO_PATH, "%s/.%03u-%s", r->drop, r->drop_count, name);
	}
	if (rc == YG_OK && (size <= 0 || (unsigned)size >= YG_DEMO_PATH))
		rc = YG_ELIMIT;
	return rc;
}

static int note_target(struct replay *r, const char *target, bool is_followed,
		       const struct copy *copy)
{
	const char *name = strrchr(target, '/');
	char shown[YG_DEMO_PATH];
	int size;

	if (is_followed) {
		r->follow[r->follow_count] = yg_strndup(target, strlen(target));
		if (!r->follow[r->follow_count])
			return YG_ENOMEM;
		r->demo->followed = ++r->follow_count;
		r->demo->lines += copy->lines;
		return YG_OK;
	}
	r->demo->has_lines = false; /* how many records it holds is not known */
	size = snprintf(shown, sizeof(shown), "%.*s/%s", (int)(name - target), target, name + 2);
	if (size <= 0 || (unsigned)size >= sizeof(shown))
		return YG_ELIMIT;
	r->drop_count++;
	return rename(target, shown) == 0 ? YG_OK : yg_err_from_errno(errno);
}

static int take_open(struct replay *r, int from, const char *name)
{
	uint8_t *piece = yg_malloc(PIECE);
	struct copy copy = {.from = from, .to = -1};
	char target[YG_DEMO_PATH];
	bool is_followed = false;
	size_t size = 0;
	int rc = piece ? yg_io_read_at(from, piece, PIECE, 0, &size) : YG_ENOMEM;

	if (rc == YG_OK) {
		is_followed = is_lines((struct yg_bytes){piece, size});
		rc = target_of(r, name, is_followed, target);
	}
	if (rc == YG_OK) {
		copy.to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		rc = copy.to >= 0 ? copy_bytes(r->demo, &copy, piece) : yg_err_from_errno(errno);
	}
	/* A line that is not ended would be waited for. */
	if (rc == YG_OK && is_followed && copy.is_open) {
		copy.lines++;
		rc = yg_io_write(copy.to, YG_S("\n"));
	}
	if (copy.to >= 0 && close(copy.to) != 0 && rc == YG_OK)
		rc = yg_err_from_errno(errno);
	free(piece);
	return rc == YG_OK ? note_target(r, target, is_followed, &copy) : rc;
}

static int take_file(struct replay *r, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct stat st;
	int fd = -1;
	int rc = yg_io_open_read(path, &fd);

	if (rc == YG_OK && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)))
		rc = YG_EINVAL;
	if (rc == YG_OK && r->follow_count + r->drop_count >= YG_DEMO_FILES)
		rc = YG_ELIMIT;
	if (rc == YG_OK && st.st_size > 0)
		rc = take_open(r, fd, name);
	if (fd >= 0)
		(void)close(fd); /* read only */
	return rc == YG_OK || rc == YG_EEND ? rc : say_error(path, rc);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The files of a folder, by name; not those of folders in it. */
static int take_folder(struct replay *r, const char *path)
{
	struct dirent **names = NULL;
	int count = scandir(path, &names, NULL, by_name);
	int rc = count < 0 ? say_error(path, yg_err_from_errno(errno)) : YG_OK;

	for (int i = 0; i < count; i++) {
		char file[YG_DEMO_PATH];
		int size = snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		struct stat st;

		if (rc == YG_OK && names[i]->d_name[0] != '.' && size > 0 &&
		    (unsigned)size < sizeof(file) && stat(file, &st) == 0 && S_ISREG(st.st_mode))
			rc = take_file(r, file);
		free(names[i]);
	}
	free(names);
	return rc;
}

static int take_own(struct replay *r)
{
	static const char *const names[] = {"vpn.log", "windows.json", "web.log"};
	struct yg_buf logs[3];
	int rc = yg_demo_log_make(r->demo->day_s, &logs[0], &logs[1], &logs[2]);

	for (unsigned i = 0; i < 3; i++) {
		char target[YG_DEMO_PATH];
		struct copy copy = {.lines = count_lines(yg_buf_bytes(&logs[i]))};

		if (rc == YG_OK)
			rc = target_of(r, names[i], true, target);
		if (rc == YG_OK)
			rc = yg_io_write_to(target, yg_buf_bytes(&logs[i]), 0600);
		if (rc == YG_OK)
			rc = note_target(r, target, true, &copy);
		yg_buf_done(&logs[i]);
	}
	return rc == YG_OK ? rc : say_error("demo", rc);
}

static int take_all(struct replay *r)
{
	const char *attack = r->demo->attack;
	char path[YG_DEMO_PATH];
	struct stat st;
	int rc;

	r->demo->has_lines = true;
	if (!yg_demo_path(r->demo, "logs", path) || !yg_demo_path(r->demo, "drop", r->drop))
		return YG_ELIMIT;
	rc = make_folder(path);
	if (rc == YG_OK)
		rc = make_folder(r->drop);
	if (rc != YG_OK)
		return say_error(path, rc);
	if (!attack)
		return take_own(r);
	if (stat(attack, &st) != 0)
		return say_error(attack, yg_err_from_errno(errno));
	rc = S_ISDIR(st.st_mode) ? take_folder(r, attack) : take_file(r, attack);
	if (rc == YG_OK && r->follow_count + r->drop_count == 0) {
		yg_say(N_("--attack %s: there is nothing in it to read"),
		       yg_say_safe(yg_bytes_str(attack), 300));
		rc = YG_EINVAL;
	}
	return rc;
}

/* ---- has the sensor read all of it? ---- */

static size_t read_proc(const char *path, uint8_t *to, size_t room)
{
	size_t size = 0;
	int fd;

	if (yg_io_open_read(path, &fd) != YG_OK)
		return 0;
	if (yg_io_read(fd, to, room, &size) != YG_OK)
		size = 0;
	(void)close(fd); /* read only */
	return size;
}

/* Is descriptor @name of @pid a log of ours (*ret_is_ours) that was read to its end? */
static bool is_at_end(const struct yg_demo *demo, pid_t pid, const char *name, bool *ret_is_ours)
{
	char path[64];
	char target[YG_DEMO_PATH];
	uint8_t info[256];
	size_t size;
	uint64_t position = 0;
	struct stat st;
	struct yg_bytes line;
	ssize_t got;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%.10s", (int)pid, name);
	got = readlink(path, target, sizeof(target) - 1);
	*ret_is_ours = false;
	if (got <= 0)
		return false;
	target[got] = '\0';
	line = yg_bytes_str(target);
	if (!yg_bytes_starts(line, yg_bytes_str(demo->folder)) ||
	    !yg_bytes_starts(yg_bytes_from(line, strlen(demo->folder)), YG_S("/logs/")))
		return false;
	*ret_is_ours = true;
	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%.10s", (int)pid, name);
	size = read_proc(path, info, sizeof(info));
	if (stat(target, &st) != 0)
		return false;
	line = (struct yg_bytes){info, size}; /* "pos:\t1234\n…" */
	line = yg_bytes_cut(line, 0,
			    yg_bytes_chr(line, '\n') < size ? yg_bytes_chr(line, '\n') : 0);
	if (!yg_bytes_starts(line, YG_S("pos:")) ||
	    !yg_bytes_u64(yg_bytes_trim(yg_bytes_from(line, 4)), &position))
		position = 0;
	return position >= (uint64_t)st.st_size;
}

static bool is_drop_empty(const struct yg_demo *demo)
{
	char path[YG_DEMO_PATH];
	const struct dirent *entry;
	bool is_empty = true;
	DIR *folder;

	if (!yg_demo_path(demo, "drop", path))
		return true;
	folder = opendir(path);
	while (folder && (entry = readdir(folder)) != NULL)
		is_empty &= entry->d_name[0] == '.' || entry->d_type == DT_DIR;
	if (folder)
		(void)closedir(folder); /* read only */
	return is_empty;
}

bool yg_demo_is_read(const struct yg_demo *demo)
{
	pid_t pid = demo->sensors[0].process.pid;
	char path[32];
	unsigned done = 0;
	const struct dirent *entry;
	DIR *folder;

	if (!is_drop_empty(demo))
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)) != NULL) {
		bool is_ours = false;

		if (entry->d_name[0] != '.' && is_at_end(demo, pid, entry->d_name, &is_ours))
			done += is_ours;
	}
	if (folder)
		(void)closedir(folder); /* read only */
	return done >= demo->followed;
}

/* ---- sensors ---- */

static int enrol(struct yg_demo *demo, const char *program, struct yg_demo_sensor *sensor)
{
	const char *org = demo->ids[sensor->member];
	char path[YG_DEMO_NAME_MAX + 32];
	char token[YG_DEMO_SECRET] = "";
	json_t *made = NULL;
	int rc;

	(void)snprintf(path, sizeof(path), "/enrol-tokens?org=%s", org); /* fits */
	rc = yg_demo_must(demo, &demo->local, "POST", path, NULL, &made);
	if (rc == YG_OK)
		(void)snprintf(token, sizeof(token), "%.*s", YG_FMT(yg_json_text(made, "token")));
	json_decref(made);
	if (rc == YG_OK) {
		const char *const words[] = {program,	"enrol",       "--hub",	  demo->sensors_url,
					     "--ca",	demo->ca,      "--token", token,
					     "--state", sensor->state, NULL};

		rc = yg_demo_call(demo, words, "enrol", NULL);
	}
	return rc;
}

static int run_sensor(struct replay *r, const char *program, struct yg_demo_sensor *sensor)
{
	struct yg_demo *demo = r->demo;
	bool is_victim = sensor->member == demo->victim;
	const char **argv = yg_calloc(2 * YG_DEMO_FILES + 32, sizeof(*argv));
	struct yg_buf line;
	size_t n = 0;
	int rc = argv ? YG_OK : YG_ENOMEM;

	yg_buf_init(&line, 65536);
	if (rc == YG_OK) {
		argv[n++] = program;
		argv[n++] = "run";
		argv[n++] = "--state";
		argv[n++] = sensor->state;
		argv[n++] = "--inventory-every";
		argv[n++] = "off";
		argv[n++] = "--archive";
		argv[n++] = demo->is_once ? "off" : "1G";
		if (demo->zone) {
			argv[n++] = "--tz";
			argv[n++] = demo->zone;
		}
		for (unsigned i = 0; is_victim && i < r->follow_count; i++) {
			argv[n++] = "--follow";
			argv[n++] = r->follow[i];
		}
		if (!is_victim) { /* an everyday log of its own */
			argv[n++] = "--follow";
			argv[n++] = r->everyday;
		}
		if (is_victim && r->drop_count > 0) {
			argv[n++] = "--drop";
			argv[n++] = r->drop;
		}
		rc = yg_demo_start(demo, argv, "sensor", &sensor->process);
	}
	if (rc == YG_OK)
		rc = yg_demo_first_line(demo, &sensor->process, &line);
	yg_buf_done(&line);
	free(argv);
	return rc;
}

static int start_sensor(struct replay *r, const char *program, uint32_t member)
{
	struct yg_demo *demo = r->demo;
	struct yg_demo_sensor *sensor = &demo->sensors[demo->sensor_count];
	char name[32];
	int rc;

	*sensor = (struct yg_demo_sensor){.member = member, .process.out = -1};
	(void)snprintf(name, sizeof(name), "sensor-%u", demo->sensor_count); /* fits */
	if (!yg_demo_path(demo, name, sensor->state))
		return YG_ELIMIT;
	demo->sensor_count++;
	rc = enrol(demo, program, sensor);
	return rc == YG_OK ? run_sensor(r, program, sensor) : rc;
}

/* Thirty days of nothing; in the story one was looked at by the intruder, one is being tested. */
static int write_everyday(struct replay *r, uint32_t member)
{
	const struct yg_demo *demo = r->demo;
	struct yg_bytes id = demo->community.members[member].id;
	struct yg_demo_everyday wish = {.day_s = demo->day_s};
	char name[32];
	struct yg_buf log;
	int rc;

	if (demo->is_story) {
		wish.days = YG_DEMO_BACK_DAYS;
		wish.is_visited = yg_bytes_eq(id, YG_S(YG_DEMO_ID_P));
		wish.is_tested = yg_bytes_eq(id, YG_S(YG_DEMO_ID_B));
	}
	(void)snprintf(name, sizeof(name), "everyday-%u.log", (unsigned)member); /* fits */
	rc = yg_demo_log_everyday(&wish, &log);
	if (rc == YG_OK && !yg_demo_path(demo, name, r->everyday))
		rc = YG_ELIMIT;
	if (rc == YG_OK)
		rc = yg_io_write_to(r->everyday, yg_buf_bytes(&log), 0600);
	yg_buf_done(&log);
	return rc == YG_OK ? rc : say_error("everyday.log", rc);
}

/* The others of the own community have theirs, too, in the story and when somebody looks on. */
static int start_others(struct replay *r, const char *program)
{
	struct yg_demo *demo = r->demo;
	int rc = YG_OK;

	if (demo->members || (demo->is_once && !demo->is_story))
		return YG_OK;
	for (uint32_t i = 0; rc == YG_OK && i < demo->community.member_count &&
			     demo->sensor_count < YG_DEMO_SENSORS;
	     i++) {
		if (i == demo->victim)
			continue;
		rc = write_everyday(r, i);
		if (rc == YG_OK)
			rc = start_sensor(r, program, i);
	}
	return rc;
}

int yg_demo_replay(struct yg_demo *demo)
{
	struct replay *r = yg_calloc(1, sizeof(*r));
	char program[YG_DEMO_PATH];
	int rc = YG_OK;

	if (!r)
		return say_error("demo", YG_ENOMEM);
	r->demo = demo;
	if (!yg_demo_sensor_program(program))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = take_all(r);
	if (rc == YG_OK)
		rc = start_sensor(r, program, demo->victim);
	if (rc == YG_OK)
		rc = start_others(r, program);
	for (unsigned i = 0; i < r->follow_count; i++)
		free(r->follow[i]);
	free(r);
	return rc;
}
