/* SPDX-License-Identifier: Apache-2.0 */
/* The published tables: docs/inventory.md says what each column means. Adding a column or table
 * raises YG_INVENTORY_VERSION; a name that is published is never changed. */
#include "store/inventory-int.h"

#include "base/tr.h"

#include "base/ban.h"

static const struct yg_inventory_word asset_kinds[] = {
	{"pc", "パソコン|ノートパソコン|ノートpc|デスクトップ|デスクトップpc|シンクライアント|"
	       "laptop|notebook|desktop|workstation|thin client|client"},
	{"server", "サーバ|サーバー|仮想サーバ|仮想サーバー|ハイパーバイザ|ハイパーバイザー|nas|"
		   "virtual server|hypervisor|vm"},
	{"mobile", "スマートフォン|スマホ|タブレット|スマートデバイス|携帯|携帯電話|smartphone|"
		   "phone|tablet|smart device"},
	{"network", "ネットワーク機器|スイッチ|ハブ|無線ap|アクセスポイント|switch|access point|"
		    "network device"},
	{"boundary", "境界|境界機器|ルータ|ルーター|ファイアウォール|ファイヤウォール|utm|vpn|"
		     "vpn装置|router|firewall|gateway"},
	{"cloud", "クラウド|クラウドサービス|saas|iaas"},
	{"iot", "iot機器|複合機|プリンタ|プリンター|カメラ|printer|camera"},
	{"media", "外部記憶媒体|usbメモリ|外付けhdd|usb|removable"},
	{"other", "その他"},
	{NULL, NULL},
};

static const struct yg_inventory_word account_kinds[] = {
	{"user", "利用者|ユーザ|ユーザー|一般|一般ユーザ|一般ユーザー|standard|normal"},
	{"admin", "管理者|特権|特権id|管理者id|administrator|root|privileged"},
	{"shared", "共有|共用|共有id"},
	{"service", "サービス|システム|system|service account"},
	{"default", "既定|初期|デフォルト|default user|built-in|builtin"},
	{NULL, NULL},
};

static const struct yg_inventory_word severities[] = {
	{"critical", "緊急|重大"},
	{"high", "重要|高|高リスク|important"},
	{"medium", "警告|中|moderate"},
	{"low", "注意|低"},
	{NULL, NULL},
};

static const struct yg_inventory_word remote_admins[] = {
	{"off", "不可|無効|なし|無|none|disabled|no"},
	{"mfa", "多要素認証|多要素|2fa"},
	{"addresses", "アドレス制限|ip制限|接続元制限|ip restricted"},
	{"open", "制限なし|あり|有|有効|enabled|yes"},
	{NULL, NULL},
};

static const struct yg_inventory_word directions[] = {
	{"in", "内向き|受信|インバウンド|inbound|ingress"},
	{"out", "外向き|送信|アウトバウンド|outbound|egress"},
	{NULL, NULL},
};

static const struct yg_inventory_word log_kinds[] = {
	{"firewall", "ファイアウォール|ファイヤウォール|utm|fw"},
	{"proxy", "プロキシ|プロキシサーバ|プロキシサーバー|web|webプロキシ"},
	{"auth", "認証|認証サーバ|認証サーバー|authentication|ad|active directory|sign-in"},
	{"other", "その他"},
	{NULL, NULL},
};

static const struct yg_inventory_word topics[] = {
	{"mail", "メール|電子メール|標的型メール|email|e-mail|phishing"},
	{"web", "web閲覧|ウェブ|ウェブ閲覧|browsing"},
	{"classification", "機密区分|情報の取扱い|機密情報|information handling"},
	{"incident", "インシデント|事故対応|インシデント対応|incident response"},
	{"other", "その他"},
	{NULL, NULL},
};

static const struct yg_inventory_word duties[] = {
	{"normal", "平時|通常"},
	{"incident", "有事|事故時|緊急時|インシデント|emergency"},
	{"both", "両方|平時・有事|共通"},
	{NULL, NULL},
};

