/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soak [--part NAME] [--seed S] [--cuts N] [--kills N] [--prove]
 *      [--without segment|replace|database|folder|archive|log]
 *
 * All parts one after the other, each with so many cuts and kills, or one of them.
 *
 * Cuts: a part lives in child processes on a disk that remembers everything (record.h), alone and
 * with threads, killed in the middle and started again; then the power is cut at random points of
 * that life, and what is left is opened and counted. The last of them is where the next life
 * begins. Kills: a child process lives on the real disk and is killed at any moment. --without:
 * syncs of that kind do nothing, which must be seen. --prove: each of them in turn; passes when
 * each was seen.
 *
 * A life without threads is the same again with the same seed; one with threads is not.
 */
#define _GNU_SOURCE
#include "soak.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/io.h"

#define LIVES_MAX      10u /* in one generation */
#define CUTS_MAX       8u  /* of one life */
#define KILLS_IN_A_ROW 50u /* in one generation */
#define ACKS_MAX       60u /* until a kill */
#define DROP_ONE_OF    40u
#define WRONG_MAX      100u

struct soak {
	uint64_t seed;
	uint64_t cuts;
	uint64_t kills;
	unsigned lies;
	bool is_proving;
	const struct soak_part *part;
	struct soak_world *world;
	char base[200];
	char live[256];
	char left[256]; /* what a cut left */
	uint64_t generations, lives, processes, cuts_done, kills_done;
	uint64_t sent, archived, missing, doubled, wrong;
};

/* ---- the world ---- */

static uint64_t mix(const struct soak_world *world, unsigned sender, uint64_t sequence)
{
	uint64_t state = world->seed ^ sequence * 16 ^ sender;

	return random_next(&state);
}

bool soak_is_dropped(const struct soak_world *world, unsigned sender, uint64_t sequence)
{
	return mix(world, sender, sequence) % DROP_ONE_OF == 7;
}

void soak_body(const struct soak_world *world, unsigned sender, uint64_t sequence,
	       struct yg_buf *to)
{
	uint64_t state = mix(world, sender, sequence);
	uint64_t size = random_below(&state, SOAK_BODY);

	for (uint64_t i = 0; i < size / 8 + 1; i++) {
		uint64_t word = random_next(&state);

		yg_buf_add(to, (struct yg_bytes){(const uint8_t *)&word, sizeof(word)});
	}
}

void soak_acked(struct soak_world *world, unsigned sender, uint64_t sequence)
{
	struct soak_ack ack = {.sender = sender, .sequence = sequence};

	if (world->ack_fd >= 0) {
		if (write(world->ack_fd, &ack, sizeof(ack)) != (ssize_t)sizeof(ack))
			give_up("an acknowledgement cannot be told");
	} else if (world->record) {
		uint64_t at;

		ack.at = record_count(world->record);
		at = __atomic_fetch_add(&world->ack_count, 1, __ATOMIC_RELAXED);
		if (at >= SOAK_ACKS)
			give_up("too many acknowledgements in one life");
		world->acks[at] = ack;
	} else if (world->senders[sender].acked < sequence) {
		world->senders[sender].acked = sequence;
	}
}

void soak_wrong(struct soak_tally *tally, const char *format, ...)
{
	va_list args;

	if (tally->wrong++ > 0)
		return;
	va_start(args, format);
	(void)vsnprintf(tally->what, sizeof(tally->what), format, args); /* cut on purpose */
	va_end(args);
}

static void new_generation(struct soak *s)
{
	struct soak_world *w = s->world;

	s->generations++;
	w->seed = random_next(&w->random);
	w->ack_fd = -1;
	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		memset(&w->senders[i], 0, sizeof(w->senders[i]));
		(void)snprintf(w->senders[i].id, sizeof(w->senders[i].id), "sensor-%u", i);
	}
	folder_remove(s->live);
	folder_make(s->live);
}

/* ---- counting ---- */

static void tally_start(struct soak *s, struct soak_tally *tally)
{
	*tally = (struct soak_tally){0};
	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		tally->times[i] = calloc(s->world->senders[i].created + 1, 1);
		if (!tally->times[i])
			give_up("out of memory");
	}
}

