using System.Globalization;

namespace Probe.Endpoints;

/// <summary>
/// Writes down each request that is run, in a file of its own for each process (PROBE_LEDGER, and the pid) that outlives
/// it: so that a test can tell what ran, and how often, when processes die. A pid may come again: such a process goes on
/// with the file.
/// </summary>
internal static class LedgerEndpoints
{
    private static readonly Lazy<FileStream> s_ledger = new(() => new FileStream(
        string.Create(CultureInfo.InvariantCulture, $"{Environment.GetEnvironmentVariable("PROBE_LEDGER")}.{Environment.ProcessId}"),
        FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));

    public static void MapLedger(this IEndpointRouteBuilder app) => app.Map("/ledger", async context =>
    {
        var id = context.Query("id");
        var line = System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id} {Environment.ProcessId}\n"));
        lock (s_ledger)
        {
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
