/*
 * The keys of the configuration file, each with its check.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/name.h"
#include "syncd/config/layout.h"
#include "syncd/config/units.h"
#include "syncd/config/yaml.h"

#include "syncd/config/configuration.h"

#define ADDRESS_FORM "an address such as ssh://packhorse-link@images.example:22"
#define KEY_FORM "the line of an Ed25519 key: ssh-ed25519 AAAA…"

/* A text for each value of an enum. */
static const char *const roles[] = {
	[CONFIGURATION_PRIMARY] = "primary",
	[CONFIGURATION_SITE] = "site",
};

static const char *const log_levels[] = {
	[CONFIGURATION_LOG_ERROR] = "error",
	[CONFIGURATION_LOG_WARNING] = "warning",
	[CONFIGURATION_LOG_NOTICE] = "notice",
	[CONFIGURATION_LOG_INFO] = "info",
	[CONFIGURATION_LOG_DEBUG] = "debug",
};

const char *
configuration_role_text(enum configuration_role role)
{
	return roles[role];
}

const char *
configuration_log_level_text(enum configuration_log_level level)
{
	return log_levels[level];
}

void
configuration_init(struct configuration *c, enum configuration_role role)
{
	memset(c, 0, sizeof(*c));
	c->role = role;
	c->log_level = CONFIGURATION_LOG_NOTICE;
	c->sync_interval_s = CONFIGURATION_SYNC_INTERVAL_S;
	c->lifetime_s = CONFIGURATION_LIFETIME_S;
	c->delta_cache = CONFIGURATION_DELTA_CACHE;
}

/*
 * The value of a key and its text; both NULL when it is optional and not
 * there.
 */
static int
get_text(struct yaml_node *map, const char *key, enum yaml_presence presence,
    struct yaml_node **node, const char **text, struct failure *f)
{
	*text = NULL;
	*node = yaml_find(map, key);
	return yaml_get_string(map, key, presence, text, f);
}

/* Refuse the value of a key, saying what would be right. */
static int
refuse(const struct yaml_node *n, const char *expected, struct failure *f)
{
	return yaml_fail(n, f, "\"%s\" must be %s, not %.100s", yaml_label(n),
	    expected, yaml_text(n));
}

/* Which of the count words the value is. */
static int
get_word(struct yaml_node *map, const char *key, enum yaml_presence presence,
    const char *const *words, size_t count, const char *expected, size_t *out,
    struct failure *f)
{
	struct yaml_node *n;
	const char *text;
	size_t i;
	int r;

	r = get_text(map, key, presence, &n, &text, f);
	if (r != PH_OK || text == NULL)
		return r;
	for (i = 0; i < count; i++) {
		if (strcmp(text, words[i]) == 0) {
			*out = i;
			return PH_OK;
		}
	}
	return refuse(n, expected, f);
}

/* A duration from min to max seconds. */
static int
get_duration(struct yaml_node *map, const char *key, int64_t min, int64_t max,
    int64_t *out, struct failure *f)
{
	char least[UNITS_TEXT_SIZE], most[UNITS_TEXT_SIZE];
	struct yaml_node *n;
	const char *text;
	int64_t seconds;
	int r;

	r = get_text(map, key, YAML_OPTIONAL, &n, &text, f);
	if (r != PH_OK || text == NULL)
		return r;
	if (units_duration_from_text(text, &seconds) != PH_OK)
		return refuse(n, UNITS_DURATION_FORM, f);
	if (seconds < min || seconds > max) {
		units_duration_exact(min, least);
		units_duration_exact(max, most);
		return yaml_fail(n, f, "\"%s\" must be from %s to %s, not %s",
		    key, least, most, text);
	}
	*out = seconds;
	return PH_OK;
}

/* A size or a rate, as the function reads it. */
static int
get_quantity(struct yaml_node *map, const char *key,
    int (*from_text)(const char *text, uint64_t *out), const char *expected,
    uint64_t *out, struct failure *f)
{
	struct yaml_node *n;
	const char *text;
	int r;

	r = get_text(map, key, YAML_OPTIONAL, &n, &text, f);
	if (r != PH_OK || text == NULL)
		return r;
	if (from_text(text, out) != PH_OK)
		return refuse(n, expected, f);
	return PH_OK;
}

/* 1 when a path has a component "." or "..", which links make ambiguous. */
static int
has_dots(const char *path)
{
	const char *p;
	size_t len;

	for (p = path; *p != '\0'; p += len) {
		p += strspn(p, "/");
		len = strcspn(p, "/");
		if ((len == 1 && p[0] == '.') ||
		    (len == 2 && p[0] == '.' && p[1] == '.'))
			return 1;
	}
	return 0;
}

