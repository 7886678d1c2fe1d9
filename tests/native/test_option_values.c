/*
 * Values of options that are numbers, as the option table reads them.
 */

#include "check.h"
#include "option.h"


static int64_t
read_ok(enum mh_option option, const char *text)
{
    int64_t   number;
    mh_error  error;

    if (mh_option_read(option, text, &number, &error) != 0) {
        CHECK_FAIL("%s: %s", text, error.text);
        return -99;
    }

    return number;
}


static void
refused(enum mh_option option, const char *text)
{
    int64_t   number;
    mh_error  error;

    error.code = 0;

    CHECK(mh_option_read(option, text, &number, &error) == -1);
    CHECK_INT(error.code, MH_E_VALUE_RANGE);
}


CASE(Times_are_milliseconds)
{
    CHECK_INT(read_ok(MH_OPTION_queue_timeout, "10"), 10000);
    CHECK_INT(read_ok(MH_OPTION_queue_timeout, "250ms"), 250);
    CHECK_INT(read_ok(MH_OPTION_slow_log, "1m30s"), 90000);
    refused(MH_OPTION_queue_timeout, "soon");
    refused(MH_OPTION_queue_timeout, "");
    refused(MH_OPTION_queue_timeout, "40d");
}


CASE(Flags_are_on_or_off_in_any_case)
{
    CHECK_INT(read_ok(MH_OPTION_buffering, "On"), 1);
    CHECK_INT(read_ok(MH_OPTION_buffering, "off"), 0);
    refused(MH_OPTION_buffering, "yes");
}


CASE(Sizes_have_units)
{
    CHECK_INT(read_ok(MH_OPTION_max_request_body, "30000000"), 30000000);
    CHECK_INT(read_ok(MH_OPTION_max_head_size, "64k"), 65536);
    refused(MH_OPTION_max_head_size, "64x");
}


CASE(Numbers_have_ranges)
{
    CHECK_INT(read_ok(MH_OPTION_max_headers, "65000"), 65000);
    refused(MH_OPTION_max_headers, "0");
    refused(MH_OPTION_max_headers, "65001");
    refused(MH_OPTION_max_head_size, "1023");
    refused(MH_OPTION_queue_size, "1000001");
    refused(MH_OPTION_queue_size, "-1");
}


CASE(Every_default_can_be_read)
{
    enum mh_option  option;

    for (option = 0; option < MH_OPTIONS; option++) {

        switch (mh_options[option].type) {

        case MH_OPTION_TYPE_FLAG:
        case MH_OPTION_TYPE_NUMBER:
        case MH_OPTION_TYPE_SIZE:
        case MH_OPTION_TYPE_TIME:
        case MH_OPTION_TYPE_SLOW:
            CHECK((mh_option_preset(option) == -1)
                  == (mh_options[option].preset[0] == '\0'));
            break;

        default:
            break;
        }
    }

    CHECK_INT(mh_option_preset(MH_OPTION_queue_size), 1000);
    CHECK_INT(mh_option_preset(MH_OPTION_startup_timeout), 60000);
    CHECK_INT(mh_option_preset(MH_OPTION_max_request_body), -1);
}


CHECK_MAIN
