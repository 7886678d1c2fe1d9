using System.Runtime.InteropServices;
using ModHost.Abi;

namespace ModHost.Embedded;

/// <summary>A copy of <c>modhost_app_config</c>, which lives only during the call that brings it.</summary>
internal sealed record AppSettings
{
    public required uint Number { get; init; }

    public required string Name { get; init; }

    /// <summary>The assembly, or in NativeAOT the library; absolute.</summary>
    public required string Path { get; init; }

    public required string ContentRoot { get; init; }

    public string? StateDirectory { get; init; }

    public required IReadOnlyList<string> Addresses { get; init; }

    public TimeSpan StartupTimeout { get; init; }

    public TimeSpan ShutdownTimeout { get; init; }

    public int WorkerIndex { get; init; }

    public int WorkerCount { get; init; }

    /// <summary><see langword="null"/>: no limit.</summary>
    public long? MaxRequestBodySize { get; init; }

    /// <summary>The only application of the process.</summary>
    public bool Alone { get; init; }

    public static unsafe AppSettings From(modhost_app_config* config)
    {
        var addresses = new string[config->address_count];
        for (var i = 0; i < addresses.Length; i++)
        {
            addresses[i] = Text(config->addresses[i], "addresses");
        }

        return new AppSettings
        {
            Number = config->app,
            Name = Text(config->name, "name"),
            Path = Text(config->path, "path"),
            ContentRoot = Text(config->content_root, "content_root"),
            StateDirectory = Marshal.PtrToStringUTF8((nint)config->state_directory),
            Addresses = addresses,
            StartupTimeout = TimeSpan.FromMilliseconds(config->startup_timeout),
            ShutdownTimeout = TimeSpan.FromMilliseconds(config->shutdown_timeout),
            WorkerIndex = (int)config->worker_index,
            WorkerCount = (int)config->worker_count,
            MaxRequestBodySize = config->max_request_body < 0 ? null : config->max_request_body,
            Alone = (config->flags & Modhost.MODHOST_APP_ALONE) != 0,
        };
    }

    private static unsafe string Text(byte* value, string name) =>
        Marshal.PtrToStringUTF8((nint)value) ?? throw new ArgumentException($"modhost_app_config.{name} is NULL");
}
