#ifndef SYNCD_INDEX_TABLES_H
#define SYNCD_INDEX_TABLES_H

/*
 * The tables of the index.  A new one needs a line here and nothing else; a
 * name that goes or changes its meaning makes older indexes unreadable, and
 * they are rebuilt.
 */

#define INDEX_TABLES(X)                                                        \
	X(INDEX_META, "meta") /* Marks, counters, incarnation. */              \
	X(INDEX_REPOSITORIES, "repositories")                                  \
	X(INDEX_CHARTERS, "charters")                                          \
	X(INDEX_GRANTS, "grants")                                              \
	X(INDEX_MANIFESTS, "manifests") /* By digest. */                       \
	X(INDEX_VERSIONS, "versions")   /* By image and version. */            \
	X(INDEX_BLOBS, "blobs")                                                \
	X(INDEX_REFERENCES, "references") /* From blobs to versions. */        \
	X(INDEX_HOLDINGS, "holdings")     /* By repository and version. */     \
	X(INDEX_RECEIPTS, "receipts")                                          \
	X(INDEX_DELIVERIES, "deliveries")                                      \
	X(INDEX_LOGS, "logs")

enum index_table {
#define INDEX_TABLE_ENUM(table, name) table,
	INDEX_TABLES(INDEX_TABLE_ENUM)
#undef INDEX_TABLE_ENUM
};

#endif
