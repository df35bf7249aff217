/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "record.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/io.h"

#define FDS_MAX	    4096
#define NAME_MAX_   128u
#define SECTOR	    512u
#define PATH_ROOM   4096u
#define STREAM_ROOM (UINT64_C(1) << 30) /* of addresses; memory only as it fills */

enum op {
	OP_WRITE,
	OP_TRUNCATE,
	OP_SYNC,
	OP_NAME,   /* a new name for a node */
	OP_RENAME, /* away from one, to another */
	OP_UNNAME,
	OP_SYNC_FOLDER,
};

/* A file or folder, whatever it is called. */
struct node {
	bool is_folder;
	char first_name[NAME_MAX_];
	uint8_t *start; /* bytes at the beginning */
	size_t start_size;
};

/* Where a name stands: folder, name -> node. */
struct entry {
	unsigned folder;
	unsigned node;
	char name[NAME_MAX_];
};

struct step {
	enum op op;
	unsigned node; /* of the file; for names: what they name */
	bool is_new;   /* NAME: the node is a new one */
	bool is_folder;
	uint64_t at;
	const uint8_t *bytes; /* in the stream */
	size_t size;
	unsigned folder; /* NAME, UNNAME, RENAME to, SYNC_FOLDER */
	char name[NAME_MAX_];
	unsigned from_folder;
	char from[NAME_MAX_];
};

/*
 * All steps one behind the other, each followed by its bytes, in memory that processes share: who
 * is killed leaves what it did, and the next one catches up with it.
 */
struct stream {
	uint64_t used;	  /* bytes; counts last */
	uint64_t count;	  /* steps */
	uint64_t kill_at; /* steps after which the process that makes them is killed; 0: never */
	uint8_t bytes[];
};

struct entries {
	struct entry *list;
	size_t count, room;
};

struct record {
	char *root;
	unsigned lies;
	pthread_mutex_t mutex;
	struct node *nodes;
	size_t node_count, node_room;
	struct entries first; /* at the beginning */
	struct entries now;
	struct step *steps;
	size_t step_count, step_room;
	struct stream *stream;
	uint64_t taken;		 /* bytes of the stream that are in the steps */
	int node_of_fd[FDS_MAX]; /* -1: not ours */
};

/* ---- small things ---- */

static FILE *words;

FILE *rig_words(void)
{
	return words ? words : stderr;
}

void silence_product(void)
{
	int fd = words ? -1 : dup(STDERR_FILENO);

	if (fd >= 0)
		words = fdopen(fd, "w");
	if (!words || !freopen("/dev/null", "w", stderr))
		give_up("standard error cannot be parted");
	(void)setvbuf(words, NULL, _IOLBF, 0);
}

void give_up(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vfprintf(rig_words(), format, args);
	va_end(args);
	(void)fputc('\n', rig_words());
	exit(2);
}

uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t random_below(uint64_t *state, uint64_t bound)
{
	return bound ? random_next(state) % bound : 0;
}

static void join(char to[PATH_ROOM], const char *folder, const char *name)
{
	if ((size_t)snprintf(to, PATH_ROOM, "%s/%s", folder, name) >= PATH_ROOM)
		give_up("%s/%s: too long", folder, name);
}

void folder_remove(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char whole[PATH_ROOM];

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		join(whole, path, entry->d_name);
		if (unlink(whole) != 0)
			folder_remove(whole);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(path);
}

void folder_make(const char *path)
{
	if (mkdir(path, 0700) != 0)
		give_up("%s: cannot be made", path);
}

static void *more(void *list, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return list;
	*room = *room ? *room * 2 : 64;
	list = realloc(list, *room * size);
	if (!list)
		give_up("out of memory");
	return list;
}

