/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/json-int.h"

#include "base/ban.h"

/*
 * Names and the roles their values play, for the formats that are told apart by content. A name
 * stands once; the rank decides between several names of one role in one record (low wins).
 */
static const struct {
	const char *name;
	uint8_t role;
	uint8_t rank;
} roles[] = {
	{"TimeCreated", YG_ROLE_TIME, 1},
	{"TimeCreated.value", YG_ROLE_TIME, 1},
	{"@timestamp", YG_ROLE_TIME, 2},
	{"UtcTime", YG_ROLE_TIME, 3},
	{"EventTime", YG_ROLE_TIME, 4},
	{"time_iso8601", YG_ROLE_TIME, 5},
	{"StartUTC", YG_ROLE_TIME, 5},
	{"eventTime", YG_ROLE_TIME, 5},
	{"requestReceivedTimestamp", YG_ROLE_TIME, 5},
	{"__REALTIME_TIMESTAMP", YG_ROLE_TIME, 5},
	{"event.created", YG_ROLE_TIME, 6},
	{"timestamp", YG_ROLE_TIME, 6},
	{"Timestamp", YG_ROLE_TIME, 6},
	{"TimeGenerated", YG_ROLE_TIME, 6},
	{"CreationTime", YG_ROLE_TIME, 6},
	{"createdDateTime", YG_ROLE_TIME, 6},
	{"activityDateTime", YG_ROLE_TIME, 6},
	{"published", YG_ROLE_TIME, 7},
	{"id.time", YG_ROLE_TIME, 7},
	{"ts", YG_ROLE_TIME, 7},
	{"t.$date", YG_ROLE_TIME, 7},
	{"time", YG_ROLE_TIME, 8},
	{"datetime", YG_ROLE_TIME, 8},
	{"time_local", YG_ROLE_TIME, 9},
	{"StartLocal", YG_ROLE_TIME, 9},
	{"msec", YG_ROLE_TIME, 9},
	{"start_time", YG_ROLE_TIME, 9},
	{"asctime", YG_ROLE_TIME, 10},
	{"date", YG_ROLE_TIME, 11},
	{"created_at", YG_ROLE_TIME, 11},

	{"IpAddress", YG_ROLE_ADDRESS, 1},
	{"src_ip", YG_ROLE_ADDRESS, 1},
	{"source.ip", YG_ROLE_ADDRESS, 2},
	{"SourceIp", YG_ROLE_ADDRESS, 2},
	{"c-ip", YG_ROLE_ADDRESS, 2},
	{"sourceIPAddress", YG_ROLE_ADDRESS, 2},
	{"request.client_ip", YG_ROLE_ADDRESS, 2},
	{"request.remote_ip", YG_ROLE_ADDRESS, 3},
	{"request.remote_addr", YG_ROLE_ADDRESS, 3},
	{"httpRequest.remoteIp", YG_ROLE_ADDRESS, 3},
	{"client.ip", YG_ROLE_ADDRESS, 3},
	{"client_ip", YG_ROLE_ADDRESS, 3},
	{"clientip", YG_ROLE_ADDRESS, 3},
	{"clientIp", YG_ROLE_ADDRESS, 3},
	{"clientIP", YG_ROLE_ADDRESS, 3},
	{"ClientIP", YG_ROLE_ADDRESS, 3},
	{"ClientHost", YG_ROLE_ADDRESS, 3},
	{"ClientAddress", YG_ROLE_ADDRESS, 3},
	{"SourceAddress", YG_ROLE_ADDRESS, 3},
	{"SourceNetworkAddress", YG_ROLE_ADDRESS, 3},
	{"CallerIpAddress", YG_ROLE_ADDRESS, 3},
	{"callerIpAddress", YG_ROLE_ADDRESS, 3},
	{"remote_addr", YG_ROLE_ADDRESS, 4},
	{"remote_ip", YG_ROLE_ADDRESS, 4},
	{"remoteIP", YG_ROLE_ADDRESS, 4},
	{"remoteIp", YG_ROLE_ADDRESS, 4},
	{"remoteAddr", YG_ROLE_ADDRESS, 4},
	{"remote_address", YG_ROLE_ADDRESS, 4},
	{"remoteAddress", YG_ROLE_ADDRESS, 4},
	{"req.remoteAddress", YG_ROLE_ADDRESS, 4},
	{"remote_host", YG_ROLE_ADDRESS, 4},
	{"sourceIPs", YG_ROLE_ADDRESS, 4},
	{"source_ip", YG_ROLE_ADDRESS, 4},
	{"sourceIp", YG_ROLE_ADDRESS, 4},
	{"sourceIP", YG_ROLE_ADDRESS, 4},
	{"eventData.sourceIP", YG_ROLE_ADDRESS, 4},
	{"srcip", YG_ROLE_ADDRESS, 4},
	{"srcIp", YG_ROLE_ADDRESS, 4},
	{"visitor_ip", YG_ROLE_ADDRESS, 4},
	{"request_ip", YG_ROLE_ADDRESS, 4},
	{"actor_ip", YG_ROLE_ADDRESS, 4},
	{"ipAddress", YG_ROLE_ADDRESS, 4},
	{"ip_address", YG_ROLE_ADDRESS, 4},
	{"id.orig_h", YG_ROLE_ADDRESS, 4},
	{"attr.remote", YG_ROLE_ADDRESS, 4},
	{"addr.remote", YG_ROLE_ADDRESS, 4},
	{"client", YG_ROLE_ADDRESS, 5},
	{"src", YG_ROLE_ADDRESS, 5},
	{"ip", YG_ROLE_ADDRESS, 5},
	{"RemoteAddress", YG_ROLE_ADDRESS, 5},
	{"Address", YG_ROLE_ADDRESS, 5},
	{"IPString", YG_ROLE_ADDRESS, 5},
	{"Param3", YG_ROLE_ADDRESS, 6},
	{"downstream_remote_address", YG_ROLE_ADDRESS, 5},
	{"ClientAddr", YG_ROLE_ADDRESS, 6},

	{"EventID", YG_ROLE_EVENT_ID, 1},
	{"event_id", YG_ROLE_EVENT_ID, 2},
	{"event.code", YG_ROLE_EVENT_ID, 3},
	{"Id", YG_ROLE_EVENT_ID, 4}, /* PowerShell: Get-WinEvent | ConvertTo-Json */
	{"Channel", YG_ROLE_CHANNEL, 1},
	{"log_name", YG_ROLE_CHANNEL, 2},
	{"LogName", YG_ROLE_CHANNEL, 2},
	{"Provider_Name", YG_ROLE_PROVIDER, 1},
	{"ProviderName", YG_ROLE_PROVIDER, 2},
	{"SourceName", YG_ROLE_PROVIDER, 3},
	{"source_name", YG_ROLE_PROVIDER, 4},
	{"event.provider", YG_ROLE_PROVIDER, 5},
	{"Computer", YG_ROLE_COMPUTER, 1},
	{"ComputerName", YG_ROLE_COMPUTER, 2},
	{"computer_name", YG_ROLE_COMPUTER, 2},
	{"MachineName", YG_ROLE_COMPUTER, 2},
	{"Hostname", YG_ROLE_COMPUTER, 3},
	{"host.name", YG_ROLE_COMPUTER, 4},
	{"host.hostname", YG_ROLE_COMPUTER, 5},

	{"ecs.version", YG_ROLE_ECS, 1},
	{"event.kind", YG_ROLE_ECS_HINT, 1},
	{"event.category", YG_ROLE_ECS_HINT, 1},
	{"event.dataset", YG_ROLE_ECS_HINT, 1},
	{"event.module", YG_ROLE_ECS_HINT, 1},
	{"event.outcome", YG_ROLE_ECS_HINT, 1},
	{"event.action", YG_ROLE_ECS_HINT, 1},
	{"process.executable", YG_ROLE_ECS_HINT, 1},
	{"process.command_line", YG_ROLE_ECS_HINT, 1},
	{"url.original", YG_ROLE_TARGET, 1},
	{"agent.type", YG_ROLE_ECS_HINT, 1},

	{"request", YG_ROLE_LINE, 1},
	{"request_line", YG_ROLE_LINE, 1},
	{"requestLine", YG_ROLE_LINE, 1},
	{"http_request", YG_ROLE_LINE, 2},
	{"cs-method", YG_ROLE_METHOD, 1},
	{"request_method", YG_ROLE_METHOD, 1},
	{"requestMethod", YG_ROLE_METHOD, 1},
	{"RequestMethod", YG_ROLE_METHOD, 1},
	{"http.request.method", YG_ROLE_METHOD, 1},
	{"httpRequest.requestMethod", YG_ROLE_METHOD, 1},
	{"request.method", YG_ROLE_METHOD, 1},
	{"req.method", YG_ROLE_METHOD, 1},
	{"http_method", YG_ROLE_METHOD, 2},
	{"http.method", YG_ROLE_METHOD, 2},
	{"method", YG_ROLE_METHOD, 3},
	{"verb", YG_ROLE_METHOD, 3},
	{"request_uri", YG_ROLE_TARGET, 1},
	{"requestURI", YG_ROLE_TARGET, 1},
	{"requestUri", YG_ROLE_TARGET, 1},
	{"cs-uri", YG_ROLE_TARGET, 1},
	{"RequestPath", YG_ROLE_TARGET, 1},
	{"request.uri", YG_ROLE_TARGET, 1},
	{"request.url", YG_ROLE_TARGET, 1},
	{"req.url", YG_ROLE_TARGET, 1},
	{"http.url", YG_ROLE_TARGET, 1},
	{"httpRequest.requestUrl", YG_ROLE_TARGET, 1},
	{"x-envoy-origin-path", YG_ROLE_TARGET, 1},
	{"request_url", YG_ROLE_TARGET, 2},
	{"uri", YG_ROLE_TARGET, 2},
	{"url", YG_ROLE_TARGET, 2},
	{"target", YG_ROLE_TARGET, 3},
	{"http_path", YG_ROLE_TARGET, 3},
	{"request_path", YG_ROLE_TARGET, 3},
	{"url.path", YG_ROLE_TARGET, 3},
	{"path", YG_ROLE_TARGET, 4},
	{"document_uri", YG_ROLE_TARGET, 4},
	{"args", YG_ROLE_QUERY, 1},
	{"query_string", YG_ROLE_QUERY, 1},
	{"queryString", YG_ROLE_QUERY, 1},
	{"request_query", YG_ROLE_QUERY, 1},
	{"url.query", YG_ROLE_QUERY, 1},
	{"query", YG_ROLE_QUERY, 2},
	{"sc-status", YG_ROLE_STATUS, 1},
	{"status", YG_ROLE_STATUS, 1},
	{"status_code", YG_ROLE_STATUS, 1},
	{"statusCode", YG_ROLE_STATUS, 1},
	{"http_status", YG_ROLE_STATUS, 1},
	{"http.status_code", YG_ROLE_STATUS, 1},
	{"http.response.status_code", YG_ROLE_STATUS, 1},
	{"response_status", YG_ROLE_STATUS, 1},
	{"response_code", YG_ROLE_STATUS, 1},
	{"DownstreamStatus", YG_ROLE_STATUS, 1},
	{"httpRequest.status", YG_ROLE_STATUS, 1},
	{"response", YG_ROLE_STATUS, 2},
	{"body_bytes_sent", YG_ROLE_SIZE, 1},
	{"sc-bytes", YG_ROLE_SIZE, 1},
	{"http.response.body.bytes", YG_ROLE_SIZE, 1},
	{"DownstreamContentSize", YG_ROLE_SIZE, 1},
	{"httpRequest.responseSize", YG_ROLE_SIZE, 1},
	{"response_body_size", YG_ROLE_SIZE, 1},
	{"response_size", YG_ROLE_SIZE, 1},
	{"resp_body_size", YG_ROLE_SIZE, 1},
	{"http.response.bytes", YG_ROLE_SIZE, 2},
	{"bytes_sent", YG_ROLE_SIZE, 2},
	{"bytes_out", YG_ROLE_SIZE, 2},
	{"size", YG_ROLE_SIZE, 3},
	{"bytes", YG_ROLE_SIZE, 3},
	{"http_user_agent", YG_ROLE_AGENT, 1},
	{"cs-user-agent", YG_ROLE_AGENT, 1},
	{"user_agent.original", YG_ROLE_AGENT, 1},
	{"request_user_agent", YG_ROLE_AGENT, 1},
	{"request_User-Agent", YG_ROLE_AGENT, 1},
	{"request.headers.User-Agent", YG_ROLE_AGENT, 1},
	{"req.headers.user-agent", YG_ROLE_AGENT, 1},
	{"httpRequest.userAgent", YG_ROLE_AGENT, 1},
	{"user_agent", YG_ROLE_AGENT, 2},
	{"userAgent", YG_ROLE_AGENT, 2},
	{"user-agent", YG_ROLE_AGENT, 2},
	{"useragent", YG_ROLE_AGENT, 2},
	{"agent", YG_ROLE_AGENT, 3},
	{"http_referer", YG_ROLE_REFERER, 1},
	{"http_referrer", YG_ROLE_REFERER, 1},
	{"cs-referer", YG_ROLE_REFERER, 1},
	{"http.request.referrer", YG_ROLE_REFERER, 1},
	{"request_referer", YG_ROLE_REFERER, 1},
	{"request_Referer", YG_ROLE_REFERER, 1},
	{"request.headers.Referer", YG_ROLE_REFERER, 1},
	{"req.headers.referer", YG_ROLE_REFERER, 1},
	{"httpRequest.referer", YG_ROLE_REFERER, 1},
	{"referer", YG_ROLE_REFERER, 2},
	{"referrer", YG_ROLE_REFERER, 2},
	{"http_host", YG_ROLE_HOST, 1},
	{"cs-host", YG_ROLE_HOST, 1},
	{"url.domain", YG_ROLE_HOST, 1},
	{"request.host", YG_ROLE_HOST, 1},
	{"RequestHost", YG_ROLE_HOST, 1},
	{"req.headers.host", YG_ROLE_HOST, 1},
	{"request_host", YG_ROLE_HOST, 1},
	{":authority", YG_ROLE_HOST, 1},
	{"vhost", YG_ROLE_HOST, 1},
	{"server_name", YG_ROLE_HOST, 2},
	{"host", YG_ROLE_HOST, 3},
	{"remote_user", YG_ROLE_USER, 1},
	{"cs-username", YG_ROLE_USER, 1},
	{"ClientUsername", YG_ROLE_USER, 1},
	{"auth", YG_ROLE_USER, 2},
	{"user_id", YG_ROLE_USER, 2},
	{"user", YG_ROLE_USER, 3},
	{"server_protocol", YG_ROLE_VERSION, 1},
	{"cs-version", YG_ROLE_VERSION, 1},
	{"request.proto", YG_ROLE_VERSION, 1},
	{"RequestProtocol", YG_ROLE_VERSION, 1},
	{"request_protocol", YG_ROLE_VERSION, 1},
	{"http.version", YG_ROLE_VERSION, 1},
	{"httpRequest.protocol", YG_ROLE_VERSION, 1},
	{"protocol", YG_ROLE_VERSION, 2},
	{"http_x_forwarded_for", YG_ROLE_FORWARDED, 1},
	{"x_forwarded_for", YG_ROLE_FORWARDED, 1},
	{"x-forwarded-for", YG_ROLE_FORWARDED, 1},
	{"request.headers.X-Forwarded-For", YG_ROLE_FORWARDED, 1},
	{"request_X-Forwarded-For", YG_ROLE_FORWARDED, 1},
	{"request_time", YG_ROLE_DURATION, 1},
	{"response_time", YG_ROLE_DURATION, 1},
	{"duration", YG_ROLE_DURATION, 2},
};

