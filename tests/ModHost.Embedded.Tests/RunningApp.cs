using System.Reflection;
using System.Runtime.InteropServices;
using ModHost.Abi;

namespace ModHost.Embedded.Tests;

/// <summary>A copy of the sample application in a folder of its own, with a behaviour of the test's choice.</summary>
internal sealed class RunningApp : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static int s_count;

    private readonly uint _startupTimeout;

    private RunningApp(string behaviour, uint startupTimeout)
    {
        _startupTimeout = startupTimeout;
        Number = (uint)Interlocked.Increment(ref s_count) - 1;
        Folder = Directory.CreateTempSubdirectory("modhost-test-").FullName;
        foreach (var file in Directory.EnumerateFiles(Metadata("AppFolder")))
        {
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(Folder, "behaviour.txt"), behaviour);
    }

    /// <summary>Of the newest attempt; each has a number of its own.</summary>
    public uint Number { get; private set; }

    public string Folder { get; }

    /// <summary>Before the start.</summary>
    public string? StateDirectory { get; set; }

    public IEnumerable<LogLine> Lines => FakeServer.Lines.Where(line => line.App == Number);

    /// <summary>The newest state, or <see langword="null"/>.</summary>
    public AppState? State => FakeServer.States(Number).LastOrDefault();

    public static string Metadata(string key) =>
        typeof(RunningApp).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;

    /// <summary>Prepared and not yet started, so that a test may change the folder.</summary>
    public static RunningApp Prepare(string behaviour, uint startupTimeout = 30_000) => new(behaviour, startupTimeout);

    public static RunningApp Start(string behaviour, uint startupTimeout = 30_000)
    {
        var app = Prepare(behaviour, startupTimeout);
        app.Start();
        return app;
    }

    public static void Wait(Func<bool> condition, Func<string> what)
    {
        Assert.True(SpinWait.SpinUntil(condition, s_patience), what());
    }

    public void StartAgain()
    {
        Number = (uint)Interlocked.Increment(ref s_count) - 1;
        Start();
    }

    public unsafe void Start()
    {
        var name = Marshal.StringToCoTaskMemUTF8("Behaviour");
        var path = Marshal.StringToCoTaskMemUTF8(Path.Combine(Folder, "Behaviour.dll"));
        var root = Marshal.StringToCoTaskMemUTF8(Folder);
        var state = Marshal.StringToCoTaskMemUTF8(StateDirectory);
        var address = Marshal.StringToCoTaskMemUTF8("http://127.0.0.1:80");
        var config = new modhost_app_config
        {
            size = (uint)sizeof(modhost_app_config),
            app = Number,
            name = (byte*)name,
            path = (byte*)path,
            content_root = (byte*)root,
            state_directory = (byte*)state,
            addresses = (byte**)&address,
            address_count = 1,
            startup_timeout = _startupTimeout,
            shutdown_timeout = 5_000,
            worker_index = 1,
            worker_count = 3,
            max_request_body = -1,
        };
        Assert.Equal(Modhost.MODHOST_OK, FakeServer.Table->app_start(&config));

        // Valid during the call only: whoever still reads them shall fail.
        foreach (var text in (ReadOnlySpan<nint>)[name, path, root, state, address])
        {
            if (text != 0)
            {
                Marshal.WriteByte(text, 0, (byte)'?');
                Marshal.FreeCoTaskMem(text);
            }
        }
    }

    public AppState WaitForState(int state)
    {
        Wait(() => FakeServer.States(Number).Any(s => s.State == state || s.State == Modhost.MODHOST_APP_FAILED),
            () => $"state {state} of {Folder} did not come; the last: {State}; {string.Join('\n', Lines)}");
        var found = FakeServer.States(Number).First(s => s.State == state || s.State == Modhost.MODHOST_APP_FAILED);
        Assert.Equal((uint)state, found.State);
        return found;
    }

    public unsafe void Stop()
    {
        FakeServer.Table->app_stop(Number);
        FakeServer.Table->app_drained(Number);
        WaitForState(Modhost.MODHOST_APP_STOPPED);
    }

    /// <summary>The value that the application reported under a name.</summary>
    public string? Reported(string name) => Lines.Where(line => line.Category == "stdout")
        .Select(line => line.Text).FirstOrDefault(text => text.StartsWith(name + "=", StringComparison.Ordinal))
        ?[(name.Length + 1)..];

    public void Dispose()
    {
        if (State is { State: Modhost.MODHOST_APP_READY })
        {
            Stop();
        }

        Directory.Delete(Folder, recursive: true);
    }
}
