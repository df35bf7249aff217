/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/indicator_lists.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cache.h"
#include "app/indicator_known.h"
#include "app/indicator_place.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "base/io.h"

#include "base/ban.h"

#define BLOCK_BYTES  (1u << 20)			  /* read and digested at a time */
#define WINDOW_BYTES (BLOCK_BYTES + (128u << 10)) /* with what the builder left over */
#define LARGE_PAGE   (2u << 20)
#define SAID_MAX     10u
#define SHOW_NS	     (YG_NS_PER_S / 4)
#define SILENT_NS    YG_NS_PER_S
#define READ_PERCENT 70u /* of the time for reading lists, the rest for merging; about */

/* How far compiling is, on a terminal. */
struct show {
	struct yg_clock clock;
	bool is_shown;
	bool has_line;
	int64_t next_ns;
	uint64_t total_bytes;
	uint64_t read_bytes;
	const struct yg_indicator_place *place;
};

/* One side on its way. */
struct load {
	const char *const *paths;
	size_t count;
	bool is_regular; /* all lists are: they can be read twice */
	uint64_t bytes;
	uint8_t *window;
	struct yg_indicator_build *build; /* NULL: only the digest is wanted */
	struct yg_indicator_known known;
	uint8_t digest[YG_DIGEST_BYTES];
	struct show show;
};

static void show(void *arg)
{
	struct show *s = arg;
	int64_t now_ns = s->is_shown ? s->clock.now_ns(s->clock.arg) : 0;
	unsigned percent = 0;

	if (!s->is_shown || now_ns < s->next_ns || !s->place)
		return;
	if (s->total_bytes > 0)
		percent = (unsigned)(s->read_bytes * READ_PERCENT / s->total_bytes);
	if (s->place->spilled > 0 && s->read_bytes >= s->total_bytes)
		percent += (unsigned)(s->place->put_bytes * (100 - READ_PERCENT) /
				      (s->place->put_bytes + s->place->spilled));
	s->next_ns = now_ns + SHOW_NS;
	s->has_line = true;
	fprintf(stderr, "\r\033[K");
	fprintf(stderr, yg_say_tr(N_("compiling indicators: %u %%")), percent > 99 ? 99 : percent);
	(void)fflush(stderr); /* only a look at progress is lost */
}

static void show_end(struct show *s)
{
	if (s->has_line)
		fprintf(stderr, "\r\033[K");
	s->has_line = false;
}

static void mix(struct load *l, struct yg_bytes tag, struct yg_bytes b)
{
	yg_digest_parts((struct yg_bytes[]){{l->digest, sizeof(l->digest)}, tag, b}, 3, l->digest);
}

/* Fill the window behind @have bytes with a block; less only at the end of the file. */
static int read_block(struct load *l, int fd, size_t have, size_t *ret_size)
{
	size_t size = 0;
	size_t got = 1;
	int rc = YG_OK;

	while (rc == YG_OK && got > 0 && size < BLOCK_BYTES) {
		rc = yg_io_read(fd, l->window + have + size, BLOCK_BYTES - size, &got);
		size += rc == YG_OK ? got : 0;
	}
	*ret_size = size;
	return rc;
}

/* One open list: digested, and given to the builder if there is one. *ret_is_ours: the list's fault
 */
static int read_fd(struct load *l, int fd, bool *ret_is_list)
{
	uint64_t total = 0;
	size_t have = 0;
	bool is_last = false;
	int rc = YG_OK;

	while (rc == YG_OK && !is_last) {
		size_t size;
		size_t used = 0;

		rc = read_block(l, fd, have, &size);
		total += size;
		if (rc == YG_OK && total > YG_INDICATOR_FILE_MAX)
			rc = YG_ELIMIT;
		*ret_is_list = rc != YG_OK;
		if (rc != YG_OK)
			break;
		mix(l, YG_S("block"), (struct yg_bytes){l->window + have, size});
		is_last = size < BLOCK_BYTES;
		l->show.read_bytes += size;
		have += size;
		if (l->build)
			rc = yg_indicator_build_feed(l->build, (struct yg_bytes){l->window, have},
						     is_last, &used);
		else
			used = have;
		have -= used;
		memmove(l->window, l->window + used, have);
		show(&l->show);
	}
	return rc;
}