/* ECS names and the names rules use. Source: Elastic Common Schema 8, field reference. */
static const struct {
	const char *name;
	const char *alias[2];
} aliases[] = {
	{"process.command_line", {"CommandLine"}},
	{"process.executable", {"Image"}},
	{"process.working_directory", {"CurrentDirectory"}},
	{"process.pid", {"ProcessId"}},
	{"process.pe.original_file_name", {"OriginalFileName"}},
	{"process.pe.company", {"Company"}},
	{"process.pe.description", {"Description"}},
	{"process.pe.product", {"Product"}},
	{"process.parent.executable", {"ParentImage"}},
	{"process.parent.command_line", {"ParentCommandLine"}},
	{"process.parent.pid", {"ParentProcessId"}},
	{"process.hash.md5", {"md5"}},
	{"process.hash.sha1", {"sha1"}},
	{"process.hash.sha256", {"sha256"}},
	{"user.name", {"User", "TargetUserName"}},
	{"user.target.name", {"TargetUserName"}},
	{"file.path", {"TargetFilename"}},
	{"dll.path", {"ImageLoaded"}},
	{"registry.path", {"TargetObject"}},
	{"registry.data.strings", {"Details"}},
	{"dns.question.name", {"QueryName", "query"}},
	{"source.ip", {"SourceIp"}},
	{"source.port", {"SourcePort", "src_port"}},
	{"source.domain", {"SourceHostname"}},
	{"destination.ip", {"DestinationIp", "dst_ip"}},
	{"destination.port", {"DestinationPort", "dst_port"}},
	{"destination.domain", {"DestinationHostname"}},
	{"event.action", {"action"}},
	{"powershell.file.script_block_text", {"ScriptBlockText"}},
	{"service.name", {"ServiceName"}},
	{"message", {"Message"}},
	{"RenderingInfo.Message", {"Message"}},
};

