/*
 * Comparing (epoch, generation).
 */
#include "proto/order.h"

int
order_compare(const struct order *a, const struct order *b)
{
	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	return 0;
}

int
order_is_zero(const struct order *o)
{
	return o->epoch == 0 && o->generation == 0;
}

int
order_valid(const struct order *o)
{
	return o->epoch >= 1 && o->generation >= 1;
}
