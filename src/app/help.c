/* SPDX-License-Identifier: Apache-2.0 */
#include "app/assess-int.h"

#include "base/ban.h"

static void put(const char *msgid)
{
	fputs(yg_say_tr(msgid), stdout);
}

void yg_help(void)
{
	put(N_("Yagura reads logs and tells what attacked you, since when, whether it may have\n"
	       "succeeded, and what to do.\n"
	       "\n"
	       "  yagura detect PATH...        look for attacks in log files or folders\n"
	       "  yagura hunt PATH...          the same over archives and a long time, resumable\n"
	       "  yagura archive write --out DIR --org ID PATH...\n"
	       "                               keep logs in archives; also verify, cat, repair\n"
	       "  yagura rules check PATH...   check rules for mistakes\n"
	       "  yagura source records PATH...  print logs in Yagura's record form (JSON lines)\n"
	       "  yagura evtx dump --json FILE   print the records of Windows event files\n"
	       "  yagura assess web            assess your own measures, in the browser\n"
	       "  yagura assess COMMAND        the same from the command line\n"
	       "  yagura hub --data FOLDER     receive the logs of many organisations' sensors\n"
	       "  yagura admin --data FOLDER COMMAND  organisations and sensors of a hub\n"
	       "  yagura --version\n"
	       "\n"
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
	       "  --follow             go on reading as the files grow, through rotation\n"
	       "  --threads N          number of workers; the result is the same for any number\n"
	       "\n"
	       "Exit status: 0 done; 1 done, but an input or rule that was named could not be "
	       "used;\n"
	       "2 wrong usage, nothing could be read, or the output could not be written;\n"
	       "3 --fail-on was reached.\n"));
}

void yg_help_rules(void)
{
	put(N_("usage: yagura rules check [--include-deprecated] [--placeholders FILE] [--lang "
	       "ja|en]\n"
	       "                          PATH...\n"
	       "\n"
	       "Reads Sigma rules (files or folders) and names each one that cannot be used, with\n"
	       "file, line and reason. Exit status: 0 when none was refused, otherwise 1.\n"));
}

void yg_help_source(void)
{
	put(N_("usage: yagura source records [--format NAME] [--log-format STRING] [--tz ZONE] "
	       "PATH...\n"
	       "\n"
	       "Prints each record of the logs in Yagura's own form, one JSON object a line\n"
	       "(docs/record-format.md). `yagura detect` reads this form and finds the same.\n"));
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
	       "  --to TIME            only records before this time\n"
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
	       "  --check-config       only say whether this would start; changes nothing\n"
	       "  --lang ja|en         language of messages\n"
	       "\n"
	       "Exit status: 0 ended as asked; 2 it could not start or go on.\n"));
}

void yg_help_admin(void)
{
	put(N_("usage: yagura admin --data FOLDER COMMAND [OPTION]...\n"
	       "\n"
	       "For the operator of a hub; works beside the running hub.\n"
	       "\n"
	       "  org add ID [--name NAME]      an organisation; ID: a-z 0-9 -\n"
	       "  enrol-token --org ID [--hours N]\n"
	       "                                prints a token that enrols one sensor, once, "
	       "within\n"
	       "                                N hours (72)\n"
	       "  sensor list [--org ID] [--json]\n"
	       "  sensor revoke ID              refused within a second, also on open connections\n"
	       "  sensor send ID KIND [BODY]    a message for a sensor: ping, or\n"
	       "                                resend '{\"epoch\":N,\"from\":N,\"to\":N}'\n"
	       "  archive verify [--json]       is every file of the archive whole? As\n"
	       "                                `yagura archive verify` does\n"
	       "  --lang ja|en                  language of messages\n"
	       "\n"
	       "Exit status: 0 done; 1 refused, nothing was changed, or the archive is damaged;\n"
	       "2 wrong usage, or the folder cannot be used.\n"));
}
