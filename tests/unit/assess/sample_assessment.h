/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/assess/sample_assessment.h - a small assessment as trees in the shapes of docs/api.md,
 * made up for these tests: four criteria, one of each kind of answer and trouble.
 */
#pragma once

#include "base/json.h"

/* clang-format off */
#define SAMPLE_SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char sample_head[] =
"{\"id\":\"a1\",\"framework\":{\"name\":\"sample-2026\",\"urn\":\"urn:sample:2026\",\"title\":\"見本の制度\"},"
"\"level\":{\"id\":\"star3\",\"name\":\"★3\"},"
"\"organisation\":{\"name\":\"株式会社山田<製作所>\",\"corporate_number\":\"1234567890123\"},"
"\"practice\":false,\"official\":{\"sha256\":\"" SAMPLE_SHA "\",\"file_name\":\"official.csv\","
"\"date\":\"2026-10-01\",\"missing\":[]},"
"\"counts\":{\"criteria\":4,\"met\":2,\"partly\":1,\"not_met\":0,\"na\":0,\"open\":1,\"supported\":1,"
"\"contradicted\":1,\"stale\":1,\"with_evidence\":1,\"declared_alone\":1,\"confirmed\":1,\"returned\":1},"
"\"level_state\":\"not reached\",\"level_text\":\"評価基準をまだ満たしていません（自己評価）\","
"\"scope_ready\":true,\"review\":\"expert\",\"created\":\"2026-10-01T00:00:00Z\",\"revision\":3,"
"\"publisher_page\":\"https://publisher.example/scheme\"}";

static const char sample_scope[] =
"{\"revision\":1,\"date\":\"2026-10-02\",\"companies\":[{\"name\":\"株式会社山田製作所\",\"note\":\"SECRET-NOTE\"}],"
"\"sites\":[{\"name\":\"本社\",\"people\":30,\"note\":\"\"}],\"networks\":[{\"name\":\"社内LAN\",\"note\":\"\"}],"
"\"clouds\":[{\"name\":\"メールサービス\",\"use\":\"メールと予定\",\"note\":\"\"}],"
"\"out\":[{\"name\":\"工場の制御装置\",\"why\":\"制度の対象外\",\"touches\":\"保守用PCが社内LANにつながる\"}],"
"\"note\":\"SECRET-NOTE\"}";

