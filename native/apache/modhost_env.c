/*
 * ModHostSetEnv of several places: one application may be passed to from many,
 * and all embedded applications of a child share its environment.
 */

#include "mod_modhost.h"


static mod_modhost_env *
env_find(const apr_array_header_t *list, const char *name)
{
    int               i;
    mod_modhost_env  *env;

    for (i = 0; i < list->nelts; i++) {
        env = &APR_ARRAY_IDX(list, i, mod_modhost_env);

        if (strcmp(env->name, name) == 0) {
            return env;
        }
    }

    return NULL;
}


int
mod_modhost_env_conflict(const apr_array_header_t *a,
    const apr_array_header_t *b, int group)
{
    int               i;
    mod_modhost_env  *x, *y;

    if (a == NULL || b == NULL || a == b) {
        return OK;
    }

    for (i = 0; i < a->nelts; i++) {
        x = &APR_ARRAY_IDX(a, i, mod_modhost_env);
        y = env_find(b, x->name);

        if (y == NULL || strcmp(x->value, y->value) == 0) {
            continue;
        }

        return mod_modhost_refuse(MH_E_ENV_CONFLICT,
                                  "the environment variable \"%s\" has two "
                                  "values, in %s:%d and in %s:%d, but %s",
                                  x->name, x->line.file, x->line.number,
                                  y->line.file, y->line.number,
                                  group ? "both are of one process group"
                                  : "embedded applications share one "
                                    "process; process-group= will give an "
                                    "application its own");
    }

    return OK;
}


apr_array_header_t *
mod_modhost_env_join(apr_pool_t *pool, apr_array_header_t *a,
    apr_array_header_t *b)
{
    int                  i;
    mod_modhost_env     *env;
    apr_array_header_t  *joined;

    if (a == NULL || b == NULL || a == b) {
        return a != NULL ? a : b;
    }

    /* a new one: each of them may be another place's as well */

    joined = apr_array_copy(pool, a);

    for (i = 0; i < b->nelts; i++) {
        env = &APR_ARRAY_IDX(b, i, mod_modhost_env);

        if (env_find(a, env->name) == NULL) {
            APR_ARRAY_PUSH(joined, mod_modhost_env) = *env;
        }
    }

    return joined;
}


int
mod_modhost_check_env(void)
{
    int                  i, j;
    apr_array_header_t  *apps;

    apps = mod_modhost_main->apps;

    for (i = 1; i < apps->nelts; i++) {
        for (j = 0; j < i; j++) {
            if (mod_modhost_env_conflict(
                    APR_ARRAY_IDX(apps, j,
                                  mod_modhost_app_conf *)->settings.env,
                    APR_ARRAY_IDX(apps, i,
                                  mod_modhost_app_conf *)->settings.env, 0)
                != OK)
            {
                return HTTP_INTERNAL_SERVER_ERROR;
            }
        }
    }

    return OK;
}