#define KEY(name, synonyms)                                                                        \
	{                                                                                          \
		name, YG_INV_KEY, true, true, synonyms, NULL                                       \
	}
#define NEEDED(name, type, syn)                                                                    \
	{                                                                                          \
		name, type, true, false, syn, NULL                                                 \
	}
#define UNIQUE(name, type, syn)                                                                    \
	{                                                                                          \
		name, type, false, true, syn, NULL                                                 \
	}
#define COLUMN(name, type, syn)                                                                    \
	{                                                                                          \
		name, type, false, false, syn, NULL                                                \
	}
#define WORD(name, syn, words)                                                                     \
	{                                                                                          \
		name, YG_INV_WORD, false, false, syn, words                                        \
	}
#define WORD_NEEDED(name, s, words)                                                                \
	{                                                                                          \
		name, YG_INV_WORD, true, false, s, words                                           \
	}

#define ASSET_NAMES                                                                                                                       \
	"資産|資産番号|資産名|管理番号|端末|端末名|コンピュータ名|コンピューター名|ホスト名|機器|" \
	"機器名|hostname|host|host name|computer|computer name|device|device name"
#define REVIEWED_NAMES "点検日|確認日|棚卸日|見直し日|last reviewed|review date"
#define SUPPORT_NAMES                                                                              \
	"サポート期限|サポート終了|サポート終了日|サポート終了予定日|eol|end of support"
#define PURPOSE_NAMES	"用途|目的|利用目的|use"
#define IMPORTANT_NAMES "重要|重要情報|重要な機密情報|重要システム|critical"
#define MFA_NAMES	"多要素認証|二要素認証|2要素認証|2fa|multi-factor"
#define INTERNET_NAMES                                                                             \
	"インターネット|インターネット経由|インターネットから利用|社外利用|from internet"
#define KIND_NAMES	"種類|種別|区分|分類|type|category"
#define PLACE_NAMES	"場所|設置場所|所在地|拠点|location|site"
#define OWNER_NAMES	"責任者|管理責任者|所有者|responsible"
#define LAST_SEEN_NAMES "最終確認|最終確認日|最終接続|最終接続日|last contact|last check-in"
#define ENABLED_NAMES	"有効|状態|利用中|active|status"

static const struct yg_inventory_column assets[] = {
	KEY("asset", ASSET_NAMES),
	WORD_NEEDED("kind", KIND_NAMES, asset_kinds),
	COLUMN("name", YG_INV_TEXT, "名称|表示名|呼び名|display name"),
	COLUMN("maker", YG_INV_TEXT, "メーカー|メーカ|製造元|manufacturer|vendor"),
	COLUMN("model", YG_INV_TEXT, "型番|型式|モデル|機種|product"),
	COLUMN("os", YG_INV_TEXT, "オペレーティングシステム|os名|operating system|firmware"),
	COLUMN("os_version", YG_INV_TEXT, "osバージョン|os version|ファームウェア版|版"),
	COLUMN("support_until", YG_INV_DAY, SUPPORT_NAMES),
	COLUMN("owner", YG_INV_TEXT, OWNER_NAMES "|使用者|利用者|user"),
	COLUMN("admin", YG_INV_TEXT, "システム管理者|管理者|administrator"),
	COLUMN("maintainer", YG_INV_TEXT, "保守事業者|保守業者|保守会社|maintenance"),
	COLUMN("place", YG_INV_TEXT, PLACE_NAMES),
	COLUMN("network", YG_INV_KEY, "ネットワーク|セグメント|接続ネットワーク|segment|vlan"),
	COLUMN("address", YG_INV_KEY, "アドレス|ipアドレス|macアドレス|ip|ip address|mac"),
	COLUMN("in_scope", YG_INV_YES_NO, "適用範囲|対象|対象範囲|scope"),
	COLUMN("exposed", YG_INV_YES_NO, "社外公開|公開|外部公開|public"),
	COLUMN("important", YG_INV_YES_NO, IMPORTANT_NAMES),
	COLUMN("portable", YG_INV_YES_NO,
	       "持出し|持ち出し|社外持出し|社外持ち出し|モバイル|taken out"),
	COLUMN("last_seen", YG_INV_DAY, LAST_SEEN_NAMES),
	COLUMN("reviewed", YG_INV_DAY, REVIEWED_NAMES),
};

