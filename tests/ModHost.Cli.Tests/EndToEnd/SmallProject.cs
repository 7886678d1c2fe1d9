using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.EndToEnd;

/// <summary>The least project that has a page, under <c>modhost dev</c>.</summary>
internal sealed class SmallProject : IAsyncDisposable
{
    private readonly string _temporary = RunningCommand.NewFolder();
    private Child? _command;

    public SmallProject()
    {
        Directory.CreateDirectory(Folder);
        Directory.CreateDirectory(More);
        File.WriteAllText(Path.Combine(Folder, "Small.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk.Web">
              <PropertyGroup>
                <TargetFramework>net{Environment.Version.Major}.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
              <Target Name="Pause" AfterTargets="CoreCompile" Condition="Exists('{PauseFile}')">
                <Exec Command="touch {PauseFile}d; while [ -e {PauseFile} ]; do sleep 0.1; done; touch $(ProjectDir)@(IntermediateAssembly)" />
              </Target>
              <Target Name="Hang" BeforeTargets="CoreCompile" Condition="Exists('{HangFile}')">
                <Exec Command="tail -f {HangFile}" />
              </Target>
            </Project>
            """);
        WritePage("first");
    }

    public string Folder => Path.Combine(_temporary, "small");

    /// <summary>A folder beside the project.</summary>
    public string More => Path.Combine(_temporary, "more");

    public int Port { get; } = FreePort.Next();

    public string Output => _command?.Output ?? "";

    public int Id => _command!.Id;

    public string State => Directory.GetDirectories(_temporary, "modhost-*").Single();

    public string Configuration => File.ReadAllText(Path.Combine(State, "nginx.conf"));

    private string PauseFile => Path.Combine(More, "pause");

    /// <summary>Makes a change, and another one when that is compiled, before what came of it is written.</summary>
    public async Task Overtake(Action change, Action other)
    {
        await File.WriteAllTextAsync(PauseFile, "");
        change();
        await Wait.Until($"a build pauses; {Output}", () => File.Exists(PauseFile + "d"), TimeSpan.FromMinutes(3));
        other();
        File.Delete(PauseFile);
    }

    private string HangFile => Path.Combine(Folder, "hang.cs");

    /// <summary>From now on builds do not end.</summary>
    public void Hang() => File.WriteAllText(HangFile, "");

    /// <summary>Waits until one does not.</summary>
    public Task Hangs() => Wait.Until($"a build hangs; {Output}",
        () => Others.Any(process => ProcFs.CommandLine(process).Contains($"tail -f {HangFile}", StringComparison.Ordinal)), TimeSpan.FromMinutes(3));

    // Builds, web server, supervisor, workers, guard.
    private IReadOnlyList<int> Others => [.. ProcFs.All().Where(process => process.State != 'Z' && process.Id != _command?.Id
        && (ProcFs.CommandLine(process.Id).Contains(_temporary, StringComparison.Ordinal)
            // nginx's workers name no folder.
            || ProcFs.WorkingDirectory(process.Id).StartsWith(_temporary, StringComparison.Ordinal))).Select(process => process.Id)];

    public void WriteSource(string text) => File.WriteAllText(Path.Combine(Folder, "Program.cs"), text);

    public void WritePage(string text) => WriteSource($$"""
        var app = WebApplication.CreateBuilder(args).Build();
        app.MapGet("/", () => Results.Text("<html><head></head><body>{{text}}</body></html>", "text/html"));
        app.MapGet("/waits", (CancellationToken gone) =>
        {
            Console.WriteLine("A request waits.");
            return Task.Delay(-1, gone);
        });
        app.Run();
        """);

    public void Develop(IReadOnlyDictionary<string, string?> more, params string[] options)
    {
        var environment = RunningCommand.Environment(_temporary);
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        _command = Child.Start(RunningCommand.Program, ["dev", Folder, .. options], _temporary, environment);
    }

    public void Develop(params string[] options) =>
        Develop(new Dictionary<string, string?>(), ["--host", "127.0.0.1", "--port", $"{Port}", .. options]);

    public async Task Says(string text)
    {
        try
        {
            await Wait.Until($"the command says '{text}'", () => Output.Contains(text, StringComparison.Ordinal)
                || (_command!.HasExited ? throw new InvalidOperationException($"it has ended:\n{Output}") : false), TimeSpan.FromMinutes(3));
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{error.Message}\n{Output}", error);
        }
    }

    /// <summary>What is at a place; null: nobody answers.</summary>
    public static async Task<string?> Get(string url)
    {
        using var client = RunningCommand.Client();
        try
        {
            return await client.GetStringAsync(new Uri(url));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async Task<string> Shows(string text, string? url = null)
    {
        var page = await Wait.For($"the page has '{text}'; {Output}", () => Get(url ?? $"http://127.0.0.1:{Port}/"),
            page => page?.Contains(text, StringComparison.Ordinal) == true, TimeSpan.FromMinutes(3));
        return page!;
    }

    public async Task<int> Stop()
    {
        Signal.Send(Id, Signal.Int);
        return await _command!.Exited();
    }

    /// <summary>Its exit code, after which nothing of it is left.</summary>
    public async Task<int> Ended()
    {
        var code = await _command!.Exited(TimeSpan.FromMinutes(3));
        await Wait.For("no process is left", () => Task.FromResult(string.Join('\n', Others.Select(ProcFs.CommandLine))),
            left => left.Length == 0, TimeSpan.FromMinutes(2));
        await Wait.Until("no state directory is left", () => Directory.GetDirectories(_temporary, "modhost-*").Length == 0);
        Assert.True(FreePort.IsFree(Port));
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        if (_command is { HasExited: false })
        {
            Signal.TrySend(Id, Signal.Int);
            try
            {
                await _command.Exited(TimeSpan.FromSeconds(30));
            }
            catch (TimeoutException)
            {
                // What is left is killed.
            }
        }

        foreach (var left in Others)
        {
            Signal.TrySend(left, Signal.Kill);
        }

        if (_command is not null)
        {
            await _command.DisposeAsync();
        }

        Directory.Delete(_temporary, recursive: true);
    }
}
