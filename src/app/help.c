/* SPDX-License-Identifier: Apache-2.0 */
#include "app/assess-int.h"

#include "base/ban.h"

static void put(const char *msgid)
{
	fputs(yg_say_tr(msgid), stdout);
}

/* One message for each command, so that one can be added without touching the others. */
static const char *const command_lines[] = {
	N_("  yagura detect PATH...        look for attacks in log files or folders\n"),
	N_("  yagura hunt PATH...          the same over archives and a long time, resumable\n"),
	N_("  yagura archive write --out DIR --org ID PATH...\n"
	   "                               keep logs in archives; also verify, cat, repair\n"),
	N_("  yagura search TEXT PATH...   records that hold a text\n"),
	N_("  yagura summary logons|events|files|keywords PATH...\n"
	   "                               what is in logs, counted\n"),
	N_("  yagura rules check PATH...   check rules for mistakes\n"),
	N_("  yagura rules benign PATH...  what rules find where nothing is amiss\n"),
	N_("  yagura source records PATH...  print logs in Yagura's record form (JSON lines)\n"),
	N_("  yagura source learn LINES    teach the log of a device that is not known\n"),
	N_("  yagura evtx dump --json FILE   print the records of Windows event files\n"),
	N_("  yagura assess web            assess your own measures, in the browser\n"),
	N_("  yagura assess COMMAND        the same from the command line\n"),
	N_("  yagura share plan            whom to warn when a member of a community is hit\n"),
	N_("  yagura share release         what of a warning would leave, and what is taken out\n"),
	N_("  yagura share report COMMAND  one record of an incident, every form of report\n"),
	N_("  yagura share check           which indicators are well-known values that would "
	   "mislead\n"),
	N_("  yagura share import|export   STIX bundles into collections, and out of them\n"),
	N_("  yagura share poll            what is new at another TAXII server, into a "
	   "collection\n"),
	N_("  yagura share drill           is a message received, down to every operator?\n"),
	N_("  yagura share statistics      reports and provisions by fiscal year and quarter\n"),
	N_("  yagura demo run              a hub with an invented community, through one attack\n"),
	N_("  yagura hub --data FOLDER     receive the logs of many organisations' sensors\n"),
	N_("  yagura admin --data FOLDER COMMAND  organisations, sensors and archive of a hub\n"),
};

void yg_help(void)
{
	put(N_("Yagura reads logs and tells what attacked you, since when, whether it may have\n"
	       "succeeded, and what to do.\n"
	       "\n"));
	for (size_t i = 0; i < sizeof(command_lines) / sizeof(command_lines[0]); i++)
		put(command_lines[i]);
	put(N_("\n"
	       "`yagura COMMAND --help` shows the options of a command. All messages are "
	       "available\n"
	       "in Japanese and English (--lang ja, --lang en).\n"));
}

void yg_help_detect(void)
{
	put(N_("usage: yagura detect [OPTION]... PATH...\n"
	       "\n"
	       "Reads logs and tells what attacked, from where, since when, whether it may have\n"
	       "succeeded, and what to do now. PATH is a file, a folder, or - for standard input;\n"
	       "gzip, zstd, xz and zip are opened. The format is recognised by itself.\n"
	       "\n"
	       "Output (a summary for people unless one of these is given)\n"
	       "  --json               one JSON line for each finding\n"
	       "  --json-stories       one JSON line for each story (a source and what it did)\n"
	       "  --csv                one row for each finding, for a spreadsheet\n"
	       "  --html FILE          a page that opens offline and prints on A4\n"
	       "  --lang ja|en         language of titles and messages\n"
	       "  --stats              counts as one JSON line at the end of standard error\n"
	       "  --fail-on LEVEL      exit 3 when a finding of this level or above was made\n"
	       "                       (informational, low, medium, high, critical)\n"
	       "\n"
	       "Rules\n"
	       "  --rules PATH         Sigma rules: a file or a folder; may be repeated\n"
	       "  --no-default-rules   without the rules that are part of Yagura\n"
	       "  --placeholders FILE  values for placeholders of rules (YAML: name: value or "
	       "list)\n"
	       "  --include-deprecated use rules of status deprecated and unsupported too\n"
	       "  --indicators FILE    addresses, prefixes, domains, URLs and hashes to look for\n"
	       "  --allow FILE         the same kinds, not to be reported\n"
	       "\n"
	       "Input\n"
	       "  --format NAME        take all input as this format (a wrong name lists them)\n"
	       "  --log-format STRING  Apache LogFormat or nginx log_format of the access logs\n"
	       "  --tz ZONE            zone of times written without one (Asia/Tokyo, +09:00, "
	       "UTC);\n"
	       "                       otherwise the zone of this machine\n"
	       "  --follow             go on reading as the files grow, through rotation; changed\n"
	       "                       rules and indicators take over (also on SIGHUP)\n"
	       "  --threads N          number of workers; the result is the same for any number\n"
	       "\n"
	       "For those who tune rules (docs/tuning.md)\n"
	       "  --explain RULE       why a rule (id, title or file) fits or not, condition by\n"
	       "                       condition; --explain-max N records (10)\n"
	       "  --count              only numbers: by kind of record, rule, level, source\n"
	       "  --profile FILE       what each rule costs, as JSON; - prints a table. With "
	       "--follow\n"
	       "                       also on SIGUSR1, and to FILE.before when other rules take "
	       "over\n"
	       "  --rule-budget N      work of a rule for each KiB, beyond which it is put out of\n"
	       "                       use (10000; 0 = no limit)\n"
	       "  --findings-budget N  the same for findings in 1000 records (0 = no limit)\n"
	       "\n"
	       "Exit status: 0 done; 1 done, but an input or rule that was named could not be "
	       "used;\n"
	       "2 wrong usage, nothing could be read, or the output could not be written;\n"
	       "3 --fail-on was reached.\n"));
	put(N_("\n"
	       "Logs that are described (docs/source-description.md)\n"
	       "  --sources PATH       a description or a folder of them; may be repeated. Those "
	       "in\n"
	       "                       your own folder (`yagura source list` names it) always "
	       "count\n"));
}