/* Of each sender all up to @acked must be there. Adds to the sums; says the first that is wrong. */
static void tally_end(struct soak *s, struct soak_tally *tally, const uint64_t *acked,
		      const char *where)
{
	uint64_t missing = 0, doubled = 0;

	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		for (uint64_t q = 1; q <= s->world->senders[i].created; q++) {
			bool is_dropped = soak_is_dropped(s->world, i, q);

			if (tally->times[i][q] == 0 && q <= acked[i] && !is_dropped)
				missing++;
			if (tally->times[i][q] > (is_dropped ? 0 : 1))
				doubled++;
		}
		free(tally->times[i]);
	}
	if (missing || doubled || tally->wrong)
		fprintf(rig_words(),
			"seed %" PRIu64 ", generation %" PRIu64 ", %s: missing %" PRIu64
			", doubled %" PRIu64 "%s%s\n",
			s->seed, s->generations, where, missing, doubled, tally->wrong ? "; " : "",
			tally->what);
	s->missing += missing;
	s->doubled += doubled;
	s->wrong += tally->wrong;
}

/* Open, archive what the journal holds, count. */
static void look(struct soak *s, const char *folder, const uint64_t *acked, const char *where)
{
	struct soak_tally tally;
	void *part;

	tally_start(s, &tally);
	part = s->part->open(s->world, folder, &tally);
	if (part) {
		s->part->digest(part);
		s->part->close(part);
		s->part->check(s->world, folder, &tally);
	}
	tally_end(s, &tally, acked, where);
}

/* Everything that was made is sent and archived in the end. */
static void finish_generation(struct soak *s)
{
	struct soak_tally tally;
	uint64_t acked[SOAK_SENDERS];
	void *part;

	s->world->record = NULL;
	s->world->ack_fd = -1;
	tally_start(s, &tally);
	part = s->part->open(s->world, s->live, &tally);
	if (part) {
		s->part->settle(part);
		s->part->close(part);
		s->part->check(s->world, s->live, &tally);
	}
	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		acked[i] = s->world->senders[i].created;
		for (uint64_t q = 1; q <= acked[i]; q++) {
			if (!soak_is_dropped(s->world, i, q)) {
				s->sent++;
				s->archived += tally.times[i][q] > 0;
			}
		}
	}
	tally_end(s, &tally, acked, "at the end");
}

/* ---- cuts ---- */

static void acked_before(const struct soak_world *w, uint64_t at, uint64_t *ret)
{
	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		ret[i] = w->senders[i].acked;
	for (size_t i = 0; i < w->ack_count; i++) {
		const struct soak_ack *a = &w->acks[i];

		if (a->at <= at && a->sequence > ret[a->sender])
			ret[a->sender] = a->sequence;
	}
}

/* The process of a life: until it is killed, or closes in order. */
__attribute__((noreturn)) static void be_alive(struct soak *s, uint64_t kill_after)
{
	struct soak_tally tally = {0};
	void *part;

	record_use(s->world->record, kill_after);
	part = s->part->open(s->world, s->live, &tally);
	if (!part)
		give_up("%s", tally.what);
	if (random_below(&s->world->random, 4) == 0) {
		s->part->run(part, 3 + random_below(&s->world->random, 20));
	} else {
		for (uint64_t n = 20 + random_below(&s->world->random, 300); n > 0; n--)
			s->part->step(part, &s->world->random);
	}
	s->part->close(part);
	_exit(0);
}

