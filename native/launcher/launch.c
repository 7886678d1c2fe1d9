#include "launch.h"


int
main(int argc, char **argv)
{
    launch_options  options;

    if (launch_parse(argc, argv, &options) != 0
        || launch_descriptors() != 0
        || launch_process(&options) != 0
        || launch_identity(&options) != 0
        || launch_directory(&options) != 0)
    {
        return LAUNCH_FAILED;
    }

    return options.library != NULL ? launch_library(&options, argc, argv)
                                   : launch_program(&options);
}
