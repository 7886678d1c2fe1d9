/*
 * The keys of a process group: their table, and taking what was typed.
 */

#include "daemon_options.h"

#include "daemon_value.h"

#include <string.h>


#define NAME_MOST   64u
#define VALUE_MOST  4096u

mh_daemon_option  mh_daemon_keys[MH_DAEMON_OPTIONS] = {
#define MH_DAEMON_OPTION(name, type, preset, meaning)                         \
    { #name, MH_DAEMON_TYPE_##type, preset, meaning },
#include "daemon.def"
#undef MH_DAEMON_OPTION
};


/* No macro can put '-' for '_'. */
__attribute__((constructor))
static void
names_spell(void)
{
    char    *p;
    size_t   key;

    for (key = 0; key < MH_DAEMON_OPTIONS; key++) {
        for (p = mh_daemon_keys[key].name; *p != '\0'; p++) {
            if (*p == '_') {
                *p = '-';
            }
        }
    }
}


void
mh_daemon_settings_init(mh_daemon_settings *settings)
{
    size_t            key;
    const char       *preset;
    mh_daemon_value  *value;

    for (key = 0; key < MH_DAEMON_OPTIONS; key++) {
        preset = mh_daemon_keys[key].preset;
        value = &settings->values[key];

        value->set = false;
        value->number = 0;
        value->text.data = (const uint8_t *) preset;
        value->text.length = strlen(preset);

        if (preset[0] != '\0') {
            (void) mh_daemon_value_read(mh_daemon_keys[key].type, preset,
                                        &value->number, NULL);
        }
    }
}


static const mh_daemon_option *
option_find(mh_str name)
{
    char    spelled[NAME_MOST + 1];
    size_t  key, i;

    if (name.length > NAME_MOST) {
        return NULL;
    }

    for (i = 0; i < name.length; i++) {
        spelled[i] = name.data[i] == '_' ? '-' : (char) name.data[i];
    }

    spelled[i] = '\0';

    for (key = 0; key < MH_DAEMON_OPTIONS; key++) {
        if (strcmp(mh_daemon_keys[key].name, spelled) == 0) {
            return &mh_daemon_keys[key];
        }
    }

    return NULL;
}


/* A key without a value says "on", where that is an answer. */
static mh_str
value_of(const mh_daemon_option *option, mh_str argument, size_t name)
{
    mh_str  value;

    if (name == argument.length && option->type == MH_DAEMON_TYPE_FLAG) {
        value.data = (const uint8_t *) "on";
        value.length = 2;
        return value;
    }

    if (name < argument.length) {
        name++;
    }

    value.data = argument.data + name;
    value.length = argument.length - name;

    return value;
}


const mh_daemon_option *
mh_daemon_settings_take(mh_daemon_settings *settings, mh_str argument,
    mh_error *error)
{
    char                     text[VALUE_MOST];
    mh_str                   name, value;
    int64_t                  number;
    mh_error                 reason;
    mh_daemon_value         *slot;
    const mh_daemon_option  *option;

    name = argument;

    for (name.length = 0; name.length < argument.length
         && argument.data[name.length] != '='; name.length++)
    {
        /* void */
    }

    option = option_find(name);

    if (option == NULL) {
        mh_error_set(error, MH_E_GROUP_KEY,
                     "a process group has no key \"%.*s\"", (int) name.length,
                     (const char *) name.data);
        return NULL;
    }

    value = value_of(option, argument, name.length);
    slot = &settings->values[option - mh_daemon_keys];

    if (slot->set && option->type != MH_DAEMON_TYPE_PAIR) {
        mh_error_set(error, MH_E_GROUP_VALUE, "%s= is given twice",
                     option->name);
        return NULL;
    }

    if (value.length >= sizeof(text)
        || memchr(value.data, '\0', value.length) != NULL)
    {
        mh_error_set(error, MH_E_GROUP_VALUE, "%s= is too long", option->name);
        return NULL;
    }

    memcpy(text, value.data, value.length);
    text[value.length] = '\0';

    if (mh_daemon_value_read(option->type, text, &number, &reason) != 0) {
        mh_error_set(error, reason.code, "%s=%.800s %s", option->name, text,
                     reason.text);
        return NULL;
    }

    slot->set = true;
    slot->number = number;
    slot->text = value;

    return option;
}


int
mh_daemon_name_check(mh_str name, mh_error *error)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < name.length; i++) {
        c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
        {
            break;
        }
    }

    if (i == name.length && i != 0 && i <= NAME_MOST
        && !(i == 8 && memcmp(name.data, "embedded", 8) == 0))
    {
        return 0;
    }

    return mh_fail(error, MH_E_GROUP_NAME,
                   "\"%.*s\" cannot be the name of a process group: 1 to %u "
                   "letters, digits, '.', '_' and '-', and not \"embedded\"",
                   (int) (name.length < 100 ? name.length : 100),
                   (const char *) name.data, NAME_MOST);
}