void yg_help_rules(void)
{
	put(N_("usage: yagura rules check [--include-deprecated] [--placeholders FILE] [--lang "
	       "ja|en]\n"
	       "                          PATH...\n"
	       "\n"
	       "Reads Sigma rules (files or folders) and names each one that cannot be used, with\n"
	       "file, line and reason. Exit status: 0 when none was refused, otherwise 1.\n"
	       "\n"
	       "       yagura rules benign [--rules PATH]... [--no-default-rules]\n"
	       "                           [--json | --html FILE] PATH...\n"
	       "\n"
	       "What the rules find in logs where nothing is amiss: how often, examples, the "
	       "values\n"
	       "that cause it, and a Sigma filter that would take it away (docs/tuning.md).\n"));
}

void yg_help_source(void)
{
	put(N_("usage: yagura source records [OPTION]... PATH...\n"
	       "       yagura source learn [LINES] --name NAME --field NAME=VALUE... [--set "
	       "NAME=VALUE]...\n"
	       "                     [--kind KIND] [--title TEXT] [--line N] [--framing "
	       "line|syslog]\n"
	       "                     [--out FILE] [--add | --force] [--tz ZONE] [--json]\n"
	       "                     [--join FIELD]... [--within S] [--keep FIELD]... "
	       "[--take FIELD]... [--ends]\n"
	       "       yagura source test DESCRIPTION LINES [--tz ZONE] [--json]\n"
	       "       yagura source list [--sources PATH]... [--json]\n"
	       "\n"
	       "records  prints each record of the logs in Yagura's own form, one JSON object a "
	       "line\n"
	       "         (docs/record-format.md); `yagura detect` reads this form and finds the "
	       "same.\n"
	       "         --from TIME, --to TIME and the options of `detect` for its input count.\n"
	       "learn    makes a description of a log that Yagura does not know, from about ten "
	       "lines\n"
	       "         and what stands where in one of them (--field user=bob as it stands in "
	       "line "
	       "1).\n"
	       "         --set auth_result=failed says what such a line means. Without --field, on "
	       "a\n"
	       "         terminal, it asks. It goes to --out FILE, else to your folder "
	       "(`source list`\n"
	       "         names it); --add adds another kind of line to it. --join says which lines "
	       "are\n"
	       "         one try (a session's number), --keep and --take which fields later ones "
	       "get.\n"
	       "test     reads the lines by a description and says which are not read, and why.\n"
	       "list     shows the descriptions there are, in the order of trying.\n"
	       "\n"
	       "The form of descriptions: docs/source-description.md. Exit status: 0 all lines are "
	       "read,\n"
	       "1 some are not, 2 nothing could be done.\n"));
}

void yg_help_summary(void)
{
	put(N_("usage: yagura summary logons|events|files [--from TIME] [--to TIME] [--json | "
	       "--csv]\n"
	       "                      [OPTION]... PATH...\n"
	       "       yagura summary keywords [--level LEVEL] [--json | --csv] [OPTION]... "
	       "PATH...\n"
	       "\n"
	       "logons    accepted and refused sign-ins for each account, source, machine and "
	       "type\n"
	       "events    how many records of which format, channel, event and machine\n"
	       "files     the same for each file: what is in it, of which machine, from when to "
	       "when\n"
	       "keywords  accounts, addresses, machines and programs that findings of this level "
	       "or\n"
	       "          above name (low unless --level says another)\n"
	       "\n"
	       "The options of `yagura detect` for input count, for keywords those for rules, too. "
	       "TIME:\n"
	       "2026-11-25 or 2026-11-25T08:00:00, in --tz unless a zone is written.\n"));
}

void yg_help_search(void)
{
	put(N_("usage: yagura search TEXT [OPTION]... PATH...\n"
	       "       yagura search --field NAME=TEXT|--regex EXPRESSION... [OPTION]... PATH...\n"
	       "\n"
	       "Prints the records of any format that hold TEXT, in any field or anywhere in the "
	       "line.\n"
	       "\n"
	       "  --field NAME=TEXT    TEXT in this field; may be repeated: all have to fit\n"
	       "  --regex EXPRESSION   a regular expression that fits somewhere in a value or the "
	       "line\n"
	       "  --any                one of several is enough\n"
	       "  --exact-case         upper and lower case are not the same\n"
	       "  --from TIME, --to TIME  records of this time (2026-11-25, 2026-11-25T08:00:00)\n"
	       "  --limit N            stop after N records\n"
	       "  --json               records in Yagura's form; --csv: a table for a spreadsheet\n"
	       "\n"
	       "The options of `yagura detect` for input count, too.\n"));
}

