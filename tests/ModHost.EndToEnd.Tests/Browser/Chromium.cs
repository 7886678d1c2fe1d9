using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Browser;

/// <summary>Debian's Chromium without a window, with one page.</summary>
internal sealed partial class Chromium : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";

    private readonly Child _process;
    private readonly string _folder;
    private readonly ConcurrentQueue<(string Url, int Status)> _loaded = new();
    private DevTools _tools = null!;
    private string _session = "";

    private Chromium(Child process, string folder)
    {
        _process = process;
        _folder = folder;
    }

    public static string? Missing => File.Exists(Program) ? null : "there is no browser: the package chromium is not installed";

    /// <summary>What the page has loaded, with the status of each; 0: failed.</summary>
    public IReadOnlyList<(string Url, int Status)> Loaded => [.. _loaded];

    public static async Task<Chromium> Start()
    {
        var folder = Settings.NewFolder("chromium");
        var process = Child.Start(Program,
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--ignore-certificate-errors",
            "--window-size=1200,800", "--remote-debugging-port=0", $"--user-data-dir={folder}", "about:blank",
        ], folder, new Dictionary<string, string?> { ["HOME"] = folder, ["TMPDIR"] = folder });
        var browser = new Chromium(process, folder);
        try
        {
            await browser.Connect();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Loads a page with all that belongs to it.</summary>
    public async Task Open(string url)
    {
        _loaded.Clear();
        var answer = await Call("Page.navigate", new JsonObject { ["url"] = url });
        Assert.True(answer["errorText"] is null, $"{url}: {answer["errorText"]}");
        await Wait.Until($"{url} has loaded", async () => await Evaluate("document.readyState + ' ' + location.href") == $"complete {url}");
    }

    /// <summary>The value of an expression, as text; "": there is no page at this moment.</summary>
    public async Task<string> Evaluate(string expression)
    {
        try
        {
            var answer = await Call("Runtime.evaluate", new JsonObject { ["expression"] = $"String({expression})" });
            return (string?)answer["result"]?["value"] ?? "";
        }
        catch (InvalidOperationException error) when (error.Message.Contains("context", StringComparison.OrdinalIgnoreCase)
            || error.Message.Contains("navigated", StringComparison.Ordinal))
        {
            return "";
        }
    }

    /// <summary>The text of the page's first element of a kind; "": it has none.</summary>
    public Task<string> Text(string selector) => Evaluate($"document.querySelector('{selector}')?.innerText ?? ''");

    /// <summary>Waits, without a touch, until an element of the page has this text in it.</summary>
    public Task<string> Shows(string selector, string text) =>
        Wait.For($"the page shows '{text}' in {selector}", () => Text(selector), shown => shown.Contains(text, StringComparison.Ordinal));

    /// <summary>Keeps the page as a picture below the artifacts.</summary>
    public async Task Keep(string name)
    {
        var answer = await Call("Page.captureScreenshot", new JsonObject { ["format"] = "png" });
        var folder = Path.Combine(Environment.GetEnvironmentVariable("MODHOST_ARTIFACTS")
            ?? Path.Combine(Settings.RepositoryRoot, "artifacts"), "screenshots");
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, name + ".png"), Convert.FromBase64String((string)answer["data"]!));
    }

    public async ValueTask DisposeAsync()
    {
        if (_tools is not null)
        {
            await _tools.DisposeAsync();
        }

        // First of all: helpers have sessions of their own, and hold the browser's output open.
        await Wait.Until("no process of the browser is left", () =>
        {
            var left = ProcFs.All().Where(process => process.State != 'Z'
                && ProcFs.CommandLine(process.Id).Contains(_folder, StringComparison.Ordinal)).ToArray();
            Array.ForEach(left, process => Signal.TrySend(process.Id, Signal.Kill));
            return left.Length == 0;
        });
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task Connect()
    {
        await Wait.Until("the browser listens", () => Address().IsMatch(_process.Output)
            || (_process.HasExited ? throw new InvalidOperationException(_process.Output) : false));
        _tools = await DevTools.Connect(new Uri(Address().Match(_process.Output).Groups[1].Value), Note);
        var target = await _tools.Call("Target.createTarget", new JsonObject { ["url"] = "about:blank" });
        var attached = await _tools.Call("Target.attachToTarget",
            new JsonObject { ["targetId"] = (string)target["targetId"]!, ["flatten"] = true });
        _session = (string)attached["sessionId"]!;
        await Call("Page.enable", []);
        await Call("Network.enable", []);
    }

    private Task<JsonNode> Call(string method, JsonObject parameters) => _tools.Call(method, parameters, _session);

    private void Note(string name, JsonNode parameters)
    {
        switch (name)
        {
            case "Network.responseReceived":
                _loaded.Enqueue(((string)parameters["response"]!["url"]!, (int)parameters["response"]!["status"]!));
                break;
            case "Network.loadingFailed" when (bool?)parameters["canceled"] != true:
                _loaded.Enqueue(((string?)parameters["errorText"] ?? "", 0));
                break;
            default:
                break;
        }
    }

    [GeneratedRegex(@"DevTools listening on (ws://\S+)")]
    private static partial Regex Address();
}
