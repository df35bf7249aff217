/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/inventory.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"

#include "base/ban.h"

/* As `dpkg --compare-versions` says (tried with dpkg 1.21.22). */
static void versions(void)
{
	static const struct {
		const char *a;
		const char *b;
		int wanted;
	} rows[] = {
		{"1.0", "1.0", 0},
		{"1.0-1", "1.0-2", -1},
		{"1.0~rc1-1", "1.0-1", -1},
		{"1.0-1~deb12u1", "1.0-1", -1},
		{"1.0-1+deb12u1", "1.0-1", 1},
		{"1:0.9", "2.0", 1},
		{"0:1.0", "1.0", 0},
		{"1.10", "1.9", 1},
		{"1.09", "1.9", 0},
		{"1.0a", "1.0+", -1},
		{"1.0a", "1.0", 1},
		{"3.0.15-1~deb12u1", "3.0.14-1~deb12u2", 1},
		{"2.36-9+deb12u9", "2.36-9+deb12u10", -1},
		{"1.0", "1.0-0", 0},
		{"1.0-a-2", "1.0-a-10", -1},
		{"", "~", 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int found = yg_deb_compare(yg_bytes_str(rows[i].a), yg_bytes_str(rows[i].b));
		int back = yg_deb_compare(yg_bytes_str(rows[i].b), yg_bytes_str(rows[i].a));

		if ((found > 0) - (found < 0) != rows[i].wanted ||
		    (back > 0) - (back < 0) != -rows[i].wanted)
			fprintf(stderr, "%s and %s: %d\n", rows[i].a, rows[i].b, found);
		CHECK((found > 0) - (found < 0) == rows[i].wanted);
		CHECK((back > 0) - (back < 0) == -rows[i].wanted);
	}
}

struct seen {
	unsigned count;
	struct yg_stanza last;
};

static int note(void *arg, const struct yg_stanza *stanza)
{
	struct seen *seen = arg;

	seen->count++;
	seen->last = *stanza;
	return YG_OK;
}

static const char stanzas_text[] =
	"Package: bash\nStatus: install ok installed\n"
	"Architecture: amd64\nDescription: a shell\n Package: not this\n"
	"Version: 5.2-1\n\n\nPackage: vim\nVersion: 9\nArchitecture: all";

static void stanzas(void)
{
	struct seen seen = {0};
	struct yg_stanzas parser = {.take = note, .arg = &seen};
	size_t used;

	CHECK(yg_stanzas_feed(&parser, yg_bytes_str(stanzas_text), false, &used) == YG_OK);
	CHECK(seen.count == 1 && strcmp(seen.last.name, "bash") == 0);
	CHECK(strcmp(seen.last.version, "5.2-1") == 0 && strcmp(seen.last.arch, "amd64") == 0);
	CHECK(strcmp(seen.last.status, "install ok installed") == 0);
	CHECK(strcmp(stanzas_text + used, "Architecture: all") == 0);
	CHECK(yg_stanzas_feed(&parser, yg_bytes_str(stanzas_text + used), true, &used) == YG_OK);
	CHECK(seen.count == 2 && strcmp(seen.last.name, "vim") == 0);
	CHECK(strcmp(seen.last.arch, "all") == 0);
}

/* A line longer than any is passed over, in pieces; what stands behind it counts. */
static void long_lines(void)
{
	size_t size = 200000;
	char *text = yg_malloc(size + 64);
	struct seen seen = {0};
	struct yg_stanzas parser = {.take = note, .arg = &seen};
	size_t at = 0;

	CHECK(text != NULL);
	memset(text, 'x', size);
	memcpy(text, "Package: ", 9);
	memcpy(text + size, "\nVersion: 1\n\n", 14);
	while (at < size + 13) {
		size_t step = size + 13 - at < 70000 ? size + 13 - at : 70000;
		size_t used;

		CHECK(yg_stanzas_feed(&parser, (struct yg_bytes){(const uint8_t *)text + at, step},
				      false, &used) == YG_OK);
		CHECK(used > 0);
		at += used;
	}
	CHECK(seen.count == 1 && seen.last.is_cut && strcmp(seen.last.version, "1") == 0);
	free(text);
}

static void sockets(void)
{
	static const char tcp[] = "  sl  local_address rem_address   st tx_queue rx_queue tr "
				  "tm->when retrnsmt   uid\n"
				  "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 "
				  "00:00000000 00000000     0    "
				  "    0 1 1 0\n"
				  "   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 "
				  "00:00000000 00000000  1000    "
				  "    0 2 1 0\n"
				  "   2: 0100007F:1F90 0100007F:8888 01 00000000:00000000 "
				  "00:00000000 00000000  1000    "
				  "    0 3 1 0\n"
				  "   3: zz00007F:1F90 0100007F:8888 0A\n   4:";
	static const char udp6[] =
		"  sl  local_address                         remote_address st\n"
		"   0: 00000000000000000000000000000000:0202 00000000000000000000000000000000:0000 "
		"07 "
		"00000000:00000000 00:00000000 00000000     7        0 1 2 0 0\n"
		"   1: 00000000000000000000000001000000:9C40 00000000000000000000000000000000:0000 "
		"07 "
		"00000000:00000000 00:00000000 00000000     7        0 1 2 0 0\n";
	struct yg_inventory inventory;

	yg_inventory_init(&inventory);
	yg_inventory_sockets(&inventory, "tcp", yg_bytes_str(tcp), 32768, 60999);
	yg_inventory_sockets(&inventory, "udp6", yg_bytes_str(udp6), 32768, 60999);
	CHECK(yg_inventory_sort(&inventory) == YG_OK && inventory.count == 3);
	CHECK_TEXT(inventory.lines[0], "socket\ttcp 0.0.0.0:22\t0\t");
	CHECK_TEXT(inventory.lines[1], "socket\ttcp 127.0.0.1:8080\t1000\t");
	CHECK_TEXT(inventory.lines[2], "socket\tudp [::]:514\t7\t");
	yg_inventory_done(&inventory);
}

static void administrators(void)
{
	struct yg_inventory inventory;

	yg_inventory_init(&inventory);
	CHECK(yg_inventory_administrators(
		      &inventory,
		      YG_S("root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\nalice:x:1000:1000::/"
			   "home:/bin/sh\nbob:x:1001:27::/:/bin/sh\n\n:::\n"),
		      YG_S("root:x:0:\nsudo:x:27:alice, toor\nusers:x:100:alice,carol\nwheel:x:10:"
			   "alice\nsudo"),
		      (struct yg_bytes){0}) == YG_OK);
	CHECK(yg_inventory_sort(&inventory) == YG_OK && inventory.count == 4);
	CHECK_TEXT(inventory.lines[0], "administrator\talice\tsudo,wheel\t");
	CHECK_TEXT(inventory.lines[1], "administrator\tbob\tsudo\t");
	CHECK_TEXT(inventory.lines[2], "administrator\troot\tuid 0\t");
	CHECK_TEXT(inventory.lines[3], "administrator\ttoor\tsudo,uid 0\t");
	yg_inventory_done(&inventory);
}

/* Rules of sudo that let somebody do everything; those that let him do something do not count. */
static void sudoers(void)
{
	struct yg_inventory inventory;

	yg_inventory_init(&inventory);
	CHECK(yg_inventory_administrators(
		      &inventory, YG_S("root:x:0:0::/root:/bin/sh\nfay:x:7:44::/:/bin/sh\n"),
		      YG_S("ops:x:44:gus\nusers:x:100:zoe\nsudo:x:27:ann\n"),
		      YG_S("Defaults env_reset, secure_path=ALL\n"
			   "User_Alias ADMINS = bob, cid : OTHERS = zoe, DEEP\n"
			   "User_Alias DEEP = dan\n"
			   "Cmnd_Alias SHELLS = ALL\n"
			   "root ALL=(ALL:ALL) ALL\n"
			   "ann\tALL = (ALL) NOPASSWD: ALL # comment\n"
			   "ADMINS ALL, !mail = ALL\n"
			   "eve , OTHERS host1 , host2=(root) /bin/ls, \\\n NOPASSWD:ALL\n"
			   "%ops ALL=(ALL) ALL\n"
			   "hal ALL=(root) /usr/bin/less\n# ivy ALL=ALL\n"
			   "@includedir /etc/sudoers.d\n")) == YG_OK);
	CHECK(yg_inventory_sort(&inventory) == YG_OK && inventory.count == 9);
	CHECK_TEXT(inventory.lines[0], "administrator\tann\tsudo,sudoers\t");
	CHECK_TEXT(inventory.lines[1], "administrator\tbob\tsudoers\t");
	CHECK_TEXT(inventory.lines[2], "administrator\tcid\tsudoers\t");
	CHECK_TEXT(inventory.lines[3], "administrator\tdan\tsudoers\t");
	CHECK_TEXT(inventory.lines[4], "administrator\teve\tsudoers\t");
	CHECK_TEXT(inventory.lines[5], "administrator\tfay\tsudoers\t");
	CHECK_TEXT(inventory.lines[6], "administrator\tgus\tsudoers\t");
	CHECK_TEXT(inventory.lines[7], "administrator\troot\tsudoers,uid 0\t");
	CHECK_TEXT(inventory.lines[8], "administrator\tzoe\tsudoers\t");
	yg_inventory_done(&inventory);
}

static void support_of(const char *text, const char *wanted, const char *source)
{
	struct yg_inventory inventory;

	yg_inventory_init(&inventory);
	yg_inventory_system(&inventory, yg_bytes_str(text));
	CHECK(yg_inventory_sort(&inventory) == YG_OK);
	CHECK_TEXT(yg_inventory_value(&inventory, "host", "support_end"), wanted);
	CHECK_TEXT(yg_inventory_value(&inventory, "host", "support_source"), source);
	yg_inventory_done(&inventory);
}

/* By major and minor number, by the major one, and as the system itself says. */
static void ends_of_support(void)
{
	support_of("ID=alpine\nVERSION_ID=3.22.4\n", "2027-05-01", "Alpine Linux releases (main)");
	support_of("ID=\"almalinux\"\nVERSION_ID=\"9.4\"\n", "2032-05-31",
		   "AlmaLinux release notes");
	support_of("ID=fedora\nVERSION_ID=43\nSUPPORT_END=2026-12-02\n", "2026-12-02",
		   "os-release");
	support_of("ID=fedora\nVERSION_ID=43\nSUPPORT_END=soon\n", "unknown", "");
	support_of("ID=alpine\nVERSION_ID=3.99_alpha\n", "unknown", "");
}

static void systems(void)
{
	struct yg_inventory inventory;

	yg_inventory_init(&inventory);
	yg_inventory_system(&inventory, YG_S("ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='D 12'\n"));
	CHECK(yg_inventory_sort(&inventory) == YG_OK);
	CHECK_TEXT(yg_inventory_value(&inventory, "host", "support_end"), "2028-06-30");
	CHECK_TEXT(yg_inventory_value(&inventory, "host", "os_name"), "D 12");
	yg_inventory_done(&inventory);

	yg_inventory_init(&inventory);
	yg_inventory_system(&inventory, YG_S("ID=rhel\nVERSION_ID=\"9.4\"\n"));
	CHECK(yg_inventory_sort(&inventory) == YG_OK);
	CHECK_TEXT(yg_inventory_value(&inventory, "host", "support_end"), "2032-05-31");
	yg_inventory_done(&inventory);

	yg_inventory_init(&inventory);
	yg_inventory_system(&inventory, YG_S("ID=\x01nobody|x\nVERSION_ID=7"));
	CHECK(yg_inventory_sort(&inventory) == YG_OK);
	CHECK_TEXT(yg_inventory_value(&inventory, "host", "support_end"), "unknown");
	CHECK_TEXT(yg_inventory_value(&inventory, "host", "os_id"), "?nobody|x");
	CHECK(yg_inventory_value(&inventory, "problem", "support").size > 0);
	yg_inventory_done(&inventory);
}

struct differences {
	char text[512];
};

static int note_difference(void *arg, struct yg_bytes was, struct yg_bytes is)
{
	struct differences *d = arg;
	size_t size = strlen(d->text);

	(void)snprintf(d->text + size, sizeof(d->text) - size, "%.*s>%.*s;",
		       YG_FMT(yg_inventory_part(was, 2)), YG_FMT(yg_inventory_part(is, 2)));
	return YG_OK;
}

static void add(struct yg_inventory *to, const char *kind, const char *name, const char *value)
{
	yg_inventory_add(to, kind, yg_bytes_str(name), yg_bytes_str(value), (struct yg_bytes){0});
}

static void differences(void)
{
	struct yg_inventory a;
	struct yg_inventory b;
	struct differences d = {""};

	yg_inventory_init(&a);
	yg_inventory_init(&b);
	add(&a, "package", "z", "1");
	add(&a, "package", "a", "1");
	add(&a, "package", "a b", "same");
	add(&a, "now", "lists_time", "x");
	add(&b, "package", "a", "2");
	add(&b, "package", "a b", "same");
	add(&b, "package", "b", "new");
	add(&b, "now", "lists_time", "y");
	CHECK(yg_inventory_sort(&a) == YG_OK && yg_inventory_sort(&b) == YG_OK);
	CHECK(yg_inventory_diff(&a, &b, note_difference, &d) == YG_OK);
	CHECK_TEXT(yg_bytes_str(d.text), "1>2;>new;1>;");
	d.text[0] = '\0';
	CHECK(yg_inventory_diff(&b, &b, note_difference, &d) == YG_OK && d.text[0] == '\0');
	yg_inventory_done(&a);
	yg_inventory_done(&b);
}

/* Several of one name, as kernels are kept: what stays does not become what is new. */
static void several_of_a_name(void)
{
	struct yg_inventory a;
	struct yg_inventory b;
	struct differences d = {""};

	yg_inventory_init(&a);
	yg_inventory_init(&b);
	add(&a, "package", "kernel", "1");
	add(&a, "package", "kernel", "2");
	add(&a, "package", "kernel", "3");
	add(&b, "package", "kernel", "2");
	add(&b, "package", "kernel", "3");
	add(&b, "package", "kernel", "4");
	CHECK(yg_inventory_sort(&a) == YG_OK && yg_inventory_sort(&b) == YG_OK);
	CHECK(yg_inventory_diff(&a, &b, note_difference, &d) == YG_OK);
	CHECK_TEXT(yg_bytes_str(d.text), "1>;>4;");
	d.text[0] = '\0';
	CHECK(yg_inventory_diff(&b, &a, note_difference, &d) == YG_OK);
	CHECK_TEXT(yg_bytes_str(d.text), ">1;4>;");
	yg_inventory_done(&a);
	yg_inventory_done(&b);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(versions),	      CASE(stanzas),	      CASE(long_lines),	     CASE(sockets),
		CASE(administrators), CASE(sudoers),	      CASE(ends_of_support), CASE(systems),
		CASE(differences),    CASE(several_of_a_name)};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