static const char *const sample_criteria[] = {
"{\"id\":\"1-2-1-3\",\"requirement\":\"1-2-1\",\"group\":\"1-2-1\",\"title\":\"体制の年1回の点検\",\"state\":\"met\","
"\"value\":null,\"observed\":\"none\",\"stale\":true,\"by\":\"山田\",\"date\":\"2025-10-20\",\"effect\":2,\"effort\":1,"
"\"review_due\":\"2026-10-20\",\"revision\":2,\"official_text\":null,"
"\"help\":{\"asked\":\"連絡先と役割が今も正しいかを年1回確かめること\",\"why\":\"古い連絡先は夜に役立たないため\","
"\"cheap\":\"誕生月などに予定表へ毎年の予定を入れる\",\"closed_by\":[\"template:contact-list\"]},"
"\"answer\":{\"state\":\"met\",\"value\":null,\"reason\":\"\",\"note\":\"SECRET-NOTE\",\"by\":\"山田\","
"\"date\":\"2025-10-20\",\"evidence\":[\"e1\"],\"choices\":{},\"revision\":2},"
"\"evidence_wanted\":[{\"id\":\"review\",\"kind\":\"record\",\"name\":\"点検の記録\",\"strength\":\"supports\","
"\"max_age\":\"P1Y\",\"status\":\"stale\",\"rows\":[]}],"
"\"evidence\":[{\"id\":\"e1\",\"kind\":\"record\",\"title\":\"点検の記録 2025\",\"date\":\"2025-10-20\","
"\"expires\":\"2026-10-20\",\"criteria\":[\"1-2-1-3\"],\"wanted\":{\"1-2-1-3\":\"review\"},\"state\":\"expired\"}],"
"\"confirmation\":null,\"dispute\":null,\"history\":["
"{\"time\":\"2026-10-05T01:00:00Z\",\"actor\":\"local:山田\",\"from\":\"open\",\"to\":\"met\",\"reason\":\"\"}]}",

"{\"id\":\"3-1-1-1\",\"requirement\":\"3-1-1\",\"group\":\"3-1-1\",\"title\":\"パソコンの一覧\",\"state\":\"met\","
"\"value\":null,\"observed\":\"supports\",\"stale\":false,\"by\":\"鈴木\",\"date\":\"2026-11-01\",\"effect\":3,\"effort\":1,"
"\"review_due\":\"2027-11-01\",\"revision\":1,\"official_text\":\"公式の文言の見本\","
"\"help\":{\"asked\":\"パソコンの台数とOSが分かる一覧を持つこと\",\"cheap\":\"表計算の一覧で足りる\","
"\"closed_by\":[\"template:asset-list\"]},"
"\"answer\":{\"state\":\"met\",\"value\":null,\"reason\":\"\",\"note\":\"\",\"by\":\"鈴木\",\"date\":\"2026-11-01\","
"\"evidence\":[\"e2\"],\"choices\":{},\"revision\":1},"
"\"evidence_wanted\":[{\"id\":\"list\",\"kind\":\"record\",\"name\":\"資産の一覧\",\"strength\":\"supports\","
"\"max_age\":\"P1Y\",\"status\":\"live\",\"rows\":[]}],"
"\"evidence\":[{\"id\":\"e2\",\"kind\":\"record\",\"title\":\"資産の一覧\",\"date\":\"2026-11-01\",\"expires\":null,"
"\"criteria\":[\"3-1-1-1\"],\"wanted\":{\"3-1-1-1\":\"list\"},\"state\":\"live\"}],"
"\"confirmation\":{\"decision\":\"confirmed\",\"advice\":\"次は貸出機も\",\"looked_at\":\"資産の一覧と現物5台\","
"\"how\":\"sample\",\"date\":\"2026-11-20\",\"expert\":{\"id\":\"x1\",\"name\":\"佐藤\",\"qualification\":"
"\"情報処理安全確保支援士\",\"registration\":\"第012345号\"},\"basis\":\"ab\",\"state\":\"valid\",\"revision\":1},"
"\"dispute\":null,\"history\":["
"{\"time\":\"2026-11-01T01:00:00Z\",\"actor\":\"local:鈴木\",\"from\":\"partly\",\"to\":\"met\",\"reason\":\"\"},"
"{\"time\":\"2026-10-01T01:00:00Z\",\"actor\":\"local:鈴木\",\"from\":\"open\",\"to\":\"partly\",\"reason\":\"\"}]}",

"{\"id\":\"4-1-3-2\",\"requirement\":\"4-1-3\",\"group\":\"4-1-3\",\"title\":\"クラウドの多要素認証\",\"state\":\"partly\","
"\"value\":null,\"observed\":\"contradicts\",\"stale\":false,\"by\":\"鈴木\",\"date\":\"2026-11-02\",\"effect\":3,\"effort\":1,"
"\"review_due\":null,\"revision\":1,\"official_text\":null,"
"\"help\":{\"asked\":\"重要な情報を置くクラウドには必ず二つの要素で入ること\",\"cheap\":\"=今の契約の設定で有効にする\","
"\"closed_by\":[\"decision\",\"tool\"]},"
"\"answer\":{\"state\":\"partly\",\"value\":null,\"reason\":\"会計だけ未対応\",\"note\":\"\",\"by\":\"鈴木\","
"\"date\":\"2026-11-02\",\"evidence\":[],\"choices\":{},\"revision\":1},"
"\"evidence_wanted\":[{\"id\":\"mfa\",\"kind\":\"query\",\"name\":\"設定の一覧\",\"strength\":\"refutes-only\","
"\"max_age\":\"P14D\",\"status\":\"contradicts\",\"checks\":{\"ok\":3,\"alarm\":1,\"na\":0,\"unknown\":0,\"error\":0},"
"\"rows\":[{\"resource\":\"OBSERVED-RESOURCE\",\"check\":\"alarm\",\"reason\":\"off\"}]}],"
"\"evidence\":[],\"confirmation\":{\"decision\":\"returned\",\"advice\":\"RETURNED-ADVICE\",\"looked_at\":\"設定画面\","
"\"how\":\"observation\",\"date\":\"2026-11-20\",\"expert\":{\"id\":\"x1\",\"name\":\"佐藤\",\"qualification\":"
"\"情報処理安全確保支援士\",\"registration\":\"第012345号\"},\"basis\":\"cd\",\"state\":\"valid\",\"revision\":1},"
"\"dispute\":{\"choice\":\"observation_wrong\",\"reason\":\"DISPUTE-REASON\",\"by\":\"鈴木\",\"date\":\"2026-11-03\","
"\"revision\":1},\"history\":["
"{\"time\":\"2026-11-02T01:00:00Z\",\"actor\":\"local:鈴木\",\"from\":\"met\",\"to\":\"partly\",\"reason\":\"会計だけ未対応\"},"
"{\"time\":\"2026-10-01T01:00:00Z\",\"actor\":\"local:鈴木\",\"from\":\"open\",\"to\":\"met\",\"reason\":\"\"}]}",

"{\"id\":\"6-1-1-1\",\"requirement\":\"6-1-1\",\"group\":\"6-1-1\",\"title\":\"インシデント対応手順\",\"state\":\"open\","
"\"value\":null,\"observed\":\"none\",\"stale\":false,\"by\":null,\"date\":null,\"effect\":3,\"effort\":2,"
"\"review_due\":null,\"revision\":0,\"official_text\":null,"
"\"help\":{\"asked\":\"事故のときにすることを順に書いておくこと\",\"cheap\":\"ひな形を埋める\","
"\"closed_by\":[\"template:incident-procedure\"]},\"answer\":null,"
"\"evidence_wanted\":[{\"id\":\"procedure\",\"kind\":\"record\",\"name\":\"手順書\",\"strength\":\"supports\","
"\"max_age\":\"P1Y\",\"status\":\"none\",\"rows\":[]}],"
"\"evidence\":[],\"confirmation\":null,\"dispute\":null,\"history\":[]}",
};

