/*
 * The part of hostfxr's interface that is used here. Names, values and meaning
 * are those of hostfxr.h and coreclr_delegates.h of dotnet/runtime (char_t is
 * char, and there is no calling convention, on Linux).
 */

#ifndef MH_HOSTFXR_H
#define MH_HOSTFXR_H

#include <stddef.h>
#include <stdint.h>

enum hostfxr_delegate_type {
    hdt_get_function_pointer = 6,
    hdt_load_assembly = 7
};

typedef void *hostfxr_handle;

struct hostfxr_initialize_parameters {
    size_t       size;
    const char  *host_path;
    const char  *dotnet_root;
};

/* Per thread; returns the former writer. NULL: back to standard error. */
typedef void (*hostfxr_error_writer_fn)(const char *message);
typedef hostfxr_error_writer_fn (*hostfxr_set_error_writer_fn)(
    hostfxr_error_writer_fn error_writer);

/* 0: the first in this process; 1, 2: a runtime is there already; < 0: error */
typedef int32_t (*hostfxr_initialize_for_runtime_config_fn)(
    const char *runtime_config_path,
    const struct hostfxr_initialize_parameters *parameters,
    hostfxr_handle *host_context_handle);

typedef int32_t (*hostfxr_set_runtime_property_value_fn)(
    const hostfxr_handle host_context_handle, const char *name,
    const char *value);

/* The first call for a context starts the runtime. */
typedef int32_t (*hostfxr_get_runtime_delegate_fn)(
    const hostfxr_handle host_context_handle,
    enum hostfxr_delegate_type type, void **delegate);

typedef int32_t (*hostfxr_close_fn)(const hostfxr_handle host_context_handle);

/* hdt_load_assembly: into the default load context; the others are NULL. */
typedef int (*load_assembly_fn)(const char *assembly_path,
    void *load_context, void *reserved);

/* hdt_get_function_pointer */
typedef int (*get_function_pointer_fn)(const char *type_name,
    const char *method_name, const char *delegate_type_name,
    void *load_context, void *reserved, void **delegate);

#define UNMANAGEDCALLERSONLY_METHOD  ((const char *) -1)

#endif /* MH_HOSTFXR_H */
