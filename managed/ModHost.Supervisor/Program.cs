using System.Runtime.Versioning;
using ModHost.Supervisor;

[assembly: SupportedOSPlatform("linux")]

return args is ["--version"] ? Arguments.Version() : Arguments.Parse(args) is { } arguments ? Entry.Run(arguments) : Arguments.Help();
