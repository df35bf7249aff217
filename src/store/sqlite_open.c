/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening: whose file it is is looked at before SQLite may change a byte of it.
 */
#define _GNU_SOURCE
#include "store/sqlite-int.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/disk.h"
#include "base/io.h"
#include "store/control.h"

#include "base/ban.h"

#define HEADER_BYTES  100 /* file format of SQLite, sec. 1.3 */
#define HEADER_PAGE   16
#define HEADER_ID     68
#define JOURNAL_PAGES 16 /* of a rollback journal: the pages of the file before */
#define LENGTH_MAX    ((int)YG_DOC_BODY_MAX + 65536)
#define WAIT_MS	      10
#define SIZE_HEADER   16 /* keeps the alignment of malloc */

/* ---- memory: a block knows its size, which SQLite wants to ask ---- */

static void *heap_get(int size)
{
	uint8_t *block = yg_malloc((size_t)size + SIZE_HEADER);

	if (!block)
		return NULL;
	memcpy(block, &size, sizeof(size));
	return block + SIZE_HEADER;
}

static void heap_free(void *at)
{
	if (at)
		free((uint8_t *)at - SIZE_HEADER);
}

static void *heap_resize(void *at, int size)
{
	uint8_t *block =
		yg_reallocarray((uint8_t *)at - SIZE_HEADER, (size_t)size + SIZE_HEADER, 1);

	if (!block)
		return NULL;
	memcpy(block, &size, sizeof(size));
	return block + SIZE_HEADER;
}

static int heap_size(void *at)
{
	int size = 0;

	if (at)
		memcpy(&size, (uint8_t *)at - SIZE_HEADER, sizeof(size));
	return size;
}

static int heap_round(int size)
{
	return (size + 7) & ~7;
}

static int heap_start(void *arg)
{
	(void)arg;
	return SQLITE_OK;
}

static void heap_stop(void *arg)
{
	(void)arg;
}

static void start_once(void)
{
	static const sqlite3_mem_methods heap = {
		.xMalloc = heap_get,
		.xFree = heap_free,
		.xRealloc = heap_resize,
		.xSize = heap_size,
		.xRoundup = heap_round,
		.xInit = heap_start,
		.xShutdown = heap_stop,
	};

	/* Refused only when the library already runs: then it works with its own heap. */
	(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &heap);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	yg_sqlite_add_vfs();
}

void yg_sqlite_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, start_once); /* cannot fail with a static control */
}

/* ---- errors ---- */

/* For the results behind which the system's own error says more. */
static int system_error(sqlite3 *db, int otherwise)
{
	int errnum = db ? sqlite3_system_errno(db) : 0;

	switch (errnum) {
	case 0:
		return otherwise;
	case EDQUOT:
		return YG_ENOSPC;
	case EROFS:
	case EPERM:
		return YG_EACCES;
	default:
		return yg_err_from_errno(errnum);
	}
}

int yg_sqlite_error(sqlite3 *db, int rc)
{
	static const struct {
		int result;
		int error;
	} errors[] = {
		{SQLITE_OK, YG_OK},
		{SQLITE_NOMEM, YG_ENOMEM},
		{SQLITE_FULL, YG_ENOSPC},
		{SQLITE_BUSY, YG_EAGAIN},
		{SQLITE_LOCKED, YG_EAGAIN},
		{SQLITE_READONLY, YG_EACCES},
		{SQLITE_PERM, YG_EACCES},
		{SQLITE_AUTH, YG_EACCES},
		{SQLITE_CORRUPT, YG_EFORMAT},
		{SQLITE_NOTADB, YG_EFORMAT},
		{SQLITE_CONSTRAINT, YG_EFORMAT},
		{SQLITE_ERROR, YG_EFORMAT}, /* our statements are right: the tables are not */
	};

	if (rc == SQLITE_IOERR_NOMEM)
		return YG_ENOMEM;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if ((rc & 0xff) == errors[i].result)
			return errors[i].error;
	}
	if ((rc & 0xff) == SQLITE_CANTOPEN)
		return system_error(db, YG_EACCES);
	return (rc & 0xff) == SQLITE_IOERR ? system_error(db, YG_EIO) : YG_EIO;
}

/* ---- opening ---- */