static const char sample_evidence[] =
"[{\"id\":\"e1\",\"kind\":\"record\",\"title\":\"点検の記録 2025\",\"owner\":\"山田\",\"date\":\"2025-10-20\","
"\"expires\":\"2026-10-20\",\"criteria\":[\"1-2-1-3\"],\"place\":\"SECRET-PLACE\",\"file_name\":\"SECRET-FILE.pdf\","
"\"size\":10,\"sha256\":\"" SAMPLE_SHA "\",\"note\":\"SECRET-NOTE\",\"state\":\"expired\",\"revision\":1},"
"{\"id\":\"e2\",\"kind\":\"record\",\"title\":\"資産の一覧\",\"owner\":\"鈴木\",\"date\":\"2026-11-01\",\"expires\":null,"
"\"criteria\":[\"3-1-1-1\"],\"place\":\"\",\"file_name\":null,\"size\":0,\"sha256\":null,\"note\":\"\","
"\"state\":\"live\",\"revision\":1}]";

static const char sample_experts[] =
"[{\"id\":\"x1\",\"role\":\"expert\",\"name\":\"佐藤\",\"organisation\":\"佐藤事務所\",\"qualification\":"
"\"情報処理安全確保支援士\",\"registration\":\"第012345号\",\"registration_expires\":\"2027-03-31\","
"\"independent\":true,\"independence_note\":\"\",\"invited\":\"2026-11-01\",\"until\":\"2026-12-31\",\"ended\":false,"
"\"revision\":1}]";
/* clang-format on */

static inline json_t *sample_tree(const char *text)
{
	json_t *tree = NULL;

	return yg_json_load(yg_bytes_str(text), 1u << 20, &tree, NULL) == YG_OK ? tree : NULL;
}

static inline json_t *sample_criteria_tree(void)
{
	json_t *all = json_array();

	for (size_t i = 0; i < sizeof(sample_criteria) / sizeof(sample_criteria[0]); i++)
		if (json_array_append_new(all, sample_tree(sample_criteria[i])) != 0)
			return NULL;
	return all;
}
