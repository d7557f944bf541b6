/*
 * Reading the tables of docs/protocol.md.
 */
#include <string.h>

#include <check.h>

#include "tests/unit/proto/protocol_text.h"

#define LINE_SIZE 4096u

/* The next line, which must be there. */
static void
next_line(struct protocol_text *t, char line[LINE_SIZE])
{
	ck_assert_ptr_nonnull(fgets(line, LINE_SIZE, t->file));
}

void
protocol_text_open(struct protocol_text *t, const char *head)
{
	char path[1024], line[LINE_SIZE];
	const char *p;

	p = strstr(__FILE__, "tests/unit/");
	ck_assert_ptr_nonnull(p);
	(void)snprintf(path, sizeof(path), "%.*sdocs/protocol.md",
	    (int)(p - __FILE__), __FILE__);
	t->file = fopen(path, "r");
	ck_assert_msg(t->file != NULL, "%s", path);
	do {
		next_line(t, line);
	} while (strncmp(line, head, strlen(head)) != 0);
	/* The line below it sets the columns. */
	next_line(t, line);
	ck_assert_int_eq(strncmp(line, "|--", 3), 0);
}

int
protocol_text_row(struct protocol_text *t, char cells[][PROTOCOL_CELL_SIZE],
    size_t ncells)
{
	char line[LINE_SIZE];
	const char *begin, *end;
	size_t i, len;

	if (fgets(line, sizeof(line), t->file) == NULL || line[0] != '|')
		return 0;
	begin = line;
	for (i = 0; i < ncells; i++) {
		end = strstr(begin + 1, " |");
		ck_assert_msg(end != NULL && begin[1] == ' ', "%s", line);
		len = end > begin + 2 ? (size_t)(end - begin - 2) : 0;
		ck_assert_uint_lt(len, PROTOCOL_CELL_SIZE);
		memcpy(cells[i], begin + 2, len);
		cells[i][len] = '\0';
		begin = end + 1;
	}
	ck_assert_str_eq(begin, "|\n");
	return 1;
}

void
protocol_text_close(struct protocol_text *t)
{
	ck_assert_int_eq(fclose(t->file), 0);
}