static const struct yg_inventory_column settings[] = {
	KEY("asset", ASSET_NAMES),
	COLUMN("firewall_on", YG_INV_YES_NO,
	       "ファイアウォール|ファイヤウォール|ソフトウェアファイアウォール|firewall"),
	COLUMN("auto_update", YG_INV_YES_NO, "自動更新|自動アップデート|automatic update"),
	COLUMN("autorun_off", YG_INV_YES_NO, "自動実行無効|自動再生無効|autoplay off"),
	COLUMN("install_limited", YG_INV_YES_NO, "インストール制限|導入制限|install restricted"),
	COLUMN("default_accounts_off", YG_INV_YES_NO,
	       "デフォルトid無効|既定アカウント無効|初期アカウント無効|default accounts disabled"),
	COLUMN("services_checked", YG_INV_DAY,
	       "不要サービス点検日|不要サービス確認日|サービス点検日|services reviewed"),
	COLUMN("lock_on_failures", YG_INV_YES_NO,
	       "ロックアウト|失敗時ロック|試行回数制限|account lockout|lockout"),
	COLUMN("pin_length", YG_INV_COUNT,
	       "パスワード長|pin桁数|パスワード文字数|最小文字数|password length|minimum length"),
	COLUMN("disk_encrypted", YG_INV_YES_NO,
	       "ディスク暗号化|暗号化|bitlocker|filevault|encryption|encrypted"),
	COLUMN("config_saved", YG_INV_DAY,
	       "設定取得日|設定保存日|コンフィグ取得日|構成取得日|config backup"),
	COLUMN("reviewed", YG_INV_DAY, REVIEWED_NAMES),
};

static const struct yg_inventory_column software[] = {
	NEEDED("asset", YG_INV_KEY, ASSET_NAMES),
	NEEDED("name", YG_INV_KEY,
	       "ソフトウェア|ソフトウェア名|ソフト名|アプリ|アプリ名|製品名|software|application|"
	       "display name|product"),
	COLUMN("version", YG_INV_TEXT, "バージョン|版"),
	COLUMN("publisher", YG_INV_TEXT, "発行元|提供元|メーカー|vendor|maker"),
	COLUMN("allowed", YG_INV_YES_NO, "許可|利用許可|許可済み|permitted|approved"),
	COLUMN("support_until", YG_INV_DAY, SUPPORT_NAMES),
	COLUMN("installed", YG_INV_DAY, "インストール日|導入日|install date"),
};

static const struct yg_inventory_column allowed_software[] = {
	KEY("name", "ソフトウェア|ソフトウェア名|ソフト名|アプリ|アプリ名|製品名|software|"
		    "application|product"),
	COLUMN("purpose", YG_INV_TEXT, PURPOSE_NAMES),
	COLUMN("approved", YG_INV_DAY, "許可日|承認日|approval date"),
	COLUMN("reviewed", YG_INV_DAY, REVIEWED_NAMES),
};

static const struct yg_inventory_column updates[] = {
	KEY("asset", ASSET_NAMES),
	KEY("vuln", "脆弱性|脆弱性番号|更新番号|更新プログラム|cve|jvn|kb|id|vulnerability|update"),
	COLUMN("title", YG_INV_TEXT, "件名|タイトル|概要|名称|description"),
	COLUMN("cvss", YG_INV_CVSS, "cvss基本値|基本値|cvss score|cvss base score|cvssスコア"),
	WORD("severity", "深刻度|重大度|緊急度|rating", severities),
	COLUMN("published", YG_INV_DAY,
	       "公開日|リリース日|提供日|更新公開日|release date|released|available"),
	COLUMN("applied", YG_INV_DAY, "適用日|更新日|対応日|installed|install date|fixed"),
	COLUMN("mitigated", YG_INV_YES_NO, "緩和策|回避策|低減策|暫定対応|mitigation in place"),
	COLUMN("checked", YG_INV_DAY, "確認日|点検日|最終確認日|scan date|last checked"),
};

