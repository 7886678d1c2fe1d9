using System.Buffers;
using System.Globalization;
using System.Text.Json;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Loop;

namespace ModHost.Supervisor.Status;

/// <summary>What there is to be seen of the supervisor, as JSON.</summary>
internal static class StatusJson
{
    /// <summary>The answer to the command status.</summary>
    public static byte[] Whole(Daemon daemon)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("ok", true);
            writer.WriteNumber("pid", Environment.ProcessId);
            writer.WriteNumber("generation", daemon.Configuration.Generation);
            writer.WriteNumber("uptime", Seconds(EventLoop.Now - daemon.Started));
            writer.WriteBoolean("stopping", daemon.IsStopping);
            writer.WriteStartArray("webServerProcesses");
            foreach (var shim in daemon.Shims)
            {
                writer.WriteStartObject();
                writer.WriteNumber("pid", shim.Pid);
                writer.WriteNumber("generation", shim.Generation);
                writer.WriteNumber("channels", shim.Workers.Count);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WritePropertyName("groups");
            WriteGroups(writer, daemon, EventLoop.Now);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The groups alone, for the status page.</summary>
    public static ReadOnlyMemory<byte> Groups(Daemon daemon, long now)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            WriteGroups(writer, daemon, now);
        }

        return buffer.WrittenMemory;
    }

    private static void WriteGroups(Utf8JsonWriter writer, Daemon daemon, long now)
    {
        writer.WriteStartArray();
        foreach (var entry in daemon.Groups.Values)
        {
            WriteGroup(writer, entry.Group, now);
        }

        writer.WriteEndArray();
    }

    private static void WriteGroup(Utf8JsonWriter writer, ProcessGroup group, long now)
    {
        var options = group.Spec.Options;
        writer.WriteStartObject();
        writer.WriteString("name", group.Name);
        writer.WriteString("scope", group.Spec.Group.Scope);
        writer.WriteString("app", group.Spec.Group.App.Path);
        writer.WriteString("state", group.Status.State.ToString().ToLowerInvariant());
        if (group.Status.Code != 0)
        {
            writer.WriteString("error", Tagged(group.Status.Code, group.Status.Text));
        }

        if (group.Refusal is { } refusal)
        {
            writer.WriteString("refused", Tagged(refusal.Code, refusal.Text));
        }

        writer.WriteBoolean("reloading", group.IsRolling);
        writer.WriteNumber("version", group.Version);
        writer.WriteNumber("processes", options.Processes);
        writer.WriteNumber("minProcesses", options.MinProcesses);
        writer.WriteNumber("maxProcesses", options.MaxProcesses);
        writer.WriteNumber("waiting", group.Demand.Waiting);
        writer.WriteNumber("oldestWait", group.Demand.Oldest);
        writer.WriteNumber("nextStartIn", Math.Max(0, group.Backoff.NextStart - now));
        writer.WriteBoolean("breaker", group.Backoff.IsOpen);
        writer.WriteNumber("requests", Requests(group));
        WriteEnds(writer, group);
        writer.WriteStartArray("workers");
        foreach (var worker in group.Workers)
        {
            WriteWorker(writer, worker, now);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string Tagged(uint code, string text) =>
        string.Create(CultureInfo.InvariantCulture, $"MH{code:0000}: {text}");

    private static void WriteEnds(Utf8JsonWriter writer, ProcessGroup group)
    {
        writer.WriteStartObject("ended");
        for (var i = 0; i < group.Ends.Count; i++)
        {
            if (group.Ends[i] > 0)
            {
                writer.WriteNumber(EndCauses.Names[i], group.Ends[i]);
            }
        }

        writer.WriteEndObject();
        if (group.LastEnd is { } last)
        {
            writer.WriteStartObject("lastEnd");
            writer.WriteNumber("pid", last.Pid);
            writer.WriteString("cause", last.Cause.Name());
            writer.WriteString("how", last.How);
            writer.WriteString("time", last.Time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }
    }

    private static void WriteWorker(Utf8JsonWriter writer, Worker worker, long now)
    {
        var life = worker.Life;
        var load = life.Load;
        writer.WriteStartObject();
        writer.WriteNumber("id", worker.Id);
        writer.WriteNumber("index", worker.Index);
        writer.WriteNumber("pid", worker.Pid);
        writer.WriteNumber("version", worker.Version);
        writer.WriteString("state", life.State.ToString().ToLowerInvariant());
        writer.WriteNumber("uptime", Seconds(now - life.Spawned));
        writer.WriteNumber("inFlight", load.InFlight);
        writer.WriteNumber("requests", load.Requests);
        writer.WriteNumber("medianMicroseconds", load.MedianMicroseconds);
        writer.WriteNumber("percentile99Microseconds", load.Percentile99Microseconds);
        writer.WriteNumber("residentBytes", life.ResidentBytes);
        writer.WriteNumber("heapBytes", load.HeapBytes);
        writer.WriteNumber("committedBytes", load.CommittedBytes);
        writer.WriteNumber("allocatedBytes", load.AllocatedBytes);
        writer.WriteNumber("poolThreads", load.PoolThreads);
        writer.WriteNumber("poolQueue", load.PoolQueue);
        writer.WriteStartArray("collections");
        writer.WriteNumberValue(load.Collections0);
        writer.WriteNumberValue(load.Collections1);
        writer.WriteNumberValue(load.Collections2);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Begun since the group is there.</summary>
    public static ulong Requests(ProcessGroup group)
    {
        var sum = group.PastRequests;
        foreach (var worker in group.Workers)
        {
            sum += worker.Life.Load.Requests;
        }

        return sum;
    }

    private static double Seconds(long milliseconds) => Math.Round(milliseconds / 1000.0, 1);
}
