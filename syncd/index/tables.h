#ifndef SYNCD_INDEX_TABLES_H
#define SYNCD_INDEX_TABLES_H

/*
 * The tables of the index.  A new one needs a line here and nothing else; a
 * name that goes or changes its meaning makes older indexes unreadable, and
 * they are rebuilt.
 */

/* clang-format off */
#define INDEX_TABLES(X)                                                        \
	X(INDEX_META, "meta")                 /* Marks, counters. */           \
	X(INDEX_REPOSITORIES, "repositories") /* By folded name. */           \
	X(INDEX_NAMES, "names")               /* By id: folded name. */       \
	X(INDEX_KEYS, "keys")                 /* By key id: folded name. */   \
	X(INDEX_CHARTERS, "charters")         /* By id: sealed. */             \
	X(INDEX_GRANTS, "grants")             /* By id: sealed head. */        \
	X(INDEX_MANIFESTS, "manifests")       /* By digest: sealed. */         \
	X(INDEX_ITEMS, "items")               /* By image, version: ours. */   \
	X(INDEX_REFERENCES, "references")     /* From blobs to items. */       \
	X(INDEX_HOLDINGS, "holdings")         /* By id, image, version. */     \
	X(INDEX_HOLDERS, "holders")           /* By image, version, id. */     \
	X(INDEX_RECEIPTS, "receipts")         /* By id: the last one. */       \
	X(INDEX_REFUSALS, "refusals")         /* By what is counted. */
/* clang-format on */

enum index_table {
#define INDEX_TABLE_ENUM(table, name) table,
	INDEX_TABLES(INDEX_TABLE_ENUM)
#undef INDEX_TABLE_ENUM
	    INDEX_NTABLES
};

#endif
