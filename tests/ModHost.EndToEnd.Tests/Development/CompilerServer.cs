using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Development;

/// <summary>The compiler that goes on running between builds, as everybody's does; this one ends with its test.</summary>
internal sealed class CompilerServer : IDisposable
{
    private readonly string _name = $"modhost-{Guid.NewGuid():N}";

    /// <summary>For builds that shall use it.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Environment =>
    [
        new("UseSharedCompilation", "true"),
        new("SharedCompilationId", _name),
    ];

    public void Dispose()
    {
        foreach (var process in ProcFs.All().Where(process => ProcFs.CommandLine(process.Id).Contains(_name, StringComparison.Ordinal)))
        {
            Signal.TrySend(process.Id, Signal.Kill);
        }
    }
}