void yg_help_evtx(void)
{
	put(N_("usage: yagura evtx dump --json [--lang ja|en] FILE...\n"
	       "\n"
	       "Prints each record of Windows event files (.evtx), also torn or carved ones, as "
	       "one\n"
	       "JSON object a line: its number, its place in bytes, its time and its fields. What "
	       "is\n"
	       "damaged is named on standard error by its place (docs/evtx.md).\n"));
}

void yg_help_hunt(void)
{
	put(N_("usage: yagura hunt [OPTION]... PATH...\n"
	       "\n"
	       "Looks for rules and indicators in archives (`yagura archive write`) and in plain\n"
	       "logs, as `yagura detect` does, whose options all count here too. Of an archive "
	       "only\n"
	       "the frames are read that can hold what is looked for.\n"
	       "\n"
	       "  --from TIME          only records of this time or later: 2026-11-21 or\n"
	       "                       2026-11-21T08:30:00+09:00\n"
	       "  --to TIME            only records before this time, or up to the end of this "
	       "day\n"
	       "  --field NAME=VALUE   only records with this value (case aside); one name "
	       "several\n"
	       "                       times: any of the values; several names: all of them\n"
	       "  --state FILE         with --json or --csv: keep in FILE how far it is; the same\n"
	       "                       command goes on from there after an interruption\n"
	       "\n"
	       "With --no-default-rules and --indicators only the indicators are looked for: the\n"
	       "fastest hunt. Exit status as for detect; 1 also when it was interrupted.\n"));
}

void yg_help_archive(void)
{
	put(N_("usage: yagura archive write --out DIR --org ID [OPTION]... PATH...\n"
	       "       yagura archive verify [--json] DIR|FILE...\n"
	       "       yagura archive cat [--from TIME] [--to TIME] [--field NAME=VALUE]... "
	       "DIR|FILE...\n"
	       "       yagura archive repair DIR|FILE...\n"
	       "\n"
	       "write   keeps logs of any format as records in DIR/ID/YEAR/MONTH/DAY, one file an "
	       "hour\n"
	       "        (docs/archive.md); options as for detect where they concern input.\n"
	       "        --arrived TIME takes them as arrived then, not now\n"
	       "verify  reads everything and names all damage by its place; exit 1 when there is "
	       "any\n"
	       "cat     prints the records as JSON lines (docs/record-format.md)\n"
	       "repair  closes files that an interruption left open, makes missing filters anew\n"
	       "\n"
	       "The files are zstd: `zstd -dc FILE | jq` reads them too.\n"));
}

void yg_help_assess(void)
{
	put(N_("usage: yagura assess COMMAND [--db FILE] [OPTION]...\n"
	       "\n"
	       "Where does the firm stand against a framework such as SCS ★3, what is missing, and "
	       "what\n"
	       "is the cheapest next step? Everything is kept in one file. Nothing leaves this "
	       "machine.\n"
	       "\n"
	       "  web                       do it in the browser, on this machine only\n"
	       "  frameworks                what there is to assess against\n"
	       "  new --framework NAME --level LEVEL [--organisation NAME] [--corporate-number N]\n"
	       "      [--from ID]           begin; --from takes over answers where the wording is "
	       "equal\n"
	       "  import-official FILE      bring in the publisher's wording (CSV, YAML or "
	       "workbook)\n"
	       "  scope [--from FILE.json]  what is inside, what is outside, where the two touch\n"
	       "  list [--json]             all criteria; `list assessments`: all in the file\n"
	       "  show CRITERION            what is asked, why, the cheapest way, what proves it\n"
	       "  answer CRITERION STATE [--reason TEXT] [--evidence ID;ID] [--by NAME] [--date "
	       "DAY]\n"
	       "  answer --from FILE.csv    id,state,by,date,reason,evidence: all rows or none\n"
	       "  evidence list | add TITLE [FILE] | remove ID\n"
	       "  import-facts [TABLE FILE.csv] [--date DAY]\n"
	       "                            lists of your own (machines, updates, accounts) to "
	       "compare\n"
	       "                            with; without more: which tables there are\n"
	       "  evaluate [--json]         where you stand\n"
	       "  next [--limit N]          what to do next: much effect for little effort first\n"
	       "  expert list | invite NAME --source QUALIFICATION --name REGISTRATION --until DAY "
	       "|\n"
	       "      end ID                the security specialist who confirms\n"
	       "  confirm CRITERION --as EXPERT --note TEXT\n"
	       "  template [NAME] [-o FILE] documents to edit: rules, contacts, procedure, lists\n"
	       "  report ciso|management|gaps|progress|expert [--html | --csv | --json] [--since "
	       "DAY]\n"
	       "      [-o FILE]             papers that print on A4, tables for a spreadsheet\n"
	       "  key new FILE [--name NAME] [--expires DAY], key show FILE\n"
	       "  sign --key FILE -o S.json the signed statement; verify S.json [--key FILE.pub]\n"
	       "  export [--audience own|expert] [-o FILE], import FILE\n"
	       "  export --format oscal-catalog|oscal-profile|oscal-results [-o FILE]\n"
	       "\n"
	       "  --db FILE                 the file (else YAGURA_ASSESS_DB, else one in your data "
	       "folder)\n"
	       "  --assessment ID           which one in the file; else the newest\n"
	       "  --lang ja|en              language of messages\n"
	       "\n"
	       "Exit status: 0 done; 1 done in part, or the input was refused and nothing changed; "
	       "2 "
	       "wrong\n"
	       "usage, or the file could not be read or written.\n"));
}

