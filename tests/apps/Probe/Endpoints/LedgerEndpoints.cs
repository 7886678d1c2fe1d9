using System.Globalization;

namespace Probe.Endpoints;

/// <summary>
/// Writes down each request that is run, in a file (PROBE_LEDGER) that outlives the process: so that a test can tell
/// what ran, and how often, when processes die.
/// </summary>
internal static class LedgerEndpoints
{
    private static readonly Lazy<FileStream> s_ledger = new(() => new FileStream(
        Environment.GetEnvironmentVariable("PROBE_LEDGER") ?? throw new InvalidOperationException("PROBE_LEDGER is not set."),
        FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));

    public static void MapLedger(this IEndpointRouteBuilder app) => app.Map("/ledger", async context =>
    {
        var id = context.Query("id");
        var line = System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id} {Environment.ProcessId}\n"));
        lock (s_ledger)
        {
            // One small write to a file opened for appending: lines of several processes don't mix.
            s_ledger.Value.Write(line);
        }

        if (context.Number("ms", 0) is > 0 and var delay)
        {
            await Task.Delay(delay, context.RequestAborted);
        }

        var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        await context.Answer($"{id} {body.Length}");
    });
}