/* An empty file of mode 0600; one that has come meanwhile is as good. */
static int create(const char *path)
{
	int fd = -1;
	int rc = yg_disk_open(path, YG_DISK_CREATE | YG_DISK_EXCLUSIVE, 0600, &fd);

	if (rc != YG_OK)
		return rc == YG_EDUPLICATE ? YG_OK : rc;
	rc = yg_disk_close(fd);
	return rc == YG_OK ? yg_disk_sync_folder_of(path) : rc;
}

/* What @path is, without opening it: closing it again would drop locks of another handle. */
static int look(const char *path, bool may_create, bool *ret_is_empty)
{
	struct stat st;
	int rc = YG_OK;

	if (stat(path, &st) != 0) {
		if (errno != ENOENT || !may_create)
			return yg_err_from_errno(errno);
		rc = create(path);
		if (rc == YG_OK && stat(path, &st) != 0)
			rc = yg_err_from_errno(errno);
		if (rc != YG_OK)
			return rc;
	}
	if (S_ISDIR(st.st_mode))
		return YG_EISDIR;
	if (!S_ISREG(st.st_mode))
		return YG_EFORMAT;
	*ret_is_empty = st.st_size == 0;
	return *ret_is_empty && !may_create ? YG_EFORMAT : YG_OK;
}

/* Does a log wait beside the file, from which SQLite would complete it? */
static bool has_log(sqlite3 *db)
{
	const char *name = sqlite3_db_filename(db, "main");
	struct stat st;

	return (stat(sqlite3_filename_wal(name), &st) == 0 && st.st_size > 0) ||
	       (stat(sqlite3_filename_journal(name), &st) == 0 && st.st_size > 0);
}

/*
 * The head of a file that is not empty, read past SQLite's caches and locks; and whole pages,
 * because SQLite takes what is missing of the last one for zeros.
 */
static int check_header(sqlite3 *db, int32_t form_id)
{
	uint8_t head[HEADER_BYTES];
	sqlite3_file *file = NULL;
	sqlite3_int64 size = 0;
	uint32_t id = 0;
	int page;
	int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, (void *)&file);

	if (rc != SQLITE_OK || !file || !file->pMethods)
		return YG_EIO;
	rc = file->pMethods->xRead(file, head, HEADER_BYTES, 0);
	if (rc == SQLITE_IOERR_SHORT_READ)
		return YG_EFORMAT;
	if (rc != SQLITE_OK)
		return YG_EIO;
	for (unsigned i = 0; i < 4; i++)
		id = id << 8 | head[HEADER_ID + i];
	if (memcmp(head, "SQLite format 3", 16) != 0 || id != (uint32_t)form_id)
		return YG_EFORMAT;
	if (file->pMethods->xFileSize(file, &size) != SQLITE_OK)
		return YG_EIO;
	page = head[HEADER_PAGE] << 8 | head[HEADER_PAGE + 1];
	if (page == 1)
		page = 65536;
	return page < 512 || (size % page != 0 && !has_log(db)) ? YG_EFORMAT : YG_OK;
}

/*
 * Is the file what a power cut left of its making? Then a rollback journal waits that says it was
 * empty before, and SQLite will make it empty again before it reads anything of it.
 * Source: sqlite.org, "Database File Format", sec. 3.
 */
static bool was_being_made(sqlite3 *db)
{
	static const uint8_t magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
	uint8_t head[JOURNAL_PAGES + 4];
	size_t size = 0;
	int fd;
	int rc = yg_io_open_read(sqlite3_filename_journal(sqlite3_db_filename(db, "main")), &fd);

	if (rc != YG_OK)
		return false;
	rc = yg_io_read_at(fd, head, sizeof(head), 0, &size);
	(void)close(fd); /* read only; nobody locks a journal */
	return rc == YG_OK && size == sizeof(head) && memcmp(head, magic, sizeof(magic)) == 0 &&
	       memcmp(head + JOURNAL_PAGES, "\0\0\0", 4) == 0;
}

