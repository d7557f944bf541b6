/*
 * Typed values.  Messages quote only what fits: a value may be long.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"

#include "syncd/config/yaml_get.h"

/* What a person calls a kind. */
static const char *
kind_text(enum yaml_kind kind)
{
	switch (kind) {
	case YAML_SCALAR:
		return "a single value";
	case YAML_SEQUENCE:
		return "a list";
	case YAML_MAP:
		return "a map of keys and values";
	}
	return "";
}

/* Fail because the value is not what is expected; quotes a short one. */
static int
refuse(const struct yaml_node *n, const char *expected, struct failure *f)
{
	char name[120];
	const char *text;

	if (yaml_label(n) == NULL)
		(void)snprintf(name, sizeof(name), "this");
	else
		(void)snprintf(name, sizeof(name), "\"%.100s\"", yaml_label(n));
	text = yaml_text(n);
	if (yaml_kind(n) != YAML_SCALAR)
		return yaml_fail(n, f, "%s must be %s, not %s", name, expected,
		    kind_text(yaml_kind(n)));
	if (text[0] == '\0')
		return yaml_fail(n, f, "%s must be %s; it has no value", name,
		    expected);
	return yaml_fail(n, f, "%s must be %s, not %s%.100s%s", name, expected,
	    yaml_quoted(n) ? "\"" : "", text, yaml_quoted(n) ? "\"" : "");
}

int
yaml_as_kind(const struct yaml_node *n, enum yaml_kind kind, struct failure *f)
{
	if (yaml_kind(n) == kind)
		return PH_OK;
	return refuse(n, kind_text(kind), f);
}

int
yaml_as_string(const struct yaml_node *n, const char **out, struct failure *f)
{
	if (yaml_kind(n) != YAML_SCALAR || yaml_text(n)[0] == '\0')
		return refuse(n, kind_text(YAML_SCALAR), f);
	*out = yaml_text(n);
	return PH_OK;
}

/* Decimal digits without a leading zero; 0 when text is anything else. */
static int
read_int(const char *text, int64_t *out)
{
	int64_t value;
	const char *p;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return 0;
	value = 0;
	for (p = text; *p != '\0'; p++) {
		if (*p < '0' || *p > '9' ||
		    value > (INT64_MAX - (*p - '0')) / 10)
			return 0;
		value = value * 10 + (*p - '0');
	}
	*out = value;
	return 1;
}

int
yaml_as_int(const struct yaml_node *n, int64_t min, int64_t max, int64_t *out,
    struct failure *f)
{
	char expected[80];
	int64_t value;

	if (!yaml_quoted(n) && read_int(yaml_text(n), &value) && value >= min &&
	    value <= max) {
		*out = value;
		return PH_OK;
	}
	if (min == max)
		(void)snprintf(expected, sizeof(expected), "%" PRId64, min);
	else
		(void)snprintf(expected, sizeof(expected),
		    "a number from %" PRId64 " to %" PRId64, min, max);
	return refuse(n, expected, f);
}

int
yaml_as_bool(const struct yaml_node *n, int *out, struct failure *f)
{
	const char *text;

	text = yaml_text(n);
	if (!yaml_quoted(n) && strcmp(text, "true") == 0) {
		*out = 1;
		return PH_OK;
	}
	if (!yaml_quoted(n) && strcmp(text, "false") == 0) {
		*out = 0;
		return PH_OK;
	}
	return refuse(n, "true or false", f);
}

/* The value of a key in *out, or NULL when it may be absent and is. */
static int
find(struct yaml_node *map, const char *key, enum yaml_presence presence,
    struct yaml_node **out, struct failure *f)
{
	*out = yaml_find(map, key);
	if (*out == NULL && presence == YAML_REQUIRED)
		return yaml_fail(map, f, "\"%s\" is missing", key);
	return PH_OK;
}

int
yaml_get_string(struct yaml_node *map, const char *key,
    enum yaml_presence presence, const char **out, struct failure *f)
{
	struct yaml_node *n;
	int r;

	r = find(map, key, presence, &n, f);
	if (r == PH_OK && n != NULL)
		r = yaml_as_string(n, out, f);
	return r;
}

int
yaml_get_int(struct yaml_node *map, const char *key,
    enum yaml_presence presence, int64_t min, int64_t max, int64_t *out,
    struct failure *f)
{
	struct yaml_node *n;
	int r;

	r = find(map, key, presence, &n, f);
	if (r == PH_OK && n != NULL)
		r = yaml_as_int(n, min, max, out, f);
	return r;
}

int
yaml_get_bool(struct yaml_node *map, const char *key,
    enum yaml_presence presence, int *out, struct failure *f)
{
	struct yaml_node *n;
	int r;

	r = find(map, key, presence, &n, f);
	if (r == PH_OK && n != NULL)
		r = yaml_as_bool(n, out, f);
	return r;
}

/* A value of the kind. */
static int
get_kind(struct yaml_node *map, const char *key, enum yaml_presence presence,
    enum yaml_kind kind, struct yaml_node **out, struct failure *f)
{
	struct yaml_node *n;
	int r;

	r = find(map, key, presence, &n, f);
	if (r != PH_OK || n == NULL)
		return r;
	r = yaml_as_kind(n, kind, f);
	if (r == PH_OK)
		*out = n;
	return r;
}

int
yaml_get_sequence(struct yaml_node *map, const char *key,
    enum yaml_presence presence, struct yaml_node **out, struct failure *f)
{
	return get_kind(map, key, presence, YAML_SEQUENCE, out, f);
}

int
yaml_get_map(struct yaml_node *map, const char *key,
    enum yaml_presence presence, struct yaml_node **out, struct failure *f)
{
	return get_kind(map, key, presence, YAML_MAP, out, f);
}

/* 1 when a key is one of those that are known. */
static int
is_known(const struct yaml_node *key, const char *const *known)
{
	size_t i;

	for (i = 0; known[i] != NULL; i++) {
		if (strcmp(yaml_text(key), known[i]) == 0)
			return 1;
	}
	return 0;
}

/* Refuse a key, listing those that are known. */
static int
refuse_key(const struct yaml_node *key, const char *const *known,
    struct failure *f)
{
	char list[300] = "";
	size_t i, n;
	int r;

	r = yaml_fail(key, f, "there is no key \"%.100s\" here",
	    yaml_text(key));
	n = 0;
	for (i = 0; known[i] != NULL && n < sizeof(list); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
		    i == 0 ? "" : ", ", known[i]);
	failure_next(f, "known keys are: %s", list);
	return r;
}

int
yaml_map_keys(const struct yaml_node *map, const char *const *known,
    struct failure *f)
{
	size_t i;

	for (i = 0; i < yaml_count(map); i++) {
		if (!is_known(yaml_key(map, i), known))
			return refuse_key(yaml_key(map, i), known, f);
	}
	return PH_OK;
}