void yg_help_hub(void)
{
	put(N_("usage: yagura hub --data FOLDER [OPTION]...\n"
	       "\n"
	       "Receives what sensors send, and keeps it: acknowledged when it is in the journal,\n"
	       "then unpacked into the archive of its organisation. Everything is below FOLDER; "
	       "an\n"
	       "empty one is filled: certificate authority, database (hub.db), journal, archive.\n"
	       "The first line of standard output is\n"
	       "{\"ready\":true,\"url\":…,\"sensors\":…,\"ca\":…,\"admin_link\":…}. Ends "
	       "on\n"
	       "SIGTERM and Ctrl+C.\n"
	       "\n"
	       "  --data FOLDER        where everything is kept; one hub at a time\n"
	       "  --http ADDR:PORT     for people and supervisors, on 127.0.0.1 (127.0.0.1:8470)\n"
	       "  --sensors ADDR:PORT  for sensors, TLS (0.0.0.0:8471); port 0 takes a free one\n"
	       "  --name HOST          a name or address by which sensors reach this machine; may "
	       "be\n"
	       "                       repeated. localhost, 127.0.0.1 and the machine's own name "
	       "are\n"
	       "                       always there\n"
	       "  --config FILE        settings in YAML (docs/hub-config.md); options win over it\n"
	       "  --check-config       only say whether this would start, and what its processes\n"
	       "                       cannot give up on this machine; changes nothing\n"
	       "  --demo               the hub of a demo: an empty FOLDER, 127.0.0.1 alone, every "
	       "page\n"
	       "                       says so, and visitors look on as each of its people\n"
	       "  --lang ja|en         language of messages\n"
	       "\n"
	       "Exit status: 0 ended as asked; 2 it could not start or go on.\n"));
}

static void help_admin_situations(void)
{
	put(N_("\n"
	       "Situations (docs/situations.md):\n"
	       "\n"
	       "  situations list [--org ID] [--state STATE] [--limit N] [--json]\n"
	       "  situations show N [--json]\n"
	       "  situations state N STATE [TEXT]\n"
	       "                                STATE: new, check, noise, confirmed, notified,\n"
	       "                                acknowledged, resolved\n"
	       "  situations comment N TEXT\n"
	       "  situations assign N WHO\n"
	       "  situations merge N OTHER      unmerge takes it back\n"
	       "  situations split N ALERT...   prints the number of the new one\n"
	       "  noise list [--json]           what takes away alerts that need nobody\n"
	       "  noise import NAME FILE --kind scanners|allowed\n"
	       "  noise on NAME                 a step or a list; also: off, remove\n"
	       "  funnel [--org ID] [--json]    logs, findings, after noise, situations, "
	       "notices\n"));
	put(N_("  report --org ID [--month 2026-11] [--json]\n"
	       "                                the month as one page for A4, in HTML, for its\n"
	       "                                president; without --month the last whole one\n"
	       "      --zone hub|utc            of these two: whose days. Without it the page's\n"
	       "                                are those of the hub's time_zone, all else UTC\n"));
	put(N_("\n"
	       "STIX and TAXII (docs/taxii.md):\n"
	       "\n"
	       "  collection add --title T [--id UUID] [--alias NAME] [--org ID]\n"
	       "      [--for own|community|sector:NAME] [--default-tlp TLP] [--others-write]\n"
	       "                                prints its id\n"
	       "  collection list [--json]\n"
	       "  collection change ID [--title T] [--alias NAME] [--for WHOM]\n"
	       "      [--others-write | --no-others-write]\n"
	       "  collection remove ID --yes    with all its objects\n"
	       "  taxii-load FILE --user NAME:PASSWORD\n"
	       "                                a data set to test with, for this login alone\n"));
	put(N_("  feeds add NAME --url URL --collection ID --into ID\n"
	       "      [--user NAME --password-file FILE | --token-file FILE] [--authorities FILE]\n"
	       "      [--certificate FILE --key FILE] [--interval SECONDS] [--limit N]\n"
	       "      [--default-tlp TLP]\n"
	       "                                a collection of another TAXII server, fetched by\n"
	       "                                the hub again and again; FILE: a name in the\n"
	       "                                folder `out.feeds` of the hub's configuration\n"
	       "  feeds list [--json]           and how each gets on\n"
	       "  feeds objects NAME [--limit N] [--json]\n"
	       "                                what came by it, newest first\n"
	       "  feeds poll-now NAME           whatever its interval says\n"
	       "  feeds remove NAME             what came stays\n"));
	put(N_("\n"
	       "Indicators that came as STIX (docs/indicators.md):\n"
	       "\n"
	       "  indicators list [--state waits|acts|over] [--value V] [--limit N] [--json]\n"
	       "  indicators show ID [--json]   all of one: versions, words, findings\n"
	       "  indicators report ID --what false-positive|seen --reason TEXT [--org ORG]\n"
	       "  indicators decide ID yes|no|back --reason TEXT\n"
	       "                                whether it acts, whatever speaks against it\n"));
}