static int set_up(sqlite3 *db)
{
	static const struct {
		int option;
		int value;
	} options[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},	       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_FKEY, 1},      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
		{SQLITE_DBCONFIG_ENABLE_VIEW, 0},      {SQLITE_DBCONFIG_DQS_DML, 0},
		{SQLITE_DBCONFIG_DQS_DDL, 0},	       {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
		{SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1}, /* until it is known to be ours */
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		int rc = sqlite3_db_config(db, options[i].option, options[i].value, NULL);

		if (rc != SQLITE_OK)
			return yg_sqlite_error(db, rc);
	}
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LENGTH_MAX); /* returns the old one */
	(void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	return yg_sqlite_error(db, sqlite3_busy_timeout(db, YG_SQLITE_BUSY_MS));
}

static int run(sqlite3 *db, const char *sql)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? YG_OK : yg_sqlite_error(db, rc);
}

/*
 * Once per file. SQLite does not always wait here when another process has the file open for
 * reading and wants the same, so the waiting is done for it.
 */
static int set_log(sqlite3 *db)
{
	int waited_ms = 0;
	int rc = run(db, "PRAGMA journal_mode=WAL");

	while (rc == YG_EAGAIN && waited_ms < YG_SQLITE_BUSY_MS) {
		(void)sqlite3_sleep(WAIT_MS); /* returns what it slept */
		waited_ms += WAIT_MS;
		rc = run(db, "PRAGMA journal_mode=WAL");
	}
	return rc;
}

static int set_modes(sqlite3 *db)
{
	int64_t is_right = 0;
	int rc = run(db, "PRAGMA synchronous=FULL; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
			 "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864");

	if (rc == YG_OK)
		rc = set_log(db);
	if (rc == YG_OK)
		rc = yg_sqlite_ask(db, "SELECT journal_mode='wal' FROM pragma_journal_mode",
				   &is_right);
	return rc == YG_OK && !is_right ? YG_EIO : rc;
}

/* Texts are compared as bytes, so they must be UTF-8. */
static int check_encoding(sqlite3 *db)
{
	int64_t is_right = 0;
	int rc = yg_sqlite_ask(db, "SELECT encoding='UTF-8' FROM pragma_encoding", &is_right);

	return rc == YG_OK && !is_right ? YG_EFORMAT : rc;
}

static int prepare_file(sqlite3 *db, const struct yg_sqlite_form *form, bool is_empty,
			bool may_create)
{
	int rc = set_up(db);

	if (rc == YG_OK && sqlite3_db_readonly(db, "main") != 0)
		rc = YG_EACCES;
	if (rc == YG_OK && !is_empty && was_being_made(db)) {
		is_empty = true;
		rc = may_create ? YG_OK : YG_EFORMAT;
	}
	if (rc == YG_OK)
		rc = is_empty ? run(db, "PRAGMA encoding='UTF-8'") : check_header(db, form->id);
	if (rc == YG_OK && !is_empty)
		rc = check_encoding(db);
	if (rc == YG_OK)
		rc = yg_sqlite_migrate(db, form);
	if (rc == YG_OK)
		rc = set_modes(db);
	if (rc == YG_OK)
		rc = yg_sqlite_error(
			db, sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL));
	return rc;
}

int yg_sqlite_open(const char *path, bool may_create, const struct yg_sqlite_form *form,
		   sqlite3 **ret)
{
	size_t size = strlen(path) + sizeof("./");
	bool is_empty = false;
	sqlite3 *db = NULL;
	char *name;
	int rc;

	yg_sqlite_start();
	rc = look(path, may_create, &is_empty);
	if (rc != YG_OK)
		return rc;
	name = yg_malloc(size);
	if (!name)
		return YG_ENOMEM;
	/* ":memory:" and "file:…" are files like others. */
	(void)snprintf(name, size, "%s%s", path[0] == '/' ? "" : "./", path); /* measured above */
	rc = yg_sqlite_error(db, sqlite3_open_v2(name, &db,
						 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
							 SQLITE_OPEN_PRIVATECACHE |
							 SQLITE_OPEN_EXRESCODE,
						 YG_SQLITE_VFS));
	free(name);
	if (rc != YG_OK && db)
		rc = yg_sqlite_error(db, sqlite3_extended_errcode(db));
	if (rc == YG_OK)
		rc = prepare_file(db, form, is_empty, may_create);
	if (rc != YG_OK) {
		(void)sqlite3_close(db); /* no statement is open */
		return rc;
	}
	*ret = db;
	return YG_OK;
}
