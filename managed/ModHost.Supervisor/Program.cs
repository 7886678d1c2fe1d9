using System.Runtime.Versioning;
using ModHost.Supervisor;

[assembly: SupportedOSPlatform("linux")]

return Arguments.Parse(args) is { } arguments ? Entry.Run(arguments) : Arguments.Help();