/* One life on the remembering disk, of one process or several. False: one of them gave up. */
static bool live(struct soak *s)
{
	struct soak_world *w = s->world;
	uint64_t processes = 1 + random_below(&w->random, 3);
	int status = 0;

	s->lives++;
	w->ack_count = 0;
	w->record = record_start(s->live, s->lies);
	while (processes-- > 0 && (status == 0 || WIFSIGNALED(status))) {
		uint64_t kill_after =
			random_below(&w->random, 4) ? 1 + random_below(&w->random, 400) : 0;
		uint64_t acked[SOAK_SENDERS];
		pid_t child;

		(void)fflush(NULL);
		child = fork();
		if (child == 0)
			be_alive(s, kill_after);
		if (child < 0 || waitpid(child, &status, 0) != child)
			give_up("no process");
		s->processes++;
		/* The next one is told what was acknowledged, and when. */
		acked_before(w, UINT64_MAX, acked);
		for (unsigned i = 0; i < SOAK_SENDERS; i++)
			w->senders[i].known = acked[i];
	}
	record_catch_up(w->record);
	if (status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		return true;
	fprintf(rig_words(),
		"seed %" PRIu64 ", generation %" PRIu64 ", life %" PRIu64 ": ended with %d\n",
		s->seed, s->generations, s->lives, status);
	s->wrong++;
	return false;
}

static void cut(struct soak *s, uint64_t at, uint64_t seed, struct record *record)
{
	struct soak_world *w = s->world;
	uint64_t acked[SOAK_SENDERS];
	char where[80];

	acked_before(w, at, acked);
	record_rebuild(record, at, seed, s->left);
	(void)snprintf(where, sizeof(where), "life %" PRIu64 ", cut after %" PRIu64 " of %" PRIu64,
		       s->lives, at, record_count(record));
	look(s, s->left, acked, where);
	s->cuts_done++;
}

/* The cuts of a life; the last of them is where the next one begins. */
static void cut_life(struct soak *s)
{
	struct soak_world *w = s->world;
	struct record *record = w->record;
	uint64_t count = 1 + random_below(&w->random, CUTS_MAX);
	uint64_t at = 0, seed = 0;
	uint64_t acked[SOAK_SENDERS];

	w->record = NULL;
	disk_without_syncs();
	for (; count > 0 && s->cuts_done < s->cuts; count--) {
		at = random_below(&w->random, record_count(record) + 1);
		seed = random_next(&w->random);
		cut(s, at, seed, record);
	}
	acked_before(w, at, acked);
	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		w->senders[i].acked = w->senders[i].known = acked[i];
	record_rebuild(record, at, seed, s->live);
	(void)record_free(record);
}

static void run_cuts(struct soak *s)
{
	while (s->cuts_done < s->cuts) {
		uint64_t lives = 1 + random_below(&s->world->random, LIVES_MAX);
		bool is_alive = true;

		new_generation(s);
		while (is_alive && lives-- > 0 && s->cuts_done < s->cuts) {
			is_alive = live(s);
			if (is_alive)
				cut_life(s);
			else
				s->world->record = record_free(s->world->record);
		}
		disk_without_syncs();
		if (is_alive)
			finish_generation(s);
		yg_disk_use(NULL, NULL);
		if (s->missing + s->doubled + s->wrong > (s->lies ? 0 : WRONG_MAX))
			return; /* seen; more of the same says nothing new */
	}
}

/* ---- kills ---- */

/* A process that goes on until it is killed. */
__attribute__((noreturn)) static void be_child(struct soak *s, int fd)
{
	struct soak_tally tally = {0};
	void *part;

	s->world->ack_fd = fd;
	part = s->part->open(s->world, s->live, &tally);
	if (!part)
		give_up("the child does not start: %s", tally.what);
	s->part->run(part, 0);
	_exit(3);
}

/* Acknowledgements until @count of them have come (or all that are left, when it is 0). */
static void take_acks(struct soak *s, int fd, uint64_t count)
{
	struct soak_ack ack;
	bool is_all = count == 0;

	while (is_all || count-- > 0) {
		ssize_t got = read(fd, &ack, sizeof(ack));

		if (got < 0 && errno == EINTR) {
			count++;
			continue;
		}
		if (got != (ssize_t)sizeof(ack))
			return;
		if (ack.sequence > s->world->senders[ack.sender].acked)
			s->world->senders[ack.sender].acked = s->world->senders[ack.sender].known =
				ack.sequence;
	}
}

static void kill_one(struct soak *s)
{
	int pipe_fd[2];
	uint64_t acks = random_below(&s->world->random, ACKS_MAX);
	int status = 0;
	pid_t child;

	if (pipe2(pipe_fd, O_CLOEXEC) != 0)
		give_up("no pipe");
	(void)fflush(NULL);
	child = fork();
	if (child < 0)
		give_up("no process");
	if (child == 0) {
		(void)close(pipe_fd[0]);
		be_child(s, pipe_fd[1]);
	}
	(void)close(pipe_fd[1]);
	if (acks > 0)
		take_acks(s, pipe_fd[0], acks);
	(void)kill(child, SIGKILL);
	if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status) ||
	    WTERMSIG(status) != SIGKILL) {
		fprintf(rig_words(), "a child ended by itself (%d)\n", status);
		s->wrong++;
	}
	take_acks(s, pipe_fd[0], 0);
	(void)close(pipe_fd[0]);
	/* Each sender had at most one on its way. */
	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		struct soak_sender *sender = &s->world->senders[i];

		if (sender->created < sender->acked + 1)
			sender->created = sender->acked + 1;
	}
	s->kills_done++;
}