static void help_admin_warnings(void)
{
	put(N_("\n"
	       "Warnings (docs/warnings.md):\n"
	       "\n"
	       "  warnings plans [--json]       newest first\n"
	       "  warnings list [PLAN] [--json] with receipts\n"
	       "  warnings show ID [--as stix]  and its text; or it alone, as STIX\n"
	       "  warnings approve PLAN         a person's yes; prints how many went out\n"
	       "  warnings refuse PLAN --reason TEXT\n"
	       "  warnings withdraw PLAN --reason TEXT\n"
	       "                                all who got it are told; prints the new plan\n"
	       "  warnings called ID RESULT WHO reached, busy, no-answer or wrong-number\n"));
	put(N_("  warnings automatic [RULE] [--json]\n"
	       "                                rules that warn by themselves; RULE: measured now\n"
	       "  warnings automatic-on RULE --reason TEXT\n"
	       "  warnings automatic-off RULE --reason TEXT\n"));
	put(N_("  warnings publish ID --collection ID\n"
	       "                                one that was released to a sector into a\n"
	       "                                collection of STIX objects (docs/taxii.md)\n"
	       "  warnings publications [PLAN] [--json]\n"
	       "                                what is in collections, and why something is not\n"
	       "  warnings publish-rule COLLECTION --at-most clear|green|off\n"
	       "                                all that are released up to this marking\n"
	       "  warnings publish-rules [--json]\n"));
}

static void help_admin_members(void)
{
	put(N_("\n"
	       "Members and who supplies whom (docs/warn.md). FILE: CSV or workbook (.xlsx); all\n"
	       "lines or none:\n"
	       "\n"
	       "  members import FILE [--add]   sector, provider, contacts of organisations; "
	       "--add:\n"
	       "                                also those that are not there yet\n"
	       "  members export [--org ID] [--to FILE]\n"
	       "  relations import FILE [--org ID | --confirmed] [--analysts]\n"
	       "                                declared or confirmed by ID; else by each line's\n"
	       "                                supplier\n"
	       "                                --confirmed: both sides signed; --analysts: and\n"
	       "                                opened it to the analysts\n"
	       "  relations export [--org ID] [--to FILE]\n"
	       "                                those of ID; else those that both parties opened "
	       "to\n"
	       "                                the analysts\n"));
}

static void help_admin_keeping(void)
{
	put(N_("  sign-in-link                  prints a link to the pages: once, within an hour,\n"
	       "                                for the administrator at this machine\n"));
	put(N_("\n"
	       "Keeping and finding (docs/archive.md, docs/hub-hunts.md, docs/backup.md):\n"
	       "\n"
	       "  retention show [--org ID] [--json]\n"
	       "  retention set --org ID [--kind KIND] --months N\n"
	       "                                how long logs are kept (12 months). KIND: "
	       "firewall,\n"
	       "                                proxy, authentication, web, network, other\n"
	       "  search --org ID --reason TEXT [--from TIME] [--to TIME] [--tz ZONE]\n"
	       "         [--field NAME=VALUE]... [--text TEXT]... [--limit N] [--newest]\n"
	       "         [--after PLACE] [--json]\n"
	       "                                records of the archive; the member sees who "
	       "looked,\n"
	       "                                for what and why\n"
	       "  hunt list [--json]            what came new and was looked for in the archive\n"
	       "  hunt show ID [--json]\n"
	       "  hunt approve ID [--reason TEXT]\n"
	       "                                yes to a large one that asks; members see who "
	       "said\n"
	       "                                it, and why\n"
	       "  hunt cancel ID [--reason TEXT]\n"
	       "  backup --to DIR [--base DIR] [--json]\n"
	       "                                all of FOLDER, while the hub runs; --base: an "
	       "earlier\n"
	       "                                backup, whose closed files are linked\n"
	       "  backup verify DIR [--json]    is every file of it whole?\n"
	       "  restore --from DIR            a backup back as FOLDER, which must not be "
	       "there\n"));
}

static void help_admin_leaving(void)
{
	put(N_("\n"
	       "When an organisation leaves (docs/data-handling.md):\n"
	       "\n"
	       "  export --org ID --to DIR [--json]\n"
	       "                                all of its own, as files that anyone can read\n"
	       "  org erase ID --yes [--record FILE] [--json]\n"
	       "                                deletes what a closed one left here; a signed\n"
	       "                                record of it goes to FILE and the audit log\n"));
}

static void help_admin_parts(void)
{
	help_admin_situations();
	help_admin_members();
	help_admin_warnings();
	help_admin_keeping();
	help_admin_leaving();
}

