using System.Reflection;

namespace ModHost.Protocol.Tests;

/// <summary>Files of the repository that tests compare with.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public static string Abi => File.ReadAllText(Path.Combine(Root, "native", "include", "modhost", "abi.h"));

    public static string Vectors => Path.Combine(Root, "tests", "vectors");
}