static const struct yg_inventory_column protection[] = {
	KEY("asset", ASSET_NAMES),
	UNIQUE("product", YG_INV_KEY,
	       "製品|製品名|ソフト名|マルウェア対策|ウイルス対策ソフト|antivirus|av product"),
	COLUMN("active", YG_INV_YES_NO,
	       "有効|稼働|リアルタイム保護|リアルタイムスキャン|real-time|real-time protection|"
	       "enabled|status"),
	COLUMN("definitions", YG_INV_DAY,
	       "定義日|定義ファイル|パターンファイル|定義ファイル日付|パターン日付|signature date|"
	       "definition date"),
	COLUMN("last_scan", YG_INV_DAY, "最終スキャン|最終スキャン日|スキャン日|scan date"),
	COLUMN("web_filter", YG_INV_YES_NO,
	       "webフィルタ|ウェブフィルタ|webアクセス制限|web protection|url filter"),
};

static const struct yg_inventory_column accounts[] = {
	KEY("system", "システム|システム名|サービス|サービス名|service|application"),
	KEY("account", "アカウント|アカウント名|ユーザid|ユーザーid|id|ログインid|user name|login|"
		       "user principal name"),
	COLUMN("person", YG_INV_KEY, "氏名|使用者|利用者|担当者|名前|name|display name|user"),
	WORD("kind", KIND_NAMES "|権限|role", account_kinds),
	COLUMN("enabled", YG_INV_YES_NO, ENABLED_NAMES),
	COLUMN("mfa", YG_INV_YES_NO, MFA_NAMES),
	COLUMN("internet", YG_INV_YES_NO, INTERNET_NAMES),
	COLUMN("important", YG_INV_YES_NO, IMPORTANT_NAMES),
	COLUMN("users_known", YG_INV_YES_NO, "利用者特定|利用者の特定|利用記録|users recorded"),
	COLUMN("purpose", YG_INV_TEXT, PURPOSE_NAMES),
	COLUMN("last_used", YG_INV_DAY,
	       "最終利用日|最終ログイン|最終ログイン日|最終利用|last login|"
	       "last sign-in|last logon"),
	COLUMN("left_on", YG_INV_DAY, "退職日|離任日|任期満了日|left|leaving date"),
	COLUMN("reviewed", YG_INV_DAY, REVIEWED_NAMES),
};

static const struct yg_inventory_column services[] = {
	KEY("service", "サービス|サービス名|クラウドサービス|クラウド|外部サービス|name"),
	COLUMN("provider", YG_INV_TEXT, "提供者|提供事業者|事業者|vendor"),
	COLUMN("owner", YG_INV_TEXT, OWNER_NAMES "|担当者|担当部署"),
	COLUMN("important", YG_INV_YES_NO, IMPORTANT_NAMES),
	COLUMN("mfa", YG_INV_YES_NO, MFA_NAMES),
	COLUMN("checked", YG_INV_DAY, "要件確認日|セキュリティ確認日|審査日|security check"),
	COLUMN("agreement", YG_INV_DAY, "合意日|契約日|規約同意日|機密保持合意日|agreed"),
	COLUMN("reviewed", YG_INV_DAY, REVIEWED_NAMES),
};

static const struct yg_inventory_column networks[] = {
	KEY("network", "ネットワーク|ネットワーク名|セグメント|セグメント名|segment|vlan|name"),
	COLUMN("place", YG_INV_TEXT, PLACE_NAMES),
	COLUMN("purpose", YG_INV_TEXT, PURPOSE_NAMES),
	COLUMN("separated", YG_INV_YES_NO, "分離|専用|専用セグメント|アクセス制限|isolated"),
	COLUMN("diagram", YG_INV_DAY, "ネットワーク図|構成図|図の日付|diagram date"),
	COLUMN("reviewed", YG_INV_DAY, REVIEWED_NAMES),
};

