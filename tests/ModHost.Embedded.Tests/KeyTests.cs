using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Logging.Abstractions;
using ModHost.Abi;
using ModHost.Server.Hosting;

namespace ModHost.Embedded.Tests;

/// <summary>Data Protection keys in the state directory.</summary>
[Collection("runtime")]
public sealed class KeyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modhost-keys-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Keys_are_kept_where_the_application_configured_nothing()
    {
        using var app = RunningApp.Prepare("protects");
        app.StateDirectory = _folder;
        app.Start();
        app.WaitForState(Modhost.MODHOST_APP_READY);
        var keys = Path.Combine(_folder, "keys");
        Assert.Single(Directory.GetFiles(keys, "key-*.xml"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(keys));
        Assert.Equal("secret", app.Reported("unprotected"));
    }

    [Fact]
    public void Application_works_where_no_folder_can_be_made()
    {
        File.WriteAllText(Path.Combine(_folder, "a-file"), "");
        WorksWithoutKeysIn(Path.Combine(_folder, "a-file", "state"));
    }

    // A folder in the lock's place fails as another user's folder does, and for root too.
    [Fact]
    public void Application_works_where_the_folder_cannot_be_used()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "keys", "lock"));
        WorksWithoutKeysIn(_folder);
    }

    private static void WorksWithoutKeysIn(string stateDirectory)
    {
        using var app = RunningApp.Prepare("protects");
        app.StateDirectory = stateDirectory;
        app.Start();
        app.WaitForState(Modhost.MODHOST_APP_READY);
        Assert.Equal("secret", app.Reported("unprotected"));
        Assert.Contains(app.Lines, line => line.Text.StartsWith("MH0453:", StringComparison.Ordinal));
    }

    // A file lock counts per open file, so that threads can stand for worker processes.
    [Fact]
    public async Task One_of_several_workers_makes_the_first_key()
    {
        var made = 0;
        using var start = new Barrier(8);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Factory.StartNew(() =>
        {
            var repository = NewRepository();
            start.SignalAndWait();
            if (repository.GetAllElements().Count == 0)
            {
                Interlocked.Increment(ref made);
                repository.StoreElement(new XElement("key"), $"key-{worker}");
            }

            Assert.Single(repository.GetAllElements());
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Equal(1, made);
    }

    private FirstKeyRepository NewRepository() => new(
        new FileSystemXmlRepository(new DirectoryInfo(_folder), NullLoggerFactory.Instance),
        Path.Combine(_folder, "lock"), NullLogger.Instance);
}
