namespace ModHost.IntegrationTests.Hosting;

/// <summary>For classes that measure times or memory: nothing of this run, and none like it of another, runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone : ICollectionFixture<AloneInTheMachine>
{
    public const string Name = "Alone";
}

/// <summary>Keeps such classes of runs for two web servers apart, which go on side by side.</summary>
public sealed class AloneInTheMachine : IAsyncLifetime
{
    private LockFile? _lock;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Settings.Cache);
        _lock = await LockFile.Take(Path.Combine(Settings.Cache, "alone.lock"));
    }

    public async Task DisposeAsync()
    {
        if (_lock is not null)
        {
            await _lock.DisposeAsync();
        }
    }
}
