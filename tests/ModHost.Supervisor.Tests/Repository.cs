using System.Reflection;

namespace ModHost.Supervisor.Tests;

/// <summary>Where things are.</summary>
internal static class Repository
{
    public static string Root => Metadata("RepositoryRoot");

    public static string Metadata(string key) => typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
