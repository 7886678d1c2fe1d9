using System.Globalization;
using System.Text.Json;
using ModHost.Cli.Control;
using ModHost.Cli.Running;

namespace ModHost.Cli.Development;

/// <summary>Follows the supervisor from one version of the application to the next, and tells open pages.</summary>
internal sealed class Swap : IDisposable
{
    /// <summary>News: the first version is ready.</summary>
    public const string First = "first";

    private const int Pace = 50;

    private readonly CancellationTokenSource _end = new();
    private readonly StateDirectory _directory;
    private readonly string _group;
    private readonly DevelopmentPages _pages;
    private readonly Action _told;
    private readonly Task _task;
    private readonly Lock _lock = new();
    private string? _news;
    private bool _ready;
    private string _last = "";
    private DateTime? _expected;
    private TimeSpan _built;
    private string? _awaited;
    private int _awaitedAfter;
    private int _seen;
    private int _failed = -1;

    // Whose workers open pages are of; -1: they show an error.
    private int _shown = -1;

    /// <param name="told">Called when there is something to take, on any thread.</param>
    public Swap(StateDirectory directory, string group, DevelopmentPages pages, Action told)
    {
        _directory = directory;
        _group = group;
        _pages = pages;
        _told = told;
        _task = Task.Run(Follow);
    }

    /// <summary>The newest version neither serves nor has failed to.</summary>
    public bool IsAwaited
    {
        get
        {
            lock (_lock)
            {
                return _awaited is not null;
            }
        }
    }

    /// <summary>A new version is on its way.</summary>
    /// <param name="build">Its folder.</param>
    public void Expect(string build, TimeSpan built)
    {
        lock (_lock)
        {
            _awaited = Path.GetFileName(build);
            _awaitedAfter = _seen;
            _expected = DateTime.UtcNow;
            _built = built;
        }
    }

    /// <summary>It does not come: the web server has not taken it.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _awaited = null;
        }
    }

    /// <summary>Once; null: there are none.</summary>
    public string? TakeNews()
    {
        lock (_lock)
        {
            var news = _news;
            _news = null;
            return news;
        }
    }

    /// <summary>A new version serves; true once.</summary>
    public bool TakeReady()
    {
        lock (_lock)
        {
            var ready = _ready;
            _ready = false;
            return ready;
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        _task.Wait(CancellationToken.None);
        _end.Dispose();
    }

    private async Task Follow()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                foreach (var instance in Instance.Find(_directory.Run))
                {
                    using var client = new ControlClient(instance);
                    Look(StatusReport.Read(client.Status()));
                }

                await Task.Delay(Pace, _end.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is CommandException or OperationCanceledException or IOException
                or UnauthorizedAccessException or JsonException)
            {
                // It is not there yet, or any more.
                await Task.Delay(Pace, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private void Look(StatusReport report)
    {
        if (report.Groups.FirstOrDefault(group => group.Name == _group) is not { } group)
        {
            return;
        }

        var ready = group.Workers.Where(worker => worker.State == "ready" && worker.Version == group.Version).ToArray();
        var version = string.Create(CultureInfo.InvariantCulture, $"{group.Version}:{string.Join(',', ready.Select(worker => worker.Pid))}");
        bool isShown;
        lock (_lock)
        {
            _seen = group.Version;
            if (ready.Length == 0 || group.Reloading || group.Refused is not null)
            {
                Failure(group);
                return;
            }

            if (version == _last)
            {
                return;
            }

            _news = _last.Length == 0 ? First : _expected is { } began
                ? string.Create(CultureInfo.InvariantCulture,
                    $"The new version is there: built in {_built.TotalSeconds:0.0} s, started in {(DateTime.UtcNow - began).TotalSeconds:0.0} s.")
                : _news;
            _expected = null;
            _ready = true;
            _last = version;
            isShown = _shown == group.Version;
            _shown = group.Version;
        }

        var names = ready.Select(worker => string.Create(CultureInfo.InvariantCulture, $"{_group}/{worker.Index}/{worker.Pid}"));
        if (isShown)
        {
            _pages.Add(names);
        }
        else
        {
            _pages.Show(names);
        }

        // The one before it may have become ready only now.
        lock (_lock)
        {
            _awaited = Path.GetFileName(Path.GetDirectoryName(group.App)) == _awaited ? null : _awaited;
        }

        _told();
    }

    // Once for each version; under the lock.
    private void Failure(GroupReport group)
    {
        if ((group.Error ?? group.Refused) is { } error && group.Version != _failed)
        {
            // A failure of the version before the one that is awaited is no news of that one.
            _awaited = group.Version > _awaitedAfter ? null : _awaited;
            _failed = group.Version;
            _shown = -1;
            _expected = null;
            _pages.ShowStartError(error, olderServes: group.Refused is not null);
            _news = group.Refused is null ? "It does not start; the lines above say why."
                : "The new version does not start; the lines above say why. The one before it goes on.";
            _told();
        }
    }
}