/* winlog.X and System.X of other names: as rules call them. */
static const char *const winlog_names[][2] = {
	{"channel", "Channel"},
	{"event_id", "EventID"},
	{"provider_name", "Provider_Name"},
	{"provider_guid", "Provider_Guid"},
	{"computer_name", "Computer"},
	{"record_id", "EventRecordID"},
	{"version", "Version"},
};

static bool is(struct yg_bytes key, const char *text)
{
	return yg_bytes_eq(key, yg_bytes_str(text));
}

static bool is_one(struct yg_bytes key, const char *const *texts)
{
	for (; *texts; texts++)
		if (is(key, *texts))
			return true;
	return false;
}

static bool is_attributes(struct yg_bytes key)
{
	static const char *const names[] = {"#attributes", "@attributes", "attributes", "$", NULL};

	return is_one(key, names);
}

static bool is_text_key(struct yg_bytes key)
{
	static const char *const names[] = {"#text",	"@text",   "$text", "_", "$t",
					    "#content", "content", "text",  NULL};

	return is_one(key, names);
}

/* XML name spaces tell nothing of the event. */
static bool is_name_space(struct yg_bytes key)
{
	if (key.size > 0 && (key.data[0] == '@' || key.data[0] == '-'))
		key = yg_bytes_from(key, 1);
	return yg_bytes_starts(key, YG_S("xmlns"));
}

