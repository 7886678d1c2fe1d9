using System.Runtime.Versioning;
using ModHost.Cli;

[assembly: SupportedOSPlatform("linux")]

return Entry.Run(args);