/* A directory: absolute, without dots, not too long. */
static int
get_directory(struct yaml_node *map, const char *key,
    char out[CONFIGURATION_PATH_SIZE], struct failure *f)
{
	struct yaml_node *n;
	const char *text;
	size_t len;
	int r;

	r = get_text(map, key, YAML_REQUIRED, &n, &text, f);
	if (r != PH_OK)
		return r;
	if (text[0] != '/' || has_dots(text))
		return refuse(n, "an absolute path without . and ..", f);
	len = strlen(text);
	while (len > 1 && text[len - 1] == '/')
		len--;
	if (len >= CONFIGURATION_PATH_SIZE)
		return yaml_fail(n, f, "\"%s\" is longer than %u bytes", key,
		    CONFIGURATION_PATH_SIZE - 1);
	memcpy(out, text, len);
	out[len] = '\0';
	return PH_OK;
}

/* Both directories; state_dir must leave room for the sockets' names. */
static int
read_directories(struct yaml_node *root, struct configuration *c,
    struct failure *f)
{
	struct failure why = { .code = PH_OK };
	struct layout layout;
	int r;

	r = get_directory(root, "state_dir", c->state_dir, f);
	if (r == PH_OK)
		r = get_directory(root, "store_dir", c->store_dir, f);
	if (r != PH_OK)
		return r;
	if (strcmp(c->state_dir, c->store_dir) == 0)
		return yaml_fail(yaml_find(root, "store_dir"), f,
		    "\"store_dir\" must not be state_dir");
	if (layout_init(&layout, c->state_dir, c->store_dir, &why) != PH_OK)
		return yaml_fail(yaml_find(root, "state_dir"), f, "%s",
		    why.what);
	return PH_OK;
}

/* The name of the repository. */
static int
read_name(struct yaml_node *root, struct configuration *c, struct failure *f)
{
	struct yaml_node *n;
	const char *text;
	int r;

	r = get_text(root, "name", YAML_REQUIRED, &n, &text, f);
	if (r != PH_OK)
		return r;
	if (!name_valid(text))
		return refuse(n,
		    "a name of letters, digits and . _ + -, at "
		    "most 127, the first a letter or digit",
		    f);
	memcpy(c->name, text, strlen(text) + 1);
	return PH_OK;
}

/* 1 when text can be the name of a group of the system. */
static int
group_valid(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	return strlen(text) < CONFIGURATION_GROUP_SIZE && text[0] != '-' &&
	    text[strspn(text, allowed)] == '\0';
}

/* The group that may use the control socket. */
static int
read_operator_group(struct yaml_node *root, struct configuration *c,
    struct failure *f)
{
	struct yaml_node *n;
	const char *text;
	int r;

	r = get_text(root, "operator_group", YAML_OPTIONAL, &n, &text, f);
	if (r != PH_OK || text == NULL)
		return r;
	if (!group_valid(text))
		return refuse(n, "the name of a group", f);
	memcpy(c->operator_group, text, strlen(text) + 1);
	c->operator_group_line = yaml_line(n);
	c->operator_group_column = yaml_column(n);
	return PH_OK;
}

/* The members "address" and "host_key" of a map. */
static int
read_address(struct yaml_node *map, struct address *address,
    struct key_public *host_key, struct failure *f)
{
	struct yaml_node *n;
	const char *text;
	int r;

	r = get_text(map, "address", YAML_REQUIRED, &n, &text, f);
	if (r != PH_OK)
		return r;
	if (address_decode(text, address) != PH_OK)
		return refuse(n, ADDRESS_FORM, f);
	r = get_text(map, "host_key", YAML_REQUIRED, &n, &text, f);
	if (r != PH_OK)
		return r;
	if (key_from_line(text, KEY_LINE_COMMENT, host_key) != PH_OK)
		return refuse(n, KEY_FORM, f);
	return PH_OK;
}

/* Whom a site dials. */
static int
read_upstream(struct yaml_node *root, struct configuration *c,
    struct failure *f)
{
	static const char *const known[] = { "address", "host_key", "id",
		NULL };
	struct yaml_node *map, *n;
	const char *text;
	int r;

	map = NULL;
	r = yaml_get_map(root, "upstream", YAML_OPTIONAL, &map, f);
	if (r != PH_OK || map == NULL)
		return r;
	if (c->role == CONFIGURATION_PRIMARY)
		return yaml_fail(map, f, "a primary has no \"upstream\"");
	r = yaml_map_keys(map, known, f);
	if (r == PH_OK)
		r = read_address(map, &c->upstream_address,
		    &c->upstream_host_key, f);
	if (r == PH_OK)
		r = get_text(map, "id", YAML_OPTIONAL, &n, &text, f);
	if (r != PH_OK)
		return r;
	if (text != NULL &&
	    (digest_from_hex(text, &c->upstream_id) != PH_OK ||
		digest_is_zero(&c->upstream_id)))
		return refuse(n,
		    "the id of the primary: 64 hexadecimal "
		    "digits in lower case",
		    f);
	c->has_upstream = 1;
	return PH_OK;
}