static int read_list(struct load *l, const char *path)
{
	bool is_list = true;
	int fd = -1;
	int rc = yg_io_open_read(path, &fd);

	if (rc == YG_OK) {
		mix(l, YG_S("list"), yg_bytes_str(path));
		rc = l->build ? yg_indicator_build_list(l->build, path) : YG_OK;
		is_list = rc != YG_OK;
	}
	if (rc == YG_OK)
		rc = read_fd(l, fd, &is_list);
	if (fd >= 0)
		(void)close(fd); /* read only */
	show_end(&l->show);
	if (rc != YG_OK && rc != YG_ENOMEM && is_list) {
		yg_say_hint(N_("check the path and who may read it"), N_("%s: cannot be read: %s"),
			    yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
		return YG_EINVAL;
	}
	if (rc == YG_ELIMIT)
		yg_say(N_("%s: more than %u indicators, 4 GiB of comments or 8 GiB of values"),
		       yg_say_safe(yg_bytes_str(path), 300), YG_INDICATORS_MAX);
	return rc;
}

/* All lists once; the digest of what was read is in l->digest. */
static int read_lists(struct load *l, struct yg_indicator_build *build)
{
	int rc = YG_OK;

	l->build = build;
	l->show.read_bytes = 0;
	yg_digest(YG_S("indicators " YG_VERSION), l->digest);
	for (size_t i = 0; i < l->count && rc == YG_OK; i++)
		rc = read_list(l, l->paths[i]);
	return rc;
}

static void survey(struct load *l)
{
	struct stat st;

	l->is_regular = true;
	for (size_t i = 0; i < l->count; i++) {
		if (stat(l->paths[i], &st) == 0 && S_ISREG(st.st_mode))
			l->bytes += (uint64_t)st.st_size;
		else
			l->is_regular = false;
	}
	l->show.total_bytes = l->bytes;
}

static bool is_for_cache(const struct load *l)
{
	return l->is_regular && l->bytes >= YG_INDICATORS_CACHED_MIN;
}

static int open_image(struct yg_indicator_lists *lists, enum yg_indicators_side side,
		      const struct yg_indicators_image *image)
{
	struct yg_fault fault;
	int rc = yg_indicators_open(lists->set, side, image, &fault);

	if (rc == YG_OK) {
		lists->images[side].mem = (void *)(uintptr_t)image->bytes.data;
		lists->images[side].size = image->bytes.size;
	} else {
		(void)munmap((void *)(uintptr_t)image->bytes.data, image->bytes.size); /* ours */
	}
	return rc;
}

/* Checked pages are given back: the great sections are looked at in a few places only. */
static void drop_pages(void *arg, size_t at, size_t size)
{
	uint8_t *from = (uint8_t *)arg + at / 4096 * 4096;

	(void)madvise(from, size, MADV_DONTNEED); /* a wish; the pages come back when looked at */
}

/* Lists and image as they are now belong together. */
static void keep_known(struct load *l, const struct stat *image)
{
	memcpy(l->known.key, l->digest, sizeof(l->known.key));
	l->known.image = yg_indicator_stamp(image);
	yg_indicator_known_keep(&l->known);
}

static bool open_cached(struct load *l, struct yg_indicator_lists *lists,
			enum yg_indicators_side side)
{
	struct yg_indicators_image image = {.key = l->digest, .seen = drop_pages};
	struct yg_indicator_stamp stamp;
	char name[YG_CACHE_NAME_MAX];
	struct stat st;
	void *mem;
	size_t size;

	yg_cache_name(l->digest, YG_INDICATOR_CACHE_SUFFIX, name);
	if (!yg_cache_map(name, YG_INDICATOR_CACHE_BYTES_MAX, &mem, &size, &st))
		return false;
	stamp = yg_indicator_stamp(&st);
	image.is_known = memcmp(&stamp, &l->known.image, sizeof(stamp)) == 0;
	image.bytes = (struct yg_bytes){mem, size};
	image.arg = mem;
	if (open_image(lists, side, &image) != YG_OK)
		return false;
	lists->images[side].is_cached = true;
	if (!image.is_known)
		keep_known(l, &st);
	return true;
}

static int build_into(struct load *l, struct yg_indicator_place *place, uint64_t *ret_size)
{
	const struct yg_indicator_store store = yg_indicator_place_store(place);
	struct yg_indicator_build *build;
	uint64_t seed;
	int rc;

	yg_random((uint8_t *)&seed, sizeof(seed));
	build = yg_indicator_build_new(seed, &store);
	if (!build)
		return YG_ENOMEM;
	place->moved = show;
	place->arg = &l->show;
	l->show.place = place;
	rc = read_lists(l, build);
	if (rc == YG_OK) {
		rc = yg_indicator_build_finish(build, l->digest, ret_size);
		show_end(&l->show);
		if (rc == YG_ELIMIT)
			yg_say(N_("the lists of indicators name the same values too often"));
	}
	l->show.place = NULL;
	(void)yg_indicator_build_free(build);
	return rc;
}

/* Compile into @place and use that. Errors of the place itself are left in place->rc. */
static int compile(struct load *l, struct yg_indicator_place *place,
		   struct yg_indicator_lists *lists, enum yg_indicators_side side)
{
	struct yg_indicators_image image = {.key = l->digest, .is_known = true};
	uint64_t size = 0;
	struct stat st;
	int rc = build_into(l, place, &size);

	if (rc != YG_OK)
		return rc;
	if (place->folder[0])
		yg_cache_trim(place->folder, YG_INDICATOR_CACHE_SUFFIX,
			      YG_INDICATOR_CACHE_FILES_MAX);
	rc = yg_indicator_place_keep(place, l->digest);
	if (rc == YG_OK)
		image.bytes = (struct yg_bytes){yg_indicator_place_map(place, size), size};
	if (rc != YG_OK || !image.bytes.data) {
		place->rc = rc == YG_OK ? YG_ENOMEM : rc;
		return place->rc;
	}
	if (place->folder[0] && yg_indicator_place_stat(place, &st) == YG_OK)
		keep_known(l, &st);
	return open_image(lists, side, &image);
}

static int compile_anywhere(struct load *l, struct yg_indicator_lists *lists,
			    enum yg_indicators_side side)
{
	struct yg_indicator_place place;
	bool is_cached = is_for_cache(l);
	int rc = YG_OK;

	if (is_cached) {
		rc = yg_indicator_place_cache(&place);
		if (rc != YG_OK)
			place.rc = rc;
		else
			rc = compile(l, &place, lists, side);
		if (rc != YG_OK && place.rc != YG_OK) {
			yg_say_hint(N_("make room in the cache folder (XDG_CACHE_HOME chooses "
				       "another): without it every run compiles them again"),
				    N_("compiled indicators cannot be kept: %s; they are held in "
				       "memory this time"),
				    yg_say_tr(yg_err_text(place.rc)));
			is_cached = false;
		}
		yg_indicator_place_done(&place);
	}
	if (is_cached)
		return rc;
	rc = yg_indicator_place_memory(&place);
	if (rc == YG_OK)
		rc = compile(l, &place, lists, side);
	if (rc != YG_OK && rc != YG_ENOMEM && place.rc != YG_OK) {
		yg_say(N_("there is no room for the compiled indicators: %s"),
		       yg_say_tr(yg_err_text(place.rc)));
		rc = YG_EINVAL;
	}
	yg_indicator_place_done(&place);
	return rc;
}

/* Without reading the lists again, when they have not changed. */
static bool open_known(struct load *l, struct yg_indicator_lists *lists,
		       enum yg_indicators_side side)
{
	yg_indicator_known_look(&l->known, l->paths, l->count,
				l->show.clock.now_ns(l->show.clock.arg));
	if (!yg_indicator_known_find(&l->known))
		return false;
	memcpy(l->digest, l->known.key, sizeof(l->digest));
	return open_cached(l, lists, side);
}

/*
 * Of a large filter each look meets another page: in pages of 4 KiB that is a miss of the address
 * tables each time, which costs as much as the memory itself.
 */
static void move_cells(struct yg_indicator_lists *lists, enum yg_indicators_side side)
{
	struct yg_bytes cells = yg_indicators_cells(lists->set, side);
	size_t size = (cells.size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
	uintptr_t at;
	void *mem;

	if (cells.size < LARGE_PAGE)
		return;
	mem = mmap(NULL, size + LARGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	if (mem == MAP_FAILED)
		return; /* the mapped file does, too */
	lists->images[side].cells = mem;
	lists->images[side].cells_size = size + LARGE_PAGE;
	at = ((uintptr_t)mem + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
	(void)madvise((void *)at, size, MADV_HUGEPAGE); /* a wish */
	memcpy((void *)at, cells.data, cells.size);
	(void)mprotect(mem, size + LARGE_PAGE, PROT_READ); /* a second lock on the door */
	drop_pages(lists->images[side].mem,
		   (size_t)(cells.data - (const uint8_t *)lists->images[side].mem), cells.size);
	yg_indicators_move_cells(lists->set, side, (const uint8_t *)at);
}

static int load_side(struct load *l, struct yg_indicator_lists *lists, enum yg_indicators_side side)
{
	int rc = YG_OK;

	if (l->count == 0)
		return YG_OK;
	l->window = yg_malloc(WINDOW_BYTES);
	if (!l->window)
		return YG_ENOMEM;
	survey(l);
	if (!is_for_cache(l) || !open_known(l, lists, side)) {
		if (is_for_cache(l))
			rc = read_lists(l, NULL);
		if (rc == YG_OK && !(is_for_cache(l) && open_cached(l, lists, side)))
			rc = compile_anywhere(l, lists, side);
	}
	if (rc == YG_OK)
		move_cells(lists, side);
	free(l->window);
	return rc;
}

/* Refused lines, the first ones by name; returns how many. */
static uint64_t say_notes(const struct yg_indicators *set)
{
	uint64_t said = 0;
	uint64_t refused = 0;
	uint64_t doubles = 0;

	for (unsigned side = 0; side < YG_INDICATORS_SIDES; side++) {
		struct yg_indicators_facts facts = yg_indicators_facts(set, side);

		refused += facts.refused;
		doubles += facts.duplicates;
		for (uint32_t i = 0; i < facts.note_count && said < SAID_MAX; i++, said++) {
			struct yg_indicators_note note = yg_indicators_note(set, side, i);

			yg_say(N_("%s:%llu: no indicator: %s"), yg_say_safe(note.file, 300),
			       (unsigned long long)note.line, yg_say_tr(note.reason));
		}
	}
	if (refused > said)
		yg_say(N_("%llu further lines were no indicators"),
		       (unsigned long long)(refused - said));
	if (doubles > 0)
		yg_say(N_("%llu indicators stand in the lists more than once; the first line "
			  "counts"),
		       (unsigned long long)doubles);
	return refused;
}

/* The lists that paths name: a folder stands for its files, hidden ones left out. */
struct named {
	const char **paths; /* owned */
	size_t count;
	char **made;
	size_t made_count;
};

static void named_done(struct named *named)
{
	for (size_t i = 0; i < named->made_count; i++)
		free(named->made[i]);
	free(named->made);
	free(named->paths);
}

static int add_named(struct named *named, const char *path)
{
	const char **grown = yg_reallocarray(named->paths, named->count + 1, sizeof(*grown));

	if (!grown)
		return YG_ENOMEM;
	named->paths = grown;
	named->paths[named->count++] = path;
	return YG_OK;
}

static int add_made(struct named *named, const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char **grown = yg_reallocarray(named->made, named->made_count + 1, sizeof(*grown));
	char *path = grown ? yg_malloc(size) : NULL;

	if (grown)
		named->made = grown;
	if (!path)
		return YG_ENOMEM;
	(void)snprintf(path, size, "%s/%s", folder, name); /* measured */
	named->made[named->made_count++] = path;
	return add_named(named, path);
}

static int keep_list(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_type != DT_DIR;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_folder(struct named *named, const char *folder)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, keep_list, by_bytes);
	int rc = YG_OK;

	if (count < 0) {
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(folder), 300),
		       yg_say_tr(yg_err_text(yg_err_from_errno(errno))));
		return YG_EINVAL;
	}
	if (named->made_count + (size_t)count > YG_INDICATOR_LISTS_MAX)
		rc = YG_ELIMIT;
	for (int i = 0; i < count; i++) {
		if (rc == YG_OK)
			rc = add_made(named, folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int find_lists(const char *const *paths, size_t count, struct named *ret)
{
	struct stat st;
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < count; i++)
		rc = stat(paths[i], &st) == 0 && S_ISDIR(st.st_mode) ? add_folder(ret, paths[i])
								     : add_named(ret, paths[i]);
	return rc;
}

static int load_lists(struct load loads[YG_INDICATORS_SIDES], struct yg_indicator_lists *ret)
{
	struct yg_clock clock = yg_clock_system();
	int rc = YG_OK;

	if (loads[0].count + loads[1].count == 0)
		return YG_OK;
	ret->set = yg_indicators_new();
	if (!ret->set)
		return YG_ENOMEM;
	for (unsigned i = 0; i < YG_INDICATORS_SIDES && rc == YG_OK; i++) {
		loads[i].show.clock = clock;
		loads[i].show.is_shown = isatty(STDERR_FILENO) == 1;
		loads[i].show.next_ns = clock.now_ns(clock.arg) + SILENT_NS;
		rc = load_side(&loads[i], ret, i);
		show_end(&loads[i].show);
		yg_digest_parts((struct yg_bytes[]){{ret->digest, sizeof(ret->digest)},
						    {loads[i].digest, sizeof(loads[i].digest)}},
				2, ret->digest);
	}
	if (rc == YG_OK)
		rc = yg_indicators_finish(ret->set);
	if (rc == YG_OK)
		ret->bad = say_notes(ret->set);
	return rc;
}

int yg_indicator_lists_load(const struct yg_options *options, struct yg_indicator_lists *ret)
{
	struct named named[YG_INDICATORS_SIDES] = {{0}, {0}};
	int rc = find_lists(options->indicators, options->indicator_count, &named[0]);

	*ret = (struct yg_indicator_lists){.set = NULL};
	if (rc == YG_OK)
		rc = find_lists(options->allows, options->allow_count, &named[1]);
	if (rc == YG_OK) {
		struct load loads[YG_INDICATORS_SIDES] = {
			{.paths = named[0].paths, .count = named[0].count},
			{.paths = named[1].paths, .count = named[1].count},
		};

		rc = load_lists(loads, ret);
	}
	named_done(&named[0]);
	named_done(&named[1]);
	return rc;
}

void yg_indicator_lists_done(struct yg_indicator_lists *lists)
{
	lists->set = yg_indicators_free(lists->set);
	for (unsigned i = 0; i < YG_INDICATORS_SIDES; i++) {
		if (lists->images[i].mem)
			(void)munmap(lists->images[i].mem, lists->images[i].size); /* ours */
		if (lists->images[i].cells)
			(void)munmap(lists->images[i].cells,
				     lists->images[i].cells_size); /* ours */
		lists->images[i].mem = NULL;
		lists->images[i].cells = NULL;
	}
}