static uint8_t *copy_of(const void *bytes, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	if (!copy)
		give_up("out of memory");
	if (size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

static void set_name(char to[NAME_MAX_], const char *name)
{
	if ((size_t)snprintf(to, NAME_MAX_, "%s", name) >= NAME_MAX_)
		give_up("%s: too long a name", name);
}

/* ---- names ---- */

static long find(const struct entries *entries, unsigned folder, const char *name)
{
	for (size_t i = 0; i < entries->count; i++) {
		if (entries->list[i].folder == folder && strcmp(entries->list[i].name, name) == 0)
			return (long)i;
	}
	return -1;
}

static void unname(struct entries *entries, unsigned folder, const char *name)
{
	long i = find(entries, folder, name);

	if (i >= 0)
		entries->list[i] = entries->list[--entries->count];
}

static void name_it(struct entries *entries, unsigned folder, const char *name, unsigned node)
{
	struct entry *e;

	unname(entries, folder, name);
	entries->list = more(entries->list, entries->count, &entries->room, sizeof(*entries->list));
	e = &entries->list[entries->count++];
	e->folder = folder;
	e->node = node;
	set_name(e->name, name);
}

/* The folder and the last name of @path; false: not below the root. */
static bool locate(const struct record *r, const char *path, unsigned *ret_folder,
		   char ret_name[NAME_MAX_])
{
	size_t size = strlen(r->root);
	unsigned folder = 0;
	const char *at;

	while (path[0] == '.' && path[1] == '/' && r->root[0] != '.')
		path += 2;
	if (strncmp(path, r->root, size) != 0 || (path[size] != '/' && path[size] != '\0'))
		return false;
	at = path + size;
	ret_name[0] = '\0';
	for (;;) {
		char name[NAME_MAX_];
		size_t part;
		long i;

		at += strspn(at, "/");
		part = strcspn(at, "/");
		if (part == 0)
			break;
		if (part >= sizeof(name))
			give_up("%s: too long a name", path);
		memcpy(name, at, part);
		name[part] = '\0';
		at += part;
		if (strcmp(name, ".") == 0)
			continue;
		if (ret_name[0]) {
			i = find(&r->now, folder, ret_name);
			if (i < 0)
				return false;
			folder = r->now.list[i].node;
		}
		set_name(ret_name, name);
	}
	*ret_folder = folder;
	return true;
}

/* The folder that @path itself is. */
static bool locate_folder(const struct record *r, const char *path, unsigned *ret)
{
	char name[NAME_MAX_];
	unsigned folder;
	long i;

	if (!locate(r, path, &folder, name))
		return false;
	if (!name[0]) {
		*ret = 0;
		return true;
	}
	i = find(&r->now, folder, name);
	if (i < 0)
		return false;
	*ret = r->now.list[i].node;
	return true;
}

static unsigned add_node(struct record *r, bool is_folder, const char *name)
{
	struct node *n;

	r->nodes = more(r->nodes, r->node_count, &r->node_room, sizeof(*r->nodes));
	n = &r->nodes[r->node_count];
	*n = (struct node){.is_folder = is_folder};
	set_name(n->first_name, name);
	return (unsigned)r->node_count++;
}

/* A step that is in the stream takes its place in the steps and the names. */
static void take_step(struct record *r, const struct step *s)
{
	r->steps = more(r->steps, r->step_count, &r->step_room, sizeof(*r->steps));
	r->steps[r->step_count++] = *s;
	switch (s->op) {
	case OP_NAME:
		if (s->is_new && add_node(r, s->is_folder, s->name) != s->node)
			give_up("the steps are out of order");
		name_it(&r->now, s->folder, s->name, s->node);
		return;
	case OP_RENAME:
		unname(&r->now, s->from_folder, s->from);
		name_it(&r->now, s->folder, s->name, s->node);
		return;
	case OP_UNNAME:
		unname(&r->now, s->folder, s->name);
		return;
	default:
		return;
	}
}

static size_t padded(size_t size)
{
	return (size + 15) / 16 * 16;
}

static void catch_up(struct record *r)
{
	uint64_t used = __atomic_load_n(&r->stream->used, __ATOMIC_ACQUIRE);

	while (r->taken < used) {
		const uint8_t *at = r->stream->bytes + r->taken;
		struct step s;

		memcpy(&s, at, sizeof(s));
		s.bytes = at + padded(sizeof(s));
		take_step(r, &s);
		r->taken += padded(sizeof(s)) + padded(s.size);
	}
}

/* With the mutex. It was done; now it is noted, and maybe the last thing that this process did. */
static void add_step(struct record *r, const struct step *step, const uint8_t *bytes)
{
	struct stream *stream = r->stream;
	uint8_t *at = stream->bytes + stream->used;
	uint64_t whole = padded(sizeof(*step)) + padded(step->size);

	if (sizeof(*stream) + stream->used + whole > STREAM_ROOM)
		give_up("too many steps");
	memcpy(at, step, sizeof(*step));
	if (step->size > 0)
		memcpy(at + padded(sizeof(*step)), bytes, step->size);
	__atomic_store_n(&stream->used, stream->used + whole, __ATOMIC_RELEASE);
	(void)__atomic_add_fetch(&stream->count, 1, __ATOMIC_RELAXED);
	if (stream->kill_at != 0 && stream->count >= stream->kill_at)
		(void)raise(SIGKILL);
	catch_up(r);
}

static void add_name_step(struct record *r, struct step step, const char *name)
{
	set_name(step.name, name);
	add_step(r, &step, NULL);
}

/* ---- the operations ---- */

static bool is_lie(const struct record *r, unsigned node)
{
	const char *name = r->nodes[node].first_name;

	if (strstr(name, ".seg")) /* begun as "….seg.new", which is the same file */
		return r->lies & RECORD_LIE_SEGMENT;
	if (strstr(name, ".open")) /* closed, it is the same file under another name */
		return r->lies & RECORD_LIE_ARCHIVE;
	if (strcmp(name, "log") == 0 || strcmp(name, "archive.log") == 0)
		return r->lies & RECORD_LIE_LOG;
	return r->lies & (strstr(name, ".db") ? RECORD_LIE_DATABASE : RECORD_LIE_REPLACE);
}

static int rec_open(void *arg, const char *path, unsigned flags, unsigned mode, int *ret_fd)
{
	struct record *r = arg;
	char name[NAME_MAX_];
	unsigned folder;
	int rc;

	(void)pthread_mutex_lock(&r->mutex);
	rc = yg_disk_real()->open(NULL, path, flags, mode, ret_fd);
	if (rc == YG_OK && *ret_fd >= FDS_MAX)
		give_up("too many descriptors");
	if (rc == YG_OK && locate(r, path, &folder, name)) {
		long i = find(&r->now, folder, name);
		unsigned node;

		if (i >= 0) {
			node = r->now.list[i].node;
		} else {
			node = (unsigned)r->node_count;
			add_name_step(r,
				      (struct step){.op = OP_NAME,
						    .folder = folder,
						    .node = node,
						    .is_new = true},
				      name);
		}
		r->node_of_fd[*ret_fd] = (int)node;
	}
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

static int rec_write(void *arg, int fd, struct yg_bytes b, uint64_t at)
{
	struct record *r = arg;
	int rc;

	(void)pthread_mutex_lock(&r->mutex);
	rc = yg_disk_real()->write(NULL, fd, b, at);
	if (r->node_of_fd[fd] >= 0)
		add_step(r,
			 &(struct step){.op = OP_WRITE,
					.node = (unsigned)r->node_of_fd[fd],
					.at = at,
					.size = b.size},
			 b.data);
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

static int rec_truncate(void *arg, int fd, uint64_t size)
{
	struct record *r = arg;
	int rc;

	(void)pthread_mutex_lock(&r->mutex);
	rc = yg_disk_real()->truncate(NULL, fd, size);
	if (r->node_of_fd[fd] >= 0)
		add_step(r,
			 &(struct step){.op = OP_TRUNCATE,
					.node = (unsigned)r->node_of_fd[fd],
					.at = size},
			 NULL);
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

/* Only noted: this disk is never really cut from the power. */
static int rec_sync(void *arg, int fd)
{
	struct record *r = arg;

	(void)pthread_mutex_lock(&r->mutex);
	if (r->node_of_fd[fd] >= 0 && !is_lie(r, (unsigned)r->node_of_fd[fd]))
		add_step(r, &(struct step){.op = OP_SYNC, .node = (unsigned)r->node_of_fd[fd]},
			 NULL);
	(void)pthread_mutex_unlock(&r->mutex);
	return YG_OK;
}

static int rec_close(void *arg, int fd)
{
	struct record *r = arg;
	int rc;

	(void)pthread_mutex_lock(&r->mutex);
	r->node_of_fd[fd] = -1;
	rc = yg_disk_real()->close(NULL, fd);
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

static int rec_rename(void *arg, const char *from, const char *to)
{
	struct record *r = arg;
	char from_name[NAME_MAX_], to_name[NAME_MAX_];
	unsigned from_folder, to_folder;
	int rc;

	(void)pthread_mutex_lock(&r->mutex);
	rc = yg_disk_real()->rename(NULL, from, to);
	if (rc == YG_OK && locate(r, from, &from_folder, from_name) &&
	    locate(r, to, &to_folder, to_name)) {
		long i = find(&r->now, from_folder, from_name);
		struct step step = {
			.op = OP_RENAME, .folder = to_folder, .from_folder = from_folder};

		if (i < 0)
			give_up("%s was not made through the disk", from);
		step.node = r->now.list[i].node;
		set_name(step.from, from_name);
		add_name_step(r, step, to_name);
	}
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

static int rec_unlink(void *arg, const char *path)
{
	struct record *r = arg;
	char name[NAME_MAX_];
	unsigned folder;
	int rc;

	(void)pthread_mutex_lock(&r->mutex);
	rc = yg_disk_real()->unlink(NULL, path);
	if (rc == YG_OK && locate(r, path, &folder, name))
		add_name_step(r, (struct step){.op = OP_UNNAME, .folder = folder}, name);
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

static int rec_mkdir(void *arg, const char *path, unsigned mode)
{
	struct record *r = arg;
	char name[NAME_MAX_];
	unsigned folder;
	int rc;

	(void)pthread_mutex_lock(&r->mutex);
	rc = yg_disk_real()->mkdir(NULL, path, mode);
	if (rc == YG_OK && locate(r, path, &folder, name) && name[0] &&
	    find(&r->now, folder, name) < 0)
		add_name_step(r,
			      (struct step){.op = OP_NAME,
					    .folder = folder,
					    .node = (unsigned)r->node_count,
					    .is_new = true,
					    .is_folder = true},
			      name);
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

static int rec_rmdir(void *arg, const char *path)
{
	struct record *r = arg;
	char name[NAME_MAX_];
	unsigned folder;
	int rc;

	(void)pthread_mutex_lock(&r->mutex);
	rc = yg_disk_real()->rmdir(NULL, path);
	if (rc == YG_OK && locate(r, path, &folder, name))
		add_name_step(r, (struct step){.op = OP_UNNAME, .folder = folder}, name);
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

static int rec_sync_folder(void *arg, const char *path)
{
	struct record *r = arg;
	unsigned folder;

	(void)pthread_mutex_lock(&r->mutex);
	if (!(r->lies & RECORD_LIE_FOLDER) && locate_folder(r, path, &folder))
		add_step(r, &(struct step){.op = OP_SYNC_FOLDER, .folder = folder}, NULL);
	(void)pthread_mutex_unlock(&r->mutex);
	return YG_OK;
}

/* ---- for looking at what a cut left ---- */

static int no_sync(void *arg, int fd)
{
	(void)arg;
	(void)fd;
	return YG_OK;
}

static int no_sync_folder(void *arg, const char *path)
{
	(void)arg;
	(void)path;
	return YG_OK;
}

void disk_without_syncs(void)
{
	static struct yg_disk_ops ops;

	ops = *yg_disk_real();
	ops.sync = no_sync;
	ops.sync_folder = no_sync_folder;
	yg_disk_use(&ops, NULL);
}

/* ---- beginning and end ---- */

/* What is there counts as synced; the shared memory of a database is made anew anyway. */
static void take_folder(struct record *r, unsigned folder, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char whole[PATH_ROOM];

	if (!dir)
		give_up("%s: cannot be read", path);
	while ((entry = readdir(dir))) {
		size_t size = strlen(entry->d_name);
		bool is_folder = entry->d_type == DT_DIR;
		unsigned node;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    (size > 4 && strcmp(entry->d_name + size - 4, "-shm") == 0))
			continue;
		join(whole, path, entry->d_name);
		node = add_node(r, is_folder, entry->d_name);
		name_it(&r->first, folder, entry->d_name, node);
		name_it(&r->now, folder, entry->d_name, node);
		if (is_folder)
			take_folder(r, node, whole);
		else if (yg_io_read_file(whole, SIZE_MAX, &r->nodes[node].start,
					 &r->nodes[node].start_size) != YG_OK)
			give_up("%s: cannot be read", whole);
	}
	(void)closedir(dir);
}

struct record *record_start(const char *root, unsigned lies)
{
	struct record *r = calloc(1, sizeof(*r));

	if (!r)
		give_up("out of memory");
	r->root = (char *)copy_of(root, strlen(root) + 1);
	r->lies = lies;
	r->stream = mmap(NULL, STREAM_ROOM, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->stream == MAP_FAILED)
		give_up("no memory to share");
	(void)add_node(r, true, "");
	take_folder(r, 0, root);
	return r;
}

void record_use(struct record *r, uint64_t kill_after)
{
	static const struct yg_disk_ops ops = {
		.open = rec_open,
		.write = rec_write,
		.truncate = rec_truncate,
		.sync = rec_sync,
		.close = rec_close,
		.rename = rec_rename,
		.unlink = rec_unlink,
		.mkdir = rec_mkdir,
		.sync_folder = rec_sync_folder,
		.rmdir = rec_rmdir,
	};

	(void)pthread_mutex_init(&r->mutex, NULL);
	for (size_t i = 0; i < FDS_MAX; i++)
		r->node_of_fd[i] = -1;
	catch_up(r);
	r->stream->kill_at = kill_after ? r->stream->count + kill_after : 0;
	yg_disk_use(&ops, r);
}

void record_catch_up(struct record *record)
{
	catch_up(record);
}

struct record *record_free(struct record *record)
{
	if (!record)
		return NULL;
	for (size_t i = 0; i < record->node_count; i++)
		free(record->nodes[i].start);
	free(record->nodes);
	free(record->steps);
	free(record->first.list);
	free(record->now.list);
	(void)munmap(record->stream, STREAM_ROOM);
	free(record->root);
	free(record);
	return NULL;
}

uint64_t record_count(const struct record *record)
{
	return __atomic_load_n(&record->stream->count, __ATOMIC_RELAXED);
}

/* ---- the power cut ---- */

/* A file or folder while the steps are followed. */
struct image {
	uint8_t *bytes;
	size_t size, room;
	size_t *pending; /* steps since the last sync */
	size_t pending_count, pending_room;
};

enum cut { CUT_NOTHING, CUT_ALL, CUT_BEGINNING, CUT_ANY, CUT_COUNT };

static void resize(struct image *image, size_t size, uint64_t *rubbish)
{
	if (size > image->room) {
		image->room = size * 2;
		image->bytes = realloc(image->bytes, image->room);
		if (!image->bytes)
			give_up("out of memory");
	}
	for (size_t i = image->size; i < size; i++)
		image->bytes[i] = rubbish ? (uint8_t)random_next(rubbish) : 0;
	image->size = size;
}

/* Bytes @from to @to of the write. */
static void put(struct image *image, const struct step *s, size_t from, size_t to)
{
	if (from >= to) /* an empty write may name no memory at all */
		return;
	if (s->at + to > image->size)
		resize(image, (size_t)s->at + to, NULL);
	memcpy(image->bytes + s->at + from, s->bytes + from, to - from);
}

static void apply(struct image *image, const struct step *s)
{
	if (s->op == OP_TRUNCATE)
		resize(image, (size_t)s->at, NULL);
	else
		put(image, s, 0, s->size);
}

/* Some sectors of the write, as they lie in the file. */
static void put_sectors(struct image *image, const struct step *s, uint64_t *random)
{
	for (size_t from = 0; from < s->size;) {
		size_t to = from + SECTOR - (size_t)((s->at + from) % SECTOR);

		if (to > s->size)
			to = s->size;
		if (random_below(random, 2))
			put(image, s, from, to);
		from = to;
	}
}

/* Any part of one step. */
static void apply_part(struct image *image, const struct step *s, uint64_t *random)
{
	uint64_t how = random_below(random, 5);

	if (s->op == OP_TRUNCATE) {
		if (how < 3)
			apply(image, s);
		return;
	}
	if (s->size == 0)
		return;
	if (s->at + s->size > image->size && random_below(random, 2)) /* the length came first */
		resize(image, (size_t)s->at + s->size, random_below(random, 2) ? random : NULL);
	switch (how) {
	case 0:
		return;
	case 1:
		put_sectors(image, s, random);
		return;
	case 2:
		put(image, s, 0, random_below(random, s->size + 1));
		return;
	case 3: /* a hole in the middle of it */
		put(image, s, 0, random_below(random, s->size + 1));
		put(image, s, random_below(random, s->size), s->size);
		return;
	default:
		put(image, s, 0, s->size);
	}
}

static void cut_file(struct image *image, const struct step *steps, uint64_t *random)
{
	enum cut how = (enum cut)random_below(random, CUT_COUNT);
	size_t count = image->pending_count;

	if (how == CUT_NOTHING)
		return;
	if (how == CUT_BEGINNING)
		count = (size_t)random_below(random, count + 1);
	for (size_t i = 0; i < count; i++) {
		if (how == CUT_ANY)
			apply_part(image, &steps[image->pending[i]], random);
		else
			apply(image, &steps[image->pending[i]]);
	}
	if (how == CUT_BEGINNING && count < image->pending_count) {
		const struct step *torn = &steps[image->pending[count]];

		if (torn->op == OP_WRITE && torn->size > 0)
			put(image, torn, 0, (size_t)random_below(random, torn->size));
	}
}

static void apply_name(struct entries *entries, const struct step *s)
{
	long i;

	switch (s->op) {
	case OP_NAME:
		name_it(entries, s->folder, s->name, s->node);
		return;
	case OP_UNNAME:
		unname(entries, s->folder, s->name);
		return;
	default:
		i = find(entries, s->from_folder, s->from);
		if (i >= 0 && entries->list[i].node == s->node)
			unname(entries, s->from_folder, s->from);
		name_it(entries, s->folder, s->name, s->node);
	}
}

static void cut_folder(struct entries *entries, struct image *image, const struct step *steps,
		       uint64_t *random)
{
	enum cut how = (enum cut)random_below(random, CUT_COUNT);
	size_t count = image->pending_count;

	if (how == CUT_NOTHING)
		return;
	if (how == CUT_BEGINNING)
		count = (size_t)random_below(random, count + 1);
	for (size_t i = 0; i < count; i++) {
		if (how != CUT_ANY || random_below(random, 2))
			apply_name(entries, &steps[image->pending[i]]);
	}
}

static void wait_for_sync(struct image *image, size_t step)
{
	image->pending = more(image->pending, image->pending_count, &image->pending_room,
			      sizeof(*image->pending));
	image->pending[image->pending_count++] = step;
}

/* Follow the steps: what is synced into images and names, what is not onto the pending lists. */
static void follow(const struct record *r, uint64_t count, struct image *images,
		   struct entries *entries)
{
	for (size_t i = 0; i < count; i++) {
		const struct step *s = &r->steps[i];
		struct image *image;

		switch (s->op) {
		case OP_WRITE:
		case OP_TRUNCATE:
			wait_for_sync(&images[s->node], i);
			break;
		case OP_SYNC:
			image = &images[s->node];
			for (size_t k = 0; k < image->pending_count; k++)
				apply(image, &r->steps[image->pending[k]]);
			image->pending_count = 0;
			break;
		case OP_SYNC_FOLDER:
			image = &images[s->folder];
			for (size_t k = 0; k < image->pending_count; k++)
				apply_name(entries, &r->steps[image->pending[k]]);
			image->pending_count = 0;
			break;
		default:
			wait_for_sync(&images[s->folder], i);
		}
	}
}

static void write_folder(const struct record *r, const struct image *images,
			 const struct entries *entries, unsigned folder, const char *path)
{
	char whole[PATH_ROOM];

	folder_make(path);
	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *e = &entries->list[i];
		int fd;

		if (e->folder != folder)
			continue;
		join(whole, path, e->name);
		if (r->nodes[e->node].is_folder) {
			write_folder(r, images, entries, e->node, whole);
			continue;
		}
		fd = open(whole, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 || yg_io_write(fd, (struct yg_bytes){images[e->node].bytes,
								images[e->node].size}) != YG_OK)
			give_up("%s: cannot be written", whole);
		(void)close(fd);
	}
}

void record_rebuild(const struct record *record, uint64_t count, uint64_t seed, const char *to)
{
	struct image *images = calloc(record->node_count, sizeof(*images));
	struct entries entries = {0};
	uint64_t random = seed;

	if (!images)
		give_up("out of memory");
	for (size_t i = 0; i < record->node_count; i++) {
		const struct node *n = &record->nodes[i];

		resize(&images[i], n->start_size, NULL);
		if (n->start_size > 0)
			memcpy(images[i].bytes, n->start, n->start_size);
	}
	for (size_t i = 0; i < record->first.count; i++)
		name_it(&entries, record->first.list[i].folder, record->first.list[i].name,
			record->first.list[i].node);
	follow(record, count, images, &entries);
	for (size_t i = 0; i < record->node_count; i++) {
		if (record->nodes[i].is_folder)
			cut_folder(&entries, &images[i], record->steps, &random);
		else
			cut_file(&images[i], record->steps, &random);
	}
	folder_remove(to);
	write_folder(record, images, &entries, 0, to);
	for (size_t i = 0; i < record->node_count; i++) {
		free(images[i].bytes);
		free(images[i].pending);
	}
	free(images);
	free(entries.list);
}
