namespace ModHost.IntegrationTests.Hosting;

/// <summary>For classes that take much of the machine, or a long time: nothing of this run goes on beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneInTheRun
{
    public const string Name = "Alone in the run";
}

/// <summary>For classes that measure times or memory: nothing of this run, and none like it of another, runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone : ICollectionFixture<AloneInTheMachine>
{
    public const string Name = "Alone";
}

/// <summary>Keeps such classes of runs for two web servers apart, which go on side by side.</summary>
public sealed class AloneInTheMachine : IAsyncLifetime
{
    // As long as all such classes of another run may take, at their full counts.
    private static readonly TimeSpan s_patience = TimeSpan.FromHours(2);

    private LockFile? _lock;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Settings.Cache);
        _lock = await LockFile.Take(Path.Combine(Settings.Cache, "alone.lock"), s_patience);
    }

    public async Task DisposeAsync()
    {
        if (_lock is not null)
        {
            await _lock.DisposeAsync();
        }
    }
}
