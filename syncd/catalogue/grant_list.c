/*
 * Lists of grants.  Replacing the lines of an image copies the rest as text:
 * what that takes is the time to read and hash a list, and none of its
 * versions is looked at.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/grant_item.h"
#include "proto/line_fields.h"
#include "proto/lineset_diff.h"

#include "syncd/catalogue/grant_list.h"

int
grant_list_make(const struct versions *versions,
    const struct policy_decision *decisions, struct lineset **out)
{
	static const enum grant_state states[] = {
		[POLICY_ALLOW] = GRANT_ALLOW,
		[POLICY_EMBARGO] = GRANT_EMBARGO,
		[POLICY_RETIRE] = GRANT_RETIRE,
	};
	struct lineset_builder *b;
	struct grant_item item;
	struct buffer line;
	size_t i;
	int r;

	buffer_init(&line, PH_LIST_LINE_MAX);
	b = lineset_builder_new();
	r = b == NULL ? PH_ENOMEM : PH_OK;
	for (i = 0; r == PH_OK && i < versions->count; i++) {
		if (decisions[i].state == POLICY_DENIED)
			continue;
		memset(&item, 0, sizeof(item));
		item.state = states[decisions[i].state];
		item.manifest = versions->items[i].manifest;
		(void)strcpy(item.image, versions->items[i].image);
		(void)strcpy(item.version, versions->items[i].version);
		buffer_reset(&line);
		r = grant_item_encode(&item, &line);
		if (r == PH_OK)
			r = lineset_builder_add(b, (const char *)line.data,
			    line.len);
	}
	if (r == PH_OK)
		r = lineset_builder_finish(b, out);
	lineset_builder_free(b);
	buffer_fini(&line);
	return r;
}

int
grant_list_of_image(const struct lineset *list, const char *image,
    struct lineset **out)
{
	struct line_field fields[GRANT_ITEM_FIELDS];
	struct lineset_builder *b;
	const char *line;
	size_t i, len, n;
	int r;

	n = strlen(image);
	b = lineset_builder_new();
	r = b == NULL ? PH_ENOMEM : PH_OK;
	for (i = 0; r == PH_OK && i < lineset_count(list); i++) {
		line = lineset_line(list, i, &len);
		r = line_fields_split(line, len, GRANT_ITEM_FIELDS, fields);
		if (r == PH_OK && fields[2].len == n &&
		    memcmp(fields[2].text, image, n) == 0)
			r = lineset_builder_add(b, line, len);
	}
	if (r == PH_OK)
		r = lineset_builder_finish(b, out);
	lineset_builder_free(b);
	return r;
}

int
grant_list_replace(const struct lineset *list, const struct lineset *was,
    const struct lineset *becomes, struct lineset **out)
{
	struct lineset_patch *patch;
	struct lineset_diff diff;
	struct buffer changes;
	int more, r;

	buffer_init(&changes, PH_LISTDIFF_MAX);
	lineset_diff_init(&diff, was, becomes);
	patch = lineset_patch_new(list);
	r = patch == NULL ? PH_ENOMEM : PH_OK;
	for (more = 1; r == PH_OK && more == 1;) {
		buffer_reset(&changes);
		more = lineset_diff_next(&diff, PH_LISTDIFF_MAX, &changes);
		if (more == 1)
			r = lineset_patch_apply(patch, changes.data,
			    changes.len);
		else
			r = more;
	}
	if (r == PH_OK)
		r = lineset_patch_finish(patch, out);
	lineset_patch_free(patch);
	buffer_fini(&changes);
	return r;
}
