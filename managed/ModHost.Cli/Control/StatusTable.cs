using System.Globalization;
using ModHost.Supervisor.Groups;
using Spectre.Console;

namespace ModHost.Cli.Control;

/// <summary>Groups and workers as a person reads them.</summary>
internal sealed class StatusTable
{
    private const double Kibi = 1024;

    // Requests of a group or worker at the last look, for the rate between two looks.
    private readonly Dictionary<string, (ulong Requests, DateTime Time)> _before = [];

    public Table Make(IEnumerable<(Instance Instance, StatusReport Report)> reports, DateTime now, string? only)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var (title, right) in ((string, bool)[])[("Group", false), ("Worker", false), ("State", false), ("Pid", true),
            ("Age", true), ("In flight", true), ("Waiting", true), ("Requests", true), ("Req/s", true), ("p50", true), ("p99", true),
            ("RSS", true), ("GC heap", true), ("Ended", false)])
        {
            var column = new TableColumn(title).NoWrap();
            table.AddColumn(right ? column.RightAligned() : column);
        }

        foreach (var (instance, report) in reports)
        {
            foreach (var group in report.Groups.Where(group => only is null || group.Name == only))
            {
                AddGroup(table, instance, group, now);
            }
        }

        return table;
    }

    private void AddGroup(Table table, Instance instance, GroupReport group, DateTime now)
    {
        var key = $"{instance.Folder}/{group.Name}";
        Row(table, group.Name, "", GroupState(group), "", "", Number(group.Workers.Sum(worker => worker.InFlight)),
            Number(group.Waiting), group.Requests.ToString(CultureInfo.InvariantCulture), Rate(key, group.Requests, now), "", "",
            Bytes(group.Workers.Sum(worker => worker.ResidentBytes)), Bytes(group.Workers.Sum(worker => worker.HeapBytes)),
            Ends(group, now));
        foreach (var worker in group.Workers)
        {
            Row(table, "", Number(worker.Index), Coloured(worker.State), Number(worker.Pid), Age(worker.Uptime),
                Number(worker.InFlight), "", worker.Requests.ToString(CultureInfo.InvariantCulture),
                Rate($"{key}/{worker.Id}", worker.Requests, now), Time(worker.MedianMicroseconds),
                Time(worker.Percentile99Microseconds), Bytes(worker.ResidentBytes), Bytes(worker.HeapBytes), "");
        }

        if ((group.Error ?? group.Refused) is { } error)
        {
            // Without the stack trace: that is in the log.
            Row(table, [.. Enumerable.Repeat("", table.Columns.Count - 1), $"[red]{Markup.Escape(error.Split('\n')[0])}[/]"]);
        }
    }

    private static void Row(Table table, params string[] cells) =>
        table.AddRow([.. cells.Select(cell => new Markup(cell))]);

    private static string GroupState(GroupReport group) => Coloured(group.State)
        + (group.Reloading ? " [yellow]reloading[/]" : "") + (group.Breaker ? " [red]held back[/]" : "");

    private static string Coloured(string state) => state switch
    {
        "ready" => "[green]ready[/]",
        "failed" or "stopped" => $"[red]{Markup.Escape(state)}[/]",
        _ => $"[yellow]{Markup.Escape(state)}[/]",
    };

    // "crash 1, reload 4; last: crash 12s ago"
    private static string Ends(GroupReport group, DateTime now)
    {
        var counts = string.Join(", ", EndCauses.Names.Where(group.Ended.ContainsKey).Select(name => $"{name} {group.Ended[name]}"));
        return Markup.Escape(group.LastEnd is { } last
            ? $"{counts}; last: {last.Cause} {Age(Math.Max(0, (now - last.Time.ToUniversalTime()).TotalSeconds))} ago" : counts);
    }

    private string Rate(string key, ulong requests, DateTime now)
    {
        var known = _before.TryGetValue(key, out var before);
        _before[key] = (requests, now);
        var seconds = (now - before.Time).TotalSeconds;
        return known && seconds > 0 && requests >= before.Requests
            ? ((requests - before.Requests) / seconds).ToString("0.#", CultureInfo.InvariantCulture) : "";
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    internal static string Age(double seconds) => TimeSpan.FromSeconds(seconds) switch
    {
        { TotalDays: >= 1 } time => string.Create(CultureInfo.InvariantCulture, $"{time.Days}d {time.Hours}h"),
        { TotalHours: >= 1 } time => string.Create(CultureInfo.InvariantCulture, $"{time.Hours}h {time.Minutes}m"),
        { TotalMinutes: >= 1 } time => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}m {time.Seconds}s"),
        var time => string.Create(CultureInfo.InvariantCulture, $"{time.Seconds}s"),
    };

    // None: no request ended lately.
    internal static string Time(long microseconds) => microseconds switch
    {
        0 => "",
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds} µs"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000.0:0.#} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000.0:0.#} s"),
    };

    internal static string Bytes(long bytes) => bytes switch
    {
        0 => "",
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / Kibi:0} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / Kibi / Kibi:0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / Kibi / Kibi / Kibi:0.0} GiB"),
    };
}
