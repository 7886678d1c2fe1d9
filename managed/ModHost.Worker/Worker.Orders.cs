using System.Text;
using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Server;
using ModHost.Worker.Channels;
using ModHost.Worker.Connections;
using ModHost.Worker.WarmUp;

namespace ModHost.Worker;

/// <summary>What the supervisor asks for. Loop.</summary>
internal sealed partial class Worker
{
    /// <summary>Does it; or says what is wrong with it.</summary>
    public string? Obey(in FrameHeader header, ReadOnlySpan<byte> payload, ControlConnection control)
    {
        switch (header.Type)
        {
            case FrameType.Channel:
                return OpenChannel(header, control);
            case FrameType.WarmUp:
                return BeginWarmUp(Encoding.UTF8.GetString(payload));
            case FrameType.Heartbeat:
                SendAlive(header.Value);
                return null;
            case FrameType.DrainAll:
                Drain();
                return null;
            case FrameType.Stop:
                Stop(TimeSpan.FromMilliseconds(header.Value));
                return null;
            case FrameType.LogLevel:
                _logLevel = (int)Math.Min(header.Value, 6);
                return null;
            default:
                return $"{header.Type} is not for a worker";
        }
    }

    private string? OpenChannel(in FrameHeader header, ControlConnection control)
    {
        var (socket, page) = control.TakeChannel();
        using (page)
        {
            if (_server is null || !App.IsServing)
            {
                socket.Dispose();
                return "CHANNEL before READY";
            }

            try
            {
                var begun = new SharedMemory(page, FrameLayout.BegunSize);
                Add(new Channel(this, socket, begun, header.Stream, header.Value));
            }
            catch (Exception exception) when (exception is IOException or ArgumentException)
            {
                socket.Dispose();
                Log(Error,
                    $"{Errors.BadPage}: a channel to process {header.Value} cannot be set up: {exception.Message}");
            }
        }

        return null;
    }

    private void Add(Channel channel)
    {
        Loop.Add(channel);
        _channels.Add(channel);
        _allChannels = [.. _channels];
        channel.Greet(new Hello(PeerKind.Worker, (uint)Environment.ProcessId, Control.Generation, Control.Number,
            Ledger.Open(channel)));
        if (_drains)
        {
            channel.Drain();
        }
    }

    private string? BeginWarmUp(string target)
    {
        if (_server is not { } server || !App.IsServing)
        {
            return "WARMUP before READY";
        }

        if (!target.StartsWith('/'))
        {
            return "WARMUP without a path";
        }

        WarmUpExchange.Begin(server, target, _settings.Addresses, status =>
            Control.Send(new FrameHeader(FrameType.Warmed, Value: (uint)status)));
        return null;
    }

    /// <summary>Answers from the application's pool: a pool that is starved lets the supervisor wait.</summary>
    private void SendAlive(uint value) => ThreadPool.UnsafeQueueUserWorkItem(_ =>
    {
        var memory = GC.GetGCMemoryInfo(GCKind.Any);
        var (median, percentile) = Times.TakeLook();
        var load = new WorkerLoad(
            (uint)Math.Max(0, InFlight),
            (uint)ThreadPool.ThreadCount,
            (ulong)Interlocked.Read(ref _requests),
            // Not known before the first collection.
            (ulong)(memory.HeapSizeBytes > 0 ? memory.HeapSizeBytes : GC.GetTotalMemory(false)),
            (ulong)memory.TotalCommittedBytes,
            (ulong)GC.GetTotalAllocatedBytes(precise: false),
            (ulong)(ThreadPool.PendingWorkItemCount + ModHostServer.Waiting),
            (ulong)GC.CollectionCount(0),
            (ulong)GC.CollectionCount(1),
            (ulong)GC.CollectionCount(2),
            median,
            percentile);
        Span<byte> payload = stackalloc byte[WorkerLoad.Size];
        load.Write(payload);
        Control.Send(new FrameHeader(FrameType.Alive, Value: value), payload);
    }, null);
}
