/*
 * The table of the messages.
 */

#include "proto/message.h"

static const struct message_info messages[MESSAGE_LAST + 1] = {
#define MESSAGE_ROW(type, number, name, sides, transfer, limit)                \
	[number] = { type, name, sides, transfer, limit },
	MESSAGES(MESSAGE_ROW)
#undef MESSAGE_ROW
};

#define MESSAGE_FITS(type, number, name, sides, transfer, limit)               \
	_Static_assert((limit) <= MESSAGE_PAYLOAD_MAX && (number) > 0 &&       \
		(number) <= MESSAGE_LAST,                                      \
	    name);
MESSAGES(MESSAGE_FITS)
#undef MESSAGE_FITS

const struct message_info *
message_info(unsigned int type)
{
	if (type > MESSAGE_LAST || messages[type].name == NULL)
		return NULL;
	return &messages[type];
}

const char *
message_name(unsigned int type)
{
	const struct message_info *info;

	info = message_info(type);
	return info == NULL ? "?" : info->name;
}

enum side
side_other(enum side side)
{
	return side == SIDE_RECEIVER ? SIDE_PROVIDER : SIDE_RECEIVER;
}