/* What a primary's invitations say. */
static int
read_advertise(struct yaml_node *root, struct configuration *c,
    struct failure *f)
{
	static const char *const known[] = { "address", "host_key", NULL };
	struct yaml_node *map;
	int r;

	map = NULL;
	r = yaml_get_map(root, "advertise", YAML_OPTIONAL, &map, f);
	if (r != PH_OK || map == NULL)
		return r;
	if (c->role != CONFIGURATION_PRIMARY)
		return yaml_fail(map, f,
		    "\"advertise\" is for a primary, and this is a site");
	r = yaml_map_keys(map, known, f);
	if (r == PH_OK)
		r = read_address(map, &c->advertise_address,
		    &c->advertise_host_key, f);
	c->has_advertise = r == PH_OK;
	return r;
}

/* The lifetime of grants, which only a primary makes. */
static int
read_lifetime(struct yaml_node *root, struct configuration *c,
    struct failure *f)
{
	const struct yaml_node *n;

	n = yaml_find(root, "lifetime");
	if (n != NULL && c->role != CONFIGURATION_PRIMARY)
		return yaml_fail(n, f,
		    "\"lifetime\" is for a primary, and this is a site");
	return get_duration(root, "lifetime", CONFIGURATION_LIFETIME_MIN_S,
	    CONFIGURATION_LIFETIME_MAX_S, &c->lifetime_s, f);
}

/* Version and role: what the rest depends on. */
static int
read_head(struct yaml_node *root, struct configuration *c, struct failure *f)
{
	static const char *const known[] = { "version", "name", "role",
		"state_dir", "store_dir", "sync_interval", "rate", "lifetime",
		"log_level", "delta_cache", "operator_group", "upstream",
		"advertise", NULL };
	int64_t version;
	size_t role;
	int r;

	role = CONFIGURATION_SITE;
	r = yaml_as_kind(root, YAML_MAP, f);
	if (r == PH_OK)
		r = yaml_get_int(root, "version", YAML_REQUIRED, 1, 1, &version,
		    f);
	if (r == PH_OK)
		r = yaml_map_keys(root, known, f);
	if (r == PH_OK)
		r = get_word(root, "role", YAML_REQUIRED, roles, 2,
		    "primary or site", &role, f);
	configuration_init(c, (enum configuration_role)role);
	return r;
}

/* The keys of how and how much. */
static int
read_limits(struct yaml_node *root, struct configuration *c, struct failure *f)
{
	size_t level;
	int r;

	level = (size_t)c->log_level;
	r = get_word(root, "log_level", YAML_OPTIONAL, log_levels, 5,
	    "error, warning, notice, info or debug", &level, f);
	c->log_level = (enum configuration_log_level)level;
	if (r == PH_OK)
		r = get_duration(root, "sync_interval",
		    CONFIGURATION_SYNC_INTERVAL_MIN_S,
		    CONFIGURATION_SYNC_INTERVAL_MAX_S, &c->sync_interval_s, f);
	if (r == PH_OK)
		r = get_quantity(root, "rate", units_rate_from_text,
		    UNITS_RATE_FORM, &c->rate, f);
	if (r == PH_OK)
		r = get_quantity(root, "delta_cache", units_size_from_text,
		    UNITS_SIZE_FORM, &c->delta_cache, f);
	if (r == PH_OK)
		r = read_lifetime(root, c, f);
	return r;
}

/* All keys of the file. */
static int
read_root(struct yaml_node *root, struct configuration *c, struct failure *f)
{
	int r;

	r = read_head(root, c, f);
	if (r == PH_OK)
		r = read_name(root, c, f);
	if (r == PH_OK)
		r = read_directories(root, c, f);
	if (r == PH_OK)
		r = read_limits(root, c, f);
	if (r == PH_OK)
		r = read_operator_group(root, c, f);
	if (r == PH_OK)
		r = read_upstream(root, c, f);
	if (r == PH_OK)
		r = read_advertise(root, c, f);
	return r;
}

int
configuration_parse(const char *name, const void *data, size_t len,
    struct configuration *out, struct failure *f)
{
	struct yaml_tree *tree;
	int r;

	r = yaml_tree_parse(name, PH_ECONFIG, data, len, &tree, f);
	if (r == PH_OK)
		r = read_root(yaml_tree_root(tree), out, f);
	yaml_tree_free(tree);
	return r;
}

int
configuration_read(const char *path, struct configuration *out,
    struct failure *f)
{
	struct yaml_tree *tree;
	int r;

	r = yaml_tree_read(path, PH_ECONFIG, &tree, f);
	if (r == PH_OK)
		r = read_root(yaml_tree_root(tree), out, f);
	yaml_tree_free(tree);
	return r;
}