void yg_help_admin(void)
{
	put(N_("usage: yagura admin --data FOLDER COMMAND [OPTION]...\n"
	       "\n"
	       "For the operator of a hub; works beside the running hub.\n"
	       "\n"
	       "  org add ID [--name NAME] [--corporate-number N]\n"
	       "                                an organisation; ID: a-z 0-9 -; N: 13 digits\n"
	       "  org change ID [--name NAME] [--corporate-number N]\n"
	       "  org close ID                  nobody reaches it any more, its sensors are "
	       "refused\n"
	       "  org list [--json]\n"
	       "  enrol-token --org ID [--hours N]\n"
	       "                                prints a token that enrols one sensor, once, "
	       "within\n"
	       "                                N hours (72)\n"
	       "  sensor list [--org ID] [--json]\n"
	       "  sensor revoke ID              refused within a second, also on open connections\n"
	       "  sensor send ID KIND [BODY]    a message for a sensor: ping, or\n"
	       "                                resend '{\"epoch\":N,\"from\":N,\"to\":N}'\n"
	       "  person add LOGIN [--name NAME] --grant ROLE... [--hours N]\n"
	       "                                prints the key of a link that works once, within "
	       "N\n"
	       "                                hours (72); ROLE: administrator, analyst,\n"
	       "                                member:ORG or provider:ORG\n"
	       "  person list [--org ID] [--json]\n"
	       "  person lock|unlock|remove LOGIN\n"
	       "  person grants LOGIN --grant ROLE...\n"
	       "  person reset LOGIN [--second-factor] [--hours N]\n"
	       "                                prints the key of a new link; the old password "
	       "(and\n"
	       "                                the second factor) is gone\n"
	       "  api-token --org ID --role ROLE [--days N] [--rights A,B] [--name NAME]\n"
	       "            [--certificate FILE]\n"
	       "                                prints the token alone\n"
	       "  api-token list --org ID [--json]\n"
	       "  api-token revoke TOKEN-ID --org ID\n"
	       "  mandate give --org ID --provider ID --signed-by NAME --signed DAY --until DAY\n"
	       "               --rights A,B     what a member signed for a service provider\n"
	       "  mandate list [--org ID] [--json]\n"
	       "  mandate end MANDATE-ID --org ID\n"
	       "  consent terms --version V --host PLACE [--from DAY]\n"
	       "                                the terms that hold; members who have not agreed "
	       "to\n"
	       "                                them send nothing\n"
	       "  consent set --org ID --version V --signed-by NAME --signed DAY\n"
	       "  consent withdraw --org ID\n"
	       "  consent show [--org ID] [--json]\n"
	       "  views --org ID [--json]       who opened its records, when and why\n"
	       "  audit list [--after N] [--json]\n"
	       "  audit verify [--checkpoint FILE] [--json]\n"
	       "                                is the audit log what it was?\n"
	       "  audit checkpoint              prints the last one, to be kept elsewhere\n"
	       "  ledger compare [--ledger FILE] [--sensor ID] [--json]\n"
	       "                                a member's ledger beside what the hub has; "
	       "FILE: the\n"
	       "                                folder `ledger` of its sensor, or its files as "
	       "one\n"
	       "  findings [--org ID] [--limit N] [--json]\n"
	       "                                what detection found, newest first\n"
	       "  findings --records FINDING --org ID --reason TEXT [--json]\n"
	       "                                the records it refers to; the member sees it\n"
	       "  archive verify [--json]       is every file of the archive whole? As\n"
	       "                                `yagura archive verify` does\n"
	       "  --lang ja|en                  language of messages\n"
	       "\n"
	       "Exit status: 0 done; 1 refused, nothing was changed, or damage was found;\n"
	       "2 wrong usage, or the folder cannot be used.\n"));
	help_admin_parts();
}

