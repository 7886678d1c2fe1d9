using System.Globalization;
using System.Text;
using ModHost.Supervisor.Groups;

namespace ModHost.Supervisor.Status;

/// <summary>The same for monitoring: OpenMetrics lines, without the end mark.</summary>
internal sealed class MetricsText
{
    private readonly StringBuilder _text = new(4096);
    private readonly ProcessGroup[] _groups;

    private MetricsText(Daemon daemon) => _groups = [.. daemon.Groups.Values.Select(entry => entry.Group)];

    public static string Of(Daemon daemon)
    {
        var text = new MetricsText(daemon);
        text.WriteGroups();
        text.WriteWorkers();
        return text._text.ToString();
    }

    private void WriteGroups()
    {
        Family("modhost_workers", "gauge", "Worker processes by state.");
        foreach (var group in _groups)
        {
            foreach (var state in group.Workers.GroupBy(worker => worker.State))
            {
                Sample("modhost_workers", group, $"state=\"{state.Key.ToString().ToLowerInvariant()}\"", state.Count());
            }
        }

        Family("modhost_worker_ends", "counter", "Workers that have ended, by cause.");
        foreach (var group in _groups)
        {
            for (var cause = 1; cause < group.Ends.Count; cause++)
            {
                if (group.Ends[cause] > 0)
                {
                    var label = $"cause=\"{EndCauses.Names[cause]}\"";
                    Sample("modhost_worker_ends_total", group, label, group.Ends[cause]);
                }
            }
        }

        Each("modhost_group_requests", "counter", "Requests begun.", "_total", group => StatusJson.Requests(group));
        Each("modhost_group_waiting", "gauge", "Requests that wait for a worker.", "", group => group.Demand.Waiting);
        Each("modhost_group_oldest_wait_seconds", "gauge", "How long the oldest has waited.", "",
            group => group.Demand.Oldest / 1000.0);
    }

    private void WriteWorkers()
    {
        EachWorker("modhost_worker_in_flight", "Requests and upgraded connections.", life => life.Load.InFlight);
        EachWorker("modhost_worker_resident_bytes", "Resident set.", life => life.ResidentBytes);
        EachWorker("modhost_worker_heap_bytes", "Heap of the garbage collector.", life => life.Load.HeapBytes);
        EachWorker("modhost_worker_committed_bytes", "Memory that it has committed.", life => life.Load.CommittedBytes);
        EachWorker("modhost_worker_pool_threads", "Threads of the thread pool.", life => life.Load.PoolThreads);
        EachWorker("modhost_worker_pool_queue", "Work items that wait.", life => life.Load.PoolQueue);
    }

    private void Each(string name, string type, string help, string suffix, Func<ProcessGroup, double> value)
    {
        Family(name, type, help);
        foreach (var group in _groups)
        {
            Sample(name + suffix, group, "", value(group));
        }
    }

    private void EachWorker(string name, string help, Func<WorkerLife, double> value)
    {
        Family(name, "gauge", help);
        foreach (var group in _groups)
        {
            foreach (var worker in group.Workers)
            {
                Sample(name, group, string.Create(CultureInfo.InvariantCulture,
                    $"worker=\"{worker.Index}\",pid=\"{worker.Pid}\""), value(worker.Life));
            }
        }
    }

    private void Family(string name, string type, string help) =>
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type)
            .Append("\n# HELP ").Append(name).Append(' ').Append(help).Append('\n');

    private void Sample(string name, ProcessGroup group, string labels, double value)
    {
        // Names of groups were checked: nothing in them has to be escaped but these two.
        var label = group.Name.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal);
        _text.Append(name).Append("{group=\"").Append(label).Append('"');
        if (labels.Length > 0)
        {
            _text.Append(',').Append(labels);
        }

        _text.Append("} ").Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }
}