static const struct yg_inventory_column boundaries[] = {
	KEY("asset", ASSET_NAMES),
	COLUMN("default_password_changed", YG_INV_YES_NO,
	       "初期パスワード変更|デフォルトパスワード変更|password changed"),
	WORD("remote_admin", "リモート管理|外部からの管理|遠隔管理|remote management",
	     remote_admins),
	COLUMN("password_rule", YG_INV_YES_NO, "パスワード基準|パスワードルール|password policy"),
	COLUMN("inbound_blocked", YG_INV_YES_NO,
	       "受信遮断|インバウンド遮断|内向き遮断|inbound denied"),
	COLUMN("detects", YG_INV_YES_NO, "検知遮断|不正通信検知|侵入検知|ips|ids|ids/ips"),
	COLUMN("alerts", YG_INV_YES_NO, "通知|アラート|アラート通知|異常時通知|alerting"),
	COLUMN("reviewed", YG_INV_DAY, REVIEWED_NAMES),
};

static const struct yg_inventory_column firewall_rules[] = {
	KEY("asset", ASSET_NAMES "|ファイアウォール|firewall"),
	KEY("rule", "ルール|ルール名|ルール番号|ポリシー|policy|rule name|no"),
	WORD("direction", "方向|通信方向", directions),
	COLUMN("purpose", YG_INV_TEXT, PURPOSE_NAMES "|説明|description"),
	COLUMN("approved_by", YG_INV_TEXT, "承認者|許可者|approver"),
	COLUMN("needed_until", YG_INV_DAY, "必要期限|利用期限|期限|expires"),
	COLUMN("enabled", YG_INV_YES_NO, ENABLED_NAMES),
	COLUMN("reviewed", YG_INV_DAY, REVIEWED_NAMES),
};

static const struct yg_inventory_column backups[] = {
	NEEDED("target", YG_INV_KEY, "対象|バックアップ対象|システム|データ|system|data"),
	COLUMN("important", YG_INV_YES_NO, IMPORTANT_NAMES),
	COLUMN("every_days", YG_INV_COUNT, "取得間隔|間隔日数|頻度日数|取得頻度|interval days"),
	COLUMN("last_ok", YG_INV_DAY, "最終成功|最終成功日|最終取得日|last success"),
	COLUMN("keep_days", YG_INV_COUNT, "保管日数|保存日数|保管期間|retention days"),
	COLUMN("offsite", YG_INV_YES_NO, "遠隔地|遠隔地保管|off-site"),
	COLUMN("offline", YG_INV_YES_NO, "オフライン|切離し|切り離し|disconnected"),
	COLUMN("restore_tested", YG_INV_DAY, "復元確認日|復元試験日|リストア確認日|restore test"),
	COLUMN("procedure", YG_INV_YES_NO, "手順書|リストア手順書|復元手順書|restore procedure"),
};

static const struct yg_inventory_column logs[] = {
	KEY("log", "ログ|ログ名|取得元|装置|機器|source|name"),
	WORD_NEEDED("kind", KIND_NAMES, log_kinds),
	COLUMN("kept_from", YG_INV_DAY, "最古の記録|最古日|保管開始日|oldest|oldest record"),
	COLUMN("kept_days", YG_INV_COUNT, "保管日数|保存日数|保管期間|retention days"),
	COLUMN("fields_ok", YG_INV_YES_NO, "項目充足|取得項目|必要項目|fields complete"),
	COLUMN("internet", YG_INV_YES_NO, INTERNET_NAMES),
	COLUMN("mfa", YG_INV_YES_NO, MFA_NAMES),
	COLUMN("reviewed", YG_INV_DAY, REVIEWED_NAMES),
};

static const struct yg_inventory_column seen[] = {
	NEEDED("address", YG_INV_KEY, "アドレス|ipアドレス|macアドレス|ip|ip address|mac"),
	COLUMN("asset", YG_INV_KEY, ASSET_NAMES),
	WORD("kind", KIND_NAMES, asset_kinds),
	COLUMN("first_seen", YG_INV_DAY, "初回確認|初回確認日|初回検出日"),
	COLUMN("last_seen", YG_INV_DAY, LAST_SEEN_NAMES "|最終検出日"),
};