/* "@Name" and "-Name" are attributes in what some converters write. */
static struct yg_bytes bare(struct yg_bytes key)
{
	if (key.size > 1 && (key.data[0] == '@' || key.data[0] == '-' || key.data[0] == '#'))
		key = yg_bytes_from(key, 1);
	return key;
}

/* At most YG_EVENT_NAME_MAX bytes, and no half character at the end. */
static struct yg_bytes name_cut(struct yg_bytes name)
{
	size_t size = YG_EVENT_NAME_MAX;

	if (name.size <= size)
		return name;
	while (size > YG_EVENT_NAME_MAX - 4 && (name.data[size] & 0xc0) == 0x80)
		size--;
	return yg_bytes_cut(name, 0, size);
}

static bool join(struct yg_arena *arena, struct yg_bytes head, char by, struct yg_bytes tail,
		 struct yg_bytes *ret)
{
	uint8_t *to;

	if (head.size == 0) {
		*ret = name_cut(tail);
		return true;
	}
	to = yg_arena_alloc(arena, head.size + 1 + tail.size);
	if (!to)
		return false;
	memcpy(to, head.data, head.size);
	to[head.size] = (uint8_t)by;
	if (tail.size > 0)
		memcpy(to + head.size + 1, tail.data, tail.size);
	*ret = name_cut((struct yg_bytes){to, head.size + 1 + tail.size});
	return true;
}

