using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModHost.Server.Hosting;

namespace ModHost.Server.Tests.InMemoryTransport;

/// <summary>A real host with ModHost's server, and a web server in memory in front of it.</summary>
public sealed class MemoryServer : IServerConnection, ILoggerProvider, IAsyncDisposable
{
    private readonly TaskCompletionSource _drained = new();
    private ModHostServer? _server;
    private int _blocks;

    public MemoryLoop Loop { get; } = new();

    public WebApplication App { get; private set; } = null!;

    public ModHostServer Server => _server ?? throw new InvalidOperationException("The server is not ready.");

    public ConcurrentQueue<(LogLevel Level, string Text, Exception? Exception)> Logged { get; } = new();

    public IReadOnlyList<string> Addresses { get; } = ["http://192.0.2.2:8080"];

    public long? MaxRequestBodySize { get; set; } = 30_000_000;

    public ExecutionContext? Context { get; set; }

    ExecutionContext? IServerConnection.RequestContext => Context;

    public Task Drained => _drained.Task;

    public int SendWindow { get; set; } = 64 * 1024;

    public int ResponseHeadRoom { get; init; } = 2048;

    public bool DetailedErrors { get; set; }

    public bool Defers { get; set; } = true;

    /// <summary>Response blocks that are neither sent nor given back.</summary>
    public int BlocksOut => Volatile.Read(ref _blocks);

    /// <summary>Starts an application that answers every request with one handler.</summary>
    public static Task<MemoryServer> Handle(RequestDelegate handler, Action<MemoryServer>? configure = null, Action<IServiceCollection>? services = null) =>
        Start(app => app.Run(handler), configure, services);

    public static async Task<MemoryServer> Start(
        Action<WebApplication> build, Action<MemoryServer>? configure = null, Action<IServiceCollection>? services = null)
    {
        var server = new MemoryServer();
        configure?.Invoke(server);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(server).SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("ModHost", LogLevel.Debug);
        builder.Services.AddSingleton<IServerConnection>(server);
        builder.Services.AddSingleton<IServer, ModHostServer>();
        services?.Invoke(builder.Services);
        server.App = builder.Build();
        build(server.App);
        await server.App.StartAsync();
        return server;
    }

    public MemoryExchange Exchange() => new(this);

    public MemoryExchange Begin(RequestBlock request, byte[]? body = null, bool ends = true, bool inline = false) =>
        Exchange().Begin(request, body, ends, inline);

    /// <summary>Sends a request and waits until the server has released the exchange.</summary>
    public Task<MemoryExchange> Send(RequestBlock request, byte[]? body = null) => Begin(request, body).Completion();

    public Task<MemoryExchange> Get(string target) => Send(RequestBlock.Get(target));

    /// <summary>
    /// Waits until the loop and the thread pool have done what was queued so far: what has not happened by then does
    /// not happen by itself.
    /// </summary>
    public async Task Settle()
    {
        for (var turn = 0; turn < 3; turn++)
        {
            Loop.Run(() => { });
            await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(() => { })));
        }
    }

    public void CountBlock(int change) => Interlocked.Add(ref _blocks, change);

    public void Drain() => _drained.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Drain();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await App.StopAsync(patience.Token);
        await App.DisposeAsync();
        Assert.Null(Loop.Failure);
        Assert.Equal(0, BlocksOut);
        Loop.Dispose();
    }

    void IServerConnection.Ready(ModHostServer server) => _server = server;

    void IServerConnection.Log(int level, string category, string text)
    {
    }

    ILogger ILoggerProvider.CreateLogger(string categoryName) => new MemoryLogger(this);

    void IDisposable.Dispose()
    {
    }

    private sealed class MemoryLogger(MemoryServer server) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            server.Logged.Enqueue((logLevel, formatter(state, exception), exception));
    }
}