static const struct yg_inventory_column training[] = {
	NEEDED("person", YG_INV_KEY, "氏名|受講者|名前|社員名|name"),
	WORD_NEEDED("topic", "研修|研修名|テーマ|内容|講座|course", topics),
	COLUMN("done", YG_INV_DAY, "受講日|実施日|修了日|completed"),
	COLUMN("joined", YG_INV_DAY, "入社日|受入日|着任日|start date"),
};

static const struct yg_inventory_column alerts[] = {
	KEY("alert", "アラート|アラート番号|番号|id|no"),
	COLUMN("asset", YG_INV_KEY, ASSET_NAMES),
	NEEDED("raised", YG_INV_DAY, "発生日|検知日|発報日|date|detected"),
	COLUMN("judged", YG_INV_DAY, "判断日|判定日|分析日|triaged"),
	COLUMN("judged_by", YG_INV_TEXT, "判断者|判定者|担当者|analyst"),
	COLUMN("is_incident", YG_INV_YES_NO, "インシデント|インシデント該当|該当|incident"),
	COLUMN("level", YG_INV_TEXT, "レベル|インシデントレベル|重大度|severity"),
	COLUMN("reported", YG_INV_DAY, "速報日|報告日|通知日|report date"),
};

static const struct yg_inventory_column connections[] = {
	KEY("connection", "接続|接続名|接続先|システム|接続先システム|name"),
	COLUMN("partner", YG_INV_KEY, "相手|相手先|取引先|提供者|organisation|organization"),
	COLUMN("asset", YG_INV_KEY, ASSET_NAMES),
	COLUMN("purpose", YG_INV_TEXT, PURPOSE_NAMES),
	COLUMN("reviewed", YG_INV_DAY, REVIEWED_NAMES),
};

static const struct yg_inventory_column partners[] = {
	KEY("partner", "取引先|取引先名|会社名|会社|子会社|company|supplier|name"),
	COLUMN("secrets", YG_INV_YES_NO, "機密情報共有|機密情報|機密共有|shares secrets"),
	COLUMN("essential", YG_INV_YES_NO, "事業継続上重要|重要取引先|重要|critical"),
	COLUMN("access", YG_INV_YES_NO, "システム接続|内部接続|アクセス|アクセス可|has access"),
	COLUMN("star", YG_INV_TEXT, "★|星|取得状況|star level"),
	COLUMN("checked", YG_INV_DAY, "確認日|対策確認日|把握日|last checked"),
	COLUMN("agreement", YG_INV_DAY, "取決め日|合意日|契約日|機密保持契約日|agreed|nda"),
};

static const struct yg_inventory_column contacts[] = {
	KEY("name", "氏名|名前|名称|連絡先名|組織"),
	COLUMN("role", YG_INV_TEXT, "役割|役職|担当|部署|position"),
	WORD("duty", "区分|平時・有事|用途|used for", duties),
	COLUMN("phone", YG_INV_TEXT, "電話|電話番号|携帯|tel"),
	COLUMN("mail", YG_INV_TEXT, "メール|メールアドレス|email|e-mail"),
	COLUMN("outside", YG_INV_YES_NO, "社外|外部|external"),
	COLUMN("reviewed", YG_INV_DAY, REVIEWED_NAMES),
};

static const struct yg_inventory_column information[] = {
	KEY("item", "情報|情報名|情報資産|名称|資産名|name"),
	COLUMN("important", YG_INV_YES_NO, IMPORTANT_NAMES),
	COLUMN("manager", YG_INV_TEXT, "管理者|管理者名|管理責任者|owner"),
	COLUMN("department", YG_INV_TEXT, "部署|部署名|所管部署"),
	COLUMN("place", YG_INV_TEXT, "保管場所|場所|location"),
	COLUMN("keep_until", YG_INV_TEXT, "保管期限|保存期限|保存期間|保管期間|retention"),
	COLUMN("disclosed_to", YG_INV_TEXT, "開示先|提供先|共有先|shared with"),
	COLUMN("contact", YG_INV_TEXT, "連絡先|管理者の連絡先|内線"),
	COLUMN("reviewed", YG_INV_DAY, REVIEWED_NAMES),
};