static const char *const share_texts[] = {
	N_("usage: yagura share plan --members FILE --relations FILE --victim ID [OPTION]...\n"
	   "\n"
	   "Shows whom to warn when a member of a community is hit: by which rule, along "
	   "which\n"
	   "relations, what each would be told, and from how many organisations each could\n"
	   "guess who it was. Nothing is sent; no hub is needed.\n"
	   "\n"
	   "  --members FILE     columns id, name_ja, name_en, sector, provider, "
	   "contact_mail,\n"
	   "                     deputy_mail\n"
	   "  --relations FILE   columns supplier, buyer, secret_data, business_stop,\n"
	   "                     system_access (yes or no), consent (named, anonymous or ask)\n"
	   "                     FILE is CSV (UTF-8, Shift_JIS) or a workbook (.xlsx)\n"
	   "  --victim ID        the member that was hit\n"
	   "  --rules FILE       other rules than the program's own (docs/warn.md)\n"
	   "  --json             one JSON object\n"
	   "  --reasons          with --json: also why, and what each copy holds\n"
	   "  --lang ja|en       language of texts\n"),
	N_("\n"
	   "usage: yagura share release --notice FILE --own FILE --audience WORD [OPTION]...\n"
	   "\n"
	   "Shows what of a notice would leave for an audience by an outlet, after everything "
	   "that\n"
	   "points to the organisation is taken out. Nothing is sent (docs/gate.md).\n"
	   "\n"
	   "  --notice FILE      the notice, as JSON\n"
	   "  --own FILE         what points to the organisation that was hit, as JSON\n"
	   "  --audience WORD    partner, provider, authority, sector, community, sensor, "
	   "public,\n"
	   "                     own\n"
	   "  --outlet WORD      api, console, mail, webhook, sensor, export, phone, print,\n"
	   "                     taxii\n"
	   "  --agreed WORD      what it agreed to: nothing, nameless, named\n"
	   "  --damage           it agreed that the damage is told, too\n"
	   "  --person           the recipient is one named person (TLP:RED)\n"
	   "  --use WORD         what indicators are for: match, lookup, block\n"
	   "  --form WORD        text, page, mail, script, message, stix; else as the "
	   "outlet's\n"
	   "  --json             the copy, and each piece that was taken out with its reason\n"
	   "  --lang ja|en       language of texts\n"
	   "\n"
	   "Exit status: 0 shown; 1 nothing may leave, which is said; 2 wrong usage, or a "
	   "file\n"
	   "cannot be read.\n"),
	N_("\n"
	   "usage: yagura share check --warning-lists FOLDER LIST... [OPTION]...\n"
	   "\n"
	   "Names the indicators of lists that are on lists of well-known values (resolvers,\n"
	   "large services, hashes of empty files): they would find what everyone does\n"
	   "(docs/findings.md).\n"
	   "\n"
	   "  --warning-lists FOLDER  JSON in the form of MISP's warning lists\n"
	   "  --json                  an object a line: file, line, value, list\n"
	   "  --lang ja|en            language of messages\n"
	   "\n"
	   "Exit status: 0 none is; 1 some are, or a list or line cannot be used; 2 wrong "
	   "usage, or\n"
	   "a file cannot be read.\n"),
	N_("\n"
	   "usage: yagura share report new|set --record FILE [OPTION]... [FIELD=VALUE]...\n"
	   "       yagura share report check|render|sent|diff --record FILE [OPTION]...\n"
	   "       yagura share report fill --workbook OFFICIAL.xlsx [--map MAP.yaml] --form ID\n"
	   "                                --record FILE --out FILE [OPTION]...\n"
	   "       yagura share report workbook-map OFFICIAL.xlsx --form ID [--out MAP.yaml]\n"
	   "       yagura share report forms|fields [--json]\n"
	   "\n"
	   "One record of an incident fills every form: report to the ministry, the forms for\n"
	   "ransomware and DDoS, personal data, notice to partners, public statement. No hub "
	   "is\n"
	   "needed; nothing is sent (docs/forms.md).\n"
	   "\n"
	   "  new, set           make the record; set fields: each change is a version.\n"
	   "                     FIELD= takes a field out, FIELD+=VALUE adds to a list\n"
	   "  check              what is missing for whom, and until when\n"
	   "  render             --form ID for its recipient; [--stage first|followup|final]\n"
	   "                     [--half attack] [--as json|csv|xlsx|html] [-o FILE]\n"
	   "                     [--outlet WORD] [--person]\n"
	   "  fill               a form into the official workbook that you have: all of it stays\n"
	   "                     but the cells of the map, else those beside the same labels\n"
	   "  workbook-map       a proposal of such a map, from the workbook's labels\n"
	   "  sent               --form ID [--stage STAGE] [--at TIME]: it was sent\n"
	   "  diff               [--from N] [--to N], or --form ID: since it was sent last\n"
	   "  forms, fields      what there is\n"
	   "\n"
	   "  --record FILE      the record, as JSON\n"
	   "  --form-file FILE   a form of your own (YAML); may be repeated\n"
	   "  --contacts FILE    with check: whom to tell for which service (CSV, .xlsx)\n"
	   "  --id ID, --by NAME of a new record; who changed it\n"
	   "  --now TIME         what time it is; otherwise the machine's clock\n"
	   "  --json             check, diff, forms and fields as JSON\n"
	   "  --lang ja|en       language; of a form otherwise that of its recipient\n"
	   "\n"
	   "Exit status: 0 done; 1 check: something is missing or a deadline is over, render:\n"
	   "nothing may leave, which is said, fill and workbook-map: some fields have no cell;\n"
	   "2 wrong usage, or a record, form, workbook or map is refused.\n"),
	N_("\n"
	   "usage: yagura share import FILE --collection ID [OPTION]...\n"
	   "       yagura share export --collection ID [--as stix|list|rpz] [OPTION]...\n"
	   "       yagura share poll --url URL --collection ID --into ID [OPTION]...\n"
	   "\n"
	   "A STIX bundle into a collection, all of it or nothing; a collection as a bundle "
	   "on\n"
	   "standard output, or what its indicators name as a plain list or a zone for a DNS "
	   "server;\n"
	   "what is new in a collection of another TAXII server into one of ours "
	   "(docs/taxii.md).\n"
	   "\n"
	   "  --collection ID    a UUID, or a name; import makes it. Of poll: the other "
	   "server's\n"
	   "  --into ID          ours, as --collection of import\n"
	   "  --default-tlp TLP  what objects without a marking count as; else RED\n"
	   "  --title TEXT       of a new collection\n"
	   "  --warning-lists FOLDER\n"
	   "                     of well-known values, which lists and zones leave out\n"
	   "  --store FILE       where collections are; else in the user's data folder\n"
	   "  --data D           those of the hub with this folder\n"
	   "  --lang ja|en       language of messages\n"
	   "\n"
	   "Of poll:\n"
	   "\n"
	   "  --url URL          of the API root, or of /taxii2/\n"
	   "  --user NAME --password-file FILE, or --token-file FILE\n"
	   "  --certificate FILE --key FILE\n"
	   "                     of the client, PEM\n"
	   "  --authorities FILE instead of the system's, PEM\n"
	   "  --limit N          objects of a page (1000); it changes by itself\n"
	   "  --timeout N        seconds for one answer (120)\n"
	   "  --again            from the beginning; what is there is not taken twice\n"
	   "  --json             one JSON object\n"
	   "\n"
	   "Exit status: 0 done; 1 not all of it, which is said: what came is kept, and the "
	   "next poll\n"
	   "goes on from there; 2 wrong usage, or it could not begin.\n"),
	N_("\n"
	   "usage: yagura share drill --tree FILE --announce yes|no [OPTION]...\n"
	   "       yagura share provision --tree FILE --notice FILE [OPTION]...\n"
	   "       yagura share drill --result FILE [--answers FILE] [--json] [--html FILE]\n"
	   "\n"
	   "A receipt drill: one message goes down the tree of ministries, secretariats and\n"
	   "operators by mail and webhook, and receipts are counted at each stage\n"
	   "(docs/drill.md). No hub is needed. With --result, what was answered later is "
	   "counted.\n"
	   "provision sends a notice the same way, through the gate.\n"
	   "\n"
	   "  --tree FILE        columns id, name, stage, parent, channel, address\n"
	   "  --announce yes|no  whether it was announced: the message says so\n"
	   "  --notice FILE      what is provided; with --own, --audience (sector), --agreed,\n"
	   "                     --damage as for release\n"
	   "  --mode WORD        normal: down the tree; large-scale: to all at once\n"
	   "  --timeout N        seconds for each attempt (30)\n"
	   "  --around           also to those below one that did not receive it\n"
	   "  --at-once N        attempts at the same time (32)\n"
	   "  --mail-server URL  smtps://HOST:PORT or smtp://HOST:PORT; with --mail-from,\n"
	   "                     --mail-user, --mail-password-file\n"
	   "  --config FILE      these from the hub's file (out:)\n"
	   "  --authorities FILE certificates of authorities, PEM; else the machine's\n"
	   "  --issuer TEXT      who sends it; --reach TEXT: whom to ask\n"
	   "  --json             one JSON object\n"
	   "  --html FILE        the result as a page for printing\n"
	   "  --lang ja|en       language of the result and of messages\n"),
	N_("\n"
	   "usage: yagura share statistics --reports FILE [--by WORDS] [OPTION]...\n"
	   "\n"
	   "Reports (upwards) and provisions (downwards) counted from records, a line each:\n"
	   "{\"id\":\"…\",\"kind\":\"report\",\"date\":\"2023-04-01\"} "
	   "(docs/statistics.md).\n"
	   "\n"
	   "  --reports FILE     the records; - for standard input\n"
	   "  --by WORDS         kind, fy, quarter, month, with commas between (fy,quarter)\n"
	   "  --zeros            also periods in which there was none\n"
	   "  --csv, --json      for programs\n"
	   "  --lang ja|en       language of texts\n"),
};

