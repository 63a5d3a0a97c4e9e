/* Functions and operators of your own for Trivet, from a shared library.
 *
 * A plugin exports one function, trivet_plugin_entry, which names the version of this interface
 * that it was compiled for; everything else goes through pointers, so that it links against nothing
 * of Trivet and loads into the program, the Python package and every worker alike. Rows cross as
 * the Arrow C data interface (arrow.apache.org). plugin.hpp has a layer for C++ over it.
 *
 * All strings are UTF-8. Callbacks may be called from several threads at the same time. Nothing may
 * be thrown across this interface. */
#pragma once

#include <stdint.h>

#define TRIVET_PLUGIN_ABI 1u

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};
#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};
#endif

/* What runs; lives as long as the callback it is given to (an operator's: as its output stream). */
struct trivet_call {
  void* host;
  /* Not 0 once the rows are wanted no more: the callback should return soon, with any code. */
  int (*is_cancelled)(const struct trivet_call* call);
  /* The row of a function has no answer; raised only if the query needs it. */
  void (*fail_row)(const struct trivet_call* call, int64_t row, const char* message);
};

/* A scalar function. Copied when it is added; `state` is released with the last use. */
struct trivet_function {
  uint32_t struct_size;               /* sizeof(struct trivet_function) */
  uint32_t version;                   /* raised whenever the answers change; 1 or more */
  const char* name;                   /* lower case */
  const char* const* parameter_types; /* SQL names, such as "DECIMAL(10, 2)" */
  uint32_t parameter_count;
  const char* return_type;
  int special_nulls;            /* 0: NULL in, NULL out, and `evaluate` never sees one */
  int not_deterministic;        /* not 0: the same arguments may give different answers */
  void* state;                  /* given to `evaluate`; may be null */
  void (*release)(void* state); /* may be null */
  /* `arguments` is a struct array of `rows` rows with a child for each parameter, which stays the
   * caller's; `result` is to be filled with as many rows, and is the caller's from then on. Not 0:
   * all rows fail. */
  int (*evaluate)(void* state, const struct trivet_call* call, const struct ArrowArray* arguments,
                  int64_t rows, struct ArrowArray* result);
};

enum trivet_distribution {
  TRIVET_DISTRIBUTION_ANY = 0,    /* any share of the rows at a time */
  TRIVET_DISTRIBUTION_SINGLE = 1, /* all rows in one run, in the input's order */
  TRIVET_DISTRIBUTION_HASH = 2    /* rows of equal keys in one run, in the input's order */
};

/* A table operator: FROM name((SELECT ...), arguments). */
struct trivet_operator {
  uint32_t struct_size;
  uint32_t version;
  const char* name;
  const char* const* parameter_types; /* of the constant arguments */
  uint32_t parameter_count;
  const char* const* column_names; /* of the output; none: those of the input */
  const char* const* column_types;
  uint32_t column_count;
  int32_t distribution;
  const char* const* hash_columns; /* of the input, by name */
  uint32_t hash_column_count;
  int not_deterministic;
  void* state;
  void (*release)(void* state);
  /* One run over one partition, on a thread of its own. `arguments` is a struct array of one row.
   * `input` gives batches (struct arrays) and may wait; the operator moves the struct, sets the
   * caller's `release` to null, and releases its own when it wants no more. `output` is to be
   * filled; the host reads it to its end and releases it before `call` ends. Not 0: the query fails
   * with what the streams say. */
  int (*run)(void* state, const struct trivet_call* call, const struct ArrowArray* arguments,
             struct ArrowArrayStream* input, struct ArrowArrayStream* output);
};

/* Where a plugin adds what it has. Not 0: it was refused, and loading fails with the reason. */
struct trivet_registrar {
  void* host;
  int (*add_function)(const struct trivet_registrar* registrar,
                      const struct trivet_function* function);
  int (*add_operator)(const struct trivet_registrar* registrar, const struct trivet_operator* op);
};

struct trivet_plugin {
  uint32_t abi_version; /* TRIVET_PLUGIN_ABI */
  const char* name;
  const char* build_id; /* the one version of Trivet that it works with; null: any */
  int (*add_all)(const struct trivet_registrar* registrar);
};

#if defined(__GNUC__)
#define TRIVET_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define TRIVET_PLUGIN_EXPORT
#endif

/* The one exported symbol. The description stays the plugin's. */
TRIVET_PLUGIN_EXPORT const struct trivet_plugin* trivet_plugin_entry(void);

#ifdef __cplusplus
} /* extern "C" */
#endif