#define DEF(table, title, help)                                                                    \
	{                                                                                          \
#table, title, help, table, sizeof(table) / sizeof((table)[0])                     \
	}

const struct yg_inventory_def yg_inventory_defs[] = {
	DEF(assets, N_("Machines"),
	    N_("One line for each PC, server, smartphone, network device: the list everything else "
	       "is counted against.")),
	DEF(settings, N_("Settings of machines"),
	    N_("One line for each machine: firewall, automatic updates, locks, encryption. From "
	       "your device management, or looked up by hand.")),
	DEF(software, N_("Installed software"), N_("One line for each program on each machine.")),
	DEF(allowed_software, N_("Permitted software"),
	    N_("One line for each program that may be used in the company.")),
	DEF(updates, N_("Updates and vulnerabilities"),
	    N_("One line for each update or vulnerability of each machine, with the day it was "
	       "published and the day it was applied.")),
	DEF(protection, N_("Malware protection"),
	    N_("One line for each machine: is it active, how old are the definitions, when was the "
	       "last scan. From the console of your product.")),
	DEF(accounts, N_("Accounts"),
	    N_("One line for each account of each system: whose it is, what kind, is multi-factor "
	       "sign-in on.")),
	DEF(services, N_("Cloud services"), N_("One line for each outside service that you use.")),
	DEF(networks, N_("Networks"), N_("One line for each network: where it is and what for.")),
	DEF(boundaries, N_("Firewalls and routers"),
	    N_("One line for each device at the border to the internet.")),
	DEF(firewall_rules, N_("Firewall rules"), N_("One line for each rule of each firewall.")),
	DEF(backups, N_("Backups"), N_("One line for each thing that is backed up.")),
	DEF(logs, N_("Logs"), N_("One line for each log: how long it is kept, who looks at it.")),
	DEF(seen, N_("Machines seen on the network"),
	    N_("One line for each address that was seen, from your router or a scan: shows "
	       "machines "
	       "that stand in no list.")),
	DEF(training, N_("Training"), N_("One line for each person and topic.")),
	DEF(alerts, N_("Alerts and how they were judged"),
	    N_("One line for each alert: when it came, who judged it and how.")),
	DEF(connections, N_("Connections to others' systems"),
	    N_("One line for each system of another organisation that yours are connected to.")),
	DEF(partners, N_("Business partners"),
	    N_("One line for each partner or subsidiary: what they get, when you last asked about "
	       "their measures.")),
	DEF(contacts, N_("Contacts"),
	    N_("One line for each person or office to call, in normal times and in an incident.")),
	DEF(information, N_("Important information"),
	    N_("One line for each kind of confidential information: who manages it, where it is.")),
};
const uint32_t yg_inventory_def_count = sizeof(yg_inventory_defs) / sizeof(yg_inventory_defs[0]);

_Static_assert(sizeof(yg_inventory_defs) / sizeof(yg_inventory_defs[0]) <= YG_INVENTORY_VIEW_CLOCK,
	       "two indexes are for clock and lists");

const char *yg_inventory_table_name(uint32_t index)
{
	if (index == YG_INVENTORY_VIEW_CLOCK)
		return "clock";
	if (index == YG_INVENTORY_VIEW_LISTS)
		return "lists";
	return index < yg_inventory_def_count ? yg_inventory_defs[index].name : NULL;
}

uint32_t yg_inventory_table(struct yg_bytes name)
{
	for (uint32_t i = 0; i < YG_INVENTORY_TABLES_MAX; i++) {
		const char *known = yg_inventory_table_name(i);

		if (known && yg_bytes_eq_nocase(name, yg_bytes_str(known)))
			return i;
	}
	return UINT32_MAX;
}
