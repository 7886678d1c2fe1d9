using System.Diagnostics;
using ModHost.Cli.Tests.EndToEnd;
using ModHost.EndToEnd.Tests.Browser;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Development;

/// <summary>A new web project whose page and API tell its edition, under <c>modhost dev</c> or another development server.</summary>
internal sealed class DevelopedProject : IAsyncDisposable
{
    private const string Page = "Pages/Index.cshtml";
    private const string Source = "Edition.cs";

    private readonly string _folder;
    private readonly CompilerServer? _compilers;
    private readonly HttpClient _client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = TimeSpan.FromSeconds(60),
    };

    private Child? _server;

    private DevelopedProject(string folder, CompilerServer? compilers) => (_folder, _compilers) = (folder, compilers);

    public int Port { get; } = FreePort.Next();

    public string Url => $"http://127.0.0.1:{Port}/";

    public string Output => _server?.Output ?? "";

    public int Id => _server?.Id ?? 0;

    public string Folder => _folder;

    /// <param name="compilers">Null: builds have no compiler that runs on.</param>
    public static async Task<DevelopedProject> New(CompilerServer? compilers = null)
    {
        var project = new DevelopedProject(await WebProject.New(), compilers);
        project.Write("Program.cs", project.Read("Program.cs").Replace("app.Run();",
            """
            app.MapGet("/edition", () => Shop.Edition.Text);
            if (Shop.Edition.Text.Length == 0)
            {
                throw new InvalidOperationException("an edition without a text");
            }

            app.Run();
            """, StringComparison.Ordinal));
        project.WriteEdition("first");
        project.Write(Page, project.Read(Page).Replace("</h1>", "</h1>\n<p id=\"edition\">@Shop.Edition.Text</p>", StringComparison.Ordinal));
        return project;
    }

    /// <summary>Starts <c>modhost dev</c>, and waits until it serves.</summary>
    public Task Develop(params string[] options)
    {
        Begin(options);
        return Says("Serving Shop at");
    }

    /// <summary>Starts <c>modhost dev</c>.</summary>
    public void Begin(params string[] options)
    {
        var environment = RunningCommand.Environment(Path.GetDirectoryName(_folder)!);
        _server = Child.Start(RunningCommand.Program, ["dev", _folder, "--host", "127.0.0.1", "--port", $"{Port}", .. options],
            _folder, With(environment));
    }

    /// <summary>Starts the SDK's own.</summary>
    public async Task DotnetWatch()
    {
        var environment = With(await PackageFolder.Environment(Path.GetDirectoryName(_folder)!));
        _server = Child.Start("/usr/bin/env", ["dotnet", "watch", "--no-hot-reload", "--non-interactive", "--project", _folder, "run",
            "--no-launch-profile", "--urls", Url], _folder, environment);
        await Answers("first");
    }

    public async Task Says(string text)
    {
        try
        {
            await Wait.Until($"it says '{text}'", () => Output.Contains(text, StringComparison.Ordinal)
                || (_server!.HasExited ? throw new InvalidOperationException($"it has ended:\n{Output}") : false), TimeSpan.FromMinutes(4));
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{error.Message}\n{Output}", error);
        }
    }

    /// <summary>Changes something, and waits until that has been noticed.</summary>
    public async Task Changes(Action edit)
    {
        const string Noticed = " has changed: building";
        var before = Output.Split(Noticed).Length;
        edit();
        try
        {
            await Wait.Until("the change is noticed", () => Output.Split(Noticed).Length > before, TimeSpan.FromMinutes(4));
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{error.Message}\n{Output}", error);
        }
    }

    /// <summary>Saves a source whose class has this text in it.</summary>
    public void WriteEdition(string text) => WriteSource($"namespace Shop;\n\npublic static class Edition\n{{\n    public const string Text = \"{text}\";\n}}\n");

    /// <summary>Changes what else there is; the old text must be there.</summary>
    public void Replace(string name, string old, string text)
    {
        var before = Read(name);
        Assert.Contains(old, before, StringComparison.Ordinal);
        Write(name, before.Replace(old, text, StringComparison.Ordinal));
    }

    public void WriteSource(string text) => Write(Source, text);

    /// <summary>Saves the page with another heading.</summary>
    public void WriteHeading(string text)
    {
        var page = Read(Page);
        var begin = page.IndexOf("<h1", StringComparison.Ordinal);
        var end = page.IndexOf("</h1>", StringComparison.Ordinal);
        Write(Page, $"{page[..begin]}<h1>{text}{page[end..]}");
    }

    /// <summary>What the API says; null: nobody answers.</summary>
    public async Task<string?> Edition()
    {
        try
        {
            return await _client.GetStringAsync(new Uri(Url + "edition"));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>What a browser is given; 0: nobody answers.</summary>
    /// <param name="address">Of another client, where the server believes <c>X-Client</c>.</param>
    /// <param name="path">Without a slash before it.</param>
    /// <param name="host">That the browser takes it for.</param>
    public async Task<(int Status, string Text)> Browse(string? address = null, string path = "", string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Url + path));
        request.Headers.Add("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        request.Headers.Host = host;
        if (address is not null)
        {
            request.Headers.Add("X-Client", address);
        }

        try
        {
            using var response = await _client.SendAsync(request);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        }
        catch (HttpRequestException)
        {
            return (0, "");
        }
    }

    /// <summary>Waits until a browser is shown a text, and gives the whole page.</summary>
    public async Task<string> Shows(string text)
    {
        try
        {
            return (await Wait.For($"the page has '{text}'", () => Browse(),
                page => page.Text.Contains(text, StringComparison.Ordinal), TimeSpan.FromMinutes(4))).Text;
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{error.Message}\n{Output}", error);
        }
    }

    public async Task Answers(string edition)
    {
        try
        {
            await Wait.Until($"the API says '{edition}'", async () => await Edition() == edition, TimeSpan.FromMinutes(4));
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{error.Message}\n{Output}", error);
        }
    }

    /// <summary>From a save to the first answer of what was saved, a number of times; the median.</summary>
    public async Task<TimeSpan> MedianOfEdits(int count)
    {
        var times = new List<TimeSpan>();
        for (var number = 0; number < count; number++)
        {
            times.Add(await TimeOfEdit(number));
        }

        return Median(times);
    }

    /// <summary>From a save to the first answer of what was saved.</summary>
    public async Task<TimeSpan> TimeOfEdit(int number)
    {
        var watch = Stopwatch.StartNew();
        WriteEdition($"edit {number}");
        await Answers($"edit {number}");
        return watch.Elapsed;
    }

    public static TimeSpan Median(IReadOnlyCollection<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    /// <summary>Ctrl-C; its exit code.</summary>
    public async Task<int> Stop()
    {
        Signal.Send(Id, Signal.Int);
        return await _server!.Exited(TimeSpan.FromSeconds(90));
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { HasExited: false })
        {
            Signal.TrySend(Id, Signal.Int);
            try
            {
                await _server.Exited(TimeSpan.FromSeconds(30));
            }
            catch (TimeoutException)
            {
                // What is left is killed.
            }
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _client.Dispose();
        Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);
    }

    private Dictionary<string, string?> With(IReadOnlyDictionary<string, string?> environment)
    {
        var all = new Dictionary<string, string?>(environment);
        foreach (var (name, value) in _compilers?.Environment ?? [new("UseSharedCompilation", "false")])
        {
            all[name] = value;
        }

        return all;
    }

    private string Read(string name) => File.ReadAllText(Path.Combine(_folder, name));

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