static void name_by(struct yg_json_node *node, struct yg_bytes name)
{
	node->name = name_cut(name);
	node->is_windows = 1;
}

/* The outermost object of a log record. */
static void fill_root(struct yg_json_node *node)
{
	static const struct {
		const char *key;
		uint8_t klass;
	} known[] = {
		{"Event", YG_JSON_EVENT},     {"System", YG_JSON_SYSTEM},
		{"EventData", YG_JSON_DATA},  {"UserData", YG_JSON_USER_DATA},
		{"event_data", YG_JSON_DATA}, {"user_data", YG_JSON_USER_DATA},
		{"winlog", YG_JSON_WINLOG},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (is(node->key, known[i].key))
			node->child_class = known[i].klass;
	if (is(node->key, "_source")) /* what Elasticsearch wraps around a record it gives out */
		node->child_class = YG_JSON_ROOT;
}

static bool fill_event(struct yg_json_node *node, struct yg_arena *arena)
{
	if (is(node->key, "System"))
		node->child_class = YG_JSON_SYSTEM;
	else if (is(node->key, "EventData"))
		node->child_class = YG_JSON_DATA;
	else if (is(node->key, "UserData") || is(node->key, "ProcessingErrorData"))
		node->child_class = YG_JSON_USER_DATA;
	if (is_name_space(node->key))
		node->leaf = YG_JSON_LEAF_SKIP;
	if (is_attributes(node->key))
		node->child_class = YG_JSON_PART;
	else if (is(node->key, "RenderingInfo"))
		node->path = node->key;
	return join(arena, node->parent->path, '.', node->key, &node->name);
}

static void fill_system(struct yg_json_node *node)
{
	struct yg_bytes key = bare(node->key);
	static const struct yg_bytes tail = {(const uint8_t *)"_attributes", 11};

	if (yg_bytes_ends(key, tail))
		key = yg_bytes_cut(key, 0, key.size - tail.size);
	name_by(node, is(key, "Provider") ? YG_S("Provider_Name") : key);
	node->path = key;
	node->child_class = YG_JSON_PART;
}

/* Below an element: its text has the element's name, its attributes stand behind that. */
static bool fill_part(struct yg_json_node *node, struct yg_arena *arena)
{
	struct yg_bytes key = bare(node->key);
	struct yg_bytes element = node->parent->path;

	node->path = element;
	node->child_class = YG_JSON_PART;
	node->is_windows = 1;
	if (is_name_space(node->key)) {
		node->leaf = YG_JSON_LEAF_SKIP;
	} else if (is_attributes(node->key) || is_text_key(node->key) || is(node->key, "Value") ||
		   (is(element, "TimeCreated") && is(key, "SystemTime"))) {
		node->name = element;
	} else if (is(key, "Qualifiers")) {
		node->name = key;
	} else {
		return join(arena, element, '_', key, &node->name);
	}
	return true;
}

static void fill_data(struct yg_json_node *node)
{
	node->path = node->key;
	node->child_class = is(node->key, "Data") ? YG_JSON_ITEM : YG_JSON_PART;
	if (is_name_space(node->key))
		node->leaf = YG_JSON_LEAF_SKIP;
	else if (is_text_key(node->key))
		name_by(node, YG_S("Data"));
	else
		name_by(node, bare(node->key));
	if (is_attributes(node->key)) {
		node->path = YG_S("EventData");
		node->child_class = YG_JSON_PART;
	}
}

static bool fill_item(struct yg_json_node *node, struct yg_arena *arena)
{
	struct yg_bytes key = bare(node->key);

	node->child_class = YG_JSON_ITEM_PART;
	if (is(key, "Name") || is(key, "name"))
		node->leaf = YG_JSON_LEAF_ITEM_NAME;
	else if (is_text_key(node->key) || is(key, "Value") || is(key, "value") || is(key, "Text"))
		node->leaf = YG_JSON_LEAF_ITEM_TEXT;
	else if (is_name_space(node->key))
		node->leaf = YG_JSON_LEAF_SKIP;
	node->is_windows = 1;
	return join(arena, YG_S("Data"), '_', key, &node->name);
}

static void fill_user_data(struct yg_json_node *node)
{
	node->path = is_attributes(node->key) ? node->parent->path : node->key;
	if (is_name_space(node->key))
		node->leaf = YG_JSON_LEAF_SKIP;
	name_by(node, is_text_key(node->key) && node->parent->path.size ? node->parent->path
									: bare(node->key));
	node->child_class = YG_JSON_USER_DATA;
}

static bool fill_winlog(struct yg_json_node *node, struct yg_arena *arena)
{
	for (size_t i = 0; i < sizeof(winlog_names) / sizeof(winlog_names[0]); i++)
		if (is(node->key, winlog_names[i][0])) {
			name_by(node, yg_bytes_str(winlog_names[i][1]));
			return true;
		}
	if (is(node->key, "event_data"))
		node->child_class = YG_JSON_DATA;
	else if (is(node->key, "user_data"))
		node->child_class = YG_JSON_USER_DATA;
	return join(arena, YG_S("winlog"), '.', node->key, &node->name);
}

static void fill_record(struct yg_json_node *node)
{
	static const char *const members[YG_MEMBER_COUNT] = {
		[YG_MEMBER_VERSION] = "v",	     [YG_MEMBER_FORMAT] = "format",
		[YG_MEMBER_SOURCE] = "source",	     [YG_MEMBER_POSITION] = "position",
		[YG_MEMBER_TIME] = "time",	     [YG_MEMBER_HAS_ZONE] = "has_zone",
		[YG_MEMBER_TIME_TEXT] = "time_text", [YG_MEMBER_RAW] = "raw",
	};

	node->leaf = YG_JSON_LEAF_SKIP;
	node->child_class = YG_JSON_NOTHING;
	for (uint8_t i = 0; i < YG_MEMBER_COUNT; i++)
		if (is(node->key, members[i])) {
			node->leaf = YG_JSON_LEAF_MEMBER;
			node->rank = i;
		}
	if (is(node->key, "fields"))
		node->child_class = YG_JSON_FIELDS;
}

/* The same inside a Windows event. */
static bool fill_windows(struct yg_json_node *node, struct yg_arena *arena)
{
	switch ((enum yg_json_class)node->parent_class) {
	case YG_JSON_EVENT:
		return fill_event(node, arena);
	case YG_JSON_SYSTEM:
		fill_system(node);
		break;
	case YG_JSON_PART:
		return fill_part(node, arena);
	case YG_JSON_DATA:
		fill_data(node);
		break;
	case YG_JSON_ITEM:
	case YG_JSON_ITEM_PART:
		return fill_item(node, arena);
	case YG_JSON_USER_DATA:
		fill_user_data(node);
		break;
	case YG_JSON_WINLOG:
		return fill_winlog(node, arena);
	default:
		break;
	}
	return true;
}

/* Name, leaf and the class of the children, by the class of the object the key stands in. */
static bool fill_by_class(struct yg_json_node *node, struct yg_arena *arena)
{
	struct yg_bytes head = node->parent->path;

	if (node->parent_class == YG_JSON_ROOT || node->parent_class == YG_JSON_FIELDS)
		head = (struct yg_bytes){0};
	if (!join(arena, head, '.', node->key, &node->name))
		return false;
	node->path = node->name;
	switch ((enum yg_json_class)node->parent_class) {
	case YG_JSON_PLAIN:
	case YG_JSON_FIELDS:
		return true;
	case YG_JSON_ROOT:
		fill_root(node);
		return true;
	case YG_JSON_NOTHING:
		node->leaf = YG_JSON_LEAF_SKIP;
		node->child_class = YG_JSON_NOTHING;
		return true;
	case YG_JSON_RECORD:
		fill_record(node);
		return true;
	default:
		return fill_windows(node, arena);
	}
}

/* Event data may have such names too, but never say what the event itself is. */
static bool is_data(uint8_t klass)
{
	return klass == YG_JSON_DATA || klass == YG_JSON_USER_DATA;
}

static void fill_role(struct yg_json_node *node)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (is(node->name, roles[i].name)) {
			node->role = roles[i].role;
			node->rank = roles[i].rank;
			break;
		}
	if (is_data(node->parent_class) && node->role >= YG_ROLE_EVENT_ID &&
	    node->role <= YG_ROLE_COMPUTER)
		node->role = YG_ROLE_NONE;
}

static void fill_alias(struct yg_json_node *node, const struct yg_names *names)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		unsigned count = 0;

		if (!is(node->name, aliases[i].name))
			continue;
		for (unsigned k = 0; k < 2 && aliases[i].alias[k]; k++) {
			uint32_t id = yg_names_find(names, yg_bytes_str(aliases[i].alias[k]));

			if (id != YG_NAME_OTHER)
				node->alias[count++] = id;
		}
	}
}

bool yg_json_node_fill(struct yg_json_node *node, struct yg_arena *arena,
		       const struct yg_names *names)
{
	node->child_class = YG_JSON_PLAIN;
	if (!fill_by_class(node, arena))
		return false;
	if (node->leaf != YG_JSON_LEAF_FIELD)
		return true;
	node->name_id = yg_names_find(names, node->name);
	node->is_known_name = node->name_id != YG_NAME_OTHER &&
			      yg_bytes_eq(yg_names_text(names, node->name_id), node->name);
	node->is_key_name = yg_bytes_starts(node->key, node->name);
	fill_role(node);
	fill_alias(node, names);
	return true;
}