static void run_kills(struct soak *s)
{
	uint64_t acked[SOAK_SENDERS];
	char where[40];

	while (s->kills_done < s->kills) {
		new_generation(s);
		for (unsigned n = 0; n < KILLS_IN_A_ROW && s->kills_done < s->kills; n++) {
			kill_one(s);
			if (random_below(&s->world->random, 4) != 0)
				continue;
			for (unsigned i = 0; i < SOAK_SENDERS; i++)
				acked[i] = s->world->senders[i].acked;
			(void)snprintf(where, sizeof(where), "kill %" PRIu64, s->kills_done);
			look(s, s->live, acked, where);
		}
		finish_generation(s);
	}
}

/* ---- the program ---- */

static char to_remove[200];
static pid_t remover;

/* Also when this process gives up; a child that does leaves the folder to its parent. */
static void clean_up(void)
{
	if (getpid() == remover)
		folder_remove(to_remove);
}

static void start(struct soak *s)
{
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");

	(void)snprintf(s->base, sizeof(s->base), "%s/yagura-soak-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(s->base))
		give_up("%s: no folder", s->base);
	memcpy(to_remove, s->base, sizeof(to_remove));
	remover = getpid();
	(void)atexit(clean_up);
	(void)snprintf(s->live, sizeof(s->live), "%s/live", s->base);
	(void)snprintf(s->left, sizeof(s->left), "%s/left", s->base);
	s->world = mmap(NULL, sizeof(*s->world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (s->world == MAP_FAILED)
		give_up("no memory to share");
	s->world->random = s->seed;
	s->world->ack_fd = -1;
}

static void print_sums(const struct soak *s)
{
	printf("sent %" PRIu64 ", archived %" PRIu64 ", missing %" PRIu64 ", doubled %" PRIu64 "\n",
	       s->sent, s->archived, s->missing, s->doubled);
}

static int run(struct soak *s)
{
	start(s);
	run_cuts(s);
	run_kills(s);
	(void)munmap(s->world, sizeof(*s->world));
	folder_remove(s->base);
	printf("%" PRIu64 " cuts in %" PRIu64 " lives of %" PRIu64 " processes, %" PRIu64
	       " kills, %" PRIu64 " generations, wrong %" PRIu64 "\n",
	       s->cuts_done, s->lives, s->processes, s->kills_done, s->generations, s->wrong);
	print_sums(s);
	return s->missing + s->doubled + s->wrong > 0 || s->sent != s->archived;
}

static const struct {
	const char *name;
	unsigned lie;
} lies[] = {
	{"segment", RECORD_LIE_SEGMENT},   {"replace", RECORD_LIE_REPLACE},
	{"database", RECORD_LIE_DATABASE}, {"folder", RECORD_LIE_FOLDER},
	{"archive", RECORD_LIE_ARCHIVE},   {"log", RECORD_LIE_LOG},
};
#define LIE_COUNT (sizeof(lies) / sizeof(lies[0]))

/* A run in a process of its own: what it ended with; a crash is no answer. */
static int run_apart(struct soak *s, unsigned lie)
{
	int status = 0;
	pid_t child;

	(void)fflush(NULL);
	child = fork();
	if (child == 0) {
		int rc;

		s->lies = lie;
		rc = run(s);
		exit(rc);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		give_up("a run did not end");
	return WEXITSTATUS(status);
}

/* With all syncs nothing is lost; without those of one kind, something. */
static int prove(struct soak *s)
{
	bool is_well = run_apart(s, 0) == 0;
	unsigned passed = is_well;
	unsigned count = 1;

	printf("%s with all syncs: %s\n", s->part->name, is_well ? "nothing is lost" : "LOST");
	for (size_t i = 0; i < LIE_COUNT; i++) {
		bool is_seen;

		if (!(s->part->lies & lies[i].lie))
			continue;
		is_seen = run_apart(s, lies[i].lie) != 0;
		printf("%s without syncs of %s: %s\n", s->part->name, lies[i].name,
		       is_seen ? "seen" : "NOT SEEN");
		passed += is_seen;
		count++;
	}
	printf("%u passed, %u failed, 0 skipped\n", passed, count - passed);
	return passed == count ? 0 : 1;
}

/* Of this program: those of the hub's durable core and the sensor, or one that needs more. */
static const struct soak_part *const parts[] = {
#ifdef SOAK_PART
	&SOAK_PART,
#else
	&soak_journal,
	&soak_archive,
	&soak_sensor,
	&soak_house,
#endif
};
#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

/* The parts that were asked for; the sums of all of them last. */
static int run_parts(const struct soak *asked)
{
	struct soak sum = {0};
	int status = 0;

	for (size_t i = 0; i < PART_COUNT; i++) {
		struct soak s = *asked;

		if (asked->part && asked->part != parts[i])
			continue;
		s.part = parts[i];
		if (s.part->is_talkative && !getenv("SOAK_WORDS"))
			silence_product();
		printf("%s: ", s.part->name);
		status |= s.is_proving ? prove(&s) : run(&s);
		sum.sent += s.sent;
		sum.archived += s.archived;
		sum.missing += s.missing;
		sum.doubled += s.doubled;
	}
	if (!asked->is_proving && !asked->part)
		print_sums(&sum);
	return status;
}

static void read_part(struct soak *s, const char *name)
{
	for (size_t i = 0; name && i < PART_COUNT; i++) {
		if (strcmp(name, parts[i]->name) == 0)
			s->part = parts[i];
	}
	if (!s->part)
		give_up("--part: there is none of this name");
}

static void read_lie(struct soak *s, const char *name)
{
	for (size_t i = 0; i < LIE_COUNT; i++) {
		if (strcmp(name, lies[i].name) == 0)
			s->lies |= lies[i].lie;
	}
	if (!s->lies)
		give_up("--without segment, replace, database, folder, archive or log");
}

static uint64_t read_number(const char *text)
{
	uint64_t number = 0;

	if (!text || !yg_bytes_u64(yg_bytes_str(text), &number))
		give_up("a number is missing");
	return number;
}

int main(int argc, char **argv)
{
	static struct soak s;
	const char *seed = getenv("YAGURA_SEED");

	s.seed = seed ? read_number(seed) : 1;
	for (int i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--prove") == 0) {
			s.is_proving = true;
			continue;
		}
		if (strcmp(argv[i], "--seed") == 0)
			s.seed = read_number(next);
		else if (strcmp(argv[i], "--cuts") == 0)
			s.cuts = read_number(next);
		else if (strcmp(argv[i], "--kills") == 0)
			s.kills = read_number(next);
		else if (strcmp(argv[i], "--part") == 0)
			read_part(&s, next);
		else if (strcmp(argv[i], "--without") == 0 && next)
			read_lie(&s, next);
		else
			give_up("soak [--part NAME] [--seed S] [--cuts N] [--kills N] [--without …]"
				" [--prove]");
		i++;
	}
	printf("seed %" PRIu64 "\n", s.seed);
	return run_parts(&s);
}