/* Is @word one of "a|b|c", which a blank or the end of the line ends? */
static bool is_one_of(const char *words, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = words; *at && *at != ' ' && *at != '\n'; at++)
		if ((at == words || at[-1] == '|') && strncmp(at, word, size) == 0 &&
		    (at[size] == '\0' || strchr(" |\n", at[size])))
			return true;
	return false;
}

/* Do the first lines of @text, which say how it is written, name `yagura share @word`? */
static bool is_usage_of(const char *text, const char *word)
{
	static const char share[] = "yagura share ";

	text += text[0] == '\n'; /* what parts it from the one before */
	while (strncmp(text, "usage: ", 7) == 0 || strncmp(text, "       ", 7) == 0) {
		if (strncmp(text + 7, share, sizeof(share) - 1) == 0 &&
		    is_one_of(text + 7 + sizeof(share) - 1, word))
			return true;
		text = strchr(text, '\n');
		if (!text++)
			return false;
	}
	return false;
}

void yg_help_share(const char *word)
{
	bool is_known = false;

	for (size_t i = 0; word && i < sizeof(share_texts) / sizeof(share_texts[0]); i++)
		is_known |= is_usage_of(share_texts[i], word);
	for (size_t i = 0; i < sizeof(share_texts) / sizeof(share_texts[0]); i++) {
		const char *text = yg_say_tr(share_texts[i]);

		if (!is_known)
			fputs(text, stdout);
		else if (is_usage_of(share_texts[i], word))
			fputs(text + (text[0] == '\n'), stdout);
	}
}

void yg_help_demo(void)
{
	put(N_("usage: yagura demo run [--once] [--story] [OPTION]...\n"
	       "       yagura demo clean [--place DIR]\n"
	       "       yagura demo log FOLDER\n"
	       "\n"
	       "run starts a hub of its own, brings in a community, replays logs at the sensor of "
	       "one\n"
	       "member, and tells what happens: situation, plan, approval, warnings delivered, "
	       "seen,\n"
	       "acknowledged. Nothing is simulated but the people, who act through the API. With\n"
	       "--once it ends after that; otherwise the hub stays open to look at until Ctrl+C.\n"
	       "\n"
	       "  --story              all six scenes, with a sensor for each member: what left "
	       "the\n"
	       "                       house, the question, what partners read, a silent one, a "
	       "false\n"
	       "                       alarm; then a guide on the pages. Own logs and community\n"
	       "  --attack PATH        a log, or a folder of logs (otherwise the demo's own)\n"
	       "  --at ID              the member that is hit\n"
	       "  --members FILE       another community, as in `yagura share plan`,\n"
	       "  --relations FILE     and who supplies whom\n"
	       "  --timeout N          seconds for the story (60; with --story 240)\n"
	       "  --tz ZONE            zone of times written without one\n"
	       "  --place DIR          where everything is kept meanwhile (below TMPDIR)\n"
	       "  --json               a line of JSON for each step\n"
	       "\n"
	       "clean ends a demo that still runs, and removes every trace. log writes the demo's "
	       "own\n"
	       "logs into a folder.\n"
	       "\n"
	       "Exit status: 0 every recipient of the plan has its warning and acknowledged it; 1 "
	       "not\n"
	       "all, there was no situation, the time was over or it was ended (it is said why);\n"
	       "2 wrong usage, or it could not start or go on.\n"));
}
